--- Checks the values that name an OAuth client.
--
-- A value that no Zendesk account could have comes back as an error, since it was
-- probably read from a file or the environment.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

local options = {}

local function config(option, message, remedy)
  return errors.new("config", message, { option = option, remedy = remedy })
end

--- The origin of the account that a table of options names.
---@param given { subdomain: string?, base_url: string? }
---@return string? base_url
---@return zendesk.Error? err
function options.base_url(given)
  if given.subdomain and given.base_url then
    return nil, config("base_url", "give subdomain or base_url, not both")
  end
  local base_url = given.base_url
  if given.subdomain then
    local ok, message = core.check_subdomain(given.subdomain)
    if not ok then return nil, config("subdomain", message) end
    base_url = ("https://%s.zendesk.com"):format(given.subdomain:lower())
  end
  if not base_url then
    return nil, config("subdomain",
      "the account is missing: give subdomain = \"acme\" (of acme.zendesk.com)")
  end
  local origin, message = core.parse_origin(base_url)
  if not origin then return nil, config("base_url", message) end
  return origin.origin
end

local NUMERIC = "client_id is the client's numeric id; the grants want its unique identifier, the "
  .. "text chosen when the client was made (its field \"identifier\", in Admin Center \"Unique "
  .. "identifier\"), e.g. \"my_integration\". The numeric id (field \"id\") is only for the "
  .. "management API: /api/v2/oauth/clients/{id}, and client_id of /api/v2/oauth/tokens"

--- Why a client_id cannot be one.
---@param client_id any
---@return zendesk.Error? err
function options.client_id_fault(client_id)
  local remedy = "give client_id = the client's identifier"
  if client_id == nil or client_id == "" then
    return config("client_id",
      "client_id is missing: the unique identifier of the OAuth client", remedy)
  end
  if type(client_id) == "number" or client_id:find "^%d+$" then
    return config("client_id", NUMERIC, remedy)
  end
  if client_id:find "[%c]" then
    return config("client_id", "client_id holds a control character", remedy)
  end
end

--- Why a secret cannot be one. The value is never shown.
---@param secret string?
---@return zendesk.Error? err
function options.secret_fault(secret)
  if secret == nil then return nil end
  if secret == "" then
    return config("client_secret", "client_secret is empty", "leave it out for a public client")
  end
  if secret:find "[%c]" then
    return config("client_secret", "client_secret holds a line break or another control character",
      "take the white space off where it is read, e.g. file:read \"l\"")
  end
end

--- Why an address cannot be a redirect URI.
---@param uri string?
---@return zendesk.Error? err
function options.redirect_fault(uri)
  if uri == nil then return nil end
  if not uri:match "^https?://[^%s%c\"'<>#@\\]+$" then
    return config("redirect_uri",
      "redirect_uri must be an absolute http or https address without a fragment",
      "give it exactly as it is registered with the client")
  end
end

return options
