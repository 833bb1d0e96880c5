-- options: what zendesk.new and zendesk.from_env take, checked.
--
-- A wrong Lua type and an unknown name are misuse and raise. A value that is wrong although it has
-- the right type may come from a file or the environment, and comes back as an error that names the
-- option. No message holds a credential.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

local options = {}

---@class zendesk.RetryOptions
---@field attempts integer|nil how often a request is sent; 4
---@field base number|nil seconds; the first wait is at most this, the next twice as long; 0.5
---@field cap number|nil seconds; no wait of the library's own choice is longer; 20
---@field idempotent boolean|nil true: repeating is harmless, of a POST or PATCH, too; false: it is
---not, of a PUT or DELETE neither; the method tells, unless given

---@class zendesk.Options
---@field subdomain string|nil the first label of the account's address: `acme` of acme.zendesk.com
---@field base_url string|nil instead of `subdomain`: https, or http on a loopback host
---@field email string|nil with `api_token`: HTTP Basic as Zendesk's API tokens want it
---@field api_token string|nil Zendesk ends all API tokens on 2027-04-30
---@field access_token string|nil an OAuth access token
---@field auth zendesk.Provider|function|nil where the credential comes from: see zendesk.auth
---@field account zendesk.core.Account|nil made by the host, which keeps its credential to itself
---@field timeout number|nil seconds for one attempt; 60
---@field connect_timeout number|nil seconds; 10
---@field deadline number|nil seconds for a whole call: attempts, waits, token renewals; 300
---@field retry zendesk.RetryOptions|false|nil
---@field rate_limit "off"|"wait"|"raise"|nil "off" (the default): a 429 is waited out and repeated;
---"wait": calls are slowed down before the limit; "raise": `nil, err` with `retry_at`, no waiting
---@field max_body integer|nil bytes of a reply, after decompression; 64 MiB
---@field user_agent string|nil put before the library's own, "zendesk-lua/VERSION"
---@field proxy string|nil "http://…", or "environment" for https_proxy and no_proxy
---@field ca_file string|nil PEM file of trusted certificates
---@field ca_path string|nil hashed folder of trusted certificates
---@field on_event fun(event: zendesk.Event)|nil
---@field driver zendesk.Driver|nil

local TYPES = {
  subdomain = "string", base_url = "string", email = "string", api_token = "string",
  access_token = "string", auth = "table or function", account = "userdata",
  timeout = "number", connect_timeout = "number", deadline = "number",
  retry = "table or false", rate_limit = "string", max_body = "integer", user_agent = "string",
  proxy = "string", ca_file = "string", ca_path = "string", on_event = "function",
  driver = "driver",
}

local RETRY_TYPES = {
  attempts = "integer", base = "number", cap = "number", idempotent = "boolean",
}

-- A copy of a table of options. Most of them have a plain type of Lua, which is seen at a glance.
-- What has another, and what is wrong, is for zendesk.arguments, which is not loaded before.
local function checked(given, types, prefix)
  local plain, copy = type(given) == "table", {}
  for name, value in next, plain and given or {} do
    plain = plain and types[name] == type(value)
    copy[name] = value
  end
  return plain and copy or require "zendesk.arguments".required(given, types, prefix)
end

options.DEFAULTS = {
  timeout = 60, connect_timeout = 10, deadline = 300, max_body = 64 * 1024 * 1024,
}

local RATE_LIMIT_MODES = { off = true, wait = true, raise = true }

local function refuse(option, format, ...)
  return nil, errors.new("config", ("option '%s' " .. format):format(option, ...), {
    option = option,
  })
end

local function check_address(given)
  if given.subdomain and given.base_url then
    return refuse("base_url", "and option 'subdomain' are both given: give one of them")
  end
  if given.base_url then
    local parsed, problem = core.parse_origin(given.base_url)
    if not parsed then return refuse("base_url", "is not usable: %s", problem) end
    return parsed.origin
  end
  local subdomain = given.subdomain
  if not subdomain then return refuse("subdomain", "is missing (or give 'base_url')") end
  local label = subdomain:match "^%a+://([%w-]+)%.zendesk%.com[/%w]*$"
    or subdomain:match "^([%w-]+)%.zendesk%.com/?$"
  if label then
    return refuse("subdomain", "takes the first label alone: write '%s'", label)
  end
  if subdomain:find("://", 1, true) then
    return refuse("subdomain", "takes the first label of the account's address, not an URL; "
      .. "option 'base_url' takes an origin")
  end
  local ok, problem = core.check_subdomain(subdomain)
  if not ok then return refuse("subdomain", "is not usable: %s", problem) end
  return "https://" .. subdomain:lower() .. ".zendesk.com"
end

-- The kinds of credential, each with the options that belong to it.
local CREDENTIALS = {
  { kind = "api_token", options = { "email", "api_token" } },
  { kind = "access_token", options = { "access_token" } },
  { kind = "auth", options = { "auth" } },
  { kind = "account", options = { "account" } },
}

local function given_credentials(given)
  local found = {}
  for _, credential in ipairs(CREDENTIALS) do
    for _, option in ipairs(credential.options) do
      if given[option] ~= nil then
        found[#found + 1] = credential
        break
      end
    end
  end
  return found
end

local function check_credential(given)
  local found = given_credentials(given)
  if #found == 0 then
    return refuse("access_token", "is missing: give 'access_token', or 'email' and 'api_token', "
      .. "or 'auth'")
  end
  if #found > 1 then
    return refuse(found[2].options[1], "and option '%s' are both given: give one kind of "
      .. "credential", found[1].options[1])
  end
  for _, option in ipairs(found[1].options) do
    if given[option] == nil then
      return refuse(option, "is missing beside '%s'", option == "email" and "api_token" or "email")
    end
    if given[option] == "" then return refuse(option, "is empty") end
  end
  if given.email and given.email:find("/token", 1, true) then
    return refuse("email", "takes the address alone: '/token' is added by the library")
  end
  return found[1].kind
end

local function is_seconds(value)
  return value > 0 and value < math.huge
end

local function check_numbers(given)
  for _, option in ipairs { "timeout", "connect_timeout", "deadline" } do
    local value = given[option]
    if value and not is_seconds(value) then
      return refuse(option, "is not a positive number of seconds")
    end
  end
  if given.max_body and given.max_body < 1 then
    return refuse("max_body", "is not a positive number of bytes")
  end
  return true
end

---The settings of `retry`, with the defaults filled in. For `new` and for single calls.
---@param given table|false|nil
---@param defaults table what holds where nothing is given
---@return table|nil settings attempts, base, cap, idempotent (nil: the method tells)
---@return zendesk.Error|nil err
function options.retry(given, defaults)
  if given == nil or given == defaults then return defaults end
  if given == false then
    return { attempts = 1, base = defaults.base, cap = defaults.cap, idempotent = nil }
  end
  given = checked(given, RETRY_TYPES, "retry.")
  if given.attempts and (given.attempts < 1 or given.attempts > 100) then
    return refuse("retry.attempts", "is not between 1 and 100")
  end
  for _, name in ipairs { "base", "cap" } do
    if given[name] and not is_seconds(given[name]) then
      return refuse("retry." .. name, "is not a positive number of seconds")
    end
  end
  local idempotent = given.idempotent
  if idempotent == nil then idempotent = defaults.idempotent end
  return {
    attempts = given.attempts or defaults.attempts,
    base = given.base or defaults.base,
    cap = given.cap or defaults.cap,
    idempotent = idempotent,
  }
end

options.RETRY_DEFAULTS = { attempts = 4, base = 0.5, cap = 20, idempotent = nil }

local function check_account(account)
  local ok, problem = pcall(function() return account:origin() end)
  if ok then return end
  if tostring(problem):find("account is closed", 1, true) then
    errors.raise(3, "option 'account': the account is closed")
  end
  errors.raise(3, "option 'account': core.account expected, got userdata")
end

local function check_provider(given)
  local auth = given.auth
  if type(auth) ~= "table" then return true end
  for _, name in ipairs(auth.static and { "account_options" } or { "get", "renew" }) do
    if type(auth[name]) ~= "function" then
      errors.raise(3, "option 'auth': a provider of zendesk.auth, or a function, expected: this "
        .. "table has no function '%s'", name)
    end
  end
  return true
end

---@class zendesk.Config
---@field origin string|nil nil with a host's account
---@field credential "api_token"|"access_token"|"auth"|"account"
---@field given zendesk.Options
---@field retry table
---@field rate_limit "off"|"wait"|"raise"
---@field timeout number
---@field connect_timeout number
---@field deadline number
---@field max_body integer

---The error of options that core.account does not take.
---@param problem string "access_token: holds a space"
---@return zendesk.Error
function options.refused(problem)
  local option, why = problem:match "^([%a_]+): (.*)$"
  if not option then return errors.new("config", problem) end
  return (select(2, refuse(option, "%s", why)))
end

---A copy of the options of zendesk.new. Raises for what only a wrong program can cause.
---@param given zendesk.Options
---@return zendesk.Options
function options.copy(given)
  given = checked(given, TYPES)
  check_provider(given)
  if given.account then check_account(given.account) end
  return given
end

---Checks the options of zendesk.new.
---@param given zendesk.Options
---@return zendesk.Config|nil
---@return zendesk.Error|nil err kind "config"; `option` names the option
function options.check(given)
  given = options.copy(given)
  local credential, err = check_credential(given)
  if not credential then return nil, err end
  local origin
  if credential ~= "account" then
    origin, err = check_address(given)
    if not origin then return nil, err end
  elseif given.subdomain or given.base_url then
    return refuse("account", "has an address already: leave out 'subdomain' and 'base_url'")
  end
  local ok
  ok, err = check_numbers(given)
  if not ok then return nil, err end
  if given.rate_limit and not RATE_LIMIT_MODES[given.rate_limit] then
    return refuse("rate_limit", 'is none of "off", "wait", "raise"')
  end
  local retry
  retry, err = options.retry(given.retry, options.RETRY_DEFAULTS)
  if not retry then return nil, err end
  local defaults = options.DEFAULTS
  return {
    origin = origin,
    credential = credential,
    given = given,
    retry = retry,
    rate_limit = given.rate_limit or "off",
    timeout = given.timeout or defaults.timeout,
    connect_timeout = given.connect_timeout or defaults.connect_timeout,
    deadline = given.deadline or defaults.deadline,
    max_body = given.max_body or defaults.max_body,
  }
end

return options
