-- The three grants of POST /oauth/tokens. Each takes the authenticated client and the parameters
-- and gives the token, or the refusal.

local issue = require "zendesk.sandbox.oauth.issue"
local jwt = require "zendesk.sandbox.oauth.jwt"
local lifetimes = require "zendesk.sandbox.oauth.lifetimes"
local reply = require "zendesk.sandbox.reply"
local scopes = require "zendesk.sandbox.scopes"
local sha256 = require "zendesk.sandbox.sha256"

local FULL = { "read", "write" }

local grants = {}

local function invalid_grant()
  return reply.oauth_error("invalid_grant", "The provided access grant is invalid, expired, or "
    .. "revoked (e.g. invalid assertion, expired authorization token, bad end-user password "
    .. "credentials, or mismatching authorization code and redirection URI).")
end

---The scopes that a request gets: those it names, within what the client may have.
---@param client table
---@param text? string
---@return string[]|nil scopes nil where they go beyond
function grants.scopes(client, text)
  local wanted = scopes.split(text or "")
  if #wanted == 0 then return client.allowed_scopes or FULL end
  if client.allowed_scopes and not scopes.cover(client.allowed_scopes, wanted) then return nil end
  return wanted
end

---@return table refusal
function grants.invalid_scope()
  local text = "The requested scope is invalid, unknown, or malformed."
  return reply.oauth_error("invalid_scope", text)
end

function grants.client_credentials(state, client, params)
  if client.kind ~= "confidential" then
    return nil, reply.oauth_error("unauthorized_client", "The client is not authorized to use the "
      .. "requested grant type.")
  end
  local granted = grants.scopes(client, params.scope)
  if not granted then return nil, grants.invalid_scope() end
  local lifetime, refusal = lifetimes.resolve(state, client, params, false)
  if not lifetime then return nil, refusal end
  return issue.grant(state, client, {
    grant = "client_credentials", user_id = client.user_id, scopes = granted, lifetime = lifetime,
  })
end

---Does a verifier fit the challenge of the authorize request?
---@param verifier any
---@param challenge string
---@return boolean
function grants.verifies(verifier, challenge)
  if type(verifier) ~= "string" then return false end
  if #verifier < 43 or #verifier > 128 or verifier:find "[^%w%-._~]" then return false end
  return jwt.base64url(sha256(verifier)) == challenge
end

-- The code of a request. It is used up by its first presentation, whatever comes of it.
local function take_code(state, client, params)
  local code = state.codes[params.code]
  if not code or code.client_id ~= client.id then return nil end
  state.codes[params.code] = nil
  if code.expires_at <= state.clock:now() then return nil end
  if params.redirect_uri ~= code.redirect_uri then return nil end
  local proven = not code.challenge or grants.verifies(params.code_verifier, code.challenge)
  return proven and code or nil
end

function grants.authorization_code(state, client, params)
  if type(params.code) ~= "string" then
    return nil, reply.oauth_error("invalid_request", "'code' required.")
  end
  local lifetime, refusal = lifetimes.resolve(state, client, params, true)
  if not lifetime then return nil, refusal end
  local code = take_code(state, client, params)
  if not code then return nil, invalid_grant() end
  return issue.grant(state, client, {
    grant = "authorization_code", user_id = code.user_id, scopes = code.scopes,
    lifetime = lifetime,
  })
end

local function refreshable(state, client, params)
  local id = state.refresh_ids[params.refresh_token]
  local token = id and state.tokens:get(id)
  if not token or token.client_id ~= client.id then return nil end
  local ends = token.refresh_expires_at
  if ends and ends <= state.clock:now() then return nil end
  return token
end

function grants.refresh_token(state, client, params)
  if type(params.refresh_token) ~= "string" then
    return nil, reply.oauth_error("invalid_request", "'refresh_token' required.")
  end
  local lifetime, refusal = lifetimes.resolve(state, client, params, true)
  if not lifetime then return nil, refusal end
  local old = refreshable(state, client, params)
  if not old then return nil, invalid_grant() end
  local wanted = scopes.split(params.scope or "")
  if not scopes.cover(old.scopes, wanted) then return nil, grants.invalid_scope() end
  local token = issue.grant(state, client, {
    grant = "refresh_token", user_id = old.user_id, lifetime = lifetime,
    scopes = #wanted > 0 and wanted or old.scopes,
  })
  -- The old pair is gone at once; there is no grace period.
  state:remove_token(old.id)
  state.stats.refreshes = state.stats.refreshes + 1
  return token
end

return grants
