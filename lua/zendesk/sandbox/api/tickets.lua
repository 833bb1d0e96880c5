-- /api/v2/tickets: enough of tickets for scripts to have something to read, write and export.

local attachments = require "zendesk.sandbox.api.attachments"
local fields = require "zendesk.sandbox.fields"
local idempotency = require "zendesk.sandbox.idempotency"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"
local ticket_rules = require "zendesk.sandbox.ticket_rules"
local users = require "zendesk.sandbox.api.users"

local SHAPE = json.shape {
  "url", "id", "external_id", "via", "created_at", "updated_at", "generated_timestamp", "type",
  "subject", "raw_subject", "description", "priority", "status", "recipient", "requester_id",
  "submitter_id", "assignee_id", "organization_id", "group_id", "tags", "custom_fields",
}
local LIST_SHAPE = json.shape { "tickets", "users" }
local PERMITTED = fields.set {
  "subject", "comment", "description", "priority", "status", "type", "tags", "custom_fields",
  "requester_id", "submitter_id", "assignee_id", "organization_id", "group_id", "external_id",
  "requester", "collaborator_ids", "follower_ids", "email_cc_ids", "due_at", "problem_id",
  "brand_id", "ticket_form_id", "recipient", "via", "metadata", "safe_update", "updated_stamp",
  "custom_status_id", "is_public",
}
-- What steers the call and is not kept.
local TRANSIENT = fields.set {
  "comment", "attached", "requester", "safe_update", "updated_stamp", "metadata",
}
local IDS = { "requester_id", "submitter_id", "assignee_id", "organization_id", "group_id" }
local TYPES = {
  subject = "a string", comment = "an object", requester = "an object",
  tags = "an array of strings",
  custom_fields = "an array", requester_id = "an integer", submitter_id = "an integer",
  assignee_id = "an integer", organization_id = "an integer", group_id = "an integer",
}
local PATH = "/api/v2/tickets"
local MOST_IDS = 100

local tickets = {}

---@param context zendesk.sandbox.Context
---@param ticket table
---@return table
function tickets.present(context, ticket)
  local clock = context.state.clock
  local shown = {
    url = context.origin .. PATH .. "/" .. ticket.id .. ".json", id = ticket.id,
    created_at = clock:iso(ticket.created_at), updated_at = clock:iso(ticket.updated_at),
    generated_timestamp = clock:wall(ticket.updated_at) // 1 | 0,
  }
  for name, value in pairs(ticket.values) do shown[name] = value end
  for _, name in ipairs { "external_id", "type", "priority", "recipient", "subject" } do
    if shown[name] == nil then shown[name] = json.null end
  end
  for _, name in ipairs(IDS) do
    if shown[name] == nil then shown[name] = json.null end
  end
  shown.raw_subject = shown.subject
  shown.status = shown.status or "new"
  shown.tags = json.array(fields.plain(shown.tags))
  shown.custom_fields = json.array(fields.plain(shown.custom_fields))
  return setmetatable(shown, SHAPE)
end

local function prepare(context, ticket)
  local object, refusal = fields.wrapped(context, "ticket")
  if not object then return nil, refusal end
  local given = fields.permit(context, object, PERMITTED)
  refusal = fields.check_types(given, TYPES)
    or ticket_rules.check(context.state, given, ticket)
  if refusal then return nil, refusal end
  local comment = fields.plain(given.comment) or {}
  given.attached, refusal = attachments.take(context.state, comment.uploads)
  if refusal then return nil, refusal end
  ticket_rules.find_requester(context.state, given)
  return given
end

local function assign(values, given)
  for name, value in pairs(given) do
    if not TRANSIENT[name] then values[name] = value end
  end
end

local function comment_event(context, comment, attached)
  local body = comment.body or comment.html_body
  return {
    id = context.state:next_id(), type = "Comment", author_id = context.caller.user.id,
    body = fields.nullable(body), html_body = fields.nullable(comment.html_body or body),
    plain_body = fields.nullable(body), public = comment.public ~= false,
    attachments = attachments.present_all(context, attached),
  }
end

local function add_audit(context, ticket, given)
  local state = context.state
  local events = json.array()
  local comment = type(given.comment) == "table" and given.comment or nil
  if comment then events[1] = comment_event(context, comment, given.attached) end
  for name, value in pairs(given) do
    if not TRANSIENT[name] then
      events[#events + 1] = {
        id = state:next_id(), type = ticket.audits and "Change" or "Create", field_name = name,
        value = value,
      }
    end
  end
  ticket.audits = ticket.audits or {}
  local audit = {
    id = state:next_id(), ticket_id = ticket.id, author_id = context.caller.user.id,
    created_at = state.clock:iso(state.clock:now()), events = events,
  }
  table.insert(ticket.audits, audit)
  return audit
end

-- The people of a page, each once: `include=users`.
local function sideload_users(context, shown)
  local people, seen = json.array(), {}
  for _, ticket in ipairs(shown) do
    for _, name in ipairs { "requester_id", "submitter_id", "assignee_id" } do
      local id = fields.plain(ticket[name])
      local user = id and not seen[id] and context.state.users:peek(id)
      if user then people[#people + 1] = users.present(context, user) end
      if id then seen[id] = true end
    end
  end
  return people
end

-- Sideloads: users are there, others are passed over with a warning.
local function sideload(context, value)
  for name in (context.query.include or ""):gmatch "[^,]+" do
    if name == "users" then
      value.users = sideload_users(context, value.tickets)
    else
      table.insert(context.warnings, "include=" .. name)
    end
  end
end

local function index(context)
  local external_id = context.query.external_id
  local value, refusal = paging.page(context, {
    key = "tickets", records = context.state.tickets, mixed = true,
    present = function(ticket) return tickets.present(context, ticket) end,
    cache = external_id and "external_id " .. external_id,
    accept = external_id and function(ticket)
      local id = fields.plain(ticket.values.external_id)
      return id ~= nil and tostring(id) == external_id
    end,
  })
  if not value then return refusal end
  sideload(context, value)
  return reply.json(200, setmetatable(value, LIST_SHAPE))
end

local function create(context)
  local given, refusal = prepare(context)
  if not given then return refusal end
  local state, caller = context.state, context.caller
  local comment = type(given.comment) == "table" and given.comment or {}
  local now = state.clock:now()
  local ticket = { id = state:next_id(), created_at = now, updated_at = now, values = {
    requester_id = caller.user.id, submitter_id = caller.user.id, status = "open",
    description = fields.plain(comment.body), via = { channel = "api" },
  } }
  assign(ticket.values, given)
  state.tickets:insert(ticket)
  state.stats.tickets_created = state.stats.tickets_created + 1
  local audit = add_audit(context, ticket, given)
  local location = "Location: " .. context.origin .. PATH .. "/" .. ticket.id .. ".json"
  return reply.json(201, { ticket = tickets.present(context, ticket), audit = audit }, { location })
end

local function with_ticket(handler)
  return function(context)
    local id = fields.id(context.params.id)
    local ticket = id and context.state.tickets:get(id)
    if not ticket then return reply.record_not_found() end
    return handler(context, ticket)
  end
end

local function with_id(context, id)
  return setmetatable({ params = { id = tostring(id) } }, { __index = context })
end

local function show(context, ticket)
  return reply.json(200, { ticket = tickets.present(context, ticket) })
end

local function is_outdated(context, ticket, given)
  if given.safe_update ~= true and given.safe_update ~= "true" then return false end
  return given.updated_stamp ~= context.state.clock:iso(ticket.updated_at)
end

local function update(context, ticket)
  local given, refusal = prepare(context, ticket)
  if not given then return refusal end
  if is_outdated(context, ticket, given) then
    return reply.json(409, {
      error = "UpdateConflict",
      description = "Safe Update prevented the update due to outdated ticket data. Please fetch "
        .. "the latest ticket data and try again.",
    })
  end
  assign(ticket.values, given)
  ticket.updated_at = context.state.clock:now()
  context.state.tickets:touch()
  ticket.audits = ticket.audits or {}
  local audit = add_audit(context, ticket, given)
  return reply.json(200, { ticket = tickets.present(context, ticket), audit = audit })
end

local function delete(context, ticket)
  context.state.tickets:remove(ticket.id)
  return reply.no_content()
end

local function count(context)
  local state = context.state
  return reply.json(200, { count = {
    value = state.tickets:count(), refreshed_at = state.clock:iso(state.clock:now()),
  } })
end

local function show_many(context)
  local ids, given = fields.ids(context.query.ids)
  if given > MOST_IDS then return reply.too_many_values(MOST_IDS) end
  local found = {}
  for _, id in ipairs(ids) do
    local ticket = context.state.tickets:peek(id)
    if ticket then found[#found + 1] = tickets.present(context, ticket) end
  end
  return reply.json(200, {
    tickets = json.array(found), next_page = json.null, previous_page = json.null, count = #found,
  })
end

local function audits(_, ticket)
  local list = json.array(ticket.audits or {})
  return reply.json(200, {
    audits = list, next_page = json.null, previous_page = json.null, count = #list,
  })
end

-- Comments are events of audits; here they are given one by one.
local function comments(_, ticket)
  local list = json.array()
  for _, audit in ipairs(ticket.audits or {}) do
    for _, event in ipairs(audit.events) do
      if event.type == "Comment" then
        local comment = { created_at = audit.created_at, via = { channel = "api" } }
        for name, value in pairs(event) do comment[name] = value end
        list[#list + 1] = comment
      end
    end
  end
  return reply.json(200, {
    comments = list, next_page = json.null, previous_page = json.null, count = #list,
  })
end

-- What a job does with one ticket.
tickets.actions = {
  create = create,
  update = function(context, id) return with_ticket(update)(with_id(context, id)) end,
  delete = function(context, id) return with_ticket(delete)(with_id(context, id)) end,
}

local function route(method, path, handler, limit)
  return {
    method, path, handler = handler, role = "agent", limit = limit, resource = "tickets",
    access = method == "GET" and "read" or "write",
  }
end

tickets[1] = route("GET", PATH, index, "tickets-index")
tickets[1].parameters = paging.parameters { "external_id", "include" }
tickets[2] = route("POST", PATH, idempotency.wrap(create))
tickets[3] = route("GET", PATH .. "/count", count)
tickets[4] = route("GET", PATH .. "/show_many", show_many)
tickets[4].parameters = fields.set { "ids" }
tickets[5] = route("GET", PATH .. "/{id}", with_ticket(show))
tickets[6] = route("PUT", PATH .. "/{id}", with_ticket(update), "tickets-update")
tickets[7] = route("DELETE", PATH .. "/{id}", with_ticket(delete))
tickets[8] = route("GET", PATH .. "/{id}/audits", with_ticket(audits))
tickets[9] = route("GET", PATH .. "/{id}/comments", with_ticket(comments))

return tickets
