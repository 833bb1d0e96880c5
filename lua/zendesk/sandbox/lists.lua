-- Lists that are only read, for walking: any path, in any of the dialects of Zendesk. The known odd
-- ones are declared here; a seed may declare others.

local collection = require "zendesk.sandbox.collection"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"

-- The array's name and the dialect, where they are not the last word of the path and "both".
local KNOWN = {
  ["/api/v2/activities"] = { key = "activities", beside = { "actors", "users" } },
  ["/api/v2/custom_objects/{key}/records"] = {
    key = "custom_object_records", dialect = "cursor", id = "01SANDBOX%017d",
  },
  ["/api/v2/dynamic_content/items"] = { key = "items" },
  ["/api/v2/engagements"] = { key = "agent_engagement_data", dialect = "engagements" },
  ["/api/v2/group_slas/policies"] = { key = "group_sla_policies" },
  ["/api/v2/help_center/articles"] = { key = "articles", dialect = "help_center" },
  ["/api/v2/job_statuses"] = { key = "job_statuses", id = "V3-%032x" },
  ["/api/v2/macros"] = { key = "macros", mixed = true },
  ["/api/v2/groups"] = { key = "groups", mixed = true },
  ["/api/v2/problems"] = { key = "tickets" },
  ["/api/v2/satisfaction_reasons"] = { key = "reasons" },
  ["/api/v2/slas/policies"] = { key = "sla_policies" },
  ["/api/v2/ticket_audits"] = { key = "audits", dialect = "cursor" },
  ["/api/v2/triggers/{id}/revisions"] = { key = "trigger_revisions", dialect = "after_url" },
  ["/api/v2/webhooks"] = { key = "webhooks", dialect = "webhooks", id = "01SANDBOX%017d" },
}

local lists = {}

local function declaration(path)
  if KNOWN[path] then return KNOWN[path] end
  for pattern, known in pairs(KNOWN) do
    local lua_pattern = "^" .. pattern:gsub("%p", "%%%0"):gsub("%%{[^}]*%%}", "[^/]+") .. "$"
    if path:find(lua_pattern) then return known end
  end
  return { key = path:match "([^/]+)$" }
end

---Adds a list.
---@param state zendesk.sandbox.State
---@param path string
---@param given integer|{ count: integer, key?: string, dialect?: string, id?: string }
---@return table made
function lists.add(state, path, given)
  if type(given) == "number" then given = { count = given } end
  local known = declaration(path)
  local records = collection.new()
  local first = state:next_ids(given.count)
  local created = state.clock:iso(state.clock:now())
  records:generate(first, given.count, function(id, n)
    return { id = id, name = "Record " .. n, created_at = created }
  end)
  state.lists[path] = {
    key = given.key or known.key, dialect = given.dialect or known.dialect or "both",
    id = given.id or known.id, mixed = known.mixed, beside = known.beside, records = records,
  }
  return { first_id = first, last_id = first + given.count - 1, count = given.count }
end

local PARAMETERS = paging.parameters { "limit", "cursor", "page_size" }
local RECORD = json.shape { "id", "name", "created_at" }

local function as_paging(list, more)
  local out = {
    key = list.key, records = list.records, mixed = list.mixed,
    present = function(record)
      local id = list.id and list.id:format(record.id) or record.id
      return setmetatable({ id = id, name = record.name, created_at = record.created_at }, RECORD)
    end,
  }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

local dialects = {}

-- Whatever the call asks for.
function dialects.both(context, list)
  return paging.page(context, as_paging(list))
end

function dialects.offset(context, list)
  context.query["page[size]"], context.query["page[after]"] = nil, nil
  return paging.page(context, as_paging(list))
end

-- Cursors, asked for or not.
function dialects.cursor(context, list)
  context.query["page[size]"] = context.query["page[size]"] or "100"
  return paging.page(context, as_paging(list))
end

-- `meta` only where everything fits one page; brackets in links as they are.
function dialects.webhooks(context, list)
  context.query["page[size]"] = context.query["page[size]"] or "100"
  local value, refusal = paging.page(context, as_paging(list, { raw_links = true }))
  if not value then return nil, refusal end
  if not value.meta.has_more and not context.query["page[after]"] then value.links = nil end
  return value
end

-- Cursors outside of `meta`; the end is an URL that is null.
function dialects.after_url(context, list)
  local query = context.query
  query["page[size]"] = query["page[size]"] or query.limit or "100"
  query["page[after]"] = query["page[after]"] or query.cursor
  local value, refusal = paging.page(context, as_paging(list))
  if not value then return nil, refusal end
  local meta = value.meta
  value.after_cursor, value.before_cursor = meta.after_cursor, meta.before_cursor
  value.after_url = meta.has_more
    and paging.link(context, { cursor = meta.after_cursor, ["page[after]"] = false }) or json.null
  value.before_url = json.null
  value.meta, value.links = nil, nil
  return value
end

function dialects.engagements(context, list)
  local query = context.query
  query["page[size]"] = query.page_size or "100"
  query["page[after]"] = query.cursor
  local value, refusal = paging.page(context, as_paging(list))
  if not value then return nil, refusal end
  local more = value.meta.has_more
  local cursor = value.meta.after_cursor
  return {
    [list.key] = value[list.key], has_more = more, page_size = #value[list.key],
    next_page_url = more and paging.link(context, { cursor = cursor }) or json.null,
  }
end

-- Both dialects, the links once more in a Link header, and the long form of numbered pages.
function dialects.help_center(context, list)
  local query = context.query
  query.per_page = query.per_page or "30"
  local value, refusal = paging.page(context, as_paging(list))
  if not value then return nil, refusal end
  local next_link = value.links and value.meta.has_more and value.links.next or value.next_page
  if not value.links then
    value.page = math.tointeger(tonumber(query.page or 1))
    value.per_page = math.min(math.tointeger(tonumber(query.per_page)), 100)
    value.page_count = math.ceil(value.count / value.per_page)
    value.sort_by, value.sort_order = "position", "asc"
  end
  if type(next_link) ~= "string" then return value end
  return value, { ("Link: <%s>; rel=\"next\""):format(next_link) }
end

---The reply of a list that has been seeded, or nil where there is none at this path.
---@param state zendesk.sandbox.State
---@param request zendesk.sandbox.Request
---@return table|nil route
function lists.find(state, request)
  local list = state.lists[(request.path:gsub("%.json$", ""))]
  if not list or (request.method ~= "GET" and request.method ~= "HEAD") then return nil end
  return {
    role = "agent", access = "read", parameters = PARAMETERS,
    handler = function(context)
      local value, extra = dialects[list.dialect](context, list)
      if not value then return extra end
      for _, name in ipairs(list.beside or {}) do value[name] = json.array() end
      return reply.json(200, setmetatable(value, json.shape { list.key }), extra)
    end,
  }
end

---@param name string
---@return boolean
function lists.is_dialect(name)
  return dialects[name] ~= nil
end

return lists
