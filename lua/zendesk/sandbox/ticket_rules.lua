-- What a ticket may be made of: choices, people, and that a closed one stays as it is.

local fields = require "zendesk.sandbox.fields"
local reply = require "zendesk.sandbox.reply"

local CHOICES = {
  status = fields.set { "new", "open", "pending", "hold", "solved", "closed" },
  priority = fields.set { "low", "normal", "high", "urgent" },
  type = fields.set { "problem", "incident", "question", "task" },
}
local MAY_BE_ASSIGNED = fields.set { "agent", "admin" }

local ticket_rules = {}

local function check_choices(given, details)
  for name, choices in pairs(CHOICES) do
    local value = fields.plain(given[name])
    if value ~= nil and not choices[value] then
      details[name] = fields.problem(name .. ": is not valid", "InvalidValue")
    end
  end
end

local function check_description(given, details)
  local comment = type(given.comment) == "table" and given.comment or {}
  local said = { comment.body, comment.html_body, given.description }
  for place = 1, 3 do
    if not fields.is_blank(said[place]) then return end
  end
  details.base = fields.problem("Description: cannot be blank", "BlankValue")
end

local function check_people(state, given, details)
  local requester, assignee = fields.plain(given.requester_id), fields.plain(given.assignee_id)
  if requester and not state.users:get(requester) then
    details.requester = fields.problem("Requester: is invalid", "InvalidValue")
  end
  local person = fields.plain(given.requester)
  if person and fields.is_blank(person.email) then
    details.requester = fields.problem("Requester: Email: cannot be blank", "BlankValue")
  end
  local agent = assignee and state.users:get(assignee)
  if assignee and not (agent and MAY_BE_ASSIGNED[agent.role]) then
    details.assignee = fields.problem("Assignee: is invalid", "InvalidValue")
  end
end

---@param state zendesk.sandbox.State
---@param given table
---@param ticket table|nil nil for one that is to be made
---@return table|nil refusal
function ticket_rules.check(state, given, ticket)
  local details = {}
  if ticket and ticket.values.status == "closed" then
    details.status = fields.problem("Status: closed prevents ticket update", "InvalidValue")
  end
  check_choices(given, details)
  if not ticket then check_description(given, details) end
  check_people(state, given, details)
  return next(details) and reply.record_invalid(details) or nil
end

---Puts the id of the person that `requester` describes into the ticket: somebody with that address,
---or a new end user.
---@param state zendesk.sandbox.State
---@param given table
function ticket_rules.find_requester(state, given)
  local person = fields.plain(given.requester)
  if not person then return end
  local user = state:user_by_email(person.email) or state:add_user {
    name = fields.plain(person.name) or person.email:match "^[^@]*", email = person.email,
    role = "end-user",
  }
  given.requester_id = user.id
end

return ticket_rules
