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
      life = wanted.life,
    })
  end

  it("goes by its end, its scopes and whether it is one", function()
    assert.equal("absent", decide(nil))
    assert.equal("absent", decide { scope = "read" })
    assert.equal("absent", decide { access_token = "a b" })
    assert.equal("keep", decide { access_token = "t" })
    assert.equal("keep", decide { access_token = "t", expires_at = NOW + 300 })
    assert.equal("ending", decide { access_token = "t", expires_at = NOW + 299 })
    assert.equal("ending", decide { access_token = "t", expires_at = NOW + 400, clock_skew = 200 })
    assert.equal("scopes", decide({ access_token = "t", scope = "a" }, { scopes = { "a", "b" } }))
    assert.equal("keep", decide({ access_token = "t", scope = "b a" }, { scopes = { "a", "b" } }))
  end)

  it("takes a broader scope for a narrower one, and no other", function()
    local function covers(scope, wanted)
      return decide({ access_token = "t", scope = scope }, { scopes = { wanted } }) == "keep"
    end
    assert.is_true(covers("read", "tickets:read"))
    assert.is_true(covers("tickets", "tickets:write"))
    assert.is_false(covers("write", "tickets:read"))
    assert.is_false(covers("tickets:read", "tickets:write"))
    assert.is_false(covers("tickets:read", "read"))
    assert.is_false(covers("tickets:read", "tickets"))
    assert.is_false(covers(nil, "read"))
  end)

  it("knows a token that Zendesk has given a shorter life than is needed", function()
    local function short(fields, wanted)
      local set = { access_token = "t", issued_at = NOW - 100, expires_at = NOW + 1700 }
      for name, value in pairs(fields) do set[name] = value end
      return decide(set, wanted or { min_ttl = 3600, life = 3900 })
    end
    assert.equal("short", short { requested_expires_in = 3900 })
    assert.equal("short", short({}, { min_ttl = 3600 }))
    assert.equal("ending", short { requested_expires_in = 1800 })
    assert.equal("ending", short { requested_expires_in = 3900, expires_at = NOW - 1 })
    assert.equal("ending", short { requested_expires_in = 3900, issued_at = NOW - 1900 })
    assert.equal("keep", short({ requested_expires_in = 3900 }, { min_ttl = 900, life = 1800 }))
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

  it("is kept under a key that a store takes, however many scopes there are", function()
    local store, scopes = memory(), {}
    for index = 1, 200 do scopes[index] = ("resource_%d:read"):format(index) end
    local _, create = maker()
    assert(ensure_token.token(scripted.new(function() return {} end),
      { client = 10, scopes = scopes, store = store }, create))
    assert.is_true(#next(store.entries) <= 1024)
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
      client = 10, scopes = { "read" }, store = store, key = "the key", check = false,
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

  it("takes what a store raises, and words for a reason, as a failure of the store", function()
    local function outcome(name, f)
      local store, transport = memory(), scripted.new(function(call)
        if call.method == "DELETE" then return { status = 204, body = true } end
        return { body = { token = {} } }
      end)
      local _, create = maker()
      store[name] = f
      local set, err = ensure_token.token(transport, {
        client = 10, scopes = { "read" }, store = store,
      }, create)
      assert.is_nil(set)
      assert.equal("store", err.kind, name)
      assert.matches("at noon", err.message)
      return transport.calls[#transport.calls]
    end
    for _, fail in ipairs {
      function() error("closed at noon", 0) end, function() return nil, "closed at noon" end,
    } do
      assert.is_nil(outcome("load", fail))
      assert.is_nil(outcome("lock", fail))
      assert.equal("DELETE", outcome("save", fail).method)
    end
  end)

  it("has its token although the lock cannot be given back, and tells of it", function()
    local store, transport = memory(), scripted.new(function() return { body = { token = {} } } end)
    local _, create = maker()
    function store.lock() return { release = function() error("broken", 0) end } end
    assert(ensure_token.token(transport, {
      client = 10, scopes = { "read" }, store = store,
    }, create))
    assert.equal("store", transport.events[1].code)
  end)

  it("takes a token back that it is not shown, and names the other way", function()
    local store, transport = memory(), scripted.new { { status = 204 } }
    local set, err = ensure_token.token(transport, {
      client = 10, scopes = { "read" }, store = store,
    }, function() return { id = 77, token = "abcdefghij" } end)
    assert.is_nil(set)
    assert.equal("decode", err.kind)
    assert.matches("client_credentials", err.remedy, 1, true)
    assert.equal("DELETE", transport.calls[1].method)
    assert.equal("/api/v2/oauth/tokens/77", transport.calls[1].path)
    assert.is_nil(next(store.entries))
  end)

  it("gives out and keeps no token without the scopes that were wanted", function()
    local store, transport = memory(), scripted.new { { status = 204 } }
    local set, err = ensure_token.token(transport, {
      client = 10, scopes = { "tickets:read", "users:read" }, store = store,
    }, function() return { id = 77, full_token = "test-token", scopes = { "users:read" } } end)
    assert.is_nil(set)
    assert.equal("scopes_not_granted", err.code)
    assert.matches("lacks the scopes tickets:read", err.message, 1, true)
    assert.equal("DELETE", transport.calls[1].method)
    assert.is_nil(next(store.entries))
    assert(ensure_token.token(scripted.new {}, {
      client = 10, scopes = { "tickets:read" }, store = store,
    }, function() return { id = 78, full_token = "test-token", scopes = { "read", "write" } } end))
    assert.equal("read write", select(2, next(store.entries)).scope)
  end)

  it("takes an end that cannot be read for half an hour, and not for none", function()
    local store, ends = memory(), {}
    for _, named in ipairs { "some day", "2026-13-45T00:00:00Z", "none" } do
      local set = assert(ensure_token.token(scripted.new({}, { epoch = NOW }), {
        client = 10, scopes = { "read" }, store = store, key = named,
      }, function()
        local expires_at = named ~= "none" and named or nil
        return { id = 1, full_token = "test-token", expires_at = expires_at }
      end))
      ends[#ends + 1] = (set.expires_at or NOW) - NOW
    end
    assert.same({ 1800, 1800, 0 }, ends)
  end)

  it("says that tokens live for too short a time, without a new one at each call", function()
    local store = memory()
    local made = 0
    local function create()
      made = made + 1
      return { id = made, full_token = "test-token", expires_at = "2026-11-25T13:16:40Z" }
    end
    local options = { client = 10, scopes = { "read" }, store = store, min_ttl = 86400 }
    local transport = scripted.new({}, { epoch = 1795600000 - 1800 })
    for _ = 1, 3 do
      local set, err = ensure_token.token(transport, options, create)
      assert.is_nil(set)
      assert.equal("short_life", err.code)
      assert.equal("min_ttl", err.option)
      assert.truthy(err.remedy)
    end
    assert.equal(1, made)
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
