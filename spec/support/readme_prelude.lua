-- Loaded before each Lua block of README.md and docs/ runs (spec/docs/blocks_spec.lua): the account
-- "acme" is a fresh sandbox, and the short blocks find the `zendesk` and `zd` that their page made
-- further up. It knows two OAuth clients, my_service (confidential) and my_tool (public), has a
-- token for whoever brings one from elsewhere, and a person who allows whatever is asked. Nothing
-- else differs from what a reader would type.

local socket = require "socket"
local http = require "socket.http"
local zendesk = require "zendesk"

local TOKEN = "test-bearer-token"

local box = assert(zendesk.sandbox.start {})
local made = assert(box:seed {
  tickets = { { subject = "My printer is on fire" }, { subject = "Hello" } },
  clients = {
    { identifier = "my_service", name = "My service", kind = "confidential",
      secret = "test-client-secret" },
    { identifier = "my_tool", name = "My tool", kind = "public",
      redirect_uri = { "http://localhost:19187/callback" } },
  },
})
assert(box:seed { tokens = { {
  full_token = TOKEN, client_id = made.clients[2].id, scopes = { "read" }, expires_in = 2592000,
} } })
box:set("consent", "allow")
box:clear_requests()

-- Puts the sandbox in the place of acme.zendesk.com.
local function redirected(construct)
  return function(options)
    if type(options) ~= "table" or options.subdomain ~= "acme" then return construct(options) end
    local copy = { base_url = box.base_url }
    for name, value in pairs(options) do
      if name ~= "subdomain" then copy[name] = value end
    end
    return construct(copy)
  end
end

zendesk.new = redirected(zendesk.new)
zendesk.oauth.new = redirected(zendesk.oauth.new)

-- The browser of a person who is logged in: where does the consent page send it?
local function person_allows(url)
  local _, status, headers = http.request { url = url, redirect = false }
  assert(status == 302, "the consent page answers " .. tostring(status))
  return headers.location
end

-- The same for a login that waits on loopback: follows the redirect to it, and reads no answer, as
-- the one who would give it is waiting here.
local function browser(url)
  local port, target = person_allows(url):match "^http://localhost:(%d+)(.*)$"
  local connection = assert(socket.connect("127.0.0.1", tonumber(port)))
  assert(connection:send("GET " .. target .. " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
  _G.browser_window = connection
end

_G.zendesk = zendesk
_G.box = box
_G.person_allows = person_allows
_G.browser = browser
_G.token = TOKEN
_G.zd = assert(zendesk.new {
  subdomain = "acme", email = box.email, api_token = box.api_token,
})
