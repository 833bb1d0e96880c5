local cjson = require "cjson"
local account_of = require "spec.support.account"
local fake_store = require "spec.support.fake_store"

describe("token:ensure over the wire", function()
  local account = account_of.use()

  local client

  before_each(function()
    client = account.box:seed { clients = { { identifier = "exporter", name = "Exporter",
      kind = "confidential" } } }.clients[1]
    account.box:clear_requests()
  end)

  it("makes a token once, and again when it was revoked", function()
    local store = fake_store.new()
    local options = { client = client.id, scopes = { "tickets:read" }, store = store }
    local set, made = account.zd.token:ensure(options)
    assert.is_true(made)
    assert.same({ token = { client_id = client.id, scopes = { "tickets:read" } } },
      cjson.decode(account:last_request().body))
    local reader = account:connect { access_token = set.access_token }
    assert.equal(set.token_id, assert(reader.token:current()).id)
    reader:close()
    local again, new = account.zd.token:ensure(options)
    assert.equal(set.access_token, again.access_token)
    assert.is_false(new)
    assert(account.zd.token:revoke(set.token_id))
    again, new = account.zd.token:ensure(options)
    assert.is_true(new)
    assert.not_equal(set.access_token, again.access_token)
  end)

  it("asks for a grant where the secret of a confidential client is given", function()
    local store = fake_store.new()
    local options = {
      client = "exporter", client_secret = client.secret, scopes = { "tickets:read" },
      store = store, expires_in = 600, min_ttl = 300,
    }
    local set = assert(account.zd.token:ensure(options))
    assert.equal("POST", account.box:requests()[1].method)
    assert.equal("/oauth/tokens", account.box:requests()[1].path)
    assert.equal(set.access_token, assert(account.zd.token:ensure(options)).access_token)
    options.min_ttl = 900
    assert.not_equal(set.access_token, assert(account.zd.token:ensure(options)).access_token)
  end)

  it("asks the token itself where it may not ask for the token", function()
    local options = { client = client.id, scopes = { "tickets:read" }, store = fake_store.new() }
    local set = assert(account.zd.token:ensure(options))
    account.box:fail { path = "/oauth/tokens/%d+$", method = "GET", times = 2, status = 403 }
    local again, made = account.zd.token:ensure(options)
    assert.equal(set.access_token, again.access_token)
    assert.is_false(made)
    assert(account.zd.token:revoke(set.token_id))
    again, made = account.zd.token:ensure(options)
    assert.is_true(made)
    assert.not_equal(set.access_token, again.access_token)
  end)

  it("asks for a life that is longer than min_ttl", function()
    local options = {
      client = "exporter", client_secret = client.secret, store = fake_store.new(), min_ttl = 3600,
    }
    local set = assert(account.zd.token:ensure(options))
    assert.equal(3900, set.expires_at - set.issued_at)
    assert.equal(set.access_token, assert(account.zd.token:ensure(options)).access_token)
  end)

  it("looks at a grant's token within the limits of the instance", function()
    local options = { client = "exporter", client_secret = client.secret, store = fake_store.new() }
    assert(account.zd.token:ensure(options))
    account.box:fail { path = "/oauth/tokens/current$", times = math.huge, delay = 20 }
    local hasty <close> = account:connect { timeout = 0.2, retry = false }
    local set, err = hasty.token:ensure(options)
    assert.is_nil(set)
    assert.equal("timeout", err.kind)
    account.box:clear_faults()
  end)

  it("sees that a grant's token was revoked, unless it is told not to look", function()
    local options = {
      client = "exporter", client_secret = client.secret, scopes = { "tickets:read" },
      store = fake_store.new(),
    }
    local set = assert(account.zd.token:ensure(options))
    local reader <close> = account:connect { access_token = set.access_token }
    assert(account.zd.token:revoke(assert(reader.token:current()).id))
    options.check = false
    assert.equal(set.access_token, assert(account.zd.token:ensure(options)).access_token)
    options.check = nil
    account.box:fail { path = "/oauth/tokens/current$", times = 1, status = 500 }
    local none, err = account.zd.token:ensure(options)
    assert.is_nil(none)
    assert.equal("server", err.kind)
    local again, made = account.zd.token:ensure(options)
    assert.is_true(made)
    account.box:fail { path = "/oauth/tokens/current$", times = 1, status = 403 }
    assert.equal(again.access_token, assert(account.zd.token:ensure(options)).access_token)
  end)

  account:refuses("token:ensure", "oauth/tokens", function()
    return account.zd.token:ensure { client = client.id, scopes = { "tickets:read" },
      store = fake_store.new() }
  end)
end)
