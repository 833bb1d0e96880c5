-- /api/v2/search with its wall behind result 1,000, and /api/v2/search/export with its cursors.
-- What a query means is in search_query.lua; what is not understood there is refused with 501.

local mime = require "mime"
local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"
local search_query = require "zendesk.sandbox.search_query"
local search_words = require "zendesk.sandbox.search_words"
local tickets = require "zendesk.sandbox.api.tickets"
local users = require "zendesk.sandbox.api.users"

local MAX_RESULTS, MAX_PAGE, MAX_EXPORT = 1000, 100, 1000
local CURSOR_LIFETIME = 3600

local ORDER = { "ticket", "user" }
local KINDS = {
  ticket = { collection = "tickets", present = tickets.present },
  user = { collection = "users", present = users.present },
}

local function invalid(text)
  return reply.json(422, { error = "invalid", description = "Invalid search: " .. text })
end

-- The filter of one kind, with the name under which the collection may keep its result. The index
-- lags behind the records.
local function filter(state, wanted, kind)
  local lag, accept = state.switches.search_lag, wanted.accepts(kind)
  if lag == 0 then return wanted.key, accept end
  local ripe = state.clock:now() - lag
  return wanted.key .. " " .. ripe, function(record)
    return record.created_at <= ripe and accept(record)
  end
end

local function rank_of(record, name, values_name)
  local value = record.values and fields.plain(record.values[values_name or name])
  if name == "status" and record.values then value = value or "new" end
  return search_words.RANKS[name][value] or 0
end

-- What results are sorted by; users have none of the properties of tickets.
local SORTS = {
  created_at = function(record) return record.created_at end,
  updated_at = function(record) return record.updated_at end,
  status = function(record) return rank_of(record, "status") end,
  priority = function(record) return rank_of(record, "priority") end,
  ticket_type = function(record) return rank_of(record, "ticket_type", "type") end,
}

-- The order that a call asks for, in its query or beside it: nil for Zendesk's own, "relevance".
local function order_of(query, wanted)
  local by, order = query.sort_by, query.sort_order
  if order ~= nil and order ~= "asc" and order ~= "desc" and order ~= "relevance" then
    return nil, "The sandbox's search knows the sort_order asc, desc and relevance."
  end
  if by == nil or by == "relevance" then return wanted.order end
  if not SORTS[by] then
    return nil, "The sandbox's search knows the sort_by created_at, updated_at, priority, status, "
      .. "ticket_type and relevance."
  end
  if wanted.order then return nil, "The search is sorted by order_by: and by sort_by." end
  if order == "relevance" then return nil end
  return { by = by, descending = order ~= "asc" }
end

local function sort(found, state, order)
  local measure, before = SORTS[order.by], {}
  for place, entry in ipairs(found) do
    before[entry] = { measure(state[KINDS[entry[1]].collection]:peek(entry[2])), place }
  end
  table.sort(found, function(a, b)
    local first, second = before[a], before[b]
    if first[1] == second[1] then return first[2] < second[2] end
    return (first[1] < second[1]) ~= order.descending
  end)
end

local function find_all(state, wanted, order)
  local found = {}
  for _, kind in ipairs(ORDER) do
    if wanted.types[kind] then
      for _, id in ipairs(state[KINDS[kind].collection]:select(filter(state, wanted, kind))) do
        found[#found + 1] = { kind, id }
      end
    end
  end
  if order then sort(found, state, order) end
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

local function page_of(context, found, page, size)
  local results = json.array()
  for position = (page - 1) * size + 1, math.min(page * size, #found) do
    local kind, id = table.unpack(found[position])
    results[#results + 1] = present(context, kind, context.state[KINDS[kind].collection]:peek(id))
  end
  local function to(target) return paging.link(context, { page = tostring(target) }) end
  -- The next page is offered even where it will be refused.
  return reply.json(200, setmetatable({
    results = results, facets = json.null, count = #found,
    next_page = page * size < #found and to(page + 1) or json.null,
    previous_page = page > 1 and to(page - 1) or json.null,
  }, json.shape { "results" }))
end

local function search(context)
  local query = context.query
  if fields.is_blank(query.query) then return invalid "query is required" end
  local page = math.max(number(query.page, 1), 1)
  local size = math.min(math.max(number(query.per_page, MAX_PAGE), 1), MAX_PAGE)
  if page * size > MAX_RESULTS then
    return invalid "Requested response size was greater than Search Response Limits"
  end
  local wanted, problem = search_query.compile(query.query, context)
  if not wanted then return reply.sandbox_limit(problem) end
  local order
  order, problem = order_of(query, wanted)
  if problem then return reply.sandbox_limit(problem) end
  return page_of(context, find_all(context.state, wanted, order), page, size)
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

local function export_page(context, wanted, kind, from, size)
  local state = context.state
  local _, accept = filter(state, wanted, kind)
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

local function export_reply(context, results, cursor, more)
  return reply.json(200, setmetatable({
    results = results, facets = json.null,
    meta = { has_more = more, after_cursor = cursor or json.null, before_cursor = json.null },
    links = {
      next = more and paging.link(context, { ["page[after]"] = cursor }) or json.null,
      prev = json.null,
    },
  }, json.shape { "results" }))
end

-- The query of an export, or the refusal.
local function export_query(context, kind)
  local text = context.query.query
  if fields.is_blank(text) then return nil, invalid "query is required" end
  local wanted, problem = search_query.compile(text, context, KINDS[kind] and kind)
  if not wanted then return nil, reply.sandbox_limit(problem) end
  if wanted.typed then return nil, invalid "use filter[type] instead of type:" end
  if wanted.order then return nil, reply.sandbox_limit "An export is sorted by created_at." end
  return wanted
end

local function export(context)
  local query = context.query
  local kind = query["filter[type]"] or ""
  local wanted, refusal = export_query(context, kind)
  if not wanted then return refusal end
  if kind == "organization" or kind == "group" then
    return export_reply(context, json.array(), nil, false)
  end
  if not KINDS[kind] then return invalid "filter[type] must name an object type" end
  local size = number(query["page[size]"], 100)
  if size < 1 or size > MAX_EXPORT then
    return reply.invalid_pagination "page[size] must be between 1 and 1000"
  end
  local from
  from, refusal = read_cursor(context)
  if refusal then return refusal end
  return export_reply(context, export_page(context, wanted, kind, from, size))
end

return {
  {
    "GET", "/api/v2/search", handler = search, role = "agent", access = "read",
    parameters = fields.set { "query", "sort_by", "sort_order", "page", "per_page" },
  },
  {
    "GET", "/api/v2/search/export", handler = export, role = "agent", access = "read",
    limit = "search-export",
    parameters = fields.set { "query", "filter[type]", "page[size]", "page[after]" },
  },
}
