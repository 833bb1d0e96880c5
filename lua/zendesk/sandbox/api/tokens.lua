-- /api/v2/oauth/tokens: the OAuth tokens of the account, and the deprecated way of making them.

local fields = require "zendesk.sandbox.fields"
local auth = require "zendesk.sandbox.auth"
local issue = require "zendesk.sandbox.oauth.issue"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "url", "id", "user_id", "client_id", "token", "refresh_token", "created_at", "expires_at",
  "refresh_token_expires_at", "used_at", "scopes", "full_token",
}
local TYPES = { client_id = "an integer", scopes = "an array of strings" }
local SHOWN = 10
local PATH = "/api/v2/oauth/tokens"

local tokens = {}

---@param context zendesk.sandbox.Context
---@param token table
---@return table
function tokens.present(context, token)
  local clock = context.state.clock
  local function time(value) return value and clock:iso(value) or json.null end
  local shown = {
    url = context.origin .. "/api/v2/tokens/" .. token.id .. ".json",
    id = token.id, user_id = token.user_id, client_id = token.client_id,
    token = token.value:sub(1, SHOWN),
    refresh_token = token.refresh_value and token.refresh_value:sub(1, SHOWN) or json.null,
    created_at = clock:iso(token.created_at), expires_at = time(token.expires_at),
    refresh_token_expires_at = time(token.refresh_expires_at), used_at = time(token.used_at),
    scopes = json.array(token.scopes),
  }
  for name, value in pairs(token.extra or {}) do shown[name] = value end
  return setmetatable(shown, SHAPE)
end

local function filter_id(query, name)
  local text = query[name]
  if not text then return nil end
  local id = fields.id(text)
  if not id then return nil, reply.invalid_attribute(name, "an integer") end
  return id
end

local function is_true(text)
  return text == "true" or text == "1"
end

local function index(context)
  local query, state = context.query, context.state
  local client, refusal = filter_id(query, "client_id")
  if refusal then return refusal end
  local global
  global, refusal = filter_id(query, "global_client_id")
  if refusal then return refusal end
  local owner = not is_true(query.all) and context.caller.user.id or nil
  local with_expired = is_true(query.include_expired) and not owner
  local function accept(token)
    if owner and token.user_id ~= owner then return false end
    if client and (token.client_id ~= client or token.global) then return false end
    if global and (token.client_id ~= global or not token.global) then return false end
    return with_expired or not state:is_expired(token)
  end
  local cache = table.concat({
    "tokens", tostring(owner), tostring(client), tostring(global), tostring(with_expired),
    state.clock:now() // 1 | 0,
  }, " ")
  return paging.reply(context, {
    key = "tokens", records = state.tokens, accept = accept, cache = cache,
    present = function(token) return tokens.present(context, token) end,
  })
end

-- The token in the path, if the caller may touch it: one's own, or any for an admin.
local function with_token(handler)
  return function(context)
    local id = fields.id(context.params.id)
    local token = id and context.state.tokens:get(id)
    local caller = context.caller
    local mine = token and token.user_id == caller.user.id
    if not token or not (mine or auth.has_role(caller, "admin")) then
      return reply.record_not_found()
    end
    return handler(context, token)
  end
end

local function show(context, token)
  return reply.json(200, { token = tokens.present(context, token) })
end

local function revoke(context, token)
  local state = context.state
  state:remove_token(token.id)
  state.stats.revoked = state.stats.revoked + 1
  return reply.no_content()
end

local function current(context)
  local caller, switches = context.caller, context.state.switches
  if switches.current_needs_read then
    local refusal = auth.check(context.state, caller, { access = "read" })
    if refusal then return refusal end
  end
  return show(context, caller.token)
end

local function revoke_current(context)
  if context.state.switches.delete_current_bug then return reply.no_content() end
  return revoke(context, context.caller.token)
end

local GONE = {
  [403] = reply.forbidden,
  [404] = reply.invalid_endpoint,
  [410] = function()
    return reply.json(410, {
      error = "Gone", description = "This endpoint has been removed. Use POST /oauth/tokens.",
    })
  end,
}

local function create(context)
  local state = context.state
  local switch = state.switches.legacy_token_endpoint
  if switch ~= "on" then return GONE[switch == "gone" and 404 or switch]() end
  local object, refusal = fields.wrapped(context, "token")
  if not object then return refusal end
  local given = fields.permit(context, object, fields.set { "client_id", "scopes" })
  refusal = fields.check_types(given, TYPES)
  if refusal then return refusal end
  local client_id = fields.plain(given.client_id)
  if not client_id or not state.clients:get(client_id) then
    return reply.record_invalid { client = fields.problem("Client: is invalid", "InvalidValue") }
  end
  local token = issue.legacy(state, {
    client_id = client_id, user_id = context.caller.user.id,
    scopes = fields.plain(given.scopes) or { "read", "write" },
  })
  local shown = tokens.present(context, token)
  shown.full_token = token.value
  local location = "Location: " .. context.origin .. PATH .. "/" .. token.id .. ".json"
  return reply.json(201, { token = shown }, { location })
end

tokens[1] = {
  "GET", PATH, handler = index, role = "admin", access = "read",
  parameters = paging.parameters { "client_id", "global_client_id", "all", "include_expired" },
}
tokens[2] = { "POST", PATH, handler = create, role = "admin", access = "write" }
tokens[3] = { "GET", PATH .. "/current", handler = current, bearer = true }
tokens[4] = {
  "DELETE", PATH .. "/current", handler = revoke_current, bearer = true, access = "write",
}
tokens[5] = { "GET", PATH .. "/{id}", handler = with_token(show), access = "read" }
tokens[6] = { "DELETE", PATH .. "/{id}", handler = with_token(revoke), access = "write" }

return tokens
