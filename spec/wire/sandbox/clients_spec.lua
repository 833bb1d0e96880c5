local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

describe("the sandbox's OAuth clients", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function() box:reset() end)

  local function create(fields)
    fields.name = fields.name or "Test client"
    return http:post("/api/v2/oauth/clients", { client = fields })
  end

  it("are created with 201, a secret in full and a Location", function()
    local reply = create { identifier = "test_client", kind = "public" }
    assert.equal(201, reply.status)
    local client = reply.json.client
    assert.equal("test_client", client.identifier)
    assert.equal("public", client.kind)
    assert.equal(64, #client.secret)
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", client.created_at)
    assert.matches("/api/v2/oauth/clients/%d+%.json$", reply.headers.location)
  end)

  it("show only the beginning of their secret afterwards", function()
    local client = create({ identifier = "test_client" }).json.client
    local masked = client.secret:sub(1, 10) .. "..."
    local path = ("/api/v2/oauth/clients/%d"):format(client.id)
    assert.equal(masked, http:get(path).json.client.secret)
    assert.equal(masked, http:get("/api/v2/oauth/clients.json").json.clients[1].secret)
    assert.equal(masked, http:put(path, { client = { name = "x" } }).json.client.secret)
  end)

  it("belong to the admin who made them", function()
    local me = http:get("/api/v2/users/me").json.user
    local client = create({ identifier = "test_client" }).json.client
    assert.equal(me.id, client.user_id)
    box:seed { clients = { { identifier = "of_somebody_else", user_id = me.id + 1 } } }
    local mine = http:get("/api/v2/users/me/oauth/clients").json.clients
    assert.equal(1, #mine)
    assert.equal("test_client", mine[1].identifier)
  end)

  it("are refused with the field that is wrong", function()
    create { identifier = "taken" }
    local cases = {
      { { identifier = "taken" }, "identifier", "DuplicateValue" },
      { { identifier = "" }, "identifier", "BlankValue" },
      { {}, "identifier", "BlankValue" },
      { { identifier = "a", name = " " }, "name", "BlankValue" },
      { { identifier = "a", kind = "secret" }, "kind", "InvalidValue" },
      { { identifier = "a", redirect_uri = { "/relative" } }, "redirect_uri", "InvalidValue" },
      { { identifier = "a", redirect_uri = { "http://example.com/" } }, "redirect_uri",
        "InvalidValue" },
      { { identifier = "a", redirect_uri = { "https://example.com/", "http://127.0.0.2/" } },
        "redirect_uri", "InvalidValue" },
    }
    for _, case in ipairs(cases) do
      local reply = create(case[1])
      assert.equal(422, reply.status)
      assert.equal("RecordInvalid", reply.json.error)
      assert.equal("Record validation errors", reply.json.description)
      assert.equal(case[3], reply.json.details[case[2]][1].error)
      assert.is_string(reply.json.details[case[2]][1].description)
    end
  end)

  it("take https and loopback redirect URIs", function()
    local uris = { "https://example.com/cb", "http://localhost:8484/cb", "http://127.0.0.1/" }
    local client = create({ identifier = "a", redirect_uri = uris }).json.client
    assert.same(uris, client.redirect_uri)
  end)

  it("are refused with 400 where a value has the wrong type", function()
    for _, fields in ipairs { { identifier = 5 }, { identifier = "a", redirect_uri = 5 } } do
      local reply = create(fields)
      assert.equal(400, reply.status)
      assert.equal("Invalid attribute", reply.json.error.title)
    end
    assert.equal(400, http:post("/api/v2/oauth/clients", { name = "not wrapped" }).status)
  end)

  it("ignore keys that nobody may set, and say so in a header", function()
    local reply = create { identifier = "a", shoe_size = 43, secret = "chosen" }
    assert.equal(201, reply.status)
    assert.is_nil(reply.json.client.shoe_size)
    assert.not_equal("chosen", reply.json.client.secret)
    assert.equal('{:unpermitted_keys=>["secret", "shoe_size"]}',
      reply.headers["x-zendesk-api-warn"])
  end)

  it("are changed in the fields that are sent, and only there", function()
    local client = create({ identifier = "a", company = "Acme", kind = "public" }).json.client
    local path = ("/api/v2/oauth/clients/%d"):format(client.id)
    box:advance(60)
    local reply = http:put(path, { client = { name = "New", company = cjson.null } })
    assert.equal(200, reply.status)
    assert.equal("New", reply.json.client.name)
    assert.equal("public", reply.json.client.kind)
    assert.equal(cjson.null, reply.json.client.company)
    assert.not_equal(client.updated_at, reply.json.client.updated_at)
    assert.equal(client.created_at, reply.json.client.created_at)
  end)

  it("can be renamed to an identifier that is free, and keep their own", function()
    create { identifier = "taken" }
    local client = create({ identifier = "a" }).json.client
    local path = ("/api/v2/oauth/clients/%d"):format(client.id)
    assert.equal(422, http:put(path, { client = { identifier = "taken" } }).status)
    assert.equal(200, http:put(path, { client = { identifier = "a" } }).status)
    assert.equal(200, http:put(path, { client = { identifier = "b" } }).status)
    assert.equal(201, create({ identifier = "a" }).status)
  end)

  it("are gone after a 204, and their tokens with them", function()
    local client = create({ identifier = "a" }).json.client
    local fields = { token = { client_id = client.id, scopes = { "read" } } }
    local token = http:post("/api/v2/oauth/tokens", fields).json.token
    local path = ("/api/v2/oauth/clients/%d"):format(client.id)
    local reply = http:delete(path)
    assert.equal(204, reply.status)
    assert.equal("", reply.body)
    assert.equal(404, http:get(path).status)
    assert.equal(404, http:delete(path).status)
    assert.equal(401, http:get("/api/v2/users/me", { bearer = token.full_token }).status)
  end)

  it("leave their tokens behind when told so", function()
    box:set("orphan_tokens", true)
    local made = box:seed {
      clients = { { identifier = "a" } }, tokens = { { full_token = "test-token" } },
    }
    http:delete(("/api/v2/oauth/clients/%d"):format(made.clients[1].id))
    assert.equal(200, http:get("/api/v2/users/me", { bearer = "test-token" }).status)
  end)

  local function mint(secret)
    return http:post("/oauth/tokens", {
      grant_type = "client_credentials", client_id = "a", client_secret = secret,
    }, { authorization = false }).status
  end

  it("get a new secret, which ends the old one at once", function()
    local client = create({ identifier = "a" }).json.client
    local path = ("/api/v2/oauth/clients/%d/generate_secret"):format(client.id)
    local reply = http:call("PUT", path)
    assert.equal(200, reply.status)
    local secret = reply.json.client.secret
    assert.equal(64, #secret)
    assert.not_equal(client.secret, secret)
    assert.equal(200, mint(secret))
    assert.equal(401, mint(client.secret))
  end)

  it("keep the old secret for a while, or hide the new one, when told so", function()
    box:set("secret_overlap", 60)
    box:set("masked_new_secret", true)
    local client = create({ identifier = "a" }).json.client
    local path = ("/api/v2/oauth/clients/%d/generate_secret"):format(client.id)
    assert.matches("^%x+%.%.%.$", http:call("PUT", path).json.client.secret)
    assert.equal(200, mint(client.secret))
    box:advance(61)
    assert.equal(401, mint(client.secret))
  end)

  it("answer 404 for ids that are none, too large, or nobody's", function()
    for _, id in ipairs { "abc", "1", "-1", "9223372036854775807", "99999999999999999999" } do
      local reply = http:get("/api/v2/oauth/clients/" .. id)
      assert.equal(404, reply.status)
      assert.same({ error = "RecordNotFound", description = "Not found" }, reply.json)
    end
  end)

  it("keep ids of 64 bits to the digit", function()
    box:seed { clients = { { id = math.maxinteger, identifier = "max" } } }
    local reply = http:get "/api/v2/oauth/clients/9223372036854775807"
    assert.equal(200, reply.status)
    assert.is_truthy(reply.body:find('"id":9223372036854775807,', 1, true))
  end)

  it("are the business of admins", function()
    local agent = plain.basic("agent@example.com", box.api_token)
    local reply = http:get("/api/v2/oauth/clients", { authorization = agent })
    assert.equal(403, reply.status)
    assert.equal("Forbidden", reply.json.error.title)
  end)
end)
