-- POST /oauth/tokens: reads the request (JSON as documented, forms as in the field), authenticates
-- the client, runs the grant, writes the reply.

local mime = require "mime"
local form = require "zendesk.sandbox.form"
local grants = require "zendesk.sandbox.oauth.grants"
local json = require "zendesk.sandbox.json"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "access_token", "token_type", "refresh_token", "scope", "expires_in", "refresh_token_expires_in",
}
local GRANTS = {
  client_credentials = grants.client_credentials,
  authorization_code = grants.authorization_code,
  refresh_token = grants.refresh_token,
}
local NOT_CACHED = { "Cache-Control: no-store", "Pragma: no-cache" }

local function invalid_request(text)
  return reply.oauth_error("invalid_request", text)
end

local function read_params(request)
  local kind = (request.headers["content-type"] or ""):lower()
  if kind:find("json", 1, true) then
    local params, message = json.decode(request.body)
    if message or type(params) ~= "table" then return nil, invalid_request "malformed JSON" end
    for name, value in pairs(params) do
      if value == json.null then params[name] = nil end
      if type(value) == "table" then return nil, invalid_request(name .. " must be a string") end
    end
    return params
  end
  if kind:find("x-www-form-urlencoded", 1, true) then return (form.parse(request.body)) end
  return nil, invalid_request "send application/json"
end

-- Credentials in an Authorization header count as those of the body.
local function client_credentials(request, params)
  local encoded = (request.headers.authorization or ""):match "^[Bb]asic%s+(.-)$"
  local decoded = encoded and mime.unb64(encoded)
  local id, secret = (decoded or ""):match "^([^:]*):(.*)$"
  if id then return id, secret end
  return params.client_id, params.client_secret
end

local function secret_fits(state, client, secret)
  if secret == client.secret then return true end
  return secret == client.old_secret and client.old_secret_until > state.clock:now()
end

local function invalid_client()
  return reply.oauth_error("invalid_client", "The client identifier provided is invalid, the "
    .. "client failed to authenticate, the client did not include its credentials, provided "
    .. "multiple client credentials, or used unsupported credentials type.")
end

-- A confidential client shows its secret, or the verifier of a code that was asked for with PKCE.
local function may_omit_secret(state, client, params)
  if client.kind == "public" then return true end
  local code = params.grant_type == "authorization_code" and params.code
    and state.codes[params.code]
  return code and code.challenge ~= nil
end

local function authenticate(state, request, params)
  local id, secret = client_credentials(request, params)
  if id == nil then return nil, invalid_request "'client_id' required." end
  -- A numeric id is nobody's identifier, unless somebody has chosen it.
  local client = state.clients_by_identifier[tostring(id)]
  if not client then return nil, invalid_client() end
  if secret ~= nil and secret ~= "" then
    if secret_fits(state, client, secret) then return client end
  elseif may_omit_secret(state, client, params) then
    return client
  end
  return nil, invalid_client()
end

local function omits_expiry(switch, params)
  if switch == "unless_sent" then return params.expires_in == nil end
  return switch
end

-- Lifetimes are whole seconds on top of a clock that is not.
local function whole(seconds)
  return math.floor(seconds + 0.5)
end

local function success(state, token, params)
  local now = token.created_at
  local expires_in = token.expires_at and token.expires_at - now
  if omits_expiry(state.switches.omit_expires_in, params) then expires_in = nil end
  local refresh_in = token.refresh_expires_at and token.refresh_expires_at - now
  local body = {
    access_token = token.value, token_type = "bearer", refresh_token = token.refresh_value,
    scope = table.concat(token.scopes, " "), expires_in = expires_in and whole(expires_in),
    refresh_token_expires_in = refresh_in and whole(refresh_in),
  }
  return reply.json(state.switches.token_status, setmetatable(body, SHAPE), NOT_CACHED)
end

local function run(context)
  local state, request = context.state, context.request
  local params, refusal = read_params(request)
  if not params then return nil, refusal end
  if params.grant_type == nil then return nil, invalid_request "'grant_type' required." end
  local grant = GRANTS[params.grant_type]
  if not grant then
    return nil, reply.oauth_error("unsupported_grant_type", "The access grant included - its type "
      .. "or another attribute - is not supported by the authorization server.")
  end
  local client
  client, refusal = authenticate(state, request, params)
  if not client then return nil, refusal end
  local token
  token, refusal = grant(state, client, params)
  if not token then return nil, refusal end
  return success(state, token, params)
end

local function post(context)
  local answer, refusal = run(context)
  if answer then return answer end
  local code = json.decode(refusal.body).error
  local errors = context.state.stats.token_errors
  errors[code] = (errors[code] or 0) + 1
  return refusal
end

return { { "POST", "/oauth/tokens", handler = post, public = true, raw_body = true } }
