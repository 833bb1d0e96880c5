-- Many tickets at once, and /api/v2/job_statuses. The work is done at once; the job tells of it as
-- Zendesk does: queued in the first reply, working when it is asked for the first time, completed
-- from then on, or failed. A completed job may have items that failed; a failed one, which the
-- switch `jobs` orders, has done nothing.

local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local random = require "zendesk.sandbox.random"
local reply = require "zendesk.sandbox.reply"
local tickets = require "zendesk.sandbox.api.tickets"

local SHAPE = json.shape {
  "id", "job_type", "url", "total", "progress", "status", "message", "results",
}
local CREATED = json.shape { "id", "index", "error", "details" }
local CHANGED = json.shape { "id", "action", "status", "success", "error", "details" }
local PATH = "/api/v2/job_statuses/"
local MOST_ITEMS = 100
local MESSAGES = { completed = "Completed at ", failed = "Failed at " }

local function present(context, job, status)
  local message = MESSAGES[status]
  return setmetatable({
    id = job.id, job_type = job.job_type, url = context.origin .. PATH .. job.id .. ".json",
    total = job.total, status = status,
    progress = message and #(job.results or {}) or json.null,
    message = message and message .. job.ended_at or json.null,
    results = message and job.results or json.null,
  }, SHAPE)
end

local function capitalised(word)
  return (word:gsub("^%l", string.upper))
end

-- What a refusal says, as one text: in a job there is no more.
local function details_of(said)
  if type(said.error) == "table" then return said.error.title, said.error.message end
  local texts = {}
  for _, problems in pairs(said.details or {}) do
    for _, problem in ipairs(problems) do texts[#texts + 1] = problem.description end
  end
  table.sort(texts)
  return said.error, #texts > 0 and table.concat(texts, ", ") or said.description
end

-- Who creates has no ids yet: the index says which of the items it is.
local function creation(answer, place)
  local said = json.decode(answer.body)
  local result = setmetatable({ index = place - 1 }, CREATED)
  if answer.status < 300 then
    result.id = said.ticket.id
    return result
  end
  -- The word as recorded; what Zendesk calls the other failures of a job is not known, so that they
  -- have the names they have in single calls.
  result.error, result.details = "TicketCreateFailed", select(2, details_of(said))
  return result
end

local function change(answer, action, id)
  local success = answer.status < 300
  local result = setmetatable({
    id = id, action = action, success = success,
    status = success and capitalised(action .. "d") or "Failed",
  }, CHANGED)
  if not success then result.error, result.details = details_of(json.decode(answer.body)) end
  return result
end

local function list_of(value) return type(value) == "table" and value or nil end

-- `additional_tags` and `remove_tags`, which only update_many takes: as the tags that come of them.
local function with_tags(context, item)
  local given, record = item.ticket, fields.id(tostring(item.id))
  record = record and context.state.tickets:get(record)
  if type(given) ~= "table" or not record then return given end
  local added, removed = list_of(given.additional_tags), list_of(given.remove_tags)
  if not (added or removed) then return given end
  local copy, gone, tags = {}, fields.set(removed or {}), json.array()
  for name, value in pairs(given) do copy[name] = value end
  local there = list_of(copy.tags) or list_of(record.values.tags) or {}
  for _, list in ipairs { there, added or {} } do
    for _, tag in ipairs(list) do
      if not gone[tag] then tags[#tags + 1], gone[tag] = tag, true end
    end
  end
  copy.tags, copy.additional_tags, copy.remove_tags = tags, nil, nil
  return copy
end

-- An item is done as the call for one ticket would be, and its reply is what is said of it.
local function result_of(context, action, place, item)
  local ticket = action == "update" and with_tags(context, item) or item.ticket
  local single = setmetatable({ json = { ticket = ticket } }, { __index = context })
  local answer = tickets.actions[action](single, item.id)
  if action == "create" then return creation(answer, place) end
  return change(answer, action, item.id)
end

local function results_of(context, action, items)
  local results = json.array()
  for place, item in ipairs(items) do results[place] = result_of(context, action, place, item) end
  return results
end

local function start(context, action, items)
  local state = context.state
  local fails = state.switches.jobs == "fail"
  local job = {
    id = "V3-" .. random.hex(32), job_type = "Bulk Ticket " .. capitalised(action),
    total = #items, results = not fails and results_of(context, action, items) or nil,
    ends = fails and "failed" or "completed", asked = false,
    ended_at = os.date("!%Y-%m-%d %H:%M:%S +0000", state.clock:wall() // 1 | 0),
  }
  state.jobs[job.id] = job
  return reply.json(200, { job_status = present(context, job, "queued") })
end

local function show(context)
  local job = context.state.jobs[context.params.id]
  if not job then return reply.record_not_found() end
  local status = job.asked and job.ends or "working"
  job.asked = true
  return reply.json(200, { job_status = present(context, job, status) })
end

local function check_count(items)
  if #items == 0 then return reply.invalid_attribute("tickets", "an array of objects") end
  return #items > MOST_ITEMS and reply.too_many_values(MOST_ITEMS) or nil
end

-- The tickets of the body; none at all where one of them is no object.
local function listed(context)
  local list = type(context.json) == "table" and context.json.tickets
  local items = {}
  for place, ticket in ipairs(type(list) == "table" and list or {}) do
    if type(ticket) ~= "table" then return {} end
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
  for place, id in ipairs((fields.ids(context.query.ids))) do
    items[place] = { id = id, ticket = ticket }
  end
  return items
end

local function only_ids(context)
  local items = {}
  for place, id in ipairs((fields.ids(context.query.ids))) do items[place] = { id = id } end
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
