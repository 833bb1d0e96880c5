local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

local INVALID_TOKEN = {
  error = "invalid_token",
  error_description = "The access token provided is expired, revoked, malformed or invalid for "
    .. "other reasons.",
}

describe("the sandbox checks credentials", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.connect(box.port)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function() box:reset() end)

  local function basic(email, token)
    return { authorization = plain.basic(email, token or box.api_token) }
  end

  it("and takes an API token with any user's e-mail", function()
    for email, role in pairs {
      [box.email] = "admin", ["agent@example.com"] = "agent", ["customer@example.com"] = "end-user",
    } do
      local reply = http:get("/api/v2/users/me", basic(email))
      assert.equal(200, reply.status)
      assert.equal(role, reply.json.user.role)
      assert.equal(email, reply.json.user.email)
    end
  end)

  it("and calls people it does not know anonymous on /users/me, with 200", function()
    for _, options in ipairs {
      {}, basic(box.email, "wrong"), basic "nobody@example.com", { authorization = "Basic !" },
      { authorization = "Basic " .. require("mime").b64(box.email .. ":password") },
    } do
      local reply = http:get("/api/v2/users/me", options)
      assert.equal(200, reply.status)
      assert.equal(cjson.null, reply.json.user.id)
      assert.equal("Anonymous user", reply.json.user.name)
    end
  end)

  it("and refuses them elsewhere with 401", function()
    for _, options in ipairs { {}, basic(box.email, "wrong"), { authorization = "Digest x" } } do
      local reply = http:get("/api/v2/tickets", options)
      assert.equal(401, reply.status)
      assert.same({ error = "Couldn't authenticate you" }, reply.json)
    end
  end)

  it("and answers every bad bearer alike, also on /users/me", function()
    box:seed { tokens = { { full_token = "expired-token", expires_in = -1 } } }
    for _, value in ipairs { "unknown", "expired-token", box.api_token } do
      for _, path in ipairs { "/api/v2/users/me", "/api/v2/tickets" } do
        local reply = http:get(path, { bearer = value })
        assert.equal(401, reply.status)
        assert.same(INVALID_TOKEN, reply.json)
        assert.matches('^Bearer realm=.*error="invalid_token"', reply.headers["www-authenticate"])
      end
    end
  end)

  it("and lets a token end by its own clock", function()
    box:seed { tokens = { { full_token = "test-token", expires_in = 1800 } } }
    assert.equal(200, http:get("/api/v2/users/me", { bearer = "test-token" }).status)
    box:advance(1801)
    assert.equal(401, http:get("/api/v2/users/me", { bearer = "test-token" }).status)
  end)

  it("and takes the token as a parameter too, but not twice", function()
    box:seed { tokens = { { full_token = "test-token" } } }
    assert.equal(200, http:get("/api/v2/tickets?access_token=test-token").status)
    local reply = http:get("/api/v2/tickets?access_token=test-token", { bearer = "test-token" })
    assert.equal(400, reply.status)
    assert.equal("invalid_request", reply.json.error)
  end)

  it("and ends API tokens when they end", function()
    box:set("api_tokens", "off")
    local reply = http:get("/api/v2/tickets", basic(box.email))
    assert.equal(401, reply.status)
    assert.equal("Couldn't authenticate you", reply.json.error)
    box:set("api_tokens", "by_date")
    assert.equal(os.time() < 1809043200 and 200 or 401,
      http:get("/api/v2/tickets", basic(box.email)).status)
    box:advance(365 * 86400)
    assert.equal(401, http:get("/api/v2/tickets", basic(box.email)).status)
  end)

  it("and says in the settings whether API tokens work", function()
    local reply = http:get("/api/v2/account/settings", basic(box.email))
    assert.equal("true", reply.json.settings.api.api_token_access)
    box:seed { tokens = { { full_token = "test-token" } } }
    box:set("api_tokens", "off")
    reply = http:get("/api/v2/account/settings", { bearer = "test-token" })
    assert.equal("false", reply.json.settings.api.api_token_access)
  end)

  local function allowed(scopes, method, path, options)
    local value = "test-token-" .. table.concat(scopes, "+")
    box:seed { tokens = { { full_token = value, scopes = scopes } } }
    options = options or {}
    options.bearer = value
    return http:call(method, path, options).status ~= 403
  end

  it("and holds tokens to their scopes", function()
    local ticket = box:seed({ tickets = { { subject = "x" } } }).tickets[1]
    local path = "/api/v2/tickets/" .. ("%d"):format(ticket.id)
    local body = { json = { ticket = { subject = "y" } } }
    assert.is_true(allowed({ "read" }, "GET", path))
    assert.is_true(allowed({ "tickets:read" }, "GET", path))
    assert.is_true(allowed({ "tickets" }, "GET", path))
    assert.is_false(allowed({ "users:read" }, "GET", path))
    assert.is_false(allowed({ "write" }, "GET", path))
    assert.is_false(allowed({ "read", "tickets:read" }, "PUT", path, body))
    assert.is_true(allowed({ "tickets:write" }, "PUT", path, body))
    assert.is_true(allowed({ "users", "write" }, "PUT", path, body))
    assert.is_false(allowed({}, "GET", path))
  end)

  it("and lets write mean read where told so", function()
    box:set("write_implies_read", true)
    assert.is_true(allowed({ "write" }, "GET", "/api/v2/tickets"))
    assert.is_true(allowed({ "tickets:write" }, "GET", "/api/v2/tickets"))
    assert.is_false(allowed({ "users:write" }, "GET", "/api/v2/tickets"))
  end)

  it("and wants the broad scope for clients, tokens and search", function()
    for _, path in ipairs { "oauth/clients", "oauth/tokens", "search?query=x" } do
      assert.is_true(allowed({ "read" }, "GET", "/api/v2/" .. path))
      assert.is_false(allowed({ "tickets:read" }, "GET", "/api/v2/" .. path))
    end
  end)

  it("and names the scopes of which one would do", function()
    box:seed { tokens = { { full_token = "test-token", scopes = { "tickets:read" } } } }
    local reply = http:get("/api/v2/users", { bearer = "test-token" })
    assert.equal(403, reply.status)
    assert.same({
      error = "Forbidden",
      description = "You are missing the following required scopes: users:read, read",
    }, reply.json)
  end)

  it("and lets an admin's token with impersonate act as somebody else", function()
    box:seed { tokens = {
      { full_token = "may", scopes = { "read", "impersonate" } },
      { full_token = "may-not", scopes = { "read" } },
    } }
    local function me(token, whom)
      return http:get("/api/v2/users/me", {
        bearer = token, headers = { ["X-On-Behalf-Of"] = whom },
      })
    end
    assert.equal("end-user", me("may", "customer@example.com").json.user.role)
    assert.equal(401, me("may", "nobody@example.com").status)
    assert.equal(401, me("may-not", "customer@example.com").status)
  end)

  it("and keeps agents' lists from end users", function()
    local customer = basic "customer@example.com"
    assert.equal(403, http:get("/api/v2/tickets", customer).status)
    assert.equal(403, http:get("/api/v2/users", customer).status)
  end)
end)
