local ensure_token = require "zendesk.lifecycle.ensure_token"
local errors = require "zendesk.errors"
local scripted = require "spec.support.scripted"

local NOW = 1795600000

local function memory()
  local store = { entries = {}, locks = 0 }
  function store.load(self, key) return self.entries[key] end
  function store.save(self, key, set)
    if self.broken then return nil, errors.new("store", "disk full") end
    self.entries[key] = set
    return true
  end
  function store.lock(self)
    self.locks = self.locks + 1
    if self.on_lock then self:on_lock() end
    return { release = function() self.locks = self.locks - 1 end }
  end
  return store
end

local function maker()
  local made = {}
  return made, function(attributes)
    made[#made + 1] = attributes
    return { id = 100 + #made, full_token = "test-token-" .. #made, expires_at = nil }
  end
end

describe("the decision about a stored token", function()
  local function decide(set, wanted)
    wanted = wanted or {}
    return ensure_token.decide(set, {
      now = NOW, min_ttl = wanted.min_ttl or 300, scopes = wanted.scopes or {},
    })
  end

  it("goes by its end, its scopes and whether it is one", function()
    assert.equal("absent", decide(nil))
    assert.equal("absent", decide { scope = "read" })
    assert.equal("keep", decide { access_token = "t" })
    assert.equal("keep", decide { access_token = "t", expires_at = NOW + 300 })
    assert.equal("ending", decide { access_token = "t", expires_at = NOW + 299 })
    assert.equal("ending", decide { access_token = "t", expires_at = NOW + 400, clock_skew = 200 })
    assert.equal("scopes", decide({ access_token = "t", scope = "a" }, { scopes = { "a", "b" } }))
    assert.equal("keep", decide({ access_token = "t", scope = "b a" }, { scopes = { "a", "b" } }))
  end)
end)

describe("ensuring a token", function()
  it("makes one where there is none, keeps it, and gives it again", function()
    local store, transport = memory(), scripted.new(function() return { body = { token = {} } } end)
    local made, create = maker()
    local options = { client = 10, scopes = { "users:read", "tickets:read" }, store = store }
    local set, new = ensure_token.token(transport, options, create)
    assert.equal("test-token-1", set.access_token)
    assert.is_true(new)
    assert.same({ { client_id = 10, scopes = { "tickets:read", "users:read" } } }, made)
    set, new = ensure_token.token(transport, options, create)
    assert.equal("test-token-1", set.access_token)
    assert.is_false(new)
    assert.equal(1, #made)
    assert.equal("/api/v2/oauth/tokens/101", transport.calls[1].path)
  end)

  it("makes another one for a revoked one, but not where that cannot be told", function()
    local status = 404
    local store = memory()
    local transport = scripted.new(function() return { status = status, body = {} } end)
    local made, create = maker()
    local options = { client = 10, scopes = { "read" }, store = store }
    assert(ensure_token.token(transport, options, create))
    assert.equal("test-token-2", (ensure_token.token(transport, options, create)).access_token)
    status = 500
    local set, err = ensure_token.token(transport, options, create)
    assert.is_nil(set)
    assert.equal("server", err.kind)
    assert.equal(2, #made)
    options.check = false
    assert.equal("test-token-2", (ensure_token.token(transport, options, create)).access_token)
  end)

  it("uses what another process has made while it waited for the lock", function()
    local store = memory()
    local made, create = maker()
    function store.on_lock(self)
      self.entries["the key"] = { access_token = "theirs", scope = "read" }
    end
    local set, new = ensure_token.token(scripted.new {}, {
      client = 10, scopes = { "read" }, store = store, key = "the key",
    }, create)
    assert.equal("theirs", set.access_token)
    assert.is_false(new)
    assert.same({}, made)
  end)

  it("revokes a token again that could not be kept", function()
    local store = memory()
    store.broken = true
    local transport = scripted.new { { status = 204 } }
    local _, create = maker()
    local set, err = ensure_token.token(transport, {
      client = 10, scopes = { "read" }, store = store,
    }, create)
    assert.is_nil(set)
    assert.equal("store", err.kind)
    assert.equal("DELETE", transport.calls[1].method)
    assert.equal("/api/v2/oauth/tokens/101", transport.calls[1].path)
  end)

  it("finds a client by its identifier", function()
    local transport = scripted.new {
      { body = { clients = {
        { id = 9, identifier = "other" }, { id = 10, identifier = "exporter" },
      } } },
      { body = { clients = {} } },
    }
    local made, create = maker()
    assert(ensure_token.token(transport, {
      client = "exporter", scopes = { "read" }, store = memory(),
    }, create))
    assert.equal(10, made[1].client_id)
    local _, err = ensure_token.token(transport, {
      client = "exporter", scopes = { "read" }, store = memory(),
    }, create)
    assert.equal("not_found", err.kind)
  end)

  it("refuses mistakes", function()
    local function refused(pattern, options)
      local ok, message = pcall(ensure_token.token, scripted.new {}, options)
      assert.is_false(ok)
      assert.matches(pattern, message)
    end
    refused("needs client=", { scopes = { "read" }, store = memory() })
    refused("needs store=", { client = 1, scopes = { "read" } })
    refused("needs store=", { client = 1, scopes = { "read" }, store = {} })
    refused("needs scopes=", { client = 1, store = memory() })
  end)
end)
