-- Many tickets at once, and /api/v2/job_statuses. The work is done at once; the job tells of it as
-- Zendesk does: queued in the first reply, working when it is asked for the first time, completed
-- from then on. A completed job may have items that failed.

local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local random = require "zendesk.sandbox.random"
local reply = require "zendesk.sandbox.reply"
local tickets = require "zendesk.sandbox.api.tickets"

local SHAPE = json.shape {
  "id", "job_type", "url", "total", "progress", "status", "message", "results",
}
local PATH = "/api/v2/job_statuses/"
local MOST_ITEMS = 100

local function present(context, job, status)
  local done = status == "completed"
  return setmetatable({
    id = job.id, job_type = job.job_type, url = context.origin .. PATH .. job.id .. ".json",
    total = #job.results, progress = done and #job.results or json.null, status = status,
    message = done and "Completed at " .. job.ended_at or json.null,
    results = done and job.results or json.null,
  }, SHAPE)
end

local function capitalised(word)
  return (word:gsub("^%l", string.upper))
end

-- An item is done as the call for one ticket would be, and its reply is what is said of it.
local function result_of(context, action, place, item)
  local single = setmetatable({ json = { ticket = item.ticket } }, { __index = context })
  local answer = tickets.actions[action](single, item.id)
  local result = { index = place - 1, id = item.id, action = action, success = true }
  if answer.status < 300 then
    local made = answer.body ~= "" and json.decode(answer.body).ticket
    result.id, result.status = item.id or made.id, capitalised(action .. "d")
    return result
  end
  local said = json.decode(answer.body)
  result.success, result.error, result.details = false, said.error, said.description
  return result
end

local function start(context, action, items)
  local state = context.state
  local results = json.array()
  for place, item in ipairs(items) do results[place] = result_of(context, action, place, item) end
  local job = {
    id = "V3-" .. random.hex(32), job_type = "Bulk Ticket " .. capitalised(action),
    results = results, ended_at = state.clock:iso(state.clock:now()), asked = false,
  }
  state.jobs[job.id] = job
  return reply.json(200, { job_status = present(context, job, "queued") })
end

local function show(context)
  local job = context.state.jobs[context.params.id]
  if not job then return reply.record_not_found() end
  local status = job.asked and "completed" or "working"
  job.asked = true
  return reply.json(200, { job_status = present(context, job, status) })
end

local function check_count(items)
  if #items == 0 then return reply.invalid_attribute("tickets", "an array") end
  if #items <= MOST_ITEMS then return nil end
  return reply.json(400, {
    error = "TooManyValues", description = "You passed in too many values. Please pass in no more "
      .. "than " .. MOST_ITEMS,
  })
end

local function ids_of(context)
  local ids = {}
  for text in (context.query.ids or ""):gmatch "[^,]+" do ids[#ids + 1] = fields.id(text) end
  return ids
end

local function listed(context)
  local list = type(context.json) == "table" and context.json.tickets
  local items = {}
  for place, ticket in ipairs(type(list) == "table" and list or {}) do
    local copy = {}
    for name, value in pairs(ticket) do copy[name] = value end
    copy.id = nil
    items[place] = { id = ticket.id, ticket = copy }
  end
  return items
end

local function with_items(action, items_of)
  return function(context)
    local items = items_of(context)
    return check_count(items) or start(context, action, items)
  end
end

local function same_ticket(context)
  if not context.query.ids then return listed(context) end
  local items, ticket = {}, type(context.json) == "table" and context.json.ticket
  for place, id in ipairs(ids_of(context)) do items[place] = { id = id, ticket = ticket } end
  return items
end

local function only_ids(context)
  local items = {}
  for place, id in ipairs(ids_of(context)) do items[place] = { id = id } end
  return items
end

local function route(method, path, handler, access)
  return {
    method, path, handler = handler, role = "agent", access = access, resource = "tickets",
  }
end

return {
  route("POST", "/api/v2/tickets/create_many", with_items("create", listed), "write"),
  route("PUT", "/api/v2/tickets/update_many", with_items("update", same_ticket), "write"),
  route("DELETE", "/api/v2/tickets/destroy_many", with_items("delete", only_ids), "write"),
  { "GET", PATH .. "{id}", handler = show, role = "agent", access = "read" },
}
