local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

local REDIRECT = "http://127.0.0.1:9/callback?from=zendesk"
local ESCAPED = "http%3A%2F%2F127.0.0.1%3A9%2Fcallback%3Ffrom%3Dzendesk"
local CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
local PKCE = "&code_challenge_method=S256&code_challenge=" .. CHALLENGE

describe("the sandbox's consent page", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.connect(box.port)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function()
    box:reset()
    box:seed { clients = {
      {
        identifier = "pub", kind = "public", redirect_uri = { REDIRECT, "https://example.com/cb" },
        name = "Tom & <Jerry>", company = "Acme", allowed_scopes = { "read" },
      },
      { identifier = "conf", redirect_uri = { REDIRECT } },
    } }
  end)

  local function open(query)
    return http:get("/oauth/authorizations/new?" .. query)
  end

  local function open_pub(more)
    return open("response_type=code&client_id=pub&state=a%20b&redirect_uri=" .. ESCAPED
      .. (more or PKCE))
  end

  local function press(page, button)
    local csrf = page.body:match 'name="authenticity_token" value="(%x+)"'
    return http:call("POST", "/oauth/authorizations", {
      body = "authenticity_token=" .. csrf .. "&decision=" .. button,
      content_type = "application/x-www-form-urlencoded",
    })
  end

  it("shows who asks for what, with two buttons", function()
    local page = open_pub()
    assert.equal(200, page.status)
    assert.matches("^text/html", page.headers["content-type"])
    assert.equal("no-store", page.headers["cache-control"])
    assert.is_truthy(page.body:find("Tom &amp; &lt;Jerry&gt;", 1, true))
    assert.is_truthy(page.body:find("Acme", 1, true))
    assert.is_truthy(page.body:find("<li>read</li>", 1, true))
    assert.is_truthy(page.body:find('value="allow"', 1, true))
    assert.is_truthy(page.body:find('value="deny"', 1, true))
  end)

  it("sends the person back with a code and the state", function()
    local reply = press(open_pub(), "allow")
    assert.equal(302, reply.status)
    assert.matches("^http://127%.0%.0%.1:9/callback%?from=zendesk&code=%x+&state=a%%20b$",
      reply.headers.location)
    assert.equal(1, box:stats().codes_issued)
  end)

  it("sends the person back with access_denied and the state", function()
    local reply = press(open_pub(), "deny")
    assert.equal(302, reply.status)
    assert.matches("%?from=zendesk&error=access_denied&error_description=.*&state=a%%20b$",
      reply.headers.location)
    assert.equal(0, box:stats().codes_issued)
  end)

  it("takes each of its forms once, and no others", function()
    local page = open_pub()
    assert.equal(302, press(page, "allow").status)
    assert.equal(403, press(page, "allow").status)
    assert.equal(403, press({ body = 'name="authenticity_token" value="00"' }, "allow").status)
    page = open_pub()
    box:advance(3601)
    assert.equal(403, press(page, "allow").status)
  end)

  it("sends nobody anywhere for a client or a redirect URI that it does not know", function()
    for _, query in ipairs {
      "", "client_id=nobody&response_type=code", "client_id=pub&response_type=code",
      "client_id=pub&response_type=code&redirect_uri=https://evil.example/",
      "client_id=pub&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A10%2Fcallback",
    } do
      local page = open(query)
      assert.equal(400, page.status)
      assert.is_nil(page.headers.location)
      assert.is_truthy(page.body:find("Invalid Authorization Request", 1, true))
    end
  end)

  it("needs no redirect URI where only one is registered", function()
    assert.equal(200, open("response_type=code&client_id=conf").status)
  end)

  it("reports what is wrong with a request to the client", function()
    local base = "client_id=pub&redirect_uri=" .. ESCAPED
    local cases = {
      [base] = "invalid_request",
      [base .. "&response_type=token"] = "unsupported_response_type",
      [base .. "&response_type=code"] = "invalid_request",
      [base .. "&response_type=code&code_challenge_method=plain&code_challenge=" .. CHALLENGE] =
        "invalid_request",
      [base .. "&response_type=code&code_challenge_method=S256&code_challenge=short"] =
        "invalid_request",
      [base .. "&response_type=code&scope=write" .. PKCE] = "invalid_scope",
    }
    for query, code in pairs(cases) do
      local reply = open(query)
      assert.equal(302, reply.status)
      assert.equal(code, reply.headers.location:match "[?&]error=([%w_]+)")
    end
  end)

  it("can decide by itself, for tests without a browser", function()
    box:set("consent", "allow")
    assert.matches("[?&]code=%x+", open_pub().headers.location)
    box:set("consent", "deny")
    assert.matches("[?&]error=access_denied", open_pub().headers.location)
  end)

  it("gives tokens of whoever is signed in", function()
    box:set("signed_in", "customer@example.com")
    assert.is_truthy(open_pub().body:find("Signed in as customer@example.com", 1, true))
    box:set("signed_in", "nobody@example.com")
    assert.equal(403, open_pub().status)
  end)
end)
