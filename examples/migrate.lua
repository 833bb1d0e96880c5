-- Moves an integration from its API token, which ends on 2027-04-30, to client credentials.
--
--     ZENDESK_SUBDOMAIN=acme ZENDESK_EMAIL=… ZENDESK_API_TOKEN=… lua examples/migrate.lua NAME FILE
--
-- Makes a confidential client NAME (or takes the one that is there), keeps its secret in FILE, and
-- proves that the new way works. Can be run again at any time; without an account, in a sandbox.

local account = require "examples.account"
local zendesk = require "zendesk"

local name = arg[1] or "my_integration"
local store = arg[2] and zendesk.store.file { path = arg[2] } or zendesk.store.memory()
local zd <close> = account.open {}
local before = assert(zd:whoami())

print(assert(zd.client:ensure { identifier = name, name = name, kind = "confidential" }))
local key = table.concat({ zd:origin(), name, "client_secret" }, "|")
local kept = store:load(key)
if not kept or kept.phase ~= "done" then -- Zendesk shows a secret once: a new one is kept first
  assert(zd.client:rotate(assert(zd.client:find(name)), { store = store, key = key }))
  kept = assert(store:load(key))
end

local new <close> = assert(zendesk.new {
  base_url = zd:origin(),
  auth = zendesk.auth.client_credentials { client_id = name, client_secret = kept.client_secret },
})
local after = assert(new:whoami())
print(("It works: %s (%s) instead of %s (%s)"):format(after.email, after.role, before.email,
  before.role))
print [[
Left to do by hand:
  1. Give the integration the client's name and secret instead of e-mail address and API token.
     It acts as the admin who made the client, whatever address it gave before.
  2. Admin Center > OAuth clients: give the client only the scopes that the integration needs.
  3. Admin Center > API tokens: delete the old token once nothing uses it any more.]]
