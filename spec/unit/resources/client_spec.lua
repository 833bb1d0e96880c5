local fake_driver = require "spec.support.fake_driver"
local zendesk = require "zendesk"

describe("zd.client", function()
  local driver, zd

  before_each(function()
    driver = fake_driver.new()
    zd = assert(zendesk.new {
      subdomain = "acme", access_token = "test-token", driver = driver, retry = false,
    })
  end)

  local function sent(index)
    local request = driver.requests[index or #driver.requests]
    return request.method .. " " .. request.path
  end

  local function page(...)
    return { body = { clients = { ... }, meta = { has_more = false } } }
  end

  it("is the same object each time", function()
    assert.equal(zd.client, zd.client)
  end)

  it("finds a client by its identifier", function()
    driver:reply(page({ id = 1, identifier = "a" }, { id = 2, identifier = "b" }), page())
    assert.equal(2, zd.client:find("b").id)
    assert.matches("^GET /api/v2/oauth/clients", sent())
    local found, err = zd.client:find "c"
    assert.is_nil(found)
    assert.is_nil(err)
  end)

  it("says why it could not look", function()
    driver:reply { status = 403 }
    local found, err = zd.client:find "b"
    assert.is_nil(found)
    assert.equal("forbidden", err.kind)
    assert.error_matches(function() zd.client:find(7) end, "identifier: string expected")
  end)

  it("lists the clients of the present user", function()
    driver:reply(page({ id = 1 }))
    assert.equal(1, #zd.client:mine())
    assert.matches("^GET /api/v2/users/me/oauth/clients", sent())
  end)

  it("gives a client a new secret", function()
    driver:reply { body = { client = { id = 7, secret = "test-secret" } } }
    assert.equal("test-secret", zd.client:generate_secret(7).secret)
    assert.equal("PUT /api/v2/oauth/clients/7/generate_secret", sent())
    assert.is_nil(driver.requests[1].body)
  end)

  it("sends redirect_uri as a list, an empty one too, and leaves the caller's alone", function()
    local give_back, made = fake_driver.capture_bodies()
    local fields = { identifier = "a", redirect_uri = {} }
    driver:reply({ body = { client = { id = 7 } } }, { body = { client = { id = 7 } } })
    zd.client:create(fields)
    zd.client:update(7, { redirect_uri = {} })
    give_back()
    assert.equal('{"client":{"identifier":"a","redirect_uri":[]}}', made[1].text)
    assert.equal('{"client":{"redirect_uri":[]}}', made[2].text)
    assert.is_nil(getmetatable(fields.redirect_uri))
  end)

  describe("whose creation is in doubt", function()
    local function create(...)
      driver:reply({ error = "transport", sent = true }, ...)
      return zd.client:create { identifier = "mine", name = "n", kind = "confidential" }
    end

    it("is looked for, and found", function()
      local client, err = create(page({ id = 5, identifier = "mine", kind = "confidential" }))
      assert.is_nil(client)
      assert.is_true(err.ambiguous)
      assert.equal(5, err.found.id)
      assert.matches("id 5", err.remedy, 1, true)
      assert.matches("generate_secret", err.remedy, 1, true)
      assert.equal("POST /api/v2/oauth/clients", sent(1))
      assert.matches("^GET /api/v2/oauth/clients", sent(2))
    end)

    it("is looked for, and not found", function()
      local _, err = create(page())
      assert.is_nil(err.found)
      assert.matches("create it again", err.remedy, 1, true)
    end)

    it("keeps its error when the look fails, too", function()
      local _, err = create { status = 500 }
      assert.equal("transport", err.kind)
      assert.is_true(err.ambiguous)
    end)

    it("is not looked for without an identifier", function()
      driver:reply { error = "transport", sent = true }
      local _, err = zd.client:create { name = "n" }
      assert.is_true(err.ambiguous)
      assert.equal(1, #driver.requests)
    end)
  end)

  it("is not looked for when nothing is in doubt", function()
    driver:reply { status = 422, body = { error = "RecordInvalid" } }
    local _, err = zd.client:create { identifier = "mine" }
    assert.equal("invalid", err.kind)
    assert.is_nil(err.ambiguous)
    assert.equal(1, #driver.requests)
  end)
end)
