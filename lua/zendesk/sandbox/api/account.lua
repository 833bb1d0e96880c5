-- /api/v2/account/settings: the part that says how the API may be used.

local json = require "zendesk.sandbox.json"
local reply = require "zendesk.sandbox.reply"

local function settings(context)
  local on = context.state:takes_api_tokens()
  return reply.json(200, { settings = { api = setmetatable({
    accepted_api_agreement = true, api_password_access_end_users = false,
    -- A string, as recorded.
    api_token_access = on and "true" or "false",
  }, json.shape { "accepted_api_agreement" }) } })
end

return {
  {
    "GET", "/api/v2/account/settings", handler = settings, role = "admin", access = "read",
    resource = "account_settings",
  },
}
