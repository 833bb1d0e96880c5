local bench = require "spec.support.renewal_bench"

local b, server, driver, store

local function context(fields) return b:context(fields) end
local function provider_with(fields) return b:provider(fields) end
local function events_of(kind, code) return b:events_of(kind, code) end

before_each(function()
  b = bench.new()
  server, driver, store = b.server, b.driver, b.store
end)

describe("fifty coroutines on an expired token", function()
  it("make one refresh and all go on", function()
    local provider = provider_with()
    driver:advance(2000)
    local results = b:at_once(50, function() return provider:get(context()) end)
    for _, result in ipairs(results) do assert.equal("access-2", result[1].token) end
    assert.equal(1, server.counts.refresh_token)
    assert.equal(1, #events_of "refresh")
    local locks = 0
    for _, what in ipairs(store.log) do locks = locks + (what == "lock" and 1 or 0) end
    assert.equal(1, locks)
  end)

  it("make one refresh ahead of time, and wait for it, since it ends the present token", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    local results = b:at_once(50, function() return provider:get(context()) end)
    for _, result in ipairs(results) do assert.equal("access-2", result[1].token) end
    assert.equal(1, server.counts.refresh_token)
  end)

  it("get one warning when a refresh ahead of time fails", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    server.faults = { bench.once { status = 429, body = {} } }
    local results = b:at_once(50, function() return provider:get(context()) end)
    for _, result in ipairs(results) do assert.equal("access-1", result[1].token) end
    assert.equal(1, #events_of("warning", "renewal_failed"))
  end)

  it("each get an error of their own when it fails for all", function()
    driver:advance(2000)
    server.faults = { bench.once { after = true } }
    local provider = provider_with()
    local results = b:at_once(10, function() return provider:get(context()) end)
    local seen = {}
    for _, result in ipairs(results) do
      assert.is_true(result[2].ambiguous)
      assert.is_nil(seen[result[2]])
      seen[result[2]] = true
    end
    assert.equal(1, server.counts.refresh_token)
  end)

  it("make one refresh when all were refused", function()
    local provider = provider_with()
    local used = assert(provider:get(context()))
    local results = b:at_once(50, function() return provider:renew(context(), used) end)
    for _, result in ipairs(results) do assert.equal("access-2", result[1].token) end
    assert.equal(1, server.counts.refresh_token)
  end)

  it("make one refresh over eight providers that share the store", function()
    driver:advance(2000)
    local results = b:at_once(8, function() return provider_with():get(context()) end)
    for _, result in ipairs(results) do assert.equal("access-2", result[1].token) end
    assert.equal(1, server.counts.refresh_token)
  end)
end)

describe("a login that is adopted during a refresh of the old one", function()
  it("is the one that stays", function()
    server.latency = 5
    driver:advance(2000)
    local app = assert(require "zendesk.oauth".new {
      base_url = "https://acme.zendesk.com", client_id = "my_client", driver = driver })
    local provider = b.auth.authorization_code { app = app, store = store }
    provider:get(context { deadline = driver:now() + 1 })
    local login = server:login()
    assert(provider:adopt(login))
    assert.equal(login.access_token, assert(provider:get(context())).token)
    assert.equal(login.refresh_token, store:only().refresh_token)
  end)
end)

describe("a driver that cannot start tasks", function()
  it("refreshes in place", function()
    local plain = {}
    for _, name in ipairs { "now", "time", "sleep" } do
      plain[name] = function(_, ...) return driver[name](driver, ...) end
    end
    driver:advance(2000)
    local provider = provider_with()
    assert.equal("access-2", assert(provider:get(context { driver = plain })).token)
    assert.is_true(provider:flush())
  end)
end)

describe("a refresh in which something is raised", function()
  it("raises it at all who wait, and leaves no lock and no refresh behind", function()
    driver:advance(2000)
    server.faults = { function()
      driver:sleep(1)
      error "the engine was made before this process was forked"
    end }
    local provider = provider_with()
    local results = b:at_once(3, function() return pcall(provider.get, provider, context()) end)
    for _, result in ipairs(results) do
      assert.is_false(result[1])
      assert.matches("was forked", result[2], 1, true)
    end
    assert.is_nil(store.locked[bench.KEY])
    assert.equal("access-2", assert(provider:get(context())).token)
  end)
end)

describe("a driver that only its callers move on", function()
  before_each(function() driver.alone = false end)

  it("has the last call stay until a refresh that was sent has landed", function()
    server.latency = 5
    driver:advance(2000)
    local provider, started = provider_with(), driver:now()
    local results = b:at_once(3, function(index)
      provider:get(context { deadline = started + index })
      return driver:now() - started
    end)
    assert.same({ 1, 2 }, { results[1][1], results[2][1] })
    assert.near(5, results[3][1], 0.1)
    assert.equal("refresh-2", store:only().refresh_token)
    assert.is_nil(store.locked[bench.KEY])
  end)

  it("keeps to the deadline where nothing was sent, and sends nothing afterwards", function()
    driver:advance(2000)
    store.locked[bench.KEY] = true
    local provider, deadline = provider_with(), driver:now() + 1
    local credential, err = provider:get(context { deadline = deadline })
    assert.same({ nil, "timeout" }, { credential, err.kind })
    assert.equal(deadline, driver:now())
    store.locked[bench.KEY] = nil
    driver:sleep(60)
    assert.equal(0, #server.calls)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("sends nothing for a call that is gone when the store answers", function()
    driver:advance(2000)
    local slow = true
    store.before.save = function()
      if slow then driver:sleep(5) end
    end
    local provider = provider_with()
    provider:get(context { deadline = driver:now() + 1 })
    slow = false
    driver:sleep(60)
    assert.equal(0, #server.calls)
    assert.is_nil(store:only().pending)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)
end)

describe("a call that does not wait for the refresh", function()
  it("does not cut it: the next call has the new token", function()
    server.latency = 5
    driver:advance(2000)
    local provider = provider_with()
    local credential, err = provider:get(context { deadline = driver:now() + 1 })
    assert.is_nil(credential)
    assert.equal("timeout", err.kind)
    assert.is_false(err.sent)
    assert.equal("access-2", assert(provider:get(context())).token)
    assert.equal(1, server.counts.refresh_token)
    assert.equal("refresh-2", store:only().refresh_token)
  end)

  it("does not cut it when it is cancelled", function()
    server.latency = 5
    driver:advance(2000)
    local provider = provider_with()
    local task = driver:spawn(function() return provider:get(context()) end)
    task:cancel()
    assert.equal("access-2", assert(provider:get(context())).token)
    assert.equal(1, server.counts.refresh_token)
  end)

  it("does not lose it when the instance is closed meanwhile", function()
    server.latency = 5
    driver:advance(2000)
    local provider = provider_with()
    provider:get(context { deadline = driver:now() + 1 })
    assert(provider:flush())
    assert.equal("refresh-2", store:only().refresh_token)
  end)
end)
