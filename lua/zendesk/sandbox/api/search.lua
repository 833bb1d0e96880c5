-- /api/v2/search with its wall behind result 1,000, and /api/v2/search/export with its cursors. The
-- query language is the small part of it that scripts use: type:, status:, tags:, role:, email:,
-- words.

local mime = require "mime"
local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"
local tickets = require "zendesk.sandbox.api.tickets"
local users = require "zendesk.sandbox.api.users"

local MAX_RESULTS, MAX_PAGE, MAX_EXPORT = 1000, 100, 1000
local CURSOR_LIFETIME = 3600

local KINDS = {
  ticket = { collection = "tickets", present = tickets.present },
  user = { collection = "users", present = users.present },
}

local function invalid(text)
  return reply.json(422, { error = "invalid", description = "Invalid search: " .. text })
end

local function parse(text)
  local wanted = { words = {} }
  for part in text:gmatch "%S+" do
    local name, value = part:match "^([%w_]+):(.+)$"
    if name then wanted[name] = value else wanted.words[#wanted.words + 1] = part:lower() end
  end
  return wanted
end

local function has_tag(values, tag)
  for _, candidate in ipairs(fields.plain(values.tags) or {}) do
    if candidate == tag then return true end
  end
  return false
end

local function matches(record, wanted)
  local values = record.values or record
  if wanted.status and values.status ~= wanted.status then return false end
  if wanted.tags and not has_tag(values, wanted.tags) then return false end
  if wanted.role and values.role ~= wanted.role then return false end
  if wanted.email and values.email ~= wanted.email then return false end
  local text = table.concat({
    tostring(values.subject or values.name or ""), tostring(values.description or ""),
  }, " "):lower()
  for _, word in ipairs(wanted.words) do
    if word ~= "*" and not text:find(word, 1, true) then return false end
  end
  return true
end

-- The filter of a query, with the name under which the collection may keep its result. The index
-- lags behind the records.
local function filter(state, text)
  local wanted, lag = parse(text), state.switches.search_lag
  local ripe = state.clock:now() - lag
  local name = "search " .. text
  if lag > 0 then name = name .. " " .. ripe end
  return wanted, name, function(record)
    return (lag == 0 or record.created_at <= ripe) and matches(record, wanted)
  end
end

local function find_all(state, text)
  local wanted, name, accept = filter(state, text)
  local found = {}
  for _, kind in ipairs { "ticket", "user" } do
    if not wanted.type or wanted.type == kind then
      for _, id in ipairs(state[KINDS[kind].collection]:select(name, accept)) do
        found[#found + 1] = { kind, id }
      end
    end
  end
  return found
end

local function present(context, kind, record)
  local shown = KINDS[kind].present(context, record)
  shown.result_type = kind
  return shown
end

local function number(text, default)
  return text and math.tointeger(tonumber(text)) or default
end

local function search(context)
  local query, state = context.query, context.state
  if not query.query then return invalid "query is required" end
  local page = math.max(number(query.page, 1), 1)
  local size = math.min(math.max(number(query.per_page, MAX_PAGE), 1), MAX_PAGE)
  if page * size > MAX_RESULTS then
    return invalid "Requested response size was greater than Search Response Limits"
  end
  local found, results = find_all(state, query.query), json.array()
  for position = (page - 1) * size + 1, math.min(page * size, #found) do
    local kind, id = table.unpack(found[position])
    results[#results + 1] = present(context, kind, state[KINDS[kind].collection]:peek(id))
  end
  local function to(target) return paging.link(context, { page = tostring(target) }) end
  -- The next page is offered even where it will be refused.
  return reply.json(200, setmetatable({
    results = results, facets = json.null, count = #found,
    next_page = page * size < #found and to(page + 1) or json.null,
    previous_page = page > 1 and to(page - 1) or json.null,
  }, json.shape { "results" }))
end

local function cursor_of(id, now)
  return (mime.b64(('{"id":%d,"t":%d}'):format(id, now // 1 | 0)))
end

local function read_cursor(context)
  local text = context.query["page[after]"]
  if not text then return nil end
  local id, made = (mime.unb64(text) or ""):match '^{"id":(%-?%d+),"t":(%d+)}$'
  if not id then return nil, reply.invalid_pagination "the cursor is not valid" end
  if tonumber(made) + CURSOR_LIFETIME < context.state.clock:now() then
    return nil, reply.invalid_pagination "the cursor has expired"
  end
  return math.tointeger(tonumber(id))
end

local function export_page(context, kind, from, size)
  local state = context.state
  local _, _, accept = filter(state, context.query.query)
  local results, last, more = json.array(), nil, false
  for record in state[KINDS[kind].collection]:walk(from, false) do
    if accept(record) then
      more = #results == size
      if more then break end
      results[#results + 1], last = present(context, kind, record), record.id
    end
  end
  return results, last and cursor_of(last, state.clock:now()), more
end

local function export(context)
  local query = context.query
  if not query.query then return invalid "query is required" end
  if query.query:find "type:" then return invalid "use filter[type] instead of type:" end
  local kind = query["filter[type]"]
  if kind == "organization" or kind == "group" then
    return reply.json(200, { results = json.array(), facets = json.null,
      meta = { has_more = false, after_cursor = json.null, before_cursor = json.null },
      links = { next = json.null, prev = json.null } })
  end
  if not KINDS[kind or ""] then return invalid "filter[type] must name an object type" end
  local size = number(query["page[size]"], 100)
  if size < 1 or size > MAX_EXPORT then
    return reply.invalid_pagination "page[size] must be between 1 and 1000"
  end
  local from, refusal = read_cursor(context)
  if refusal then return refusal end
  local results, cursor, more = export_page(context, kind, from, size)
  return reply.json(200, setmetatable({
    results = results, facets = json.null,
    meta = { has_more = more, after_cursor = cursor or json.null, before_cursor = json.null },
    links = {
      next = more and paging.link(context, { ["page[after]"] = cursor }) or json.null,
      prev = json.null,
    },
  }, json.shape { "results" }))
end

return {
  { "GET", "/api/v2/search", handler = search, role = "agent", access = "read" },
  {
    "GET", "/api/v2/search/export", handler = export, role = "agent", access = "read",
    limit = "search-export",
  },
}
