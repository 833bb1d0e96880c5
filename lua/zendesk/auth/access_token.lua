--- A provider for one access token that somebody else looks after.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local vault = require "zendesk.oauth.vault"

local access_token = {}

local KNOWN = { access_token = "string", expires_at = "seconds" }

---@class zendesk.auth.access_token_provider: zendesk.Provider
---@field kind "access_token"
---@field static true
local Provider = {}
Provider.__index = Provider
Provider.__name = "zendesk.auth.access_token"

--- A provider of one access token.
---@param given string|{ access_token: string, expires_at: number? }
---@return zendesk.auth.access_token_provider
function access_token.new(given)
  if type(given) == "string" then given = { access_token = given } end
  given = arguments.required(given, KNOWN)
  if given.access_token == nil then
    errors.raise(1, "zendesk.auth.access_token needs access_token")
  end
  local self = setmetatable({
    kind = "access_token", static = true, _ends_at = given.expires_at,
  }, Provider)
  vault.keep(self, { access_token = given.access_token })
  return self
end

--- The fields of core.account.
---@return { access_token: string }
function Provider:account_options()
  arguments.self(self, Provider, "provider:account_options")
  return { access_token = vault.of(self).access_token }
end

--- The token as it is.
---@return zendesk.auth.credential
function Provider:get()
  return {
    token = vault.of(self).access_token, expires_at = self._ends_at, generation = "static",
  }
end

--- Nothing here renews it.
---@return nil
---@return zendesk.Error err
function Provider.renew()
  return nil, errors.new("auth", "the access token is expired, revoked, of another account, or no "
    .. "OAuth token at all", {
    status = 401, code = "invalid_token",
    remedy = "give a new one, or use zendesk.auth.client_credentials or "
      .. "zendesk.auth.authorization_code, which renew theirs; an API token belongs into api_token",
  })
end

--- What can be told about the credential; no secrets.
---@return table
function Provider:describe()
  arguments.self(self, Provider, "provider:describe")
  return { kind = self.kind, ends_at = self._ends_at }
end

function Provider.__tostring()
  return Provider.__name
end

return access_token
