-- client_app: a token for a client of the account, by a grant of its own: on the network of the
-- instance and within its limits of time.

local oauth = require "zendesk.oauth"

local client_app = {}

---@param transport zendesk.Transport of the instance
---@param fields { client_id: string, client_secret: string, scope: any, expires_in: integer|nil }
---@return zendesk.token_set|nil set
---@return zendesk.Error|nil err
function client_app.client_credentials(transport, fields)
  local network = transport._account_options
  local app <close>, err = oauth.new {
    base_url = transport:origin(), client_id = fields.client_id,
    client_secret = fields.client_secret, scope = fields.scope, expires_in = fields.expires_in,
    driver = transport.driver, timeout = transport._timeout,
    connect_timeout = transport._connect_timeout, ca_file = network.ca_file,
    ca_path = network.ca_path, proxy = network.proxy, user_agent = network.user_agent,
  }
  if not app then return nil, err end
  return app:client_credentials()
end

return client_app
