-- Lists in pages, in the two dialects of Zendesk: cursors where the call has `page[size]` (or a
-- cursor), else numbered pages with their wall behind page 100.

local mime = require "mime"
local fields = require "zendesk.sandbox.fields"
local form = require "zendesk.sandbox.form"
local json = require "zendesk.sandbox.json"
local reply = require "zendesk.sandbox.reply"

local MAX_SIZE = 100
local MAX_PAGES = 100

---@class zendesk.sandbox.List what is paged
---@field key string name of the array in the reply
---@field records table collection
---@field present fun(record: table): table
---@field accept? fun(record: table): boolean which records belong to it
---@field cache? string names `accept` (needed with it)
---@field mixed? boolean replies carry the keys of both dialects, as recorded for some lists
---@field raw_links? boolean brackets in links are not encoded
---@field link_header? boolean links are repeated in a Link header

local paging = {}

local PARAMETERS = {
  "page", "per_page", "page[size]", "page[after]", "page[before]", "sort", "sort_by", "sort_order",
}

---The query parameters of a list: those of its pages and its own.
---@param names? string[]
---@return table<string, true>
function paging.parameters(names)
  local known = fields.set(PARAMETERS)
  for _, name in ipairs(names or {}) do known[name] = true end
  return known
end

-- A parameter whose value is passed over is named like one that is not known.
local function warn(context, name, is_known)
  if context.query[name] and not is_known then table.insert(context.warnings, name) end
end

---A cursor that stands behind (or before) a record.
---@param id integer
---@return string
function paging.cursor(id)
  return (mime.b64('{"o":"id","v":' .. id .. "}"))
end

---@param text string
---@return integer|nil id
function paging.parse_cursor(text)
  local id = (mime.unb64(text) or ""):match '^{"o":"id","v":(%-?%d+)}$'
  return id and math.tointeger(tonumber(id))
end

---A link to the same list with some parameters changed.
---@param context zendesk.sandbox.Context
---@param changes table<string, string|false> false takes a parameter away
---@param raw? boolean leaves brackets as they are
---@return string
function paging.link(context, changes, raw)
  local list, seen = {}, {}
  for _, name in ipairs(context.query_names) do
    local value = changes[name]
    if value == nil then value = context.query[name] end
    if value then list[#list + 1] = { name, value } end
    seen[name] = true
  end
  local added = {}
  for name, value in pairs(changes) do
    if value and not seen[name] then added[#added + 1] = { name, value } end
  end
  table.sort(added, function(a, b) return a[1] < b[1] end)
  table.move(added, 1, #added, #list + 1, list)
  local path = context.request.path
  if not path:find "%.json$" and not raw then path = path .. ".json" end
  return context.origin .. path .. "?" .. form.write(list, raw)
end

local function size_of(text)
  if text == nil then return MAX_SIZE end
  local size = text:match "^%d+$" and math.tointeger(tonumber(text))
  return size and size >= 1 and size <= MAX_SIZE and size or nil
end

-- Takes one record more than the page holds, to know whether there are more.
local function take(list, from, backwards, size)
  local taken, more = {}, false
  for record in list.records:walk(from, backwards) do
    if not list.accept or list.accept(record) then
      if #taken == size then
        more = true
        break
      end
      taken[#taken + 1] = record
    end
  end
  return taken, more
end

local function reversed(items)
  local out, n = {}, #items
  for index = 1, n do out[index] = items[n - index + 1] end
  return out
end

local function present_all(list, records)
  local out = {}
  for index, record in ipairs(records) do out[index] = list.present(record) end
  return json.array(out)
end

-- What the query asks for: size, cursor, direction.
local function cursor_request(query)
  local after, before = query["page[after]"], query["page[before]"]
  if after and before then
    return nil, reply.invalid_pagination "page[after] and page[before] exclude each other"
  end
  local size = size_of(query["page[size]"])
  if not size then return nil, reply.invalid_pagination "page[size] must be between 1 and 100" end
  local from
  if after or before then
    from = paging.parse_cursor(after or before)
    if not from then return nil, reply.invalid_pagination "the cursor is not valid" end
  end
  -- Other fields are ignored, as Zendesk does where it cannot sort; a warning names them.
  local descending = query.sort == "-id" or query.sort == "-created_at"
  return { size = size, from = from, before = before ~= nil, descending = descending }
end

local function cursor_links(context, list, first, last)
  local function to(name, other, id)
    local changes = { [name] = paging.cursor(id), [other] = false, access_token = false }
    return paging.link(context, changes, list.raw_links)
  end
  return {
    next = last and to("page[after]", "page[before]", last.id) or json.null,
    prev = first and to("page[before]", "page[after]", first.id) or json.null,
  }
end

local LINKS, META = json.shape { "prev", "next" },
  json.shape { "has_more", "after_cursor", "before_cursor" }

local SORTS = fields.set { "id", "-id", "created_at", "-created_at" }

local function by_cursor(context, list)
  local wanted, refusal = cursor_request(context.query)
  if not wanted then return nil, refusal end
  warn(context, "sort", SORTS[context.query.sort])
  warn(context, "sort_by", false)
  local records, more = take(list, wanted.from, wanted.before ~= wanted.descending, wanted.size)
  if wanted.before then records = reversed(records) end
  local first, last = records[1], records[#records]
  local value = { [list.key] = present_all(list, records) }
  value.meta = setmetatable({
    has_more = more,
    after_cursor = last and paging.cursor(last.id) or json.null,
    before_cursor = first and paging.cursor(first.id) or json.null,
  }, META)
  value.links = setmetatable(cursor_links(context, list, first, last), LINKS)
  if list.mixed then
    value.count = #list.records:select(list.cache or list.key, list.accept)
    value.next_page, value.previous_page = json.null, json.null
  end
  return value
end

local function positive(text, default)
  if text == nil then return default end
  local number = text:match "^%d+$" and math.tointeger(tonumber(text))
  return number and number >= 1 and number or nil
end

local function page_of(list, ids, page, size, descending)
  local records = {}
  for offset = (page - 1) * size + 1, math.min(page * size, #ids) do
    local id = ids[descending and #ids - offset + 1 or offset]
    records[#records + 1] = list.records:peek(id)
  end
  return records
end

local function by_page(context, list)
  local sort_by = context.query.sort_by
  warn(context, "sort", false)
  warn(context, "sort_by", sort_by == "id" or sort_by == "created_at")
  local page = positive(context.query.page, 1)
  local size = positive(context.query.per_page, MAX_SIZE)
  if not page then return nil, reply.invalid_attribute("page", "an integer above 0") end
  if not size then return nil, reply.invalid_attribute("per_page", "an integer above 0") end
  size = math.min(size, MAX_SIZE)
  if page > MAX_PAGES then
    return nil, reply.json(400, {
      error = "InvalidPaginationDepth",
      description = "Pagination beyond 100 pages is not supported; use cursor pagination",
    })
  end
  local ids = list.records:select(list.cache or list.key, list.accept)
  local records = page_of(list, ids, page, size, context.query.sort_order == "desc")
  local function to(number)
    return paging.link(context, { page = tostring(number), access_token = false }, list.raw_links)
  end
  return {
    [list.key] = present_all(list, records),
    next_page = page * size < #ids and to(page + 1) or json.null,
    previous_page = page > 1 and to(page - 1) or json.null,
    count = #ids,
  }
end

---Is the call in the dialect of cursors?
---@param query table<string, string>
---@return boolean
function paging.is_cursor(query)
  return query["page[size]"] ~= nil or query["page[after]"] ~= nil or query["page[before]"] ~= nil
end

---One page of a list as a reply body.
---@param context zendesk.sandbox.Context
---@param list zendesk.sandbox.List
---@return table|nil value, table? refusal
function paging.page(context, list)
  if paging.is_cursor(context.query) then return by_cursor(context, list) end
  return by_page(context, list)
end

---One page of a list as a reply.
---@param context zendesk.sandbox.Context
---@param list zendesk.sandbox.List
---@return table reply
function paging.reply(context, list)
  local value, refusal = paging.page(context, list)
  if not value then return refusal --[[@as table]] end
  return reply.json(200, setmetatable(value, json.shape { list.key }))
end

return paging
