-- zendesk: the Zendesk API for Lua. The composition root: it puts an instance together from its
-- parts. Parts that a script does not use are not loaded.

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local options = require "zendesk.options"

---@class zendesk
---@field oauth zendesk.oauth the grants of /oauth/tokens
---@field auth zendesk.auth where an instance's credential comes from
---@field store zendesk.store where rotating tokens are kept
---@field json zendesk.json JSON text, read and written as the library does it
---@field sandbox zendesk.sandbox a Zendesk on loopback, for trying and testing
---@field doctor zendesk.doctor how an instance does, seen from all sides
---@field progress zendesk.progress what is under way, on a line of the terminal
---@field driver zendesk.drivers how to wait: blocking, and adapters for event loops
---@field all fun(functions: function[], options: zendesk.AllOptions|nil): table|nil, any
---@field map fun(list: table, f: function, options: zendesk.AllOptions|nil): table|nil, any
---@field sleep fun(seconds: number): true|nil, string|nil
---@field _VERSION string of the library
local zendesk = {
  _VERSION = core._VERSION,
  ---JSON null, in both directions; the same value as cjson.null.
  null = core.null,
  ---Whether a value is an error of this library.
  ---@param value any
  ---@return boolean
  is_error = errors.is,
}

-- Options that belong to the account and not to the transport.
local NETWORK = { "user_agent", "ca_file", "ca_path", "proxy" }

local function account_options(config)
  local fields = {}
  for _, name in ipairs(NETWORK) do fields[name] = config.given[name] end
  return fields
end

local function provider_of(config)
  local auth = config.given.auth
  if type(auth) == "function" then return require "zendesk.auth".from_function(auth) end
  return auth
end

local function auth_error(message)
  return errors.new("config", "option 'auth': " .. message, { option = "auth" })
end

-- What a provider that may be the host's own has to say before anything is sent.
local function check_provider(provider)
  if not (provider and provider.check) then return true end
  local ok, fault = provider:check()
  if ok then return true end
  return nil, errors.is(fault) and fault or auth_error(fault == nil
    and "the provider's check gave no reason" or errors.clean(tostring(fault)))
end

local function credential_of(config, provider)
  if not (provider and provider.static) then return config.given end
  local fields = provider:account_options()
  if type(fields) == "table" and (fields.access_token or fields.email and fields.api_token) then
    return fields
  end
  return nil, auth_error("the provider's account_options gave neither access_token, nor email and "
    .. "api_token")
end

local function account_of(config, provider)
  if config.given.account then return config.given.account end
  local fields = account_options(config)
  fields.base_url = config.origin
  local credential, err = credential_of(config, provider)
  if not credential then return nil, err end
  fields.email, fields.api_token = credential.email, credential.api_token
  fields.access_token = credential.access_token
  local account, problem = core.account(fields)
  if account then return account end
  return nil, options.refused(problem)
end

local function emitter_of(config, driver)
  local handler = config.given.on_event
  if not handler then return nil end
  return require "zendesk.middleware.events".emitter(handler, function() return driver:time() end)
end

---Makes a connection to one Zendesk account. Nothing is sent yet.
---@param given zendesk.Options
---@return zendesk.Instance|nil
---@return zendesk.Error|nil err kind "config", with the name of the option
function zendesk.new(given)
  local config, err = options.check(given)
  if not config then return nil, err end
  local provider = provider_of(config)
  local ok, account
  ok, err = check_provider(provider)
  if not ok then return nil, err end
  account, err = account_of(config, provider)
  if not account then return nil, err end
  local driver = config.given.driver or require "zendesk.driver.blocking".shared()
  local emit = emitter_of(config, driver)
  local transport = require "zendesk.request".new {
    account = account, driver = driver, provider = provider, options = config, emit = emit,
    account_options = account_options(config), lent = config.credential == "account",
  }
  local kind = provider and provider.kind or config.credential
  if emit and kind == "api_token" then
    emit(require "zendesk.auth.api_token".warning(driver:time()))
  end
  return require "zendesk.instance".new(transport, kind)
end

---The same from the environment: ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL; ZENDESK_OAUTH_TOKEN, or
---ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET, or ZENDESK_EMAIL and ZENDESK_API_TOKEN.
---ZENDESK_CA_FILE is `ca_file`. https_proxy and no_proxy are honoured. An empty variable counts as
---absent.
---@param given zendesk.Options|nil they win over the environment
---@return zendesk.Instance|nil
---@return zendesk.Error|nil err kind "config", with the name of the variable or option
function zendesk.from_env(given)
  if given ~= nil and type(given) ~= "table" then
    errors.raise(2, "options: table expected, got %s", type(given))
  end
  local found, err = require "zendesk.environment".options(given or {}, os.getenv)
  if not found then return nil, err end
  return zendesk.new(found)
end

---Marks a table as an array: it is written as `[…]`, also when it is empty.
---@param list table|nil a new one by default
---@return table list
function zendesk.array(list)
  return require "zendesk.json".array(list)
end

local LAZY = {
  oauth = function() return require "zendesk.oauth" end,
  auth = function() return require "zendesk.auth" end,
  store = function() return require "zendesk.store" end,
  sandbox = function() return require "zendesk.sandbox" end,
  doctor = function() return require "zendesk.doctor" end,
  json = function() return require "zendesk.json" end,
  driver = function() return require "zendesk.driver" end,
  progress = function() return require "zendesk.progress" end,
  all = function() return require "zendesk.driver.group".all end,
  map = function() return require "zendesk.driver.group".map end,
  sleep = function() return require "zendesk.driver".sleep end,
}

return setmetatable(zendesk, {
  __index = function(self, name)
    local load = LAZY[name]
    if not load then return nil end
    local value = load()
    rawset(self, name, value)
    return value
  end,
})
