-- user: the users of the account, as far as a credential's own life needs them
-- (developer.zendesk.com/api-reference/ticketing/users/users/).

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local resource = require "zendesk.resource"

---@class zendesk.User: zendesk.Resource
local methods = {}

---The user that the credential acts as. Zendesk answers Basic credentials that it does not know
---with status 200 and an "Anonymous user" without an id: that is an error of kind "auth" here.
---@param options zendesk.CallOptions|nil
---@return table|nil user
---@return zendesk.Response|zendesk.Error response
function methods:me(options)
  local body, response = self._zd:request("GET", "/api/v2/users/me", options)
  local user, problem = resource.unwrap(body, response, "user")
  if not user then return nil, problem end
  if user.id == nil or user.id == core.null then
    local transport = self._zd._transport
    return nil, errors.new("auth", "the credential was not recognised: Zendesk answers as to an "
      .. "anonymous user", {
        status = response.status, code = "anonymous", request_id = response.request_id,
        sent = true,
        remedy = require "zendesk.error_reply".credential_remedy {
          auth = options and rawget(options, "auth"), scheme = transport.account:scheme(),
          now = transport:time(),
        },
      })
  end
  return user, response
end

return resource.define {
  name = "user",
  path = "/api/v2/users",
  singular = "user",
  plural = "users",
  verbs = { "list", "each", "show" },
  filters = { role = "string", external_id = "string", sort = "string" },
  methods = methods,
}
