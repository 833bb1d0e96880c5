-- /api/v2/users: people, and the caller's own record.

local auth = require "zendesk.sandbox.auth"
local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "id", "url", "name", "email", "created_at", "updated_at", "time_zone", "locale", "role",
  "verified", "active", "suspended", "organization_id", "tags", "external_id",
}
local PERMITTED = fields.set {
  "name", "email", "role", "verified", "organization_id", "tags", "external_id", "phone", "notes",
  "details", "alias", "time_zone", "locale", "user_fields", "suspended",
}
local TYPES = {
  name = "a string", email = "a string", role = "a string", verified = "a boolean",
  tags = "an array of strings",
}

local users = {}

---@param context zendesk.sandbox.Context
---@param user table
---@return table
function users.present(context, user)
  local clock = context.state.clock
  local shown = {
    id = user.id, url = context.origin .. "/api/v2/users/" .. user.id .. ".json",
    name = user.name, email = fields.nullable(user.email), role = user.role,
    created_at = clock:iso(user.created_at), updated_at = clock:iso(user.updated_at),
    time_zone = "UTC", locale = "en-US", verified = user.verified ~= false, active = true,
    suspended = false, organization_id = json.null, tags = json.array(), external_id = json.null,
  }
  for name, value in pairs(user.extra or {}) do shown[name] = value end
  return setmetatable(shown, SHAPE)
end

-- What Zendesk answers, with 200, to someone it does not know.
local function anonymous(context)
  return {
    id = json.null, url = context.origin .. "/api/v2/users/.json", name = "Anonymous user",
    email = "invalid@example.com", created_at = json.null, updated_at = json.null,
    time_zone = "UTC", locale = "en-US", role = "end-user", verified = false, active = false,
    suspended = false, organization_id = json.null, tags = json.array(), external_id = json.null,
  }
end

local function me(context)
  local caller = context.caller
  local user = caller.kind == "anonymous" and setmetatable(anonymous(context), SHAPE)
    or users.present(context, caller.user)
  return reply.json(200, { user = user })
end

local function index(context)
  local role = context.query.role
  return paging.reply(context, {
    key = "users", records = context.state.users, mixed = true,
    accept = role and function(user) return user.role == role end, cache = "users " .. (role or ""),
    present = function(user) return users.present(context, user) end,
  })
end

local function with_user(handler)
  return function(context)
    local id = fields.id(context.params.id)
    local user = id and context.state.users:get(id)
    local caller = context.caller
    if not user then return reply.record_not_found() end
    if user ~= caller.user and not auth.has_role(caller, "agent") then return reply.forbidden() end
    return handler(context, user)
  end
end

local function show(context, user)
  return reply.json(200, { user = users.present(context, user) })
end

local ROLES = fields.set { "end-user", "agent", "admin" }

local function check(state, given, user)
  local details = {}
  if given.name ~= nil and fields.is_blank(given.name) or (not user and given.name == nil) then
    details.name = fields.problem("Name: cannot be blank", "BlankValue")
  end
  if given.role ~= nil and not ROLES[given.role] then
    details.role = fields.problem("Role: is invalid", "InvalidValue")
  end
  local holder = type(given.email) == "string" and state:user_by_email(given.email)
  if holder and holder ~= user then
    details.email = fields.problem(
      "Email: " .. given.email .. " is already being used by another user", "DuplicateValue")
  end
  return next(details) and reply.record_invalid(details) or nil
end

local OWN = fields.set { "name", "email", "role", "verified" }

local function assign(user, given)
  user.extra = user.extra or {}
  for name, value in pairs(given) do
    if OWN[name] then
      user[name] = fields.plain(value)
    else
      user.extra[name] = value
    end
  end
end

local function prepare(context, user)
  local object, refusal = fields.wrapped(context, "user")
  if not object then return nil, refusal end
  local given = fields.permit(context, object, PERMITTED)
  refusal = fields.check_types(given, TYPES) or check(context.state, given, user)
  if refusal then return nil, refusal end
  return given
end

local function create(context)
  local given, refusal = prepare(context)
  if not given then return refusal end
  local user = { role = "end-user" }
  assign(user, given)
  context.state:add_user(user)
  local location = "Location: " .. context.origin .. "/api/v2/users/" .. user.id .. ".json"
  return reply.json(201, { user = users.present(context, user) }, { location })
end

local function update(context, user)
  local given, refusal = prepare(context, user)
  if not given then return refusal end
  local state = context.state
  if user.email then state.users_by_email[user.email:lower()] = nil end
  assign(user, given)
  if user.email then state.users_by_email[user.email:lower()] = user.id end
  user.updated_at = state.clock:now()
  state.users:touch()
  return reply.json(200, { user = users.present(context, user) })
end

local function delete(context, user)
  if user == context.caller.user then
    return reply.record_invalid {
      base = fields.problem("You cannot delete yourself", "InvalidValue"),
    }
  end
  local state = context.state
  if user.email then state.users_by_email[user.email:lower()] = nil end
  state.users:remove(user.id)
  local shown = users.present(context, user)
  shown.active = false
  return reply.json(200, { user = shown })
end

local PATH = "/api/v2/users"

local function route(method, path, handler, role)
  local access = method == "GET" and "read" or "write"
  return { method, path, handler = handler, role = role, access = access, resource = "users" }
end

users[1] = route("GET", PATH, index, "agent")
users[2] = route("GET", PATH .. "/me", me)
users[2].anonymous = true
users[3] = route("GET", PATH .. "/{id}", with_user(show))
users[4] = route("POST", PATH, create, "agent")
users[5] = route("PUT", PATH .. "/{id}", with_user(update), "agent")
users[6] = route("DELETE", PATH .. "/{id}", with_user(delete), "admin")

return users
