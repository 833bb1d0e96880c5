-- api_token: the API tokens of the account. They cannot be created since 27 October 2026 and end on
-- 30 April 2027; what is left to do is to see which ones there are, and to delete them.

local resource = require "zendesk.resource"

return resource.define {
  name = "api_token",
  path = "/api/v2/api_tokens",
  singular = "api_token",
  plural = "api_tokens",
  verbs = { "list", "each", "delete" },
  filters = { include_users = "boolean" },
}
