local core = require "zendesk.core"
local token_server = require "spec.support.token_server"

local server, oauth

local function app_with(fields)
  local options = {
    base_url = "https://acme.zendesk.com", client_id = "my_client", driver = server.driver,
    redirect_uri = "http://localhost:8080/cb",
  }
  for name, value in pairs(fields or {}) do options[name] = value end
  return assert(oauth.new(options))
end

local function query_of(url)
  local parameters = require "zendesk.oauth.callback".parse_query(url:match "%?(.*)$")
  return parameters
end

before_each(function()
  server = token_server.new():install()
  oauth = require "zendesk.oauth"
end)

describe("zendesk.oauth.new", function()
  it("refuses a numeric client_id, as number or digits, and names both ids", function()
    for _, client_id in ipairs { 39551161, "39551161" } do
      local app, err = oauth.new { subdomain = "acme", client_id = client_id }
      assert.is_nil(app)
      assert.equal("config", err.kind)
      assert.truthy(err.message:find("numeric id", 1, true))
      assert.truthy(err.message:find("unique identifier", 1, true))
      assert.truthy(err.remedy)
    end
  end)

  it("refuses what no client can have, without showing a secret", function()
    for _, fields in ipairs {
      { client_id = "" }, { client_id = "a\nb" }, { client_secret = "canary-secret\n" },
      { client_secret = "" }, { redirect_uri = "localhost/cb" }, { subdomain = "a b" },
      { redirect_uri = "http://localhost/cb#x" }, { base_url = "https://x.zendesk.com" },
      { user_agent = "a\nb" }, { ca_path = "" }, { pkce = false },
    } do
      local options = { subdomain = "acme", client_id = "my_client" }
      for name, value in pairs(fields) do options[name] = value end
      local app, err = oauth.new(options)
      assert.is_nil(app)
      assert.equal("config", err.kind)
      assert.equal(next(fields), err.option)
      assert.is_nil(tostring(err):find("canary", 1, true))
    end
    local _, err = oauth.new { subdomain = "acme" }
    assert.truthy(err.message:find("client_id is missing", 1, true))
    assert.equal("client_id", err.option)
    _, err = oauth.new { client_id = "my_client" }
    assert.truthy(err.message:find("subdomain", 1, true))
    assert.equal("subdomain", err.option)
  end)

  it("raises for an unknown option and suggests the nearest", function()
    local ok, message = pcall(oauth.new,
      { subdomain = "acme", client_id = "a", redirect_url = "x" })
    assert.is_false(ok)
    assert.truthy(message:find("did you mean 'redirect_uri'", 1, true))
  end)

  it("raises at the caller's line for a wrong type", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() oauth.new { client_id = "a", expires_in = "soon" } end)
    assert.is_false(ok)
    assert.truthy(message:find(("oauth_spec.lua:%d:"):format(line), 1, true), message)
  end)

  it("makes a public client use PKCE", function()
    local app, err = oauth.new { subdomain = "acme", client_id = "my_client", pkce = false }
    assert.is_nil(app)
    assert.truthy(err.message:find("PKCE", 1, true))
    assert.truthy(app_with { pkce = false, client_secret = "test-secret" })
  end)

  it("warns of a scope that it does not know", function()
    local events = {}
    app_with { scope = { "tickets:read", "ticket:read" },
      on_event = function(event) events[#events + 1] = event end }
    assert.equal(1, #events)
    assert.equal("tickets:read", events[1].suggestion)
  end)

  it("is not disturbed by a handler that raises", function()
    assert.truthy(app_with { scope = "nonsense", on_event = function() error "boom" end })
  end)
end)

describe("client credentials", function()
  it("are asked for with JSON, the scope as one string, and always expires_in", function()
    local app = app_with { client_secret = "test-secret", scope = { "tickets:read", "users:read" } }
    local set = assert(app:client_credentials())
    local call = server.calls[1]
    assert.equal("POST", call.method)
    assert.equal("/oauth/tokens", call.path)
    assert.same({
      grant_type = "client_credentials", client_id = "my_client", client_secret = "test-secret",
      scope = "tickets:read users:read", expires_in = 1800,
    }, call.json)
    assert.equal("access-1", set.access_token)
    assert.equal("client_credentials", set.grant)
    assert.equal("reply", set.expires_from)
    assert.equal(1800, set.expires_at - set.issued_at)
    assert.is_nil(set.refresh_token)
  end)

  it("leave the scope out when there is none", function()
    app_with { client_secret = "test-secret" }:client_credentials()
    assert.is_nil(server.calls[1].json.scope)
  end)

  it("can ask for another scope and life", function()
    app_with { client_secret = "test-secret", scope = "read" }
      :client_credentials { scope = "write", expires_in = 300 }
    assert.equal("write", server.calls[1].json.scope)
    assert.equal(300, server.calls[1].json.expires_in)
  end)

  it("are refused for a public client before anything is sent", function()
    local set, err = app_with():client_credentials()
    assert.is_nil(set)
    assert.equal("config", err.kind)
    assert.truthy(err.message:find("confidential", 1, true))
    assert.equal(0, #server.calls)
  end)

  it("ask the server for the expiry where the reply leaves it out", function()
    server.quiet = true
    local set = assert(app_with { client_secret = "test-secret" }:client_credentials())
    assert.equal("current", set.expires_from)
    assert.near(1800, set.expires_at - set.issued_at, 2)
    assert.equal("/api/v2/oauth/tokens/current", server.calls[2].path)
  end)

  it("wait three seconds at most for what is only a better estimate", function()
    server.quiet = true
    assert(app_with { client_secret = "test-secret" }:client_credentials())
    assert.near(server.driver:now() - server.latency + 3, server.calls[2].deadline_at, 0.001)
  end)

  it("do not believe in an end before the beginning", function()
    server.quiet = true
    server.faults = { function() return {} end, function()
      return { status = 200, body = { token = { expires_at = "2020-01-01T00:00:00Z" } } }
    end }
    local set = assert(app_with { client_secret = "test-secret" }:client_credentials())
    assert.equal("never", set.expires_from)
  end)

  it("never end where nobody tells", function()
    server.quiet = true
    server.faults = { function() return {} end, function() return { status = 404, body = {} } end }
    local set = assert(app_with { client_secret = "test-secret" }:client_credentials())
    assert.equal("never", set.expires_from)
    assert.is_nil(set.expires_at)
  end)
end)

describe("an authorisation", function()
  it("begins at a URL with state and challenge, and gives a plain flow", function()
    local app = app_with { scope = "tickets:read users:read" }
    local url, flow = app:authorize_url()
    assert.truthy(url:find("^https://acme%.zendesk%.com/oauth/authorizations/new%?"))
    local query = query_of(url)
    assert.same({
      response_type = "code", client_id = "my_client", redirect_uri = "http://localhost:8080/cb",
      scope = "tickets:read users:read", state = flow.state, code_challenge_method = "S256",
      code_challenge = core.base64url(core.sha256(flow.verifier)),
    }, query)
    assert.is_nil(getmetatable(flow))
    for _, value in pairs(flow) do assert.not_equal("table", type(value)) end
    assert.is_nil(url:find(flow.verifier, 1, true))
    assert.is_nil(url:find(" ", 1, true))
  end)

  it("is another one every time", function()
    local app = app_with()
    local _, one = app:authorize_url()
    local _, two = app:authorize_url()
    assert.not_equal(one.state, two.state)
    assert.not_equal(one.verifier, two.verifier)
  end)

  it("goes without PKCE where a confidential client wants that", function()
    local url, flow = app_with { pkce = false, client_secret = "test-secret" }:authorize_url()
    assert.is_nil(flow.verifier)
    assert.is_nil(url:find("code_challenge", 1, true))
  end)

  it("needs a redirect URI", function()
    local app = assert(oauth.new { subdomain = "acme", client_id = "my_client" })
    local url, err = app:authorize_url()
    assert.is_nil(url)
    assert.truthy(err.remedy:find("redirect_uri", 1, true))
    assert.truthy(app:authorize_url { redirect_uri = "http://localhost:9/" })
  end)

  it("ends with a token set, also in another process", function()
    local _, flow = app_with { scope = "read" }:authorize_url()
    local kept = {}
    for name, value in pairs(flow) do kept[name] = value end
    local app = app_with { refresh_token_expires_in = 604800 }
    local set = assert(app:exchange(kept, "http://localhost:8080/cb?code=abc&state=" .. flow.state))
    assert.same({
      grant_type = "authorization_code", client_id = "my_client", code = "abc",
      redirect_uri = "http://localhost:8080/cb", code_verifier = flow.verifier, scope = "read",
      expires_in = 1800, refresh_token_expires_in = 604800,
    }, server.calls[1].json)
    assert.equal("refresh-1", set.refresh_token)
    assert.equal("authorization_code", set.grant)
  end)

  it("sends a confidential client's secret with the exchange", function()
    local app = app_with { client_secret = "test-secret" }
    local _, flow = app:authorize_url()
    app:exchange(flow, { code = "abc", state = flow.state })
    assert.equal("test-secret", server.calls[1].json.client_secret)
  end)

  it("sends nothing for a callback with another state", function()
    local app = app_with()
    local _, flow = app:authorize_url()
    local set, err = app:exchange(flow, "code=abc&state=forged")
    assert.is_nil(set)
    assert.equal("state_mismatch", err.code)
    assert.equal(0, #server.calls)
  end)

  it("is not finished by another client or for another account", function()
    local _, flow = app_with():authorize_url()
    local other = app_with { client_id = "other_client" }
    local _, err = other:exchange(flow, "code=abc&state=" .. flow.state)
    assert.equal("flow_mismatch", err.code)
    local elsewhere = app_with { base_url = "https://other.zendesk.com" }
    _, err = elsewhere:exchange(flow, "code=abc&state=" .. flow.state)
    assert.equal("flow_mismatch", err.code)
    assert.equal(0, #server.calls)
  end)

  it("raises when it is given no flow", function()
    local app = app_with()
    assert.error_matches(function() app:exchange("state", "code=a") end, "flow")
    local _, flow = app:authorize_url()
    assert.error_matches(function() app:exchange(flow, 7) end, "callback")
  end)
end)

describe("a refresh", function()
  it("takes a set or a refresh token and gives the successor", function()
    local app = app_with()
    local one = assert(app:refresh(server:login()))
    assert.equal("refresh_token", server.calls[1].json.grant_type)
    assert.equal(1800, server.calls[1].json.expires_in)
    assert.is_nil(server.calls[1].json.scope)
    local two = assert(app:refresh(one.refresh_token))
    assert.not_equal(one.access_token, two.access_token)
  end)

  it("can narrow the scope", function()
    app_with { scope = "read write" }:refresh(server:login(), { scope = "read" })
    assert.equal("read", server.calls[1].json.scope)
  end)

  it("assumes thirty minutes where nobody tells", function()
    server.quiet = true
    server.faults = { function() return {} end, function() return { status = 500, body = {} } end }
    local set = assert(app_with { expires_in = 7200 }:refresh(server:login()))
    assert.equal("default", set.expires_from)
    assert.equal(1800, set.expires_at - set.issued_at)
  end)

  it("is never sent twice, and says so when its reply is lost", function()
    server.faults = { function() return { after = true } end }
    local set, err = app_with():refresh(server:login())
    assert.is_nil(set)
    assert.is_true(err.ambiguous)
    assert.equal("lost_reply", err.code)
    assert.truthy(tostring(err):find("may have been carried out", 1, true))
    assert.equal(1, #server.calls)
  end)

  it("sends no refresh token to another account, nor with another client", function()
    local app = app_with()
    local set = assert(app:refresh(server:login()))
    assert.equal("https://acme.zendesk.com", set.origin)
    for _, fields in ipairs {
      { base_url = "https://other.zendesk.com" }, { client_id = "other_client" },
    } do
      local renewed, err = app_with(fields):refresh(set)
      assert.is_nil(renewed)
      assert.equal("flow_mismatch", err.code)
      assert.truthy(err.remedy)
    end
    assert.equal(1, #server.calls)
    assert(app:refresh(set))
  end)

  it("says what is missing in a set without a refresh token", function()
    local set, err = app_with():refresh { access_token = "access-1" }
    assert.is_nil(set)
    assert.equal("no_refresh_token", err.code)
    assert.equal(0, #server.calls)
  end)

  it("reports times on the server's clock", function()
    server.skew = 600
    local set = assert(app_with():refresh(server:login()))
    assert.near(server:time(), set.issued_at, 2)
    assert.near(600, set.clock_skew, 2)
  end)
end)

describe("an app", function()
  it("shows its client and account, and no secret in any field", function()
    local app = app_with { client_secret = "canary-secret" }
    assert.equal("zendesk.oauth.app (my_client at https://acme.zendesk.com)", tostring(app))
    local function search(value, seen)
      if type(value) == "string" then assert.is_nil(value:find("canary", 1, true)) end
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for key, inner in next, value do
        search(key, seen)
        search(inner, seen)
      end
      search(getmetatable(value), seen)
    end
    search(app, {})
  end)

  it("says so when it is closed", function()
    local app = app_with { client_secret = "test-secret" }
    app:close()
    app:close()
    assert.error_matches(function() app:client_credentials() end, "closed")
  end)

  it("says so when it is called with a dot", function()
    local app = app_with()
    assert.error_matches(function() app.client_credentials() end, "colon")
  end)
end)
