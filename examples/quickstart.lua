-- Zendesk's tutorial on OAuth tokens as a script: make a client, list the clients, make a token,
-- call with it, revoke it. `make demo` runs it.

local zendesk = require "zendesk"
local stage = require "examples.stage"

local zd <close> = stage.open() -- your account where the environment names one, else a sandbox

stage.step "Who does this credential act as?"
local me = assert(zd:whoami())
stage.say("%s <%s>, %s", me.name, me.email, me.role)

stage.step "Create an OAuth client"
local client = assert(zd.client:create {
  name = "Test client", identifier = stage.unique "test_client", kind = "public",
})
local clean_up <close> = stage.at_end("Delete the client", function() -- luacheck: ignore 211
  assert(zd.client:delete(client))
end)
stage.show(client, { "id", "identifier", "name", "kind" })

stage.step "List the clients"
for _, each in ipairs(assert(zd.client:list())) do stage.show(each, { "id", "identifier" }) end

stage.step "Create a token that may read tickets"
local token = assert(zd.token:create { client_id = client, scopes = { "tickets:read" } })
stage.show(token, { "id", "scopes", "full_token" })

stage.step "Read the tickets with that token"
local reader <close> = assert(zendesk.new {
  base_url = zd:origin(), access_token = token.full_token,
})
for ticket in reader:each("/api/v2/tickets", { limit = 3 }) do
  stage.show(ticket, { "id", "subject" })
end

stage.step "Revoke the token, and try it once more"
assert(zd.token:revoke(token))
local _, err = reader:get "/api/v2/tickets"
stage.say("%d %s: %s", err.status, err.code, err.remedy)
