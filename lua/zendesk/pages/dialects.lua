-- The pagination dialects by name, and the choice among them. A dialect is a table of pure
-- functions:
--   first(query, page_size) → position          the place of the first page
--   query(position, query, most) → query        what to send for the page at that place, of which
--                                               at most so many records will be used
--   advance(position, page) → position          the place of the next page
--                           | nil                the list ends here
--                           | nil, problem       it cannot go on; kind, code, message, remedy
--   explain(err, position) → fields | nil       what a refusal means here, laid over the error
--   keeps(position) → function(record) | nil    which records of an overlapping page are new
--   resume(position, page) → position | nil     where a later run goes on after the end; nil: the
--                                               reply does not say, behind the records of this page
--   stamp(record) → integer | nil               of a list in which records move when they change:
--                                               the time of this version
-- The last two are those of the dialects whose end is not final.
-- A position is a plain table of strings and integers that names its dialect.

local cursor = require "zendesk.pages.cursor"
local incremental = require "zendesk.pages.incremental"
local linked = require "zendesk.pages.linked"
local offset = require "zendesk.pages.offset"
local query = require "zendesk.pages.query"

local dialects = {}

dialects.by_name = {
  cursor = cursor.cursor,
  export = cursor.export,
  offset = offset.offset,
  search = offset.search,
  incremental = incremental.time,
  incremental_cursor = incremental.cursor,
  linked = linked.linked,
}

--- The names, for messages.
---@return string
function dialects.names()
  local names = {}
  for name in pairs(dialects.by_name) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

-- Paths below /api/v2/ that speak one dialect only; the first match wins.
local FIXED = {
  { "^search/export$", "export" },
  { "^search$", "search" },
  { "^custom_objects/[^/]+/records/search$", "cursor" },
  { "^incremental/.*/cursor$", "incremental_cursor" },
  { "^incremental/", "incremental" },
  { "/search$", "offset" },
  { "/autocomplete$", "offset" },
  { "^views/[^/]+/execute$", "offset" },
}

--- The dialect in which to ask for a list: what its path allows, then what the caller's query asks
--- for, then cursor.
---@param path string path without its query
---@param list_query table|string|nil
---@return string
function dialects.choose(path, list_query)
  local short = path:gsub("^/api/v2/", ""):gsub("%.json$", "")
  for _, rule in ipairs(FIXED) do
    if short:find(rule[1]) then return rule[2] end
  end
  -- sort_by is ignored in a cursor list, silently: whoever sends it wants the older way
  for _, name in ipairs { "page", "per_page", "sort_by" } do
    local value = query.get(list_query, name)
    if value ~= nil and type(value) ~= "table" then return "offset" end
  end
  return "cursor"
end

return dialects
