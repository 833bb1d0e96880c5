local cjson = require "cjson"
local account_of = require "spec.support.account"
local process = require "spec.support.process"

describe("client:ensure over the wire", function()
  local account = account_of.use()

  local wanted = {
    identifier = "exporter", name = "Exporter", kind = "confidential",
    redirect_uri = { "https://a.example.com/cb", "https://b.example.com/cb" },
  }

  it("creates once, changes nothing the second time, and updates what differs", function()
    local first = assert(account.zd.client:ensure(wanted))
    assert.is_true(first.changed)
    assert.equal(64, #first.client.secret)
    assert.equal("GET /api/v2/oauth/clients\nPOST /api/v2/oauth/clients", account:trace())
    assert.same({ client = wanted }, cjson.decode(account:last_request().body))

    account.box:clear_requests()
    local second = assert(account.zd.client:ensure {
      identifier = "exporter", name = "Exporter", redirect_uri = {
        "https://b.example.com/cb", "https://a.example.com/cb" },
    })
    assert.is_false(second.changed)
    assert.equal(first.client.id, second.client.id)
    assert.equal("GET /api/v2/oauth/clients", account:trace())

    account.box:clear_requests()
    local third = assert(account.zd.client:ensure { identifier = "exporter", name = "Renamed" })
    assert.is_true(third.changed)
    assert.equal("Renamed", third.client.name)
    assert.equal("PUT", account:last_request().method)
    assert.equal("/api/v2/oauth/clients/" .. first.client.id, account:last_request().path)
    assert.equal('{"client":{"name":"Renamed"}}', account:last_request().body)
  end)

  it("finds a client on a later page of the list", function()
    account.box:seed { clients = 230 }
    local late = { identifier = "late", name = "Late" }
    local made = account.box:seed { clients = { late } }.clients[1]
    local result = assert(account.zd.client:ensure { identifier = "late", name = "Late" })
    assert.is_false(result.changed)
    assert.equal(made.id, result.client.id)
  end)

  it("sends only GETs in a dry run", function()
    assert.is_true(assert(account.zd.client:ensure(wanted, { dry_run = true })).changed)
    assert.equal("GET /api/v2/oauth/clients", account:trace())
    assert.equal(0, #assert(account.zd.client:list()))
  end)

  it("sends an empty list of redirect URIs as a list", function()
    assert(account.zd.client:ensure { identifier = "exporter", name = "E",
      redirect_uri = { "https://a.example.com/cb" } })
    assert(account.zd.client:ensure { identifier = "exporter", redirect_uri = {} })
    assert.equal('{"client":{"redirect_uri":[]}}', account:last_request().body)
  end)

  it("passes attributes that this module does not know", function()
    local result = assert(account.zd.client:ensure {
      identifier = "exporter", name = "Exporter", allowed_scopes = { "tickets:read" },
    })
    assert.same({ "tickets:read" }, result.client.allowed_scopes)
    assert.is_false(assert(account.zd.client:ensure {
      identifier = "exporter", allowed_scopes = { "tickets:read" },
    }).changed)
  end)

  it("returns what the server finds wrong, with the details", function()
    local result, err = account.zd.client:ensure { identifier = "exporter", kind = "odd" }
    assert.is_nil(result)
    assert.equal(422, err.status)
    assert.is_table(err.details.kind)
  end)

  it("goes on where the reply to its own request was lost", function()
    account.box:fail { path = "clients", method = "POST", drop = "after" }
    local result = assert(account.zd.client:ensure(wanted))
    assert.is_true(result.secret_unseen)
    assert.equal(1, #assert(account.zd.client:list()))
  end)

  it("ends with one client and no error when two processes run it at once", function()
    local script = [[
      local base_url, email, api_token = ...
      local zendesk = require "zendesk"
      local zd = assert(zendesk.new { base_url = base_url, email = email, api_token = api_token })
      print(assert(zd.client:ensure {
        identifier = "exporter", name = "Exporter", kind = "confidential",
      }).client.id)
    ]]
    -- both have read the empty list before either writes
    account.box:fail { path = "clients", method = "GET", times = 2, delay = 0.5 }
    local directory, remove = process.temporary_directory()
    process.write_file(directory .. "/ensure.lua", script)
    local children = {}
    for place = 1, 2 do
      children[place] = process.start({
        "lua5.4", directory .. "/ensure.lua", account.box.base_url, account.box.email,
        account.box.api_token,
      }, { env = process.lua_environment(), timeout = 60 })
    end
    local seen = {}
    for place, child in ipairs(children) do
      seen[place] = child:wait_for "(%d+)"
      assert.equal("", child:errors())
      child:stop()
    end
    remove()
    assert.equal(seen[1], seen[2])
    assert.equal(1, #assert(account.zd.client:list()))
  end)

  account:refuses("client:ensure", "clients", function()
    return account.zd.client:ensure(wanted)
  end)
end)
