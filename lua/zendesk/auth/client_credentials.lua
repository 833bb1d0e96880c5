--- A provider whose token belongs to a confidential client itself.
--
-- Tokens can be asked for again at any time and live side by side, so nothing can
-- be lost here: a store only saves a round trip, and its failures are warnings.

local grants = require "zendesk.oauth.grants"
local provider = require "zendesk.auth.oauth_provider"

local client_credentials = {}

---@class zendesk.auth.client_credentials_options
---@field app zendesk.oauth.app? instead of the fields of the client
---@field client_id string? the client's unique identifier
---@field client_secret string?
---@field scope string|string[]?
---@field expires_in integer? 1800 unless given
---@field store zendesk.Store? where the token is shared; memory unless given
---@field key string? tells logins of the same client apart in the store
---@field lock_timeout number?
---@field timeout number? seconds for one token request

local KNOWN = {
  app = "table", client_id = "string or integer", client_secret = "string", scope = "scope",
  expires_in = "count", store = "table or userdata", key = "key", lock_timeout = "seconds",
  timeout = "seconds",
}

local STRATEGY = {
  locks = false,
  waits = false,
  renew = function(turn, base)
    local driver = turn.driver
    local go_ahead, err = turn.flight:send()
    if not go_ahead then return nil, err end
    local set
    set, err = grants.client_credentials(turn.client, { driver = driver }, {})
    if not set then return nil, err end
    grants.complete(turn.client, { driver = driver, deadline = turn.deadline }, set)
    local ok, store_err = turn.keeper:put(set, base and base.access_token)
    if not ok then
      turn.emit {
        type = "warning", code = "store", err = store_err,
        message = "the token is used but could not be shared: " .. store_err.message,
      }
    end
    return set, nil, true
  end,
}

--- Tokens by the client credentials grant, renewed ahead of time.
---@param given zendesk.auth.client_credentials_options
---@return zendesk.auth.oauth_provider
function client_credentials.new(given)
  return provider.new {
    kind = "client_credentials",
    what = "zendesk.auth.client_credentials",
    given = given,
    known = KNOWN,
    needs_secret = true,
    -- The login of a person may be kept in the same store, of the same client and scope.
    prefix = "client_credentials|",
    strategy = STRATEGY,
  }
end

return client_credentials
