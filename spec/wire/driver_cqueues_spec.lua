-- zendesk.driver.cqueues with the real controllers.

local auxlib = require "cqueues.auxlib"
local core = require "zendesk.core"
local cqueues = require "cqueues"
local latency_server = require "spec.support.latency_server"
local suite = require "spec.support.loop_driver_suite"
local zendesk = require "zendesk"

describe("zendesk.driver.cqueues", function()
  local queue

  local function run() assert(queue:loop()) end

  local state = suite {
    new = function()
      queue = cqueues.new()
      return require "zendesk.driver.cqueues".new(queue)
    end,
    make = function() return require "zendesk.driver.cqueues".new() end,
    start = function(f) queue:wrap(f) end,
    run = run, sleep = cqueues.sleep,
  }

  it("works in the controller that it is used in", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local driver <close> = require "zendesk.driver.cqueues".new()
    local zd <close> = assert(zendesk.new {
      base_url = server.base_url, access_token = "test-access-token", driver = driver,
    })
    local done = 0
    local function call()
      assert(zd:get "/any")
      done = done + 1
    end
    call()
    for _ = 1, 2 do
      local controller = cqueues.new()
      for _ = 1, 5 do controller:wrap(call) end
      assert(controller:loop())
      assert.is_true(controller:empty())
    end
    call()
    assert.equal(12, done)
  end)

  describe("in another controller than before", function()
    local server, driver, zd, done

    before_each(function()
      server = latency_server.start { delay = 0.1 }
      driver = require "zendesk.driver.cqueues".new()
      zd = assert(zendesk.new {
        base_url = server.base_url, access_token = "test-access-token", driver = driver,
        deadline = 2,
      })
      done = 0
    end)

    after_each(function()
      zd:close()
      driver:close()
      server:stop()
    end)

    local function call()
      assert(zd:get "/any")
      assert(driver:sleep(0.01))
      done = done + 1
    end

    it("works where that one was given up during a call", function()
      for round = 1, 3 do
        local given_up, controller = cqueues.new(), cqueues.new()
        for _ = 1, 3 do given_up:wrap(call) end
        given_up:loop(0.02)
        for _ = 1, 3 do controller:wrap(call) end
        assert(controller:loop(5))
        assert.is_true(controller:empty())
        assert.equal(3 * round, done)
        if round == 3 then -- it had not been given up after all
          assert(given_up:loop(5))
          assert.is_true(given_up:empty())
          assert.equal(12, done)
        end
      end
    end)

    it("keeps nothing of the calls and waits of one that is gone", function()
      local function drop()
        local controller, signal = cqueues.new(), driver:signal()
        for _ = 1, 5 do controller:wrap(call) end
        controller:wrap(function() signal:wait() end)
        controller:loop(0.02)
        return setmetatable({ controller }, { __mode = "v" })
      end
      local gone = drop()
      queue:wrap(function() assert(driver:sleep(0)) end)
      run()
      for _ = 1, 3 do collectgarbage() end
      assert.is_nil(gone[1])
      assert.is_nil((next(driver._parked)))
      assert.is_nil((next(driver._waiting)))
      assert.equal(0, driver._engine:running())
      queue:wrap(call)
      run()
      assert.equal(1, done)
    end)

    it("works in both of two that take turns", function()
      local first, second = cqueues.new(), cqueues.new()
      for _ = 1, 5 do
        first:wrap(function() for _ = 1, 3 do call() end end)
        second:wrap(function() for _ = 1, 3 do call() end end)
      end
      local until_then = core.monotonic() + 5
      repeat
        assert(first:step(0.005))
        assert(second:step(0.005))
      until core.monotonic() > until_then or first:empty() and second:empty()
      assert.equal(30, done)
    end)
  end)

  it("leaves nothing in the controller", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    for _ = 1, 10 do queue:wrap(function() assert(zd:get "/any") end) end
    run()
    assert.is_true(queue:empty())
    assert.same({}, state.driver._port._watches)
    assert.equal(0, state.driver._port._home.live)
  end)

  it("waits inside of a generator that cqueues knows", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local seen = 0
    queue:wrap(function()
      local generator = auxlib.wrap(function()
        for _ = 1, 3 do coroutine.yield(assert(zd:get "/any").ok) end
      end)
      for ok in generator do seen = seen + (ok and 1 or 0) end
    end)
    run()
    assert.equal(3, seen)
  end)

  it("hands what a coroutine raises to the controller, and others go on", function()
    local server <close> = latency_server.start { delay = 0.02 }
    local zd <close> = state.connect(server)
    local done, problems = 0, {}
    for index = 1, 4 do
      queue:wrap(function()
        assert(zd:get "/any")
        if index == 2 then error("broken", 0) end
        done = done + 1
      end)
    end
    for problem in queue:errors() do problems[#problems + 1] = problem end
    assert.same({ "broken" }, problems)
    assert.equal(3, done)
  end)

  it("leaves the controller its time: a millisecond tick beside 100 requests #slow", function()
    local server <close> = latency_server.start { delay = 0.05 }
    local zd <close> = state.connect(server)

    -- The 99th percentiles of a coroutine that wants to run each millisecond: how late it is, and
    -- how much of the processor this process has had meanwhile, which leaves out other programs.
    local function lateness(callers)
      local late, used, running, until_then = {}, {}, callers, core.monotonic() + 1
      queue:wrap(function()
        while running > 0 or core.monotonic() < until_then do
          local began, clock = core.monotonic(), os.clock()
          cqueues.sleep(0.001)
          late[#late + 1] = core.monotonic() - began - 0.001
          used[#used + 1] = os.clock() - clock
        end
      end)
      for _ = 1, callers do
        queue:wrap(function()
          while core.monotonic() < until_then do
            assert(zd:post("/any", { json = { token = { client_id = 1 } }, retry = false }))
          end
          running = running - 1
        end)
      end
      run()
      table.sort(late)
      table.sort(used)
      local place = math.ceil(#late * 0.99)
      return late[place], used[place]
    end

    local idle, idle_used = lateness(0)
    local late, used = lateness(100)
    local added = used - idle_used
    if os.getenv "ZENDESK_SHOW" then
      print(("p99 of a tick: late %.2f ms, empty %.2f ms; processor %.2f ms more"):format(
        late * 1e3, idle * 1e3, added * 1e3))
    end
    assert.is_true(added < 0.005, ("%.1f ms more than an empty loop"):format(added * 1e3))
  end)
end)
