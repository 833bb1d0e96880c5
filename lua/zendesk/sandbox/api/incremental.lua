-- /api/v2/incremental: everything that has changed since a time, by time (with its repeats at the
-- borders of pages) and by cursor.

local mime = require "mime"
local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"
local tickets = require "zendesk.sandbox.api.tickets"
local users = require "zendesk.sandbox.api.users"

local MAX_SIZE = 1000
local TOO_RECENT = 60

local incremental = {}

-- The records in the order of their last change: pairs of second and id, made anew after changes.
local function timeline(state, name)
  local records = state[name]
  local kept = state.timelines[name]
  if kept and kept.version == records.version then return kept.list end
  local list = {}
  for record in records:walk() do
    list[#list + 1] = { record.updated_at // 1 | 0, record.id }
  end
  table.sort(list, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  state.timelines[name] = { version = records.version, list = list }
  return list
end

-- The position of the first entry behind (or at, when `id` is nil) a point in time.
local function position(list, second, id)
  local low, high = 1, #list + 1
  while low < high do
    local middle = (low + high) // 2
    local entry = list[middle]
    local before = entry[1] < second or (id ~= nil and entry[1] == second and entry[2] <= id)
    if before then low = middle + 1 else high = middle end
  end
  return low
end

local function start_time(context)
  local text = context.query.start_time
  local second = text and math.tointeger(tonumber(text))
  if not second then return nil, reply.invalid_attribute("start_time", "an integer") end
  if second > context.state.clock:wall() - TOO_RECENT then
    return nil, reply.json(400, {
      error = "StartTimeTooRecent",
      description = "Too recent start_time. Use a start_time older than 60 seconds",
    })
  end
  return second - context.state.clock.offset // 1 | 0
end

local function page_size(query)
  local size = math.tointeger(tonumber(query.per_page or MAX_SIZE)) or MAX_SIZE
  return math.min(math.max(size, 1), MAX_SIZE)
end

local function slice(context, kind, list, at, size)
  local out, last = json.array(), nil
  for index = at, math.min(at + size - 1, #list) do
    last = list[index]
    out[#out + 1] = kind.present(context, context.state[kind.name]:peek(last[2]))
  end
  return out, last
end

local function by_time(kind)
  return function(context)
    local from, refusal = start_time(context)
    if not from then return refusal end
    local list, size = timeline(context.state, kind.name), page_size(context.query)
    local records, last = slice(context, kind, list, position(list, from), size)
    local end_time = last and context.state.clock:wall(last[1]) // 1 | 0
    return reply.json(200, setmetatable({
      [kind.name] = records, count = #records, end_of_stream = #records < size,
      end_time = end_time or json.null,
      -- It begins with the second in which this page ends: records come twice by design, and a page
      -- full of one second leads to itself.
      next_page = end_time and paging.link(context, { start_time = tostring(end_time) })
        or json.null,
    }, json.shape { kind.name }))
  end
end

-- Where a call wants to begin: behind its cursor, else at its start_time.
local function begin(context, cursor)
  if not cursor then
    local from, refusal = start_time(context)
    return from, nil, refusal
  end
  local second, id = (mime.unb64(cursor) or ""):match "^(%d+)%.0||(%-?%d+)$"
  if second then return math.tointeger(tonumber(second)), math.tointeger(tonumber(id)) end
  local body = { error = "InvalidCursor", description = "The cursor is invalid" }
  return nil, nil, reply.json(400, body)
end

local function by_cursor(kind)
  return function(context)
    local text = context.query.cursor
    local from, id, refusal = begin(context, text)
    if not from then return refusal end
    local list, size = timeline(context.state, kind.name), page_size(context.query)
    local at = position(list, from, id)
    local records, last = slice(context, kind, list, at, size)
    local cursor = text or json.null
    if last then cursor = mime.b64(("%d.0||%d"):format(last[1], last[2])) end
    local url = json.null
    if cursor ~= json.null then
      url = paging.link(context, { cursor = cursor, start_time = false })
    end
    return reply.json(200, setmetatable({
      [kind.name] = records, after_url = url, after_cursor = cursor, before_url = json.null,
      before_cursor = json.null, end_of_stream = at + size > #list,
    }, json.shape { kind.name }))
  end
end

local KINDS = {
  { name = "tickets", present = tickets.present }, { name = "users", present = users.present },
}
for _, kind in ipairs(KINDS) do
  local path = "/api/v2/incremental/" .. kind.name
  for suffix, handler in pairs { [""] = by_time(kind), ["/cursor"] = by_cursor(kind) } do
    incremental[#incremental + 1] = {
      "GET", path .. suffix, handler = handler, role = "admin", access = "read",
      resource = kind.name, limit = "incremental-exports",
      parameters = fields.set { "start_time", "per_page", "cursor" },
    }
  end
end

return incremental
