--- A provider for API tokens (HTTP Basic), which Zendesk ends on 2027-04-30.
--
-- It says so: once as a warning event, and, after that day, in the error of the
-- call that was refused.

local errors = require "zendesk.errors"
local options = require "zendesk.oauth.options"
local timestamp = require "zendesk.timestamp"
local vault = require "zendesk.oauth.vault"

local api_token = {}

-- "All API tokens stop working", Zendesk's announcement of 2026-06-01.
local LAST_DAY = "2027-04-30"
local ENDS_AT = timestamp.parse(LAST_DAY)
local DAY = 86400

local MOVE = "move to OAuth: zendesk.auth.client_credentials for programs, "
  .. "zendesk.auth.authorization_code for people (examples/migrate.lua does it with you)"

local KNOWN = { email = "string", api_token = "string" }

---@class zendesk.auth.api_token_provider
---@field kind "api_token"
---@field static true
local Provider = {}
Provider.__index = Provider
Provider.__name = "zendesk.auth.api_token"

--- When API tokens end, in epoch seconds.
api_token.ENDS_AT = ENDS_AT

--- What an instance with an API token is told when it begins.
---@param now number epoch seconds
---@return table event
function api_token.warning(now)
  local message
  if now >= ENDS_AT then
    message = ("API tokens stopped working on %s"):format(LAST_DAY)
  else
    local days = math.ceil((ENDS_AT - now) / DAY)
    message = ("API tokens stop working on %s, in %d day%s"):format(LAST_DAY, days,
      days == 1 and "" or "s")
  end
  return {
    type = "warning", code = "api_token_ends", ends_at = ENDS_AT, ends_on = LAST_DAY,
    message = message .. "; " .. MOVE,
  }
end

--- Why a 401 came, for an instance with an API token.
---@param now number epoch seconds
---@return string message
---@return string remedy
function api_token.explain_401(now)
  if now >= ENDS_AT then
    return ("Zendesk refused the API token: API tokens stopped working on %s"):format(LAST_DAY),
      MOVE
  end
  return "Zendesk refused the e-mail address and API token", "check both; a token that was not "
    .. "used for 30 days is deactivated, and new ones cannot be made: " .. MOVE
end

--- A provider of an API token.
---@param given { email: string, api_token: string }
---@return zendesk.auth.api_token_provider
function api_token.new(given)
  options.check("zendesk.auth.api_token", given, KNOWN)
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
  local message, remedy = api_token.explain_401(context.driver:time())
  return nil, errors.new("auth", message, { status = 401, remedy = remedy })
end

--- What can be told about the credential; no secrets.
---@return table
function Provider:describe()
  return { kind = self.kind, ends_at = ENDS_AT, ends_on = LAST_DAY }
end

function Provider.__tostring()
  return Provider.__name
end

return api_token
