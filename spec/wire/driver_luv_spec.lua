-- zendesk.driver.luv with the real libuv loop.

local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local process = require "spec.support.process"
local suite = require "spec.support.loop_driver_suite"
local uv = require "luv"
local zendesk = require "zendesk"

local function start(f)
  local thread = coroutine.create(f)
  local ok, problem = coroutine.resume(thread)
  if not ok then error(problem, 0) end
end

local function sleep(seconds)
  local thread = coroutine.running()
  local timer = uv.new_timer()
  timer:start(math.ceil(seconds * 1000), 0, function()
    timer:close()
    assert(coroutine.resume(thread))
  end)
  coroutine.yield()
end

-- Handles of the loop, the busy and the idle ones.
local function handles()
  local all, active = 0, 0
  uv.walk(function(handle)
    all = all + 1
    if handle:is_active() then active = active + 1 end
  end)
  return all, active
end

-- What a timer of a millisecond sees while `body` is under way, sorted: how late each tick comes,
-- and how much of the processor this process has had since the tick before. The second one is what
-- the driver answers for; other programs of the machine are only in the first one.
local function ticks(body)
  local late, used, timer = {}, {}, uv.new_timer()
  local last, last_used = uv.hrtime(), os.clock()
  timer:start(1, 1, function()
    local moment, clock = uv.hrtime(), os.clock()
    late[#late + 1] = (moment - last) / 1e9 - 0.001
    used[#used + 1] = clock - last_used
    last, last_used = moment, clock
  end)
  body(function() timer:close() end)
  uv.run()
  table.sort(late)
  table.sort(used)
  return late, used
end

local function percentile(sorted, share)
  return sorted[math.max(1, math.ceil(#sorted * share))]
end

describe("zendesk.driver.luv", function()
  local state = suite {
    new = function() return require "zendesk.driver.luv".new() end,
    make = function() return require "zendesk.driver.luv".new() end,
    start = start, sleep = sleep, run = uv.run,
  }

  it("leaves no busy handle after a call and none after closing", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    for _ = 1, 10 do start(function() assert(zd:get "/any") end) end
    uv.run()
    local _, active = handles()
    assert.equal(0, active)
    state.driver:close()
    uv.run()
    assert.equal(0, (handles()))
  end)

  it("refuses to block the loop from a bare callback", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local timer, ok, problem = uv.new_timer(), nil, nil
    timer:start(1, 0, function()
      timer:close()
      ok, problem = pcall(zd.get, zd, "/any")
    end)
    uv.run()
    assert.is_false(ok)
    assert.matches("put it into a coroutine", problem)
  end)

  it("tells a generator that it cannot wait, and drops its call", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local generator = coroutine.wrap(function() zd:get "/any" end)
    local item = generator()
    assert.error_matches(function() return item.id end, "waited for Zendesk")
    assert.error_matches(generator, "waited for Zendesk")
    uv.run()
    assert.equal(0, state.driver._engine:running())
  end)

  it("forgets a coroutine that died because somebody else resumed it", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local thread = coroutine.create(function() zd:get "/any" end)
    assert(coroutine.resume(thread))
    local ok, problem = coroutine.resume(thread)
    assert.is_false(ok)
    assert.matches("resumed while it waited for Zendesk", problem)
    assert.same({}, state.driver._parked)
    uv.run()
    assert.equal(0, state.driver._engine:running())
  end)

  describe("beside another driver of the loop", function()
    local server, zd, other, other_zd

    before_each(function()
      server = latency_server.start { delay = 0.1 }
      zd, other = state.connect(server), require "zendesk.driver.luv".new()
      other_zd = assert(zendesk.new {
        base_url = server.base_url, access_token = "test-access-token", driver = other,
      })
    end)

    after_each(function()
      zd:close()
      other_zd:close()
      other:close()
      server:stop()
    end)

    it("runs zendesk.all in a coroutine before the loop runs", function()
      local results
      start(function()
        results = assert(zendesk.all {
          function() return assert(zd:get "/any").ok end,
          function() return assert(other_zd:get "/any").ok end,
        })
      end)
      uv.run()
      assert.same({ true, true, n = 2 }, results)
    end)

    it("cancels tasks that wait for calls of either", function()
      local kinds, began = {}, core.monotonic()
      local function call(instance)
        return function()
          local _, err = instance:get "/any"
          kinds[#kinds + 1] = err.kind
        end
      end
      start(function()
        zendesk.all { call(zd), call(other_zd), function() sleep(0.01) return nil, "no" end }
      end)
      uv.run()
      assert.same({ "cancelled", "cancelled" }, kinds)
      assert.is_true(core.monotonic() - began < 0.09)
    end)

    it("says what to do about zendesk.all in the main program", function()
      local results = assert(zendesk.all({ function() return zd:get "/any" end },
        { errors = "values" }))
      assert.matches("zendesk.all and zendesk.map take the option 'driver'", results[1].message)
      results = assert(zendesk.all({ function() return assert(zd:get "/any").ok end },
        { driver = other }))
      assert.is_true(results[1])
    end)
  end)

  it("raises in the loop what a coroutine raises after a wait, and others go on", function()
    local server <close> = latency_server.start { delay = 0.02 }
    local zd <close> = state.connect(server)
    local done = 0
    for index = 1, 4 do
      start(function()
        assert(zd:get "/any")
        if index == 2 then error("broken", 0) end
        done = done + 1
      end)
    end
    -- luv ends the process for an error in a callback: catch it on its way there.
    local ready, raised = state.driver.ready, {}
    state.driver.ready = function(...)
      local ok, problem = pcall(ready, ...)
      if not ok then raised[#raised + 1] = problem end
    end
    uv.run()
    assert.same({ "broken" }, raised)
    assert.equal(3, done)
  end)

  it("lets go of a coroutine that was closed while it waited", function()
    local server <close> = latency_server.start { delay = 30 }
    local zd <close> = state.connect(server)
    local thread = coroutine.create(function() zd:get "/any" end)
    assert(coroutine.resume(thread))
    assert(coroutine.close(thread))
    uv.run()
    assert.equal(0, state.driver._engine:running())
  end)

  it("leaves the loop its time: a tick of a millisecond beside 100 requests #slow", function()
    local server <close> = latency_server.start { delay = 0.05 }
    local zd <close> = state.connect(server)
    local function empty(stop)
      start(function()
        sleep(1)
        stop()
      end)
    end
    local function busy(stop)
      local running, until_then = 100, core.monotonic() + 1
      for _ = 1, 100 do
        start(function()
          while core.monotonic() < until_then do
            assert(zd:post("/any", { json = { token = { client_id = 1 } }, retry = false }))
          end
          running = running - 1
          if running == 0 then stop() end
        end)
      end
    end
    local idle, idle_used = ticks(empty)
    local late, used = ticks(busy)
    local added = percentile(used, 0.99) - percentile(idle_used, 0.99)
    if os.getenv "ZENDESK_SHOW" then
      print(("p99 of a tick: late %.2f ms, empty %.2f ms; processor %.2f ms more"):format(
        percentile(late, 0.99) * 1e3, percentile(idle, 0.99) * 1e3, added * 1e3))
    end
    assert.is_true(added < 0.005, ("%.1f ms more than an empty loop"):format(added * 1e3))
    assert.is_true(#late > 100)
  end)

  it("serves a program to its end", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local result = process.run_lua([[
      local zendesk, uv = require "zendesk", require "luv"
      local driver = zendesk.driver.luv.new()
      local zd = assert(zendesk.new { base_url = ..., access_token = "t", driver = driver })
      coroutine.wrap(function() print(assert(zd:get "/any").ok) end)()
      uv.run()
    ]], { args = { server.base_url } })
    assert.equal("", result.stderr)
    assert.equal("true\n", result.stdout)
    assert.equal(0, result.status)
  end)

  it("lets a program end as it likes: with the driver open, and closed without the loop", function()
    local server <close> = latency_server.start { delay = 0.01 }
    for _, ending in ipairs { "", "driver:close()" } do
      local result = process.run_lua([[
        local zendesk = require "zendesk"
        local driver = zendesk.driver.luv.new()
        local zd = assert(zendesk.new { base_url = ..., access_token = "t", driver = driver })
        print(assert(zd:get "/any").ok)
      ]] .. ending, { args = { server.base_url } })
      assert.equal("true\n", result.stdout)
      assert.equal(0, result.status, result.stderr)
    end
  end)

  it("ends a program with the words of an error that nobody has caught", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local result = process.run_lua([[
      local zendesk = require "zendesk"
      local driver = zendesk.driver.luv.new()
      local zd = assert(zendesk.new { base_url = ..., access_token = "t", driver = driver })
      coroutine.wrap(function() for _ in zd:each "/any" do end end)()
      require "luv".run()
    ]], { args = { server.base_url } })
    assert.matches("^Uncaught Error: zendesk: decode: ", result.stderr)
    assert.not_equal(0, result.status)
  end)

  it("is closed where a program has closed all handles of the loop", function()
    local server <close> = latency_server.start { delay = 30 }
    for _, run in ipairs { "", "uv.run()" } do
      local result = process.run_lua([[
        local zendesk, uv = require "zendesk", require "luv"
        local driver = zendesk.driver.luv.new()
        local zd = assert(zendesk.new { base_url = ..., access_token = "t", driver = driver })
        coroutine.wrap(function() print(select(2, zd:get "/any").kind) end)()
        uv.run "nowait"
        uv.walk(function(handle) if not handle:is_closing() then handle:close() end end)
      ]] .. run .. [[ driver:close() uv.run()
      ]], { args = { server.base_url } })
      assert.equal("", result.stderr)
      assert.equal("closed\n", result.stdout)
      assert.equal(0, result.status)
    end
  end)

  it("is what zendesk.driver.luv names", function()
    assert.equal(require "zendesk.driver.luv", zendesk.driver.luv)
  end)
end)
