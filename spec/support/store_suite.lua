-- store_suite: what every store must do, as specs. For stores of one's own as well:
--
--   local store_suite = require "spec.support.store_suite"
--   describe("my store", function()
--     store_suite {
--       open = function() return my_store.new { … } end,  -- called several times in one spec
--       reset = function() … end,                         -- forgets everything, before each spec
--       shared = true,           -- what open gives twice in a spec sees the same content
--     }
--   end)

local assert = require "luassert"
local busted = require "busted"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local virtual_driver = require "spec.support.virtual_driver"

-- A module does not see the globals of a spec.
local before_each, it = busted.before_each, busted.it

local KEY = "https://acme.zendesk.com|test_client|tickets:read|main"
local CANARY = "canary-of-the-store-suite"

local function plain_set(fields)
  local set = { access_token = "test-access-token", refresh_token = "test-refresh-token" }
  for name, value in pairs(fields or {}) do set[name] = value end
  return set
end

local function content(suite)
  local store

  before_each(function()
    suite.reset()
    store = suite.open()
  end)

  it("gives nothing, and no error, for a key that was never saved", function()
    local set, err = store:load(KEY)
    assert.is_nil(set)
    assert.is_nil(err)
  end)

  it("gives back what was saved, fields nobody knows included", function()
    local set = plain_set {
      expires_at = 1795600000, skew = -0.25, largest = math.maxinteger, smallest = math.mininteger,
      above_2_to_53 = (1 << 53) + 1, yes = true, no = false, empty = "", nothing = core.null,
      scope = "tickets:read users:read", pending = { since = 1795600000, by = { "a", "b" } },
      text = "it's \"quoted\" \\ 50% é 日本 \u{1F600} \n\t\0 end", ["odd name '\"|"] = "x",
    }
    assert.is_true(store:save(KEY, set))
    local loaded = assert(store:load(KEY))
    assert.same(set, loaded)
    assert.equal("integer", math.type(loaded.expires_at))
    assert.equal("integer", math.type(loaded.above_2_to_53))
    assert.equal(core.null, loaded.nothing)
  end)

  it("takes a large set", function()
    local set = plain_set { access_token = ("t"):rep(64 * 1024) }
    assert.is_true(store:save(KEY, set))
    assert.same(set, store:load(KEY))
  end)

  it("keeps nothing of what a later save replaces", function()
    assert.is_true(store:save(KEY, plain_set { old = true }))
    assert.is_true(store:save(KEY, plain_set { new = true }))
    assert.same(plain_set { new = true }, store:load(KEY))
  end)

  it("gives tables that belong to whoever loads or saves them", function()
    local set = plain_set { pending = { since = 1 } }
    assert.is_true(store:save(KEY, set))
    set.pending.since = 2
    local loaded = store:load(KEY)
    loaded.pending.since = 3
    assert.equal(1, store:load(KEY).pending.since)
  end)

  it("keeps keys apart, whatever they look like", function()
    local keys = {
      KEY, KEY:upper(), KEY .. " ", "a", "A", "'", "''", '"', "\\", "%s", "$1", "a/../b", "é", "日本",
      "; DROP TABLE zendesk_tokens; --", ("k"):rep(1024),
    }
    for index, key in ipairs(keys) do assert.is_true(store:save(key, { number = index })) end
    for index, key in ipairs(keys) do assert.same({ number = index }, store:load(key)) end
    assert.is_true(store:delete "'")
    assert.is_nil(store:load "'")
    assert.same({ number = 7 }, store:load "''")
  end)

  it("deletes a key, and does not mind when there is none", function()
    assert.is_true(store:save(KEY, plain_set()))
    assert.is_true(store:save("other", plain_set()))
    assert.is_true(store:delete(KEY))
    local set, err = store:load(KEY)
    assert.is_nil(set)
    assert.is_nil(err)
    assert.is_true(store:delete(KEY))
    assert.same(plain_set(), store:load "other")
    assert.is_true(store:delete "other")
    assert.is_nil(store:load "other")
  end)

  it("keeps what it has when a set has no JSON form, and shows nothing of it", function()
    assert.is_true(store:save(KEY, plain_set()))
    local ok, err = store:save(KEY, plain_set { access_token = CANARY, bad = print })
    assert.is_nil(ok)
    assert.equal("encode", err.kind)
    assert.is_nil(tostring(err):find(CANARY, 1, true))
    assert.same(plain_set(), store:load(KEY))
  end)

  it("shows nothing of what it holds", function()
    assert.is_true(store:save(KEY, plain_set { access_token = CANARY }))
    assert.is_nil(tostring(store):find(CANARY, 1, true))
    for _, value in pairs(store) do
      assert.is_nil(tostring(value):find(CANARY, 1, true))
    end
  end)

  if suite.shared then
    it("shows the same content through another object", function()
      local other = suite.open()
      assert.is_true(store:save(KEY, plain_set()))
      assert.same(plain_set(), other:load(KEY))
      assert.is_true(other:delete(KEY))
      assert.is_nil(store:load(KEY))
    end)
  end
end

local function misuse(suite)
  local function raises(text, call)
    local ok, message = pcall(call)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
    assert.is_truthy(message:find("store_suite.lua:", 1, true), message)
  end

  it("raises for keys and sets of the wrong form, at the caller's line", function()
    local store, driver = suite.open(), virtual_driver.new()
    for _, key in ipairs { 1, true, {}, print, "", ("k"):rep(1025), "a\0b", "a\nb", "\xff" } do
      raises("key", function() return store:load(key) end)
      raises("key", function() return store:save(key, {}) end)
      raises("key", function() return store:delete(key) end)
      raises("key", function() return store:lock(key, 1, driver) end)
    end
    raises("key", function() return store:load() end)
    raises("set", function() return store:save(KEY) end)
    raises("set", function() return store:save(KEY, "text") end)
    raises("set", function() return store:save(KEY, { "an", "array" }) end)
    raises("timeout", function() return store:lock(KEY, nil, driver) end)
    raises("timeout", function() return store:lock(KEY, -1, driver) end)
    raises("timeout", function() return store:lock(KEY, 0 / 0, driver) end)
    raises("driver", function() return store:lock(KEY, 1) end)
    raises("driver", function() return store:lock(KEY, 1, {}) end)
  end)
end

local function locks(suite)
  local store, driver

  before_each(function()
    suite.reset()
    store, driver = suite.open(), virtual_driver.new()
  end)

  -- Another object on the same content where that is possible, else the same object.
  local function other() return suite.shared and suite.open() or store end

  local function is_locked(key)
    local lock, err = other():lock(key, 0, driver)
    if lock then
      lock:release()
      return false
    end
    assert.equal("store", err.kind)
    assert.equal("lock_timeout", err.code)
    return true
  end

  it("gives a lock that excludes others until its release", function()
    local lock = assert(store:lock(KEY, 1, driver))
    assert.is_true(is_locked(KEY))
    lock:release()
    assert.is_false(is_locked(KEY))
    local next_lock = assert(store:lock(KEY, 1, driver))
    lock:release() -- a second time: not somebody else's
    assert.is_true(is_locked(KEY))
    next_lock:release()
  end)

  it("excludes the object that holds the lock from taking it twice", function()
    local lock = assert(store:lock(KEY, 1, driver))
    local second, err = store:lock(KEY, 0, driver)
    assert.is_nil(second)
    assert.equal("lock_timeout", err.code)
    lock:release()
  end)

  it("releases at the end of a block", function()
    do
      local lock <close> = assert(store:lock(KEY, 1, driver))
      assert.is_truthy(lock)
      assert.is_true(is_locked(KEY))
    end
    assert.is_false(is_locked(KEY))
  end)

  it("releases a lock that is dropped", function()
    assert(store:lock(KEY, 1, driver))
    collectgarbage()
    collectgarbage()
    assert.is_false(is_locked(KEY))
  end)

  it("locks keys one by one", function()
    local lock = assert(store:lock(KEY, 1, driver))
    local second = assert(store:lock("other", 1, driver))
    assert.is_true(is_locked(KEY))
    assert.is_true(is_locked "other")
    lock:release()
    assert.is_false(is_locked(KEY))
    assert.is_true(is_locked "other")
    second:release()
  end)

  it("is loaded, saved and deleted during the lock, which goes on", function()
    local lock = assert(store:lock(KEY, 1, driver))
    assert.is_nil(store:load(KEY))
    assert.is_true(store:save(KEY, { step = 1 }))
    assert.is_true(is_locked(KEY))
    assert.same({ step = 1 }, other():load(KEY))
    assert.is_true(store:save(KEY, { step = 2 }))
    assert.is_true(store:save("other", { step = 3 }))
    assert.is_true(store:delete(KEY))
    assert.is_true(is_locked(KEY))
    assert.same({ step = 3 }, other():load "other")
    lock:release()
  end)

  it("waits for as long as it was told, with sleeps of the driver", function()
    local lock = assert(store:lock(KEY, 1, driver))
    local before = driver:now()
    local second, err = other():lock(KEY, 5, driver)
    assert.is_nil(second)
    assert.is_true(errors.is(err))
    assert.equal("lock_timeout", err.code)
    assert.is_true(driver:now() - before >= 5 and driver:now() - before < 5.5)
    lock:release()
  end)

  it("lets others go on while it waits, and gets the lock when it is free", function()
    local order = {}
    driver:all {
      function()
        local lock = assert(store:lock(KEY, 1, driver))
        driver:sleep(2)
        order[#order + 1] = "released"
        lock:release()
      end,
      function()
        local lock = assert(other():lock(KEY, 10, driver))
        order[#order + 1] = "taken"
        lock:release()
      end,
      function()
        driver:sleep(1)
        order[#order + 1] = "meanwhile"
      end,
    }
    assert.same({ "meanwhile", "released", "taken" }, order)
  end)

  it("stops waiting when it is cancelled", function()
    local lock = assert(store:lock(KEY, 1, driver))
    local err
    local task = driver:spawn(function()
      local _
      _, err = other():lock(KEY, 100, driver)
    end)
    task:cancel()
    assert.equal("cancelled", err.kind)
    lock:release()
    assert.is_false(is_locked(KEY))
  end)

  it("loses no update of coroutines that count under the lock", function()
    local function count()
      for _ = 1, 5 do
        local lock <close> = assert(store:lock(KEY, 1000, driver))
        assert.is_truthy(lock)
        local set = store:load(KEY) or { count = 0 }
        driver:sleep(0.01)
        set.count = set.count + 1
        assert(store:save(KEY, set))
      end
    end
    driver:all { count, count, count, count }
    assert.equal(20, store:load(KEY).count)
  end)
end

---@param suite { open: (fun(): zendesk.Store), reset: fun(), shared: boolean? }
return function(suite)
  content(suite)
  misuse(suite)
  locks(suite)
end
