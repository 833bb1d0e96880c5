--- The three grants: what is sent for each, and the token set of the reply.
--
-- `expires_in` is always sent, since Zendesk leaves it out of replies otherwise
-- and gives old clients tokens that never end. The range is the server's to judge.

local callback = require "zendesk.oauth.callback"
local decide = require "zendesk.auth.decide"
local errors = require "zendesk.errors"
local expiry = require "zendesk.oauth.expiry"
local failure = require "zendesk.oauth.failure"
local scope = require "zendesk.oauth.scope"
local token_set = require "zendesk.oauth.token_set"

local grants = {}

---@class zendesk.oauth.client what a grant needs to know of the app
---@field endpoint zendesk.oauth.endpoint
---@field client_id string
---@field client_secret string?
---@field scope string?
---@field expires_in integer
---@field refresh_token_expires_in integer?

local function run(client, fields, secrets, how, previous)
  fields.client_id = client.client_id
  fields.client_secret = client.client_secret
  secrets[#secrets + 1] = client.client_secret
  local reply, response = client.endpoint:grant(fields, secrets, how)
  if reply == nil then return nil, response end
  local endpoint = client.endpoint
  local set, fault = token_set.from_reply(reply, {
    grant = fields.grant_type,
    client_id = client.client_id,
    origin = endpoint.origin,
    issued_at = math.floor(endpoint:time(how.driver)),
    clock_skew = endpoint:skew(),
    requested = fields.expires_in,
    scope = fields.scope,
    previous = previous,
  })
  if not set then
    return nil, failure.of_reply(fault, reply, response, fields.grant_type, secrets)
  end
  return set
end

local PUBLIC = "client_credentials needs a confidential client: a public client has no secret and "
  .. "Zendesk refuses it this grant"

--- A token for the client itself; it acts as the person who created the client.
---@param client zendesk.oauth.client
---@param how zendesk.oauth.how
---@param asked { scope: any, expires_in: integer? }
---@return zendesk.token_set?
---@return zendesk.Error? err
function grants.client_credentials(client, how, asked)
  if not client.client_secret then
    return nil, errors.new("config", PUBLIC, {
      remedy = "give client_secret of a client with kind = \"confidential\", or use app:login()",
    })
  end
  return run(client, {
    grant_type = "client_credentials",
    scope = scope.join(asked.scope) or client.scope,
    expires_in = asked.expires_in or client.expires_in,
  }, {}, how)
end

--- A token set for a callback of the authorise page.
---@param client zendesk.oauth.client
---@param how zendesk.oauth.how
---@param flow zendesk.oauth.flow
---@param answer string|zendesk.oauth.callback
---@return zendesk.token_set?
---@return zendesk.Error? err
function grants.authorization_code(client, how, flow, answer)
  local code, err = callback.code(flow, answer)
  if not code then return nil, err end
  return run(client, {
    grant_type = "authorization_code",
    code = code,
    redirect_uri = flow.redirect_uri,
    code_verifier = flow.verifier,
    scope = flow.scope,
    expires_in = client.expires_in,
    refresh_token_expires_in = client.refresh_token_expires_in,
  }, { code, flow.verifier }, how)
end

--- The successor of a token set. Zendesk deletes the old pair when it answers.
---@param client zendesk.oauth.client
---@param how zendesk.oauth.how
---@param previous zendesk.token_set
---@param asked { scope: any, expires_in: integer?, refresh_token_expires_in: integer? }
---@return zendesk.token_set?
---@return zendesk.Error? err
function grants.refresh_token(client, how, previous, asked)
  return run(client, {
    grant_type = "refresh_token",
    refresh_token = previous.refresh_token,
    scope = scope.join(asked.scope),
    expires_in = asked.expires_in or client.expires_in,
    refresh_token_expires_in = asked.refresh_token_expires_in
      or client.refresh_token_expires_in,
  }, { previous.refresh_token }, how, previous)
end

--- Asks the server when a token ends, where neither the reply nor the token told. To be called
--- only after the set is safe, since the question can fail. It takes a few seconds at most.
---@param client zendesk.oauth.client
---@param how zendesk.oauth.how
---@param set zendesk.token_set
---@return boolean changed
function grants.complete(client, how, set)
  if not expiry.is_assumed(set) then return false end
  local expires_at = client.endpoint:expiry_of(set.access_token, {
    driver = how.driver, deadline = decide.ask_until(how.driver:now(), how.deadline),
  })
  if not expires_at or expires_at <= set.issued_at then return false end
  set.expires_at, set.expires_from = expires_at, "current"
  return true
end

return grants
