-- Moves an integration from its API token, which ends on 2027-04-30, to client credentials.
--
--     ZENDESK_SUBDOMAIN=acme ZENDESK_EMAIL=… ZENDESK_API_TOKEN=… \
--       lua examples/migrate.lua NAME FILE [rotate]
--
-- Makes a confidential client NAME, keeps its secret in FILE, and proves that the new way works.
-- Can be run again at any time. A client that was there before, its secret not in FILE, is given a
-- new one with `rotate` only: that ends the secret that somebody uses. Without an account all of it
-- happens in a sandbox.

local account = require "examples.account"
local zendesk = require "zendesk"

local name, file, rotate = arg[1] or "my_integration", arg[2], arg[3] == "rotate"
local zd <close>, box = account.open {}
assert(file or box, "a FILE is missing: Zendesk shows a secret once, and that is where it is kept")
local store = file and zendesk.store.file { path = file } or zendesk.store.memory()
local before = assert(zd:whoami())

local ensured = assert(zd.client:ensure { identifier = name, name = name, kind = "confidential" })
print(ensured)
local key = table.concat({ zd:origin(), name, "client_secret" }, "|")
local kept, trouble = store:load(key)
assert(not trouble, trouble)
if rotate or not kept or kept.phase ~= "done" then
  assert(rotate or kept or ensured.actions[1] == "create", "the client was there before, and its "
    .. "secret is not in FILE: `rotate` after FILE gives it a new one, and ends the old one")
  assert(zd.client:rotate(ensured.client, { store = store, key = key }))
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
