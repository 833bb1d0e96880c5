local cjson = require "cjson"
local mime = require "mime"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

local REDIRECT = "http://127.0.0.1:9/callback"
-- The example of RFC 7636, appendix B.
local VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
local CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

describe("the sandbox's token endpoint", function()
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
    box:set("consent", "allow")
    box:seed { clients = {
      { identifier = "conf", secret = "test-secret", redirect_uri = { REDIRECT } },
      { identifier = "pub", kind = "public", redirect_uri = { REDIRECT } },
    } }
  end)

  local function ask(params, options)
    return http:post("/oauth/tokens", params, options)
  end

  local function mint(params)
    local all = {
      grant_type = "client_credentials", client_id = "conf", client_secret = "test-secret",
    }
    for name, value in pairs(params or {}) do all[name] = value end
    return ask(all)
  end

  local function code_for(client_id, more)
    local reply = http:get("/oauth/authorizations/new?response_type=code&client_id=" .. client_id
      .. "&redirect_uri=" .. REDIRECT .. "&state=xyz" .. (more or ""))
    assert.equal(302, reply.status)
    return reply.headers.location:match "[?&]code=(%x+)"
  end

  local function exchange(code, params)
    local all = { grant_type = "authorization_code", code = code, redirect_uri = REDIRECT }
    for name, value in pairs(params) do all[name] = value end
    return ask(all)
  end

  local PKCE = "&code_challenge_method=S256&code_challenge=" .. CHALLENGE

  local function pair()
    return exchange(code_for("pub", PKCE), { client_id = "pub", code_verifier = VERIFIER }).json
  end

  local function refresh(token, params)
    local all = { grant_type = "refresh_token", client_id = "pub", refresh_token = token }
    for name, value in pairs(params or {}) do all[name] = value end
    return ask(all)
  end

  local function assert_error(status, code, reply)
    assert.equal(status, reply.status)
    assert.equal(code, reply.json.error)
    assert.is_string(reply.json.error_description)
    assert.matches("^application/json", reply.headers["content-type"])
  end

  it("mints for client credentials: no refresh token, the client's own user", function()
    local reply = mint { expires_in = 600, scope = "tickets:read users:read" }
    assert.equal(200, reply.status)
    assert.equal("bearer", reply.json.token_type)
    assert.equal("tickets:read users:read", reply.json.scope)
    assert.equal(600, reply.json.expires_in)
    assert.is_nil(reply.json.refresh_token)
    assert.is_nil(reply.json.refresh_token_expires_in)
    local me = http:get("/api/v2/users/me", { bearer = reply.json.access_token })
    assert.equal(box.email, me.json.user.email)
  end)

  it("lets the tokens of two mints live side by side", function()
    local first, second = mint().json.access_token, mint().json.access_token
    assert.not_equal(first, second)
    for _, token in ipairs { first, second } do
      assert.equal(200, http:get("/api/v2/users/me", { bearer = token }).status)
    end
    assert.equal(2, box:stats().grants.client_credentials)
  end)

  it("takes forms as well as JSON, and Basic client authentication", function()
    local form = { content_type = "application/x-www-form-urlencoded" }
    form.body = "grant_type=client_credentials&client_id=conf&client_secret=test-secret"
      .. "&expires_in=300"
    local reply = http:call("POST", "/oauth/tokens", form)
    assert.equal(300, reply.json.expires_in)
    reply = ask({ grant_type = "client_credentials" }, {
      authorization = "Basic " .. mime.b64 "conf:test-secret",
    })
    assert.equal(200, reply.status)
  end)

  it("refuses lifetimes out of range", function()
    for _, seconds in ipairs { 299, 172801, 0, -1, 1.5, "soon" } do
      assert_error(400, "invalid_request", mint { expires_in = seconds })
    end
    for _, seconds in ipairs { 300, 172800, "600" } do
      assert.equal(200, mint({ expires_in = seconds }).status)
    end
  end)

  it("gives clients of old an endless token, unless the lifetime is asked for", function()
    box:seed { clients = { {
      identifier = "old", secret = "test-secret", created_at = "2024-01-01T00:00:00Z",
      redirect_uri = { REDIRECT },
    } } }
    box:set("default_expiry", "by_date")
    local endless = mint({ client_id = "old" }).json
    local code = code_for("old")
    local from_code = exchange(code, { client_id = "old", client_secret = "test-secret" }).json
    assert.is_string(endless.access_token)
    if os.time() < 1806537600 then
      assert.is_nil(endless.expires_in)
      assert.is_nil(from_code.refresh_token)
    end
    assert.equal(1800, mint().json.expires_in)
    assert.equal(900, mint({ client_id = "old", expires_in = 900 }).json.expires_in)
    box:advance(400 * 86400)
    assert.equal(1800, mint({ client_id = "old" }).json.expires_in)
  end)

  it("refuses clients it does not know, with 401", function()
    for _, params in ipairs {
      { client_id = "nobody" }, { client_id = 1900000000005 }, { client_secret = "wrong" },
      { client_secret = "" },
    } do
      local reply = mint(params)
      assert_error(401, "invalid_client", reply)
      assert.equal('Basic realm="OAuth2 Token Endpoint"', reply.headers["www-authenticate"])
    end
  end)

  it("refuses what does not fit, each with its code", function()
    assert_error(400, "unauthorized_client", mint { client_id = "pub", client_secret = cjson.null })
    assert_error(400, "unsupported_grant_type", mint { grant_type = "password" })
    assert_error(400, "invalid_request", mint { grant_type = cjson.null })
    assert_error(400, "invalid_request", ask { grant_type = "client_credentials" })
    assert_error(400, "invalid_request", mint { scope = { "read" } })
    assert_error(400, "invalid_request", http:call("POST", "/oauth/tokens", { body = "{" }))
    assert_error(400, "invalid_request",
      http:call("POST", "/oauth/tokens", { body = "x", content_type = "text/plain" }))
    assert_error(400, "invalid_request", refresh(nil))
    assert_error(400, "invalid_request", exchange(nil, { client_id = "pub" }))
    assert.equal(7, box:stats().token_errors.invalid_request)
  end)

  it("keeps scopes within what the client may have", function()
    box:seed { clients = { {
      identifier = "narrow", secret = "test-secret",
      allowed_scopes = { "tickets:read", "users" },
    } } }
    assert_error(400, "invalid_scope", mint { client_id = "narrow", scope = "read" })
    assert.equal("tickets:read", mint({ client_id = "narrow", scope = "tickets:read" }).json.scope)
    assert.equal("users:write", mint({ client_id = "narrow", scope = "users:write" }).json.scope)
    assert.equal("tickets:read users", mint({ client_id = "narrow" }).json.scope)
    assert.equal("read write", mint().json.scope)
  end)

  it("exchanges a code with PKCE for a pair", function()
    local set = pair()
    assert.equal(1800, set.expires_in)
    assert.equal(2592000, set.refresh_token_expires_in)
    assert.equal(200, http:get("/api/v2/users/me", { bearer = set.access_token }).status)
  end)

  it("takes a code once, within 120 seconds", function()
    local secret = { client_id = "conf", client_secret = "test-secret" }
    local code = code_for "conf"
    assert.equal(200, exchange(code, secret).status)
    assert_error(400, "invalid_grant", exchange(code, secret))
    code = code_for "conf"
    box:advance(121)
    assert_error(400, "invalid_grant", exchange(code, secret))
  end)

  it("takes a code only with the redirect URI, the verifier and the client it was for", function()
    local function try(params, more)
      local all = { client_id = "pub", code_verifier = VERIFIER }
      for name, value in pairs(params) do all[name] = value end
      return exchange(code_for("pub", more or PKCE), all)
    end
    assert_error(400, "invalid_grant", try { redirect_uri = REDIRECT .. "/" })
    assert_error(400, "invalid_grant", try { redirect_uri = cjson.null })
    assert_error(400, "invalid_grant", try { code_verifier = VERIFIER:reverse() })
    assert_error(400, "invalid_grant", try { code_verifier = "short" })
    assert_error(400, "invalid_grant", try { code_verifier = cjson.null })
    assert_error(400, "invalid_grant", try { client_id = "conf", client_secret = "test-secret" })
    assert.equal(200, try({}).status)
  end)

  it("wants the secret of a confidential client, or its PKCE verifier", function()
    assert_error(401, "invalid_client", exchange(code_for "conf", { client_id = "conf" }))
    local code = code_for("conf", PKCE)
    assert.equal(200, exchange(code, { client_id = "conf", code_verifier = VERIFIER }).status)
  end)

  it("ends the old pair with a refresh", function()
    local old = pair()
    local new = refresh(old.refresh_token)
    assert.equal(200, new.status)
    assert.not_equal(old.refresh_token, new.json.refresh_token)
    assert.equal(401, http:get("/api/v2/users/me", { bearer = old.access_token }).status)
    assert.equal(200, http:get("/api/v2/users/me", { bearer = new.json.access_token }).status)
    assert_error(400, "invalid_grant", refresh(old.refresh_token))
    assert.equal(1, box:stats().refreshes)
  end)

  it("refreshes after the access token has ended, until the refresh token has", function()
    local set = pair()
    box:advance(86400)
    assert.equal(401, http:get("/api/v2/users/me", { bearer = set.access_token }).status)
    set = refresh(set.refresh_token, { refresh_token_expires_in = 604800 }).json
    assert.equal(604800, set.refresh_token_expires_in)
    box:advance(604801)
    assert_error(400, "invalid_grant", refresh(set.refresh_token))
  end)

  it("narrows scopes with a refresh, never widens them", function()
    local code = code_for("pub", PKCE .. "&scope=read+tickets:write")
    local set = exchange(code, { client_id = "pub", code_verifier = VERIFIER }).json
    assert.equal("read tickets:write", set.scope)
    assert_error(400, "invalid_scope", refresh(set.refresh_token, { scope = "read write" }))
    set = refresh(set.refresh_token, { scope = "read" }).json
    assert.equal("read", set.scope)
    assert.equal("read", refresh(set.refresh_token).json.scope)
  end)

  it("refreshes nobody else's token", function()
    local set = pair()
    assert_error(400, "invalid_grant", refresh(set.refresh_token, {
      client_id = "conf", client_secret = "test-secret",
    }))
    assert_error(401, "invalid_client", refresh(set.refresh_token, { client_id = "conf" }))
  end)

  it("rotates although the reply is lost on the wire", function()
    local set = pair()
    box:fail { path = "^/oauth/tokens$", drop = "after" }
    local reply, reason = refresh(set.refresh_token)
    assert.is_nil(reply)
    assert.equal("closed", reason)
    http = plain.connect(box.port)
    assert.equal(1, box:stats().refreshes)
    assert_error(400, "invalid_grant", refresh(set.refresh_token))
  end)

  it("answers 201, leaves expires_in out, or gives JWTs when told so", function()
    box:set("token_status", 201)
    box:set("omit_expires_in", true)
    local reply = mint { expires_in = 600 }
    assert.equal(201, reply.status)
    assert.is_nil(reply.json.expires_in)
    box:set("omit_expires_in", "unless_sent")
    assert.equal(600, mint({ expires_in = 600 }).json.expires_in)
    assert.is_nil(mint().json.expires_in)
    box:set("jwt_tokens", true)
    local token = mint({ expires_in = 600 }).json.access_token
    local head, claims = token:match "^([%w_-]+)%.([%w_-]+)%.[%w_-]+$"
    local function read(part)
      local padded = part:gsub("-", "+"):gsub("_", "/") .. ("="):rep(-#part % 4)
      return cjson.decode((mime.unb64(padded)))
    end
    assert.equal("at+jwt", read(head).typ)
    local now = box:stats().now
    assert.is_true(math.abs(read(claims).exp - now - 600) < 60)
    assert.equal(200, http:get("/api/v2/users/me", { bearer = token }).status)
  end)
end)
