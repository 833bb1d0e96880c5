-- /api/v2/oauth/clients: the OAuth clients of the account.

local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local random = require "zendesk.sandbox.random"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "url", "id", "name", "identifier", "company", "description", "logo_url", "redirect_uri", "kind",
  "global", "user_id", "secret", "created_at", "updated_at",
}
local PERMITTED = fields.set {
  "name", "identifier", "kind", "redirect_uri", "company", "description", "user_id",
  "allowed_scopes",
}
local TYPES = {
  name = "a string", identifier = "a string", kind = "a string", company = "a string",
  description = "a string", redirect_uri = "an array of strings", user_id = "an integer",
  allowed_scopes = "an array of strings",
}
local SECRET_LENGTH, SHOWN = 64, 10
local PATH = "/api/v2/oauth/clients"

local clients = {}

---@param context zendesk.sandbox.Context
---@param client table
---@param full_secret? boolean
---@return table
function clients.present(context, client, full_secret)
  local clock = context.state.clock
  local shown = {
    -- The route of old; nothing answers there, as nothing does at Zendesk.
    url = context.origin .. "/api/v2/clients/" .. client.id .. ".json",
    id = client.id, name = client.name, identifier = client.identifier,
    company = fields.nullable(client.company), description = fields.nullable(client.description),
    logo_url = json.null, redirect_uri = json.array(client.redirect_uri), kind = client.kind,
    global = false, user_id = client.user_id,
    secret = full_secret and client.secret or client.secret:sub(1, SHOWN) .. "...",
    created_at = clock:iso(client.created_at), updated_at = clock:iso(client.updated_at),
    allowed_scopes = client.allowed_scopes,
  }
  for name, value in pairs(client.extra or {}) do shown[name] = value end
  return setmetatable(shown, SHAPE)
end

---Is a redirect URI one that Zendesk takes: absolute, https unless it leads to this computer?
---@param uri any
---@return boolean
function clients.is_redirect_uri(uri)
  if type(uri) ~= "string" or uri:find "[%s#]" then return false end
  local scheme, host = uri:match "^(%a[%w+.-]*)://([^/?#]+)"
  if not scheme then return false end
  local name = host:gsub("^.*@", ""):gsub(":%d*$", "")
  if scheme:lower() == "https" then return true end
  return scheme:lower() == "http" and (name == "localhost" or name == "127.0.0.1")
end

local function check_name(state, values, client, details)
  if fields.is_blank(values.name) then
    details.name = fields.problem("Name: cannot be blank", "BlankValue")
  end
  if fields.is_blank(values.identifier) then
    details.identifier = fields.problem("Identifier: cannot be blank", "BlankValue")
    return
  end
  local holder = state.clients_by_identifier[values.identifier]
  if holder and holder ~= client then
    details.identifier = fields.problem("Identifier: has already been taken", "DuplicateValue")
  end
end

local function check(state, values, client)
  local details = {}
  check_name(state, values, client, details)
  if values.kind ~= "public" and values.kind ~= "confidential" then
    details.kind = fields.problem("Kind: is not included in the list", "InvalidValue")
  end
  for _, uri in ipairs(values.redirect_uri) do
    if not clients.is_redirect_uri(uri) then
      details.redirect_uri = fields.problem(
        "Redirect uri: must be absolute, and https unless its host is localhost or 127.0.0.1",
        "InvalidValue")
    end
  end
  if values.user_id and not state.users:get(values.user_id) then
    details.user = fields.problem("User: is invalid", "InvalidValue")
  end
  return next(details) and details or nil
end

-- The form of old: one text with an URI on each line.
local function uri_list(text)
  local list = json.array()
  for line in text:gmatch "%S+" do list[#list + 1] = line end
  return list
end

-- The client as it would be after taking over the given values; json null empties a field.
local function merged(client, given)
  local values = {}
  for name in pairs(PERMITTED) do
    values[name] = given[name]
    if values[name] == nil then values[name] = client[name] end
    values[name] = fields.plain(values[name])
  end
  values.redirect_uri = values.redirect_uri or {}
  return values
end

-- Checks what is to be written; gives the values or the refusal.
local function prepare(context, client)
  local object, refusal = fields.wrapped(context, "client")
  if not object then return nil, refusal end
  local given = fields.permit(context, object, PERMITTED)
  if type(given.redirect_uri) == "string" then
    given.redirect_uri = uri_list(given.redirect_uri)
  end
  refusal = fields.check_types(given, TYPES)
  if refusal then return nil, refusal end
  local values = merged(client, given)
  local details = check(context.state, values, client.id and client or nil)
  if details then return nil, reply.record_invalid(details) end
  return values
end

---A secret like Zendesk's: 64 hexadecimal digits.
---@return string
function clients.new_secret()
  return random.hex(SECRET_LENGTH)
end

local function list(context, accept, cache)
  return paging.reply(context, {
    key = "clients", records = context.state.clients, accept = accept, cache = cache,
    present = function(client) return clients.present(context, client) end,
  })
end

local function index(context)
  return list(context)
end

local function mine(context)
  local id = context.caller.user.id
  return list(context, function(client) return client.user_id == id end, "mine " .. id)
end

local function create(context)
  local defaults = { kind = "confidential", user_id = context.caller.user.id }
  local values, refusal = prepare(context, defaults)
  if not values then return refusal end
  values.secret = clients.new_secret()
  local state = context.state
  local client = state:add_client(values)
  state.stats.clients_created = state.stats.clients_created + 1
  local location = "Location: " .. context.origin .. PATH .. "/" .. client.id .. ".json"
  return reply.json(201, { client = clients.present(context, client, true) }, { location })
end

-- Wraps a handler that works on the client named in the path.
local function with_client(handler)
  return function(context)
    local id = fields.id(context.params.id)
    local client = id and context.state.clients:get(id)
    if not client then return reply.record_not_found() end
    return handler(context, client)
  end
end

local function show(context, client)
  return reply.json(200, { client = clients.present(context, client) })
end

local function update(context, client)
  local values, refusal = prepare(context, client)
  if not values then return refusal end
  local state = context.state
  state.clients_by_identifier[client.identifier] = nil
  for name in pairs(PERMITTED) do client[name] = values[name] end
  client.updated_at = state.clock:now()
  state.clients_by_identifier[client.identifier] = client
  return reply.json(200, { client = clients.present(context, client) })
end

local function delete(context, client)
  local state = context.state
  state.clients:remove(client.id)
  state.clients_by_identifier[client.identifier] = nil
  if not state.switches.orphan_tokens then
    local gone = {}
    for token in state.tokens:walk() do
      if token.client_id == client.id then gone[#gone + 1] = token.id end
    end
    for _, id in ipairs(gone) do state:remove_token(id) end
  end
  return reply.no_content()
end

local function generate_secret(context, client)
  local state = context.state
  client.old_secret = client.secret
  client.old_secret_until = state.clock:now() + state.switches.secret_overlap
  client.secret = clients.new_secret()
  client.updated_at = state.clock:now()
  local full = not state.switches.masked_new_secret
  return reply.json(200, { client = clients.present(context, client, full) })
end

local function route(method, path, handler)
  local access = method == "GET" and "read" or "write"
  return { method, path, handler = handler, role = "admin", access = access }
end

clients[1] = route("GET", PATH, index)
clients[1].parameters = paging.parameters()
clients[2] = route("GET", "/api/v2/users/me/oauth/clients", mine)
clients[2].parameters = paging.parameters()
clients[3] = route("POST", PATH, create)
clients[4] = route("GET", PATH .. "/{id}", with_client(show))
clients[5] = route("PUT", PATH .. "/{id}", with_client(update))
clients[6] = route("DELETE", PATH .. "/{id}", with_client(delete))
clients[7] = route("PUT", PATH .. "/{id}/generate_secret", with_client(generate_secret))

return clients
