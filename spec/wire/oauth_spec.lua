-- The grants against the sandbox, over real sockets.

local account = require "spec.support.account"
local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local zendesk = require "zendesk"

local REDIRECT = "http://127.0.0.1:9/callback"
local SECRET = "test-client-secret"

describe("over the wire,", function()
  local a = account.use()
  local box

  before_each(function()
    box = a.box
    box:set("consent", "allow")
    box:seed { clients = {
      { identifier = "conf", kind = "confidential", secret = SECRET, redirect_uri = { REDIRECT },
        created_at = "2026-06-01T00:00:00Z" },
      { identifier = "pub", kind = "public", redirect_uri = { REDIRECT } },
    } }
    box:clear_requests()
  end)

  local function app_with(fields)
    local options = { base_url = box.base_url, client_id = "conf", client_secret = SECRET,
      redirect_uri = REDIRECT }
    for name, value in pairs(fields or {}) do options[name] = value or nil end
    if fields and fields.client_secret == false then options.client_secret = nil end
    return assert(zendesk.oauth.new(options))
  end

  -- What the browser of somebody who allows everything is sent back with.
  local function consent(url)
    local http = plain.connect(box.port)
    local reply = http:get(url:match "^http://[^/]+(.*)$", { authorization = false })
    http:close()
    assert.equal(302, reply.status)
    return reply.headers.location
  end

  local function login(app)
    local url, flow = app:authorize_url()
    return assert(app:exchange(flow, consent(url)))
  end

  local function token_requests()
    local found = {}
    for _, request in ipairs(box:requests()) do
      if request.path == "/oauth/tokens" then found[#found + 1] = request end
    end
    return found
  end

  describe("a grant", function()
    it("of client credentials gives a token that works", function()
      local set = assert(app_with():client_credentials { scope = { "tickets:read", "users:read" } })
      assert.equal("tickets:read users:read", set.scope)
      assert.equal("reply", set.expires_from)
      assert.equal(1800, set.expires_at - set.issued_at)
      local zd <close> = a:connect { access_token = set.access_token }
      assert.equal("admin", assert(zd:whoami()).role)
    end)

    it("is sent as JSON, without Authorization header, with expires_in", function()
      app_with():client_credentials()
      local request = token_requests()[1]
      assert.equal("POST", request.method)
      assert.equal("application/json", request.headers["content-type"])
      assert.is_nil(request.headers.authorization)
      assert.equal("", request.query)
      assert.same({ grant_type = "client_credentials", client_id = "conf", client_secret = SECRET,
        expires_in = 1800 }, cjson.decode(request.body))
    end)

    it("of a code works with PKCE for a public client", function()
      local set = login(app_with { client_id = "pub", client_secret = false, scope = "read" })
      assert.equal("read", set.scope)
      assert.truthy(set.refresh_token)
      assert.truthy(set.refresh_expires_at)
    end)

    it("of a code works for a confidential client, with PKCE and without", function()
      assert.truthy(login(app_with()).refresh_token)
      assert.truthy(login(app_with { pkce = false } ).refresh_token)
    end)

    it("of a code is refused after 120 seconds", function()
      local app = app_with()
      local url, flow = app:authorize_url()
      local answer = consent(url)
      box:advance(121)
      local set, err = app:exchange(flow, answer)
      assert.is_nil(set)
      assert.equal("oauth", err.kind)
      assert.equal("invalid_grant", err.code)
      assert.equal(400, err.status)
    end)

    it("of a code is refused with the verifier of another flow", function()
      local app = app_with { client_id = "pub", client_secret = false }
      local url, flow = app:authorize_url()
      local _, other = app:authorize_url()
      flow.verifier = other.verifier
      assert.equal("invalid_grant", select(2, app:exchange(flow, consent(url))).code)
    end)

    it("of a refresh token rotates: the old pair is dead", function()
      local app = app_with()
      local one = login(app)
      local two = assert(app:refresh(one))
      assert.not_equal(one.refresh_token, two.refresh_token)
      assert.equal("invalid_grant", select(2, app:refresh(one)).code)
      local old <close> = a:connect { access_token = one.access_token }
      assert.equal("invalid_token", select(2, old:get "/api/v2/users/me").code)
      local new <close> = a:connect { access_token = two.access_token }
      assert.truthy(new:get "/api/v2/users/me")
    end)

    it("is refused by the server's codes", function()
      box:seed { clients = {
        { identifier = "narrow", secret = SECRET, allowed_scopes = { "tickets:read" } },
        { identifier = "pub2", kind = "public", secret = SECRET },
      } }
      for code, app in pairs {
        invalid_client = app_with { client_secret = "wrong-secret" },
        invalid_scope = app_with { client_id = "narrow", scope = "users:read" },
        unauthorized_client = app_with { client_id = "pub2" },
        invalid_request = app_with { expires_in = 10 },
      } do
        local set, err = app:client_credentials()
        assert.is_nil(set)
        assert.equal("oauth", err.kind)
        assert.equal(code, err.code)
        assert.truthy(err.request_id)
        if code == "invalid_request" then
          assert.matches("expires_in must be between", err.message, 1, true) -- which says it all
          assert.is_nil(err.remedy)
        else
          assert.truthy(err.remedy)
        end
        assert.is_nil(tostring(err):find("secret", 1, true) and tostring(err):find(SECRET, 1, true))
      end
    end)

    it("of client credentials that failed for a moment may be asked for again", function()
      local app = app_with()
      for _, fault in ipairs {
        { drop = "after" }, { status = 503, body = "{}" }, { status = 200, body = "<html>x</html>",
          headers = { ["Content-Type"] = "text/html" } },
      } do
        box:clear_requests()
        fault.path, fault.times = "^/oauth/tokens$", 1
        box:fail(fault)
        local _, err = app:client_credentials()
        assert.is_nil(err.ambiguous)
        assert.is_nil(err.remedy)
        assert.equal(fault.status ~= 200 or nil, err.retryable)
        assert.equal(1, #token_requests())
      end
    end)

    it("that is refused under 200 is refused", function()
      local app = app_with()
      local set = login(app)
      box:fail { path = "^/oauth/tokens$", times = 2, status = 200,
        body = '{"error":"invalid_grant","error_description":"gone"}' }
      local _, err = app:refresh(set)
      assert.equal("invalid_grant", err.code)
      assert.is_nil(err.ambiguous)
      local zd <close> = a:connect { auth = zendesk.auth.authorization_code {
        app = app, store = zendesk.store.memory(), tokens = set,
      } }
      box:advance(1801)
      assert.equal("reauthorize", select(2, zd:whoami()).kind)
    end)

    it("takes any success for one", function()
      box:set("token_status", 201)
      assert(app_with():client_credentials())
    end)
  end)

  describe("an expiry that the reply leaves out", function()
    it("is read from a JWT", function()
      box:set("omit_expires_in", true)
      box:set("jwt_tokens", true)
      local set = login(app_with())
      assert.equal("jwt", set.expires_from)
      assert.near(1800, set.expires_at - set.issued_at, 2)
    end)

    it("is asked for", function()
      box:set("omit_expires_in", true)
      local set = login(app_with { expires_in = 900 })
      assert.equal("current", set.expires_from)
      assert.near(900, set.expires_at - set.issued_at, 2)
    end)

    it("is thirty minutes when even that fails", function()
      box:set("omit_expires_in", true)
      box:fail { path = "/oauth/tokens/current$", status = 403, body = "{}" }
      local set = login(app_with { expires_in = 7200 })
      assert.equal("default", set.expires_from)
      assert.equal(1800, set.expires_at - set.issued_at)
    end)
  end)
end)
