--- A provider for API tokens (HTTP Basic), which Zendesk ends on 2027-04-30.
--
-- It says so: once as a warning event, and, after that day, in the error of the
-- call that was refused.

local api_token_end = require "zendesk.api_token_end"
local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local vault = require "zendesk.oauth.vault"

local api_token = {}

local KNOWN = { email = "string", api_token = "string" }

---@class zendesk.auth.api_token_provider: zendesk.Provider
---@field kind "api_token"
---@field static true
local Provider = {}
Provider.__index = Provider
Provider.__name = "zendesk.auth.api_token"

--- When API tokens end, in epoch seconds.
api_token.ENDS_AT = api_token_end.AT

--- What an instance with an API token is told when it begins.
---@param now number epoch seconds
---@return table event
function api_token.warning(now)
  return {
    type = "warning", code = "api_token_ends", ends_at = api_token_end.AT,
    ends_on = api_token_end.DAY, message = api_token_end.warning(now),
  }
end

--- A provider of an API token.
---@param given { email: string, api_token: string }
---@return zendesk.auth.api_token_provider
function api_token.new(given)
  given = arguments.required(given, KNOWN)
  for _, name in ipairs { "email", "api_token" } do
    if given[name] == nil then errors.raise(1, "zendesk.auth.api_token needs %s", name) end
  end
  local self = setmetatable({ kind = "api_token", static = true, _warned = false }, Provider)
  vault.keep(self, { email = given.email, api_token = given.api_token })
  return self
end

--- The fields of core.account.
---@return { email: string, api_token: string }
function Provider:account_options()
  arguments.self(self, Provider, "provider:account_options")
  local secrets = vault.of(self)
  return { email = secrets.email, api_token = secrets.api_token }
end

--- Warns, once. There is no token to hand out: the account holds it.
---@param context zendesk.auth.context
---@return { generation: string }
function Provider:get(context)
  if not self._warned then
    self._warned = true
    context.emit(api_token.warning(context.driver:time()))
  end
  return { generation = "static" }
end

--- Nothing renews an API token.
---@param context zendesk.auth.context
---@return nil
---@return zendesk.Error err
function Provider.renew(_, context)
  local message, remedy = api_token_end.explain_401(context.driver:time())
  return nil, errors.new("auth", message, { status = 401, remedy = remedy })
end

--- What can be told about the credential; no secrets.
---@return table
function Provider:describe()
  arguments.self(self, Provider, "provider:describe")
  return { kind = self.kind, ends_at = api_token_end.AT, ends_on = api_token_end.DAY }
end

function Provider.__tostring()
  return Provider.__name
end

return api_token
