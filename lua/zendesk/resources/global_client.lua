-- global_client: OAuth clients that work across accounts, as far as users of this account have
-- authorised them (developer.zendesk.com/api-reference/ticketing/oauth/global_oauth_clients/).
-- Zendesk lets them be read and nothing else.

local arguments = require "zendesk.arguments"
local pages = require "zendesk.pages"
local resource = require "zendesk.resource"

local PATH = "/api/v2/oauth/global_clients"

---@class zendesk.GlobalClient: zendesk.Resource
local methods = {}

---How many tokens each global client has, and when they were last used.
---@param options { global_client_id: integer?, include_expired: boolean? }|nil
---@return { id: integer, tokens_count: integer, last_used_at: string }[]|nil summary
---@return zendesk.Error|nil err
function methods:token_summary(options)
  options = arguments.options(options, {
    global_client_id = "integer", include_expired = "boolean",
  })
  return pages.collect(self._zd._transport, PATH .. "/token_summary", {
    key = "global_clients", query = next(options) and options or nil,
  })
end

return resource.define {
  name = "global_client",
  path = PATH,
  singular = "global_client",
  plural = "global_clients",
  verbs = { "list", "each", "show" },
  filters = { sort = "string" },
  methods = methods,
}
