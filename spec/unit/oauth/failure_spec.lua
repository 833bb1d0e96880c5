local core = require "zendesk.core"
local errors = require "zendesk.errors"
local failure = require "zendesk.oauth.failure"

local function refused(status, code, message, request_id)
  local value = { error = code, error_description = message or "refused", canary = "canary" }
  return errors.from_response({
    status = status, value = value, text = core.encode(value), request_id = request_id or "req-1",
    header = function() end,
  }, { method = "POST", path = "/oauth/tokens" })
end

describe("a refused grant", function()
  it("is an oauth error with the server's code and a remedy", function()
    for code, status in pairs {
      invalid_client = 401, invalid_scope = 400, unauthorized_client = 400,
      unsupported_grant_type = 400,
    } do
      local err = failure.of(refused(status, code), "client_credentials", {})
      assert.equal("oauth", err.kind)
      assert.equal(code, err.code)
      assert.equal(status, err.status)
      assert.equal("req-1", err.request_id)
      assert.truthy(err.remedy, code)
      assert.is_nil(err.ambiguous)
    end
  end)

  it("names the remedy of invalid_grant by the grant", function()
    local of_code = failure.of(refused(400, "invalid_grant"), "authorization_code", {})
    local of_refresh = failure.of(refused(400, "invalid_grant"), "refresh_token", {})
    assert.truthy(of_code.remedy:find("120 seconds", 1, true))
    assert.truthy(of_refresh.remedy:find("store", 1, true))
  end)

  it("speaks of PKCE and redirect_uri only after the grant that has them", function()
    local function remedy(grant)
      return failure.of(refused(400, "invalid_request"), grant, {}).remedy
    end
    assert.matches("PKCE", remedy "authorization_code", 1, true)
    assert.is_nil(remedy "client_credentials")
    assert.is_nil(remedy "refresh_token")
  end)

  it("keeps its words where a secret is so short that they hold it", function()
    local err = failure.of(refused(400, "invalid_grant", "expired, or revoked"), "refresh_token",
      { "x", "", "revoked" })
    assert.matches("expired, or revoked", err.message, 1, true)
  end)

  it("does not carry the body, nor a secret that the server echoes", function()
    local err = failure.of(refused(400, "invalid_grant", "canary-secret is bad, canary-secret!"),
      "refresh_token", { "canary-secret" })
    assert.is_nil(err.body)
    assert.is_nil(tostring(err):find("canary", 1, true))
    assert.is_nil(err.message:find("canary", 1, true))
    assert.matches("[redacted] is bad, [redacted]!", err.message, 1, true)
  end)

  it("shows no part of a secret where the text is too long", function()
    local secret = "canary-secret-of-31-characters!"
    for padding = 350, 400 do
      local text = ("x "):rep(padding // 2) .. (" "):rep(padding % 2) .. secret .. " is bad"
      local err = failure.of(refused(400, "invalid_grant", text), "refresh_token", { secret })
      assert.is_nil(err.message:find("canary", 1, true))
      err = failure.of(refused(400, text), "refresh_token", { secret })
      assert.is_nil(tostring(err):find("canary", 1, true))
    end
    local cut = errors.new("decode", "a web page: x canary-secret-of", { sent = true })
    local err = failure.of(cut, "client_credentials", { secret })
    assert.equal("a web page: x [redacted]", err.message)
  end)

  it("shows no secret that is percent-encoded, or that came as the request's id", function()
    local secret = "canary/secret+1"
    for _, echo in ipairs { "canary%2Fsecret%2B1", "canary%2fsecret%2b1", "canary/secret%2B1" } do
      local err = failure.of(refused(400, "invalid_request", "a%20b got " .. echo .. "!", echo),
        "refresh_token", { secret })
      assert.matches("a b got [redacted]!", err.message, 1, true)
      assert.is_nil(err.request_id)
    end
    local err = failure.of(refused(400, "invalid_request", "100%25 wrong"), "refresh_token",
      { secret })
    assert.matches("100%25 wrong", err.message, 1, true)
  end)

  it("is an oauth error also without a code: it says nothing about the record of a call", function()
    for _, status in ipairs { 400, 401, 403, 404, 408, 409, 422 } do
      for _, grant in ipairs { "client_credentials", "refresh_token" } do
        local err = failure.of(errors.from_response({
          status = status, text = "<html><title>No help desk at this address</title></html>",
          header = function() end,
        }, { method = "POST", path = "/oauth/tokens" }), grant, {})
        assert.equal("oauth", err.kind)
        assert.equal(status, err.status)
        assert.matches("the " .. grant .. " grant was refused: ", err.message, 1, true)
        assert.is_nil(err.ambiguous)
      end
    end
  end)

  it("is about the server when it is a 429", function()
    local err = refused(429, "invalid_grant")
    err.retry_after = 7
    local result = failure.of(err, "refresh_token", {})
    assert.equal("rate_limit", result.kind)
    assert.equal(7, result.retry_after)
    assert.is_nil(result.ambiguous)
  end)
end)

describe("a lost reply", function()
  local function lost(err) return failure.of(err, "refresh_token", {}) end

  it("is an ambiguous oauth error with a remedy and its cause", function()
    local err = lost(errors.new("transport", "connection reset", { ambiguous = true, sent = true }))
    assert.equal("oauth", err.kind)
    assert.equal("lost_reply", err.code)
    assert.is_true(err.ambiguous)
    assert.truthy(err.remedy:find("keep what is stored", 1, true))
    assert.equal("transport", err.cause.kind)
  end)

  it("is what a 5xx and an unreadable reply are, too", function()
    assert.is_true(lost(refused(502)).ambiguous)
    assert.is_true(lost(errors.new("decode", "not JSON", { sent = true })).ambiguous)
    assert.is_true(lost(errors.new("too_large", "too large", { sent = true })).ambiguous)
  end)

  it("is not one when nothing was sent", function()
    local err = lost(errors.new("transport", "connection refused", { sent = false }))
    assert.equal("transport", err.kind)
    assert.is_nil(err.ambiguous)
  end)

  it("has no status of its own, so that no pipeline repeats it", function()
    local err = lost(refused(503))
    assert.is_nil(err.status)
    assert.is_nil(err.retryable)
    assert.equal(503, err.cause.status)
  end)

  it("does not exist for client credentials, which can be asked for again", function()
    local err = failure.of(refused(502), "client_credentials", {})
    assert.equal("server", err.kind)
    assert.is_nil(err.ambiguous)
  end)

  it("is what a success without a token is", function()
    local err = failure.of_reply("the reply holds no access_token", {}, { status = 200 },
      "refresh_token", {})
    assert.is_true(err.ambiguous)
    err = failure.of_reply("the reply holds no access_token", {}, { status = 200 },
      "client_credentials", {})
    assert.is_nil(err.ambiguous)
    assert.equal("invalid_reply", err.code)
    err = failure.of_reply("the reply holds no access_token", { error = "an error happened" },
      { status = 200 }, "refresh_token", {})
    assert.equal("lost_reply", err.code)
  end)

  it("is not what a success is that names an error", function()
    local err = failure.of_reply("the reply holds no access_token",
      { error = "invalid_grant", error_description = "canary-secret is bad" },
      { status = 200, request_id = "req-1" }, "refresh_token", { "canary-secret" })
    assert.equal("oauth", err.kind)
    assert.equal("invalid_grant", err.code)
    assert.equal(200, err.status)
    assert.equal("req-1", err.request_id)
    assert.is_nil(err.ambiguous)
    assert.matches("read the store again", err.remedy, 1, true)
    assert.is_nil(tostring(err):find("canary", 1, true))
  end)
end)
