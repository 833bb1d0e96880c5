local core = require "zendesk.core"
local token_set = require "zendesk.oauth.token_set"

local NOW = 1795600000

local function issue(fields)
  local result = { grant = "authorization_code", client_id = "my_client", issued_at = NOW,
    requested = 1800 }
  for name, value in pairs(fields or {}) do result[name] = value end
  return result
end

describe("a token set", function()
  it("is a plain table of what the reply told", function()
    local set = assert(token_set.from_reply({
      access_token = "access-1", refresh_token = "refresh-1", token_type = "bearer",
      scope = "read write", expires_in = 1800, refresh_token_expires_in = 2592000,
    }, issue()))
    assert.is_nil(getmetatable(set))
    assert.same({
      access_token = "access-1", refresh_token = "refresh-1", token_type = "bearer",
      scope = "read write", client_id = "my_client", grant = "authorization_code",
      issued_at = NOW, expires_at = NOW + 1800, expires_from = "reply",
      refresh_expires_at = NOW + 2592000, requested_expires_in = 1800,
    }, set)
  end)

  it("keeps the old refresh token when the server does not rotate", function()
    local set = assert(token_set.from_reply({ access_token = "access-2", expires_in = 60 }, issue {
      previous = { refresh_token = "refresh-1", scope = "read", refresh_expires_at = NOW + 9 },
    }))
    assert.equal("refresh-1", set.refresh_token)
    assert.equal(NOW + 9, set.refresh_expires_at)
    assert.equal("read", set.scope)
  end)

  it("has the scope that was asked for where the reply leaves it out, else the old one", function()
    local reply = { access_token = "access-2", expires_in = 60 }
    local previous = { refresh_token = "refresh-1", scope = "read write" }
    assert.equal("read",
      token_set.from_reply(reply, issue { previous = previous, scope = "read" }).scope)
    assert.equal("read write", token_set.from_reply(reply, issue { previous = previous }).scope)
    reply.scope = "users:read"
    assert.equal("users:read",
      token_set.from_reply(reply, issue { previous = previous, scope = "read" }).scope)
  end)

  it("holds a bearer token, in whatever letters the server writes that", function()
    for _, kind in ipairs { "bearer", "Bearer", "BEARER", "", core.null } do
      assert(token_set.from_reply({ access_token = "access-1", token_type = kind }, issue()))
    end
    for _, kind in ipairs { "mac", "DPoP", "N_A", "bearer ", 7, {} } do
      local set, fault = token_set.from_reply(
        { access_token = "access-1", token_type = kind }, issue())
      assert.is_nil(set)
      assert.equal("the reply's token_type is not bearer", fault)
    end
  end)

  it("does not give the old refresh token's end to a new one", function()
    local set = assert(token_set.from_reply(
      { access_token = "access-2", refresh_token = "refresh-2", expires_in = 60 },
      issue { previous = { refresh_token = "refresh-1", refresh_expires_at = NOW + 9 } }))
    assert.is_nil(set.refresh_expires_at)
  end)

  it("treats members that are null as missing", function()
    local set = assert(token_set.from_reply({
      access_token = "access-1", refresh_token = core.null, scope = core.null,
      expires_in = core.null, token_type = core.null,
    }, issue { scope = "read" }))
    assert.is_nil(set.refresh_token)
    assert.equal("read", set.scope)
    assert.equal("bearer", set.token_type)
    assert.equal("never", set.expires_from)
  end)

  it("is not made of a reply without a token, and the fault quotes nothing", function()
    for _, reply in ipairs {
      true, "<html>canary-secret</html>", {}, { access_token = 7 }, { access_token = "" },
      { access_token = "canary-secret\r\nHost: x" }, { access_token = "a b" },
      { access_token = "fine", refresh_token = { "canary-secret" } },
    } do
      local set, fault = token_set.from_reply(reply, issue())
      assert.is_nil(set)
      assert.is_nil(fault:find("canary-secret", 1, true))
    end
  end)

  it("is described without its tokens", function()
    local facts = token_set.describe { access_token = "canary-access", refresh_token = "canary-ref",
      issued_at = NOW, expires_at = NOW + 60, expires_from = "reply" }
    for _, value in pairs(facts) do
      assert.is_nil(tostring(value):find("canary", 1, true))
    end
    assert.is_true(facts.renewable)
    assert.equal(16, #facts.fingerprint)
  end)

  it("is checked when it comes out of a store", function()
    assert.is_nil(token_set.fault { access_token = "a", expires_at = 1, pending = { since = 1.5 } })
    for _, value in ipairs {
      "text", {}, { access_token = 1 }, { access_token = "a", refresh_token = 1 },
      { access_token = "a", expires_at = "soon" }, { access_token = "a\n" },
      { access_token = "a", refresh_expires_at = -1e300 }, { access_token = "a", pending = true },
      { access_token = "a", pending = { since = "abc" } },
      { access_token = "a", pending = { since = 1e300 } },
    } do
      assert.truthy(token_set.fault(value))
    end
  end)

  it("is copied with its note", function()
    local set = { access_token = "a", pending = { since = 5 } }
    local copy = token_set.copy(set)
    assert.same(set, copy)
    assert.not_equal(set.pending, copy.pending)
  end)
end)
