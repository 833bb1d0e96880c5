-- Who is calling, and may they? Basic credentials with an API token, bearer tokens, nobody at all;
-- then the role and the scopes that a route asks for.

local mime = require "mime"
local reply = require "zendesk.sandbox.reply"
local scopes = require "zendesk.sandbox.scopes"

local RANK = { ["end-user"] = 1, agent = 2, admin = 3 }

---@class zendesk.sandbox.Caller
---@field kind "anonymous"|"api_token"|"bearer"
---@field user? table
---@field token? table the OAuth token
---@field scopes? string[] nil for an API token, which may do anything

---@class zendesk.sandbox.Route
---@field handler fun(context: zendesk.sandbox.Context): table
---@field public? boolean credentials are not looked at
---@field anonymous? boolean answers people it does not know
---@field bearer? boolean only for OAuth tokens
---@field role? "agent"|"admin" the least that is needed
---@field access? "read"|"write"
---@field resource? string of the narrow scope
---@field limit? string name of the endpoint's own rate limit
---@field raw_body? boolean the handler reads the body by itself
---@field parameters? table<string, true> what a list knows; the others are warned about

local auth = {}

local function basic(state, credentials)
  local decoded = mime.unb64(credentials) or ""
  local email, secret = decoded:match "^([^:]*)/token:(.*)$"
  if not email or not state:takes_api_tokens() then return nil end
  local user = state:user_by_email(email)
  if not user then return nil end
  for api_token in state.api_tokens:walk() do
    if api_token.active and api_token.value == secret then
      api_token.used_at = state.clock:now()
      return { kind = "api_token", user = user }
    end
  end
  return nil
end

local function on_behalf_of(state, caller, whom)
  if not scopes.include(caller.scopes, "impersonate") or caller.user.role ~= "admin" then
    return nil
  end
  local user = state:user_by_email(whom)
    or (whom:match "^%d+$" and state.users:get(math.tointeger(tonumber(whom)) or 0))
  if not user then return nil end
  return { kind = "bearer", user = user, token = caller.token, scopes = caller.scopes }
end

local function bearer(state, value, whom)
  local id = state.token_ids[value]
  local token = id and state.tokens:get(id)
  if not token or state:is_expired(token) then return nil end
  local user = state.users:get(token.user_id)
  if not user then return nil end
  token.used_at = state.clock:now()
  local caller = { kind = "bearer", user = user, token = token, scopes = token.scopes }
  if whom then return on_behalf_of(state, caller, whom) end
  return caller
end

---Identifies the caller of a request.
---@param state zendesk.sandbox.State
---@param request zendesk.sandbox.Request
---@param parameter? string the `access_token` of the query
---@return zendesk.sandbox.Caller|nil caller
---@return table? refusal reply to give instead
function auth.identify(state, request, parameter)
  local header = request.headers.authorization
  local scheme, credentials = (header or ""):match "^(%S+)%s+(.-)$"
  scheme = scheme and scheme:lower()
  if parameter then
    if scheme == "bearer" then
      return nil, reply.oauth_error("invalid_request", "Both Authorization header and payload "
        .. "includes access token.")
    end
    scheme, credentials = "bearer", parameter
  end
  if scheme == "bearer" then
    local caller = bearer(state, credentials, request.headers["x-on-behalf-of"])
    if caller then return caller end
    return nil, reply.invalid_token()
  end
  local caller = scheme == "basic" and basic(state, credentials)
  if caller then return caller end
  return { kind = "anonymous", rejected = header ~= nil }
end

---@param caller zendesk.sandbox.Caller
---@param role string
---@return boolean
function auth.has_role(caller, role)
  return RANK[caller.user.role] >= RANK[role]
end

---Checks what a route asks for.
---@param state zendesk.sandbox.State
---@param caller zendesk.sandbox.Caller
---@param route zendesk.sandbox.Route
---@return table|nil refusal reply to give instead of carrying the request out
function auth.check(state, caller, route)
  if caller.kind == "anonymous" then
    if route.anonymous then return nil end
    return reply.not_authenticated()
  end
  if route.bearer and caller.kind ~= "bearer" then return reply.invalid_token() end
  local access, resource = route.access, route.resource
  if access and caller.scopes then
    local implied = state.switches.write_implies_read
    if not scopes.allow(caller.scopes, access, resource, implied) then
      return reply.missing_scopes(scopes.alternatives(access, resource))
    end
  end
  if route.role and not auth.has_role(caller, route.role) then return reply.forbidden() end
  return nil
end

return auth
