-- /api/v2/users: people, and the caller's own record.

local auth = require "zendesk.sandbox.auth"
local fields = require "zendesk.sandbox.fields"
local form = require "zendesk.sandbox.form"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"
local search_query = require "zendesk.sandbox.search_query"

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

local MOST_IDS = 100

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

local function external_id_of(user)
  local id = user.extra and fields.plain(user.extra.external_id)
  return id ~= nil and tostring(id) or nil
end

local function list(context, more)
  more.key, more.records = "users", context.state.users
  more.present = function(user) return users.present(context, user) end
  return paging.reply(context, more)
end

local function index(context)
  local names, external_id = form.all(context.request.query, "role[]"), context.query.external_id
  names[#names + 1] = context.query.role
  local roles = #names > 0 and fields.set(names)
  return list(context, {
    mixed = true,
    cache = ("users %s %s"):format(table.concat(names, ","), external_id or ""),
    accept = (roles or external_id) and function(user)
      return (not roles or roles[user.role] == true)
        and (not external_id or external_id_of(user) == external_id)
    end,
  })
end

-- Numbered pages whatever is asked for, as Zendesk says of this one.
local function search(context)
  local query = context.query
  if fields.is_blank(query.query) == fields.is_blank(query.external_id) then
    return reply.sandbox_limit "The sandbox's search for users takes query or external_id."
  end
  query["page[size]"], query["page[after]"], query["page[before]"] = nil, nil, nil
  local external_id = query.external_id
  if external_id then
    return list(context, {
      cache = "external_id " .. external_id,
      accept = function(user) return external_id_of(user) == external_id end,
    })
  end
  local wanted, problem = search_query.compile(query.query, context, "user")
  if wanted and wanted.order then problem = "The sandbox does not sort a search for users." end
  if problem then return reply.sandbox_limit(problem) end
  local accept = wanted.types.user and wanted.accepts "user" or function() return false end
  return list(context, { accept = accept, cache = wanted.key })
end

local function show_many(context)
  local state, found, external_ids = context.state, json.array(), {}
  local ids, count = fields.ids(context.query.ids)
  for id in (context.query.external_ids or ""):gmatch "[^,]+" do
    external_ids[id], count = true, count + 1
  end
  if count > MOST_IDS then return reply.too_many_values(MOST_IDS) end
  for _, id in ipairs(ids) do
    local user = state.users:peek(id)
    if user then found[#found + 1] = users.present(context, user) end
  end
  if next(external_ids) then
    for user in state.users:walk() do
      if external_ids[external_id_of(user)] then
        found[#found + 1] = users.present(context, user)
      end
    end
  end
  return reply.json(200, setmetatable({
    users = found, next_page = json.null, previous_page = json.null, count = #found,
  }, json.shape { "users" }))
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

-- The user whom a record means: by its external id, upper or lower case, else by its address.
local function find_existing(state, given)
  local external_id, email = fields.plain(given.external_id), fields.plain(given.email)
  local by_email
  for user in state.users:walk() do
    local id = external_id ~= nil and external_id_of(user)
    if id and id:lower() == tostring(external_id):lower() then return user.id end
    local same = type(email) == "string" and type(user.email) == "string"
      and user.email:lower() == email:lower()
    if same then by_email = user.id end
  end
  return by_email
end

local function create_or_update(context)
  local object, refusal = fields.wrapped(context, "user")
  if not object then return refusal end
  local id = find_existing(context.state, object)
  if id then return update(context, context.state.users:get(id)) end
  return create(context)
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
users[1].parameters = paging.parameters { "role", "role[]", "external_id" }
users[2] = route("GET", PATH .. "/me", me)
users[2].anonymous = true
users[3] = route("GET", PATH .. "/{id}", with_user(show))
users[4] = route("POST", PATH, create, "agent")
users[5] = route("PUT", PATH .. "/{id}", with_user(update), "agent")
users[6] = route("DELETE", PATH .. "/{id}", with_user(delete), "admin")
users[7] = route("GET", PATH .. "/search", search, "agent")
users[7].parameters = fields.set { "query", "external_id", "page", "per_page" }
users[8] = route("GET", PATH .. "/show_many", show_many, "agent")
users[8].parameters = fields.set { "ids", "external_ids" }
users[9] = route("POST", PATH .. "/create_or_update", create_or_update, "agent")

return users
