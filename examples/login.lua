-- Logs a person in with the browser and keeps the login in a file: the next run needs no browser.
--
--     ZENDESK_SUBDOMAIN=acme ZENDESK_OAUTH_CLIENT_ID=my_tool lua examples/login.lua [--paste]
--
-- The client must have http://localhost:19187/callback among its redirect URIs. Without an account
-- in the environment a sandbox is asked. --paste is for machines without a browser (SSH).

local zendesk = require "zendesk"

local function variable(name) -- an empty one is as good as none
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local client = {
  base_url = variable "ZENDESK_BASE_URL", client_id = variable "ZENDESK_OAUTH_CLIENT_ID",
  client_secret = variable "ZENDESK_OAUTH_CLIENT_SECRET", scope = { "read" },
  redirect_uri = "http://localhost:19187/callback",
}
client.subdomain = not client.base_url and variable "ZENDESK_SUBDOMAIN" or nil
local store = zendesk.store.file { path = "zendesk-login.json" }
local alone = not client.base_url and not client.subdomain
local box <close> = alone and assert(zendesk.sandbox.start()) or nil
if box then
  box:seed { clients = { { identifier = "login_example", name = "The login example",
    kind = "public", redirect_uri = { client.redirect_uri } } } }
  client.base_url, client.client_id, client.client_secret = box.base_url, "login_example", nil
  store = zendesk.store.memory() -- of no use to anybody once the sandbox has ended
end

local app <close> = assert(zendesk.oauth.new(client))
local provider = zendesk.auth.authorization_code { app = app, store = store }
local zd <close> = assert(zendesk.new { base_url = app.origin, auth = provider })

local me, err = zd:whoami()
if not me and err.kind == "reauthorize" then -- nobody has logged in yet, or the login has ended
  print(err.message)
  assert(provider:login { open = arg[1] ~= "--paste" })
  me, err = zd:whoami()
end
assert(me, err)
print(("Logged in as %s <%s>"):format(me.name, me.email))
