local errors = require "zendesk.errors"

local function reply(status, value, headers, text)
  local response = { status = status, value = value, text = text or "", request_id = "r-1" }
  function response.header(_, name) return (headers or {})[name] end
  return response
end

local CALL = { method = "GET", path = "/api/v2/tickets/1?access_token=canary-query", now = 0 }

local function from(status, value, headers, text)
  return errors.from_response(reply(status, value, headers, text), CALL)
end

describe("the error of a reply", function()
  it("has a kind for each status", function()
    for status, kind in pairs {
      [400] = "invalid", [401] = "auth", [402] = "http", [403] = "forbidden", [404] = "not_found",
      [409] = "conflict", [410] = "http", [413] = "http", [415] = "http", [422] = "invalid",
      [429] = "rate_limit", [500] = "server", [502] = "server", [503] = "server", [504] = "server",
      [599] = "server", [301] = "redirect", [307] = "redirect",
    } do
      assert.equal(kind, from(status, nil).kind, status)
    end
  end)

  it("keeps the raw body, the request id and what was asked", function()
    local err = from(422, { error = "RecordInvalid" }, nil, '{"error":"RecordInvalid"}')
    assert.equal('{"error":"RecordInvalid"}', err.body)
    assert.equal("r-1", err.request_id)
    assert.equal("GET", err.method)
    assert.equal("/api/v2/tickets/1", err.path)
    assert.is_true(err.sent)
  end)

  it("says something where the server says nothing", function()
    assert.equal("not found", from(404, nil).message)
    assert.equal("the service is unavailable", from(503, nil, nil, "\n").message)
    assert.equal("unexpected status 418", from(418, nil).message)
  end)

  it("names the scopes that are missing", function()
    local err = from(403, {
      error = "Forbidden",
      description = "You are missing the following required scopes: groups:read, read",
    })
    assert.same({ "groups:read", "read" }, err.missing_scopes)
    assert.matches("one of these scopes: groups:read, read", err.remedy, 1, true)
  end)

  it("says of a refused credential what to do about one of its kind", function()
    local function remedy(scheme, fields)
      fields = fields or {}
      local refusal = reply(401, { error = fields.code or "Couldn't authenticate you" })
      return errors.from_response(refusal, {
        method = "GET", path = "/x", now = fields.now or 0, scheme = scheme, auth = fields.auth,
      }).remedy
    end
    assert.matches("^check email and api_token; .*not used for 30 days", remedy "basic")
    assert.matches("^move to OAuth", remedy("basic", { now = 1810000000 }))
    assert.matches("^an OAuth access token is wanted", remedy("basic", { code = "invalid_token" }))
    for _, code in ipairs { "invalid_token", "Couldn't authenticate you" } do
      assert.matches("^the access token .*: make a new one$", remedy("bearer", { code = code }))
      assert.matches("no credential: leave out 'auth = false'",
        remedy("bearer", { code = code, auth = false }), 1, true)
    end
    assert.is_nil(remedy "none") -- the grants of /oauth/tokens
  end)

  it("reads the code of a 401 from its body, or from its challenge", function()
    assert.equal("invalid_token",
      from(401, { error = "invalid_token", error_description = "expired" }).code)
    assert.equal("invalid_token", from(401, nil, {
      ["www-authenticate"] = 'Bearer realm="Zendesk", error="invalid_token", error_description="x"',
    }).code)
    assert.is_nil(from(401, { error = "Couldn't authenticate you" }).code)
    assert.equal("[redacted]",
      from(401, nil, { ["www-authenticate"] = ('Bearer error="%s"'):format(("0a"):rep(32)) }).code)
  end)

  it("reads Retry-After of 429 and 503, and of no other", function()
    assert.equal(3, from(429, nil, { ["retry-after"] = "2.5" }).retry_after)
    assert.equal(7, from(503, nil, { ["retry-after"] = "7" }).retry_after)
    assert.is_nil(from(500, nil, { ["retry-after"] = "7" }).retry_after)
    assert.equal("wait 7 s", from(429, nil, { ["retry-after"] = "7" }).remedy)
  end)

  it("names where a redirect pointed, without credentials and query", function()
    local err = from(302, nil, {
      location = "https://me:canary@files.example.com/a/b?sig=canary#x",
    })
    assert.equal("redirect", err.kind)
    assert.equal("https://files.example.com/a/b", err.location)
    assert.matches("points to https://files.example.com/a/b", err.message, 1, true)
    assert.not_matches("canary", tostring(err))
    assert.matches("points to nowhere", from(302, nil).message)
  end)

  it("sends somebody with the wrong subdomain to the right place", function()
    local err = from(404, nil, nil, "There is no help desk configured at this address.")
    assert.matches("check the subdomain", err.remedy)
  end)

  it("says where the API and where files are, to somebody who has asked beside them", function()
    local function remedy(status, path)
      return errors.from_response(reply(status), { method = "GET", path = path, now = 0 }).remedy
    end
    for _, status in ipairs { 302, 404 } do
      assert.matches("/api/v2/", remedy(status, "/tickets"), 1, true)
      assert.not_matches("/api/v2/", remedy(status, "/api/v2/tickts") or "", 1, true)
    end
    assert.matches("zd:download", remedy(302, "/attachments/token/abc/?name=a"))
    assert.matches("zd:download", remedy(302, "/api/v2/custom_objects/a/attachments/1/download"))
    assert.matches("base_url", remedy(302, "/api/v2/attachments/1"))
  end)

  it("shows nothing of the query", function()
    assert.not_matches("canary", tostring(from(500, nil)))
  end)
end)

