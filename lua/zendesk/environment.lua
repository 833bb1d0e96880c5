-- environment: the options of zendesk.new as environment variables give them.

local errors = require "zendesk.errors"

local environment = {}

-- Variables of each kind of credential, with the option or field that they become.
local CREDENTIALS = {
  { { "ZENDESK_OAUTH_TOKEN", "access_token" } },
  { { "ZENDESK_EMAIL", "email" }, { "ZENDESK_API_TOKEN", "api_token" } },
  {
    { "ZENDESK_OAUTH_CLIENT_ID", "client_id" },
    { "ZENDESK_OAUTH_CLIENT_SECRET", "client_secret" },
  },
}

local CREDENTIAL_OPTIONS = { "email", "api_token", "access_token", "auth", "account" }

local function refuse(variable, format, ...)
  return nil, errors.new("config", ("environment variable %s " .. format):format(variable, ...), {
    option = variable,
  })
end

-- An empty variable is one that is not set: a shell has no other way to take one back.
local function value_of(getenv, variable)
  local value = getenv(variable)
  return value ~= "" and value or nil
end

local function read_credential(getenv, variables)
  local found, missing = {}, nil
  local first
  for _, pair in ipairs(variables) do
    local value = value_of(getenv, pair[1])
    if value then
      found[pair[2]] = value
      first = first or pair[1]
    else
      missing = missing or pair[1]
    end
  end
  if first and missing then return refuse(missing, "is missing beside %s", first) end
  return first and found, first
end

local function has_any(given, names)
  for _, name in ipairs(names) do
    if given[name] ~= nil then return true end
  end
  return false
end

local function take_credential(result, getenv)
  local chosen, chosen_by
  for _, variables in ipairs(CREDENTIALS) do
    local found, first = read_credential(getenv, variables)
    if found == nil and errors.is(first) then return nil, first end
    if found and chosen then
      return refuse(first, "and %s are both set: keep one kind of credential", chosen_by)
    end
    if found then chosen, chosen_by = found, first end
  end
  if not chosen then
    return refuse("ZENDESK_OAUTH_TOKEN", "is missing: set it, or ZENDESK_OAUTH_CLIENT_ID and "
      .. "ZENDESK_OAUTH_CLIENT_SECRET, or ZENDESK_EMAIL and ZENDESK_API_TOKEN")
  end
  if chosen.client_id then
    result.auth = require "zendesk.auth".client_credentials(chosen)
  else
    for name, value in pairs(chosen) do result[name] = value end
  end
  return true
end

-- ZENDESK_BASE_URL wins over ZENDESK_SUBDOMAIN: it is set for a try against another place by
-- somebody whose profile names the account.
local function take_address(result, getenv)
  result.base_url = value_of(getenv, "ZENDESK_BASE_URL")
  if result.base_url then return true end
  result.subdomain = value_of(getenv, "ZENDESK_SUBDOMAIN")
  if result.subdomain then return true end
  return refuse("ZENDESK_SUBDOMAIN", "is missing (or set ZENDESK_BASE_URL)")
end

---The options of zendesk.new: those given, and from the environment what they leave open.
---@param given zendesk.Options
---@param getenv fun(name: string): string|nil
---@return zendesk.Options|nil
---@return zendesk.Error|nil err kind "config"; `option` names the variable
function environment.options(given, getenv)
  local result = require "zendesk.options".copy(given)
  local ok, err
  if not has_any(result, { "subdomain", "base_url", "account" }) then
    ok, err = take_address(result, getenv)
    if not ok then return nil, err end
  end
  if not has_any(result, CREDENTIAL_OPTIONS) then
    ok, err = take_credential(result, getenv)
    if not ok then return nil, err end
  end
  if not has_any(result, { "ca_file", "ca_path", "account" }) then
    result.ca_file = value_of(getenv, "ZENDESK_CA_FILE")
  end
  if result.proxy == nil then result.proxy = "environment" end
  return result
end

return environment
