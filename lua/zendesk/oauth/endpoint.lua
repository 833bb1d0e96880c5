--- Talks to /oauth/tokens, and to the one route that tells a token's expiry.
--
-- Requests are JSON and carry no Authorization header; nothing is ever repeated
-- here, since a grant that was sent may have been carried out. Every reply's
-- Date sets the app's clock.

local core = require "zendesk.core"
local failure = require "zendesk.oauth.failure"
local http_date = require "zendesk.http_date"
local options = require "zendesk.options"
local request = require "zendesk.request"
local timestamp = require "zendesk.timestamp"

local TOKENS = "/oauth/tokens"
local CURRENT = "/api/v2/oauth/tokens/current"

-- This grant leaves nothing behind that a second one would spoil. It is not repeated here either,
-- but a failure is not in doubt, and the error says that it may be.
local AT_WILL = { client_credentials = { attempts = 1, idempotent = true } }

-- Token replies are a few kilobytes.
local LONGEST_REPLY = 256 * 1024

local endpoint = {}

---@class zendesk.oauth.how how a request of an app is sent
---@field driver table
---@field deadline number?

---@class zendesk.oauth.endpoint
---@field origin string
---@field private _settings table
---@field private _account zendesk.core.Account
---@field private _clock zendesk.oauth.clock
---@field private _transports table<table, table> by driver
local Endpoint = {}
Endpoint.__index = Endpoint
Endpoint.__name = "zendesk.oauth.endpoint"

local NETWORK = { "ca_file", "ca_path", "proxy", "user_agent" }

local function account_options(origin, settings, credential)
  local fields = { base_url = origin, access_token = credential }
  for _, name in ipairs(NETWORK) do fields[name] = settings[name] end
  return fields
end

--- An endpoint of an account.
---@param origin string
---@param settings table ca_file, ca_path, proxy, user_agent, timeout, connect_timeout
---@param clock zendesk.oauth.clock
---@return zendesk.oauth.endpoint?
---@return zendesk.Error? err
function endpoint.new(origin, settings, clock)
  local account, message = core.account(account_options(origin, settings))
  if not account then return nil, options.refused(message) end
  return setmetatable({
    origin = origin,
    _settings = settings,
    _account = account,
    _clock = clock,
    _transports = setmetatable({}, { __mode = "k" }),
  }, Endpoint)
end

local function transport_for(self, account, driver)
  return request.new {
    account = account,
    driver = driver,
    options = {
      timeout = self._settings.timeout,
      connect_timeout = self._settings.connect_timeout,
      retry = false,
      max_body = LONGEST_REPLY,
    },
  }
end

local function transport(self, driver)
  local found = self._transports[driver]
  if not found then
    found = transport_for(self, self._account, driver)
    self._transports[driver] = found
  end
  return found
end

local function observe(self, response, driver)
  local date = response.date and http_date.parse(response.date)
  self._clock:observe(date, driver:now(), driver:time())
end

--- Asks for a grant.
---@param fields table the parameters; grant_type among them
---@param secrets string[] the values among them that must not show up in an error
---@param how zendesk.oauth.how
---@return any reply the decoded body
---@return table|zendesk.Error response
function Endpoint:grant(fields, secrets, how)
  local reply, response = transport(self, how.driver):send {
    method = "POST", path = TOKENS, json = fields, deadline_at = how.deadline,
    retry = AT_WILL[fields.grant_type],
  }
  if reply == nil then return nil, failure.of(response, fields.grant_type, secrets) end
  observe(self, response, how.driver)
  return reply, response
end

--- When the server says that a token ends; nil where it does not say, for whatever reason:
--- this is only a second opinion.
---@param token string
---@param how zendesk.oauth.how
---@return integer? expires_at
function Endpoint:expiry_of(token, how)
  local account = core.account(account_options(self.origin, self._settings, token))
  if not account then return nil end
  local body = transport_for(self, account, how.driver):send {
    method = "GET", path = CURRENT, deadline_at = how.deadline,
  }
  account:close()
  local record = type(body) == "table" and body.token
  return type(record) == "table" and timestamp.parse(record.expires_at) or nil
end

--- What the server's clock shows.
---@param driver table
---@return number
function Endpoint:time(driver)
  return self._clock:now(driver:now(), driver:time())
end

--- Believes a skew that another process measured, until this one has measured.
---@param skew number?
function Endpoint:hint(skew)
  self._clock:hint(skew)
end

--- By how much the server's clock is ahead.
---@return number
function Endpoint:skew()
  return self._clock:skew()
end

--- Gives the account's memory back.
function Endpoint:close()
  self._account:close()
end

function Endpoint:__tostring()
  return ("%s (%s)"):format(Endpoint.__name, self.origin)
end

return endpoint
