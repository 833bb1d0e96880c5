-- The providers against the sandbox, over real sockets.

local account = require "spec.support.account"
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
    box:seed { clients = { { identifier = "conf", kind = "confidential", secret = SECRET,
      redirect_uri = { REDIRECT } } } }
    box:clear_requests()
  end)

  local function app()
    return assert(zendesk.oauth.new { base_url = box.base_url, client_id = "conf",
      client_secret = SECRET, redirect_uri = REDIRECT })
  end

  -- What somebody who allows everything ends with.
  local function login()
    local asking = app()
    local url, flow = asking:authorize_url()
    local http = plain.connect(box.port)
    local reply = http:get(url:match "^http://[^/]+(.*)$", { authorization = false })
    http:close()
    return assert(asking:exchange(flow, reply.headers.location))
  end

  describe("a client credentials provider", function()
    local function connect(fields)
      local options = { client_id = "conf", client_secret = SECRET }
      for name, value in pairs(fields or {}) do options[name] = value end
      return a:connect { auth = zendesk.auth.client_credentials(options) }
    end

    it("makes calls work, with one token for all of them", function()
      local zd <close> = connect { scope = "read" }
      for _ = 1, 5 do assert.equal("admin", assert(zd:whoami()).role) end
      assert.equal(1, box:stats().grants.client_credentials)
    end)

    it("renews once after a 401, and repeats the call once, POST included", function()
      local zd <close> = connect()
      assert(zd:whoami())
      for token in a.zd.token:each() do assert(a.zd.token:revoke(token)) end
      local ticket = assert(zd:post("/api/v2/tickets", {
        json = { ticket = { subject = "Once", comment = { body = "only" } } },
      }))
      assert.equal("Once", ticket.ticket.subject)
      assert.equal(2, box:stats().grants.client_credentials)
      assert.equal(1, box:stats().tickets_created)
    end)

    it("gives up when the new token is refused, too", function()
      local zd <close> = connect()
      box:fail { path = "^/api/v2/users/me", times = math.huge, status = 401,
        body = '{"error":"invalid_token","error_description":"no"}' }
      local user, err = zd:get "/api/v2/users/me"
      assert.is_nil(user)
      assert.equal("auth", err.kind)
      assert.equal(2, box:stats().grants.client_credentials)
    end)

    it("does not renew for a 403", function()
      local zd <close> = connect { scope = "tickets:read" }
      local _, err = zd:get "/api/v2/users"
      assert.equal("forbidden", err.kind)
      assert.equal(1, box:stats().grants.client_credentials)
    end)

    it("is repeated when the token endpoint is out of order for a moment", function()
      local provider = zendesk.auth.client_credentials { client_id = "conf",
        client_secret = SECRET }
      local zd <close> = assert(zendesk.new { base_url = box.base_url, auth = provider,
        retry = { base = 0.01, cap = 0.05 } })
      box:fail { path = "^/oauth/tokens", status = 503, body = "<html>busy</html>", times = 2 }
      assert(zd:whoami())
    end)
  end)

  describe("a login in a store", function()
    local store, events

    before_each(function()
      store, events = zendesk.store.memory(), {}
    end)

    local function provider_with(fields)
      local options = { app = app(), store = store }
      for name, value in pairs(fields or {}) do options[name] = value end
      return zendesk.auth.authorization_code(options)
    end

    local function logged_in()
      local provider = provider_with()
      assert(provider:adopt(login()))
      return provider
    end

    local function connect(provider, options)
      local given = { auth = provider, on_event = function(event) events[#events + 1] = event end }
      for name, value in pairs(options or {}) do given[name] = value end
      return a:connect(given)
    end

    local function stored()
      local key = ("%s|conf||default"):format(box.base_url)
      return assert(store:load(key))
    end

    it("serves calls, and another process that shares the store", function()
      logged_in()
      local zd <close> = connect(provider_with())
      assert.equal("admin", assert(zd:whoami()).role)
      assert.equal(0, box:stats().refreshes)
    end)

    it("goes on when the app that it was made with is closed", function()
      local its_app = app()
      local provider = zendesk.auth.authorization_code { app = its_app, tokens = login() }
      its_app:close()
      local zd <close> = connect(provider)
      assert(zd:whoami())
      box:advance(1801)
      assert(zd:whoami())
      assert.equal(1, box:stats().refreshes)
    end)

    it("is refreshed after a 401 and the call repeated", function()
      local zd <close> = connect(logged_in())
      box:advance(1801)
      assert(zd:whoami())
      assert.equal(1, box:stats().refreshes)
    end)

    it("keeps the login when a refresh's reply is lost, and sends it once", function()
      local zd <close> = connect(logged_in(), { retry = { attempts = 4, base = 0.01 } })
      local before = stored()
      box:advance(1801)
      box:fail { path = "^/oauth/tokens", drop = "after" }
      local user, err = zd:whoami()
      assert.is_nil(user)
      assert.is_true(err.ambiguous)
      assert.equal("lost_reply", err.code)
      assert.equal(1, box:stats().refreshes)
      assert.equal(before.refresh_token, stored().refresh_token)
      assert.truthy(stored().pending)
    end)

    it("explains in the next run why a login has ended", function()
      local zd <close> = connect(logged_in())
      box:advance(1801)
      box:fail { path = "^/oauth/tokens", drop = "after" }
      zd:whoami()
      local again <close> = connect(provider_with())
      local _, err = again:whoami()
      assert.equal("reauthorize", err.kind)
      assert.truthy(err.message:find("its reply never arrived", 1, true))
    end)

    it("goes on when the refresh had not been carried out", function()
      local zd <close> = connect(logged_in())
      box:advance(1801)
      box:fail { path = "^/oauth/tokens", drop = "before" }
      assert.is_true(select(2, zd:whoami()).ambiguous)
      assert(zd:whoami())
      assert.equal(1, box:stats().refreshes)
      assert.is_nil(stored().pending)
    end)

    it("lives through an outage of the token endpoint", function()
      local zd <close> = connect(logged_in())
      box:advance(1801)
      box:fail { path = "^/oauth/tokens", status = 502, body = "<html>", times = 3 }
      for _ = 1, 3 do assert.is_nil((zd:whoami())) end
      assert(zd:whoami())
    end)

    it("works with a server whose clock is off by ten minutes", function()
      for _, offset in ipairs { 600, -600 } do
        store = zendesk.store.memory()
        box:set("clock_offset", offset)
        local refreshes = box:stats().refreshes
        local zd <close> = connect(logged_in())
        for _ = 1, 12 do
          assert(zd:whoami())
          box:advance(600)
        end
        local count = box:stats().refreshes - refreshes
        assert.is_true(count >= 3 and count <= 6, "refreshes: " .. count)
      end
    end)

    it("ends when somebody revokes it, and says what to do", function()
      local zd <close> = connect(logged_in())
      for token in a.zd.token:each() do assert(a.zd.token:revoke(token)) end
      local user, err = zd:whoami()
      assert.is_nil(user)
      assert.equal("reauthorize", err.kind)
      assert.truthy(err.remedy:find("log in", 1, true))
    end)

    it("tells of its refresh in an event without tokens", function()
      local zd <close> = connect(logged_in())
      box:advance(1801)
      assert(zd:whoami())
      local found
      for _, event in ipairs(events) do
        if event.type == "refresh" then found = event end
        for _, value in pairs(event) do
          assert.is_nil(tostring(value):find(stored().access_token, 1, true))
          assert.is_nil(tostring(value):find(stored().refresh_token, 1, true))
        end
      end
      assert.equal("refresh_token", found.grant)
    end)
  end)

  describe("a function as credential", function()
    it("gives tokens, and another one after a 401", function()
      local reasons = {}
      local zd <close> = a:connect { auth = function(reason)
        reasons[#reasons + 1] = reason
        return assert(app():client_credentials()).access_token
      end }
      assert(zd:whoami())
      for token in a.zd.token:each() do assert(a.zd.token:revoke(token)) end
      assert(zd:whoami())
      assert.same({ "first", "rejected" }, reasons)
    end)
  end)
end)
