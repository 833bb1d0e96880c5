local bench = require "spec.support.renewal_bench"

local KEY = bench.KEY

local b, server, driver, store

local function context(fields) return b:context(fields) end
local function provider_with(fields) return b:provider(fields) end
local function events_of(kind, code) return b:events_of(kind, code) end

before_each(function()
  b = bench.new()
  server, driver, store = b.server, b.driver, b.store
end)

describe("a store that cannot be written", function()
  it("stops a refresh before it is sent: the stored login stays whole", function()
    driver:advance(2000)
    store.failing.save = true
    local credential, err = provider_with():get(context())
    assert.is_nil(credential)
    assert.equal("store", err.kind)
    assert.truthy(err.message:find("no space left on device", 1, true))
    assert.equal(0, #server.calls)
    store.failing.save = nil
    assert.equal("access-2", assert(provider_with():get(context())).token)
  end)

  it("does not stop a call whose token still works", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    store.failing.save = true
    assert.equal("access-1", assert(provider:get(context())).token)
    assert.equal("store", events_of("warning")[1].err.kind)
    assert.equal(0, #server.calls)
  end)

  -- The note could still be written, the new pair not any more.
  local function lose_the_disk_during_the_refresh()
    local saves = 0
    store.before.save = function(s)
      saves = saves + 1
      s.failing.save = saves >= 2 or nil
    end
  end

  local function provider_with_unsaved_pair()
    driver:advance(2000)
    lose_the_disk_during_the_refresh()
    local provider = provider_with()
    assert(provider:get(context()))
    return provider
  end

  it("keeps the new pair in memory, and the call goes on with a warning", function()
    driver:advance(2000)
    lose_the_disk_during_the_refresh()
    local provider = provider_with()
    assert.equal("access-2", assert(provider:get(context())).token)
    local warning = events_of("warning", "store")[1]
    assert.truthy(warning.message:find("in memory only", 1, true))
    assert.is_true(provider:describe().unsaved)
  end)

  it("is offered the pair again at the next chance", function()
    local provider = provider_with_unsaved_pair()
    store.before.save, store.failing.save = nil, nil
    driver:advance(60)
    assert(provider:get(context()))
    assert.equal("refresh-2", store:only().refresh_token)
    assert.is_false(provider:describe().unsaved)
  end)

  it("is not asked by every call", function()
    local provider = provider_with_unsaved_pair()
    store.log = {}
    for _ = 1, 100 do assert(provider:get(context())) end
    assert.is_true(#store.log <= 5)
  end)

  it("is offered the newest pair of several, also when it takes a note in between", function()
    local saves, plan = 0, { true, false, true, false }
    store.before.save = function(s)
      saves = saves + 1
      s.failing.save = not plan[saves] or nil
    end
    local provider = provider_with()
    for _, token in ipairs { "access-2", "access-3" } do
      driver:advance(2000)
      assert.equal(token, assert(provider:get(context())).token)
    end
    store.before.save, store.failing.save = nil, nil
    driver:advance(60)
    assert.equal("access-3", assert(provider:get(context())).token)
    assert.equal("refresh-3", store:only().refresh_token)
    assert.equal(2, server.counts.refresh_token)
  end)

  it("is offered the newest pair, also when one that it denied was saved", function()
    local save, saves = store.save, 0
    function store:save(key, set)
      saves = saves + 1
      local ok, err = save(self, key, set)
      if saves == 2 then return nil, "connection lost" end
      if saves > 2 then self.failing.save = true end
      return ok, err
    end
    local provider = provider_with()
    for _, token in ipairs { "access-2", "access-3" } do
      driver:advance(2000)
      assert.equal(token, assert(provider:get(context())).token)
    end
    store.save, store.failing.save = nil, nil
    assert.equal("refresh-2", store:only().refresh_token)
    assert.is_true(provider:flush())
    assert.equal("refresh-3", store:only().refresh_token)
  end)

  it("stops the refresh of a pair that is in the store after all", function()
    local provider = provider_with_unsaved_pair()
    store.before.save, store.failing.save = nil, nil
    driver:advance(2000)
    server.faults = { bench.once { status = 503, body = {} } }
    provider:get(context()) -- the note of this one is saved, beside the pair
    store.failing.save = true
    local _, err = provider:get(context())
    assert.equal("store", err.kind)
    assert.equal(2, #server.calls)
    store.failing.save = nil
    assert.equal("access-3", assert(provider:get(context())).token)
  end)

  it("is reported by flush, with the way out", function()
    local provider = provider_with_unsaved_pair()
    local ok, err = provider:flush()
    assert.is_nil(ok)
    assert.equal("store", err.kind)
    assert.truthy(err.remedy:find("flush", 1, true))
    store.before.save, store.failing.save = nil, nil
    assert.is_true(provider:flush())
    assert.equal("refresh-2", store:only().refresh_token)
  end)

  it("does not stop later refreshes of the pair in memory", function()
    local provider = provider_with_unsaved_pair()
    driver:advance(2000)
    assert.equal("access-3", assert(provider:get(context())).token)
    store.before.save, store.failing.save = nil, nil
    assert.is_true(provider:flush())
    assert.equal("refresh-3", store:only().refresh_token)
  end)

  it("does not overwrite a login that somebody has stored meanwhile", function()
    local provider = provider_with_unsaved_pair()
    local login = server:login()
    store.content[KEY] = login
    store.before.save, store.failing.save = nil, nil
    assert.is_true(provider:flush())
    assert.equal(login.refresh_token, store:only().refresh_token)
    assert.equal(login.access_token, assert(provider:get(context())).token)
  end)
end)

describe("an unsaved pair", function()
  it("is given up for a login that somebody has stored meanwhile, also after a 401", function()
    driver:advance(2000)
    local saves = 0
    store.before.save = function(s)
      saves = saves + 1
      s.failing.save = saves >= 2 or nil
    end
    local provider = provider_with()
    local used = assert(provider:get(context()))
    store.before.save, store.failing.save = nil, nil
    local login = server:login()
    store.content[KEY] = login
    assert.equal(login.access_token, assert(provider:renew(context(), used)).token)
    assert.is_false(provider:describe().unsaved)
    assert.equal(1, server.counts.refresh_token)
  end)
end)

describe("a store that raises", function()
  local function raise(name)
    store[name] = function() error "the database is gone" end
  end

  it("is an error that names what, and the next call goes on", function()
    driver:advance(2000)
    local provider = provider_with()
    for _, name in ipairs { "lock", "load", "save" } do
      raise(name)
      local credential, err = provider:get(context())
      assert.same({ nil, "store" }, { credential, err.kind })
      assert.matches("the database is gone", err.message, 1, true)
      store[name] = nil
      assert.is_nil(store.locked[KEY])
    end
    assert.equal(0, #server.calls)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("after the refresh keeps the new pair in memory, until it can be saved", function()
    driver:advance(2000)
    store.before.save = function(s)
      s.before.save = function() error "the database is gone" end
    end
    local provider = provider_with()
    assert.equal("access-2", assert(provider:get(context())).token)
    local ok, err = provider:flush()
    assert.same({ nil, "store" }, { ok, err.kind })
    store.before.save = nil
    assert.is_true(provider:flush())
    assert.equal("refresh-2", store:only().refresh_token)
  end)

  it("when it releases a lock costs a warning, not the new pair", function()
    driver:advance(2000)
    local lock = store.lock
    store.lock = function(...)
      local held = assert(lock(...))
      return { release = function()
        held:release()
        error "the database is gone"
      end }
    end
    assert.equal("access-2", assert(provider_with():get(context())).token)
    assert.matches("releasing its lock", events_of("warning", "store")[1].message, 1, true)
  end)
end)

describe("a stored token that is due, in a process that has just begun", function()
  local function first_call()
    local credential = assert(provider_with():get(context { deadline = driver:now() + 10 }))
    assert.equal("access-1", credential.token)
    return events_of("warning", "renewal_failed")[1].err
  end

  before_each(function() driver:advance(1510) end)

  it("is used when the store cannot be written", function()
    store.failing.save = true
    assert.equal("store", first_call().kind)
  end)

  it("is used when the server cannot be reached", function()
    server.faults = { bench.once { before = true } }
    assert.equal("transport", first_call().kind)
  end)

  it("is used when a process that hangs holds the lock, in time for the call", function()
    store.locked[KEY] = true
    local began = driver:now()
    assert.equal("lock_timeout", first_call().code)
    assert.near(5, driver:now() - began, 0.2)
  end)
end)

describe("a lock that a process holds which hangs", function()
  it("does not fail calls whose token still works", function()
    local provider = provider_with()
    assert(provider:get(context()))
    store.locked[KEY] = true
    driver:advance(1510)
    for _ = 1, 3 do
      local credential = assert(provider:get(context { deadline = driver:now() + 10 }))
      assert.equal("access-1", credential.token)
    end
    assert.equal(1, #events_of("warning", "renewal_failed"))
  end)
end)

describe("a login that is adopted", function()
  it("and could not be saved is saved by flush, also when no call has come before", function()
    local app = assert(require "zendesk.oauth".new {
      base_url = "https://acme.zendesk.com", client_id = "my_client", driver = driver })
    local provider = b.auth.authorization_code { app = app, store = store }
    local login = server:login()
    store.failing.save = true
    assert.is_nil((provider:adopt(login)))
    assert.is_nil((provider:flush()))
    store.failing = {}
    assert.is_true(provider:flush())
    assert.equal(login.access_token, store:only().access_token)
  end)

  it("is in use although it could not be saved, and is saved later", function()
    local app = assert(require "zendesk.oauth".new {
      base_url = "https://acme.zendesk.com", client_id = "my_client", driver = driver })
    local provider = b.auth.authorization_code { app = app, store = store }
    local login = server:login()
    for _, what in ipairs { "lock", "save" } do
      store.failing = { [what] = true }
      local ok, err = provider:adopt(login)
      assert.is_nil(ok)
      assert.equal("store", err.kind)
      assert.equal(login.access_token, assert(provider:get(context())).token)
    end
    store.failing = {}
    assert.is_true(provider:flush())
    assert.equal(login.access_token, store:only().access_token)
  end)
end)

describe("a store that cannot be read or locked", function()
  it("is an error that names the cause", function()
    driver:advance(2000)
    for _, what in ipairs { "load", "lock" } do
      store.failing = { [what] = true }
      local credential, err = provider_with():get(context())
      assert.is_nil(credential)
      assert.equal("store", err.kind)
      assert.truthy(err.message:find("cannot " .. what, 1, true))
    end
    assert.equal(0, #server.calls)
  end)

  it("is an error when somebody holds the lock for too long", function()
    driver:advance(2000)
    store.locked[KEY] = true
    local credential, err = provider_with { lock_timeout = 3 }:get(context())
    assert.is_nil(credential)
    assert.equal("lock_timeout", err.code)
  end)

  it("is an error when what it holds is damaged, which quotes nothing", function()
    store.content[KEY] = { access_token = "canary\nsecret", refresh_token = "canary-refresh" }
    local credential, err = provider_with():get(context())
    assert.is_nil(credential)
    assert.equal("damaged", err.code)
    assert.is_nil(tostring(err):find("canary", 1, true))
  end)

  it("is an error when its note of a refresh is damaged", function()
    driver:advance(2000)
    store.content[KEY].pending = true
    local _, err = provider_with():get(context())
    assert.same({ "store", "damaged" }, { err.kind, err.code })
    assert.equal(0, #server.calls)
  end)

  it("may be one whose errors are strings", function()
    driver:advance(2000)
    store.lock = function() return nil, "connection refused" end
    local _, err = provider_with():get(context())
    assert.equal("store", err.kind)
    assert.truthy(err.message:find("connection refused", 1, true))
  end)
end)
