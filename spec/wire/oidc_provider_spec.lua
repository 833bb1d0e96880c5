-- The flows against an OAuth server that nobody here wrote: npm's oidc-provider (spec/npm), with
-- its paths mapped to Zendesk's.

local cjson = require "cjson"
local paths = require "spec.support.paths"
local plain = require "spec.support.plain_http"
local process = require "spec.support.process"
local zendesk = require "zendesk"

local SECRET = "test-client-secret"

describe("with oidc-provider, #node", function()
  local server, port, base_url

  setup(function()
    server = process.start({
      "node", "spec/npm/oidc_server.mjs", paths.build .. "/npm/node_modules", "300",
    })
    port = tonumber(server:wait_for "port (%d+)")
    base_url = ("http://127.0.0.1:%d"):format(port)
  end)
  teardown(function() server:stop() end)

  local function app_with(fields)
    local options = { base_url = base_url, client_id = "public_client",
      redirect_uri = "http://127.0.0.1:9/callback" }
    for name, value in pairs(fields or {}) do options[name] = value end
    return assert(zendesk.oauth.new(options))
  end

  local function confidential(fields)
    local options = { client_id = "confidential_client", client_secret = SECRET, scope = "read" }
    for name, value in pairs(fields or {}) do options[name] = value end
    return app_with(options)
  end

  -- Follows the redirects as a browser would, with its cookies; the address that it would be sent
  -- to on this machine.
  local function browse(url)
    local result = process.run {
      "curl", "-sL", "-b", "", "-o", "/dev/null", "-w", "%{url_effective}", "--noproxy", "*", url,
    }
    return result.stdout
  end

  local function login(app)
    local url, flow = app:authorize_url()
    return assert(app:exchange(flow, browse(url)))
  end

  local function counts()
    local http = plain.connect(port)
    local reply = http:get("/counts", { authorization = false })
    http:close()
    return cjson.decode(reply.body)
  end

  local function whoami(token)
    local zd <close> = assert(zendesk.new { base_url = base_url, access_token = token })
    local body, err = zd:get "/api/v2/users/me"
    return body and body.user, err
  end

  it("client credentials give a token that its resource takes", function()
    local set = assert(confidential():client_credentials())
    assert.equal("read", set.scope)
    assert.equal("reply", set.expires_from)
    assert.equal(300, set.expires_at - set.issued_at)
    assert.equal("confidential_client", assert(whoami(set.access_token)).name)
  end)

  it("a wrong secret is refused", function()
    local set, err = confidential { client_secret = "wrong-secret" }:client_credentials()
    assert.is_nil(set)
    assert.equal("invalid_client", err.code)
    assert.equal("oauth", err.kind)
  end)

  it("a public client logs in with PKCE", function()
    local set = login(app_with { scope = "tickets:read" })
    assert.truthy(set.refresh_token)
    assert.equal(1001, assert(whoami(set.access_token)).id)
  end)

  it("a confidential client logs in with its secret, without PKCE", function()
    assert.truthy(login(confidential { pkce = false }).access_token)
  end)

  it("the verifier of another flow is refused", function()
    local app = app_with { scope = "read" }
    local url, flow = app:authorize_url()
    local _, other = app:authorize_url()
    flow.verifier = other.verifier
    local set, err = app:exchange(flow, browse(url))
    assert.is_nil(set)
    assert.equal("invalid_grant", err.code)
  end)

  it("a code is exchanged once", function()
    local app = app_with { scope = "read" }
    local url, flow = app:authorize_url()
    local answer = browse(url)
    assert(app:exchange(flow, answer))
    assert.equal("invalid_grant", select(2, app:exchange(flow, answer)).code)
  end)

  it("a person's no is access_denied", function()
    local app = app_with { scope = "read" }
    local url, flow = app:authorize_url()
    flow.state = "refuse-me"
    url = url:gsub("state=[%w_-]+", "state=refuse-me")
    local set, err = app:exchange(flow, browse(url))
    assert.is_nil(set)
    assert.equal("access_denied", err.code)
    assert.truthy(err.message:find("The person said no", 1, true))
  end)

  it("refresh tokens rotate, and a used one is worth nothing", function()
    local app = app_with { scope = "read" }
    local one = login(app)
    local two = assert(app:refresh(one))
    assert.not_equal(one.refresh_token, two.refresh_token)
    assert.truthy(whoami(two.access_token))
    assert.equal("invalid_grant", select(2, app:refresh(one)).code)
  end)

  it("an instance with client credentials works", function()
    local zd <close> = assert(zendesk.new {
      base_url = base_url,
      auth = zendesk.auth.client_credentials {
        client_id = "confidential_client", client_secret = SECRET, scope = "read",
      },
    })
    local before = counts().client_credentials
    for _ = 1, 5 do assert(zd:get "/api/v2/users/me") end
    assert.equal(before + 1, counts().client_credentials)
  end)

  it("fifty coroutines on a refused token make one refresh", function()
    local app = app_with { scope = "read" }
    local store = zendesk.store.memory()
    local provider = zendesk.auth.authorization_code { app = app, store = store }
    local set = login(app)
    -- What the server does not know any more, while the refresh token still works.
    set.access_token = "forgotten-by-the-server"
    assert(provider:adopt(set))
    local zd <close> = assert(zendesk.new { base_url = base_url, auth = provider })
    local before = counts().refresh_token
    local calls = {}
    for index = 1, 50 do
      calls[index] = function() return assert(zd:get "/api/v2/users/me").user.id end
    end
    local ids = assert(zendesk.all(calls, { concurrency = 50 }))
    for index = 1, 50 do assert.equal(1001, ids[index]) end
    assert.equal(before + 1, counts().refresh_token)
  end)

  it("a login with the listener works", function()
    local probe = require "socket".bind("127.0.0.1", 0)
    local free = select(2, probe:getsockname())
    probe:close()
    local app = app_with { scope = "read",
      redirect_uri = ("http://127.0.0.1:%d/callback"):format(tonumber(free)) }
    local browser
    local set, err = app:login {
      say = function() end, timeout = 30,
      open = function(url)
        browser = process.start { "curl", "-sL", "-b", "", "--noproxy", "*", url }
      end,
    }
    browser:wait_for "You may close this window"
    browser:stop()
    assert.is_nil(err)
    assert.truthy(whoami(set.access_token))
  end)
end)
