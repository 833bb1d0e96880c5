--- A provider for the login of a person, kept in a store and refreshed.
--
-- Refresh tokens work once. All programs that share a login must share its store,
-- and the store should outlive them: with the default, memory, a login ends with
-- its process.

local provider = require "zendesk.auth.oauth_provider"
local rotation = require "zendesk.auth.rotation"

local authorization_code = {}

---@class zendesk.auth.authorization_code_options
---@field app zendesk.oauth.app? instead of the fields of the client
---@field client_id string? the client's unique identifier
---@field client_secret string? of a confidential client
---@field redirect_uri string?
---@field scope string|string[]?
---@field expires_in integer? 1800 unless given
---@field refresh_token_expires_in integer?
---@field pkce boolean?
---@field store zendesk.Store? memory unless given
---@field key string? the name of the login in the store, "default" unless given
---@field tokens zendesk.token_set? a login to begin with, where the store has none
---@field lock_timeout number?
---@field timeout number? seconds for one token request

local KNOWN = {
  app = "table", client_id = "string or integer", client_secret = "string", redirect_uri = "string",
  scope = "scope", expires_in = "count", refresh_token_expires_in = "count", pkce = "boolean",
  store = "table or userdata", key = "key", tokens = "table", lock_timeout = "seconds",
  timeout = "seconds",
}

local STRATEGY = {
  locks = true,
  waits = true,
  renew = function(turn, base)
    if not base then return nil, rotation.missing() end
    return rotation.renew(turn, base)
  end,
}

--- Tokens of a person's login, refreshed ahead of time and exactly once.
---@param given zendesk.auth.authorization_code_options
---@return zendesk.auth.oauth_provider
function authorization_code.new(given)
  return provider.new {
    kind = "authorization_code",
    what = "zendesk.auth.authorization_code",
    given = given,
    known = KNOWN,
    needs_secret = false,
    strategy = STRATEGY,
  }
end

return authorization_code
