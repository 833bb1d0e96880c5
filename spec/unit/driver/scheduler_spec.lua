local fake_engine = require "spec.support.fake_engine"

describe("the scheduler", function()
  local engine, take_back, driver, scheduler, group

  before_each(function()
    engine, take_back = fake_engine.install()
    driver = require "zendesk.driver.blocking".shared()
    scheduler = require "zendesk.driver.scheduler"
    group = require "zendesk.driver.group"
  end)

  after_each(function() take_back() end)

  -- A call that takes so many seconds.
  local function call(takes, name, deadline)
    local transfer = driver:submit(nil, { takes = takes, name = name })
    return driver:await(transfer, deadline)
  end

  describe("outside of tasks", function()
    it("lets a call block until it is done", function()
      assert.is_true(call(5))
      assert.equal(105, engine.seconds)
    end)

    it("ends a call at its deadline", function()
      local ok, reason = call(50, nil, 110)
      assert.is_nil(ok)
      assert.equal("timeout", reason)
      assert.equal(110, engine.seconds)
      assert.equal(0, engine:running())
    end)

    it("sleeps by the clock", function()
      assert.is_true(driver:sleep(3))
      assert.equal(103, engine.seconds)
    end)

    it("sleeps by the clock where nothing runs side by side in this program", function()
      for _, name in ipairs { "blocking", "scheduler", "group" } do
        package.loaded["zendesk.driver." .. name] = nil
      end
      local alone = require "zendesk.driver.blocking".shared()
      assert.is_true(alone:sleep(3))
      assert.equal(103, engine.seconds)
      assert.is_nil(package.loaded["zendesk.driver.scheduler"])
    end)

    it("takes a wait that nobody can end for cancelled", function()
      for _, deadline in ipairs { false, math.huge } do
        assert.same({ nil, "cancelled", n = 2 }, table.pack(driver:signal():wait(deadline or nil)))
      end
    end)

    it("waits for a signal until the deadline", function()
      local ok, reason = driver:signal():wait(104)
      assert.is_nil(ok)
      assert.equal("timeout", reason)
      assert.equal(104, engine.seconds)
    end)

    it("knows a signal that has been fired", function()
      local signal = driver:signal()
      signal:fire()
      signal:fire()
      assert.is_true(signal:wait())
    end)

    it("makes a call in a coroutine of the user's block like any other", function()
      local co = coroutine.wrap(function() return call(5) end)
      assert.is_true(co())
      assert.equal(105, engine.seconds)
    end)
  end)

  it("runs calls side by side", function()
    assert(group.all({
      function() return call(5) end, function() return call(5) end, function() return call(5) end,
    }))
    assert.equal(105, engine.seconds)
    assert.equal(3, engine.most)
  end)

  it("sleeps side by side, in the order of the moments", function()
    local order = {}
    local function sleeper(seconds)
      return function()
        assert(driver:sleep(seconds))
        order[#order + 1] = seconds
      end
    end
    assert(group.all { sleeper(3), sleeper(1), sleeper(2) })
    assert.same({ 1, 2, 3 }, order)
    assert.equal(103, engine.seconds)
  end)

  it("gives turns in the order in which tasks became able to go on", function()
    local order = {}
    local function worker(name)
      return function()
        for turn = 1, 3 do
          order[#order + 1] = name .. turn
          coroutine.yield() -- somebody else's turn
        end
      end
    end
    assert(group.all { worker "a", worker "b", worker "c" })
    assert.equal("a1 b1 c1 a2 b2 c2 a3 b3 c3", table.concat(order, " "))
  end)

  it("wakes everybody who waits for a signal, in their order", function()
    local order, signal = {}, driver:signal()
    local function waiter(name)
      return function()
        assert(signal:wait())
        order[#order + 1] = name
      end
    end
    assert(group.all {
      waiter "a", waiter "b", function() assert(driver:sleep(2)) signal:fire() end, waiter "c",
    })
    assert.same({ "a", "b", "c" }, order)
    assert.equal(102, engine.seconds)
  end)

  it("ends a task's waits at their deadlines", function()
    local signal = driver:signal()
    local results = assert(group.all {
      function() return select(2, call(50, nil, 110)) end,
      function() return select(2, signal:wait(105)) end,
    })
    assert.same({ "timeout", "timeout", n = 2 }, results)
    assert.equal(110, engine.seconds)
    assert.equal(0, engine:running())
  end)

  describe("with coroutines of the user's inside of tasks", function()
    -- A generator that makes a call for each value.
    local function generator(count, takes, name)
      return coroutine.wrap(function()
        for value = 1, count do
          assert(call(takes, name))
          coroutine.yield(value)
        end
      end)
    end

    local function total(count, takes, name)
      local sum = 0
      for value in generator(count, takes, name) do sum = sum + value end
      return sum
    end

    it("runs generators whose bodies make calls", function()
      local results = assert(group.all {
        function() return total(3, 1, "a") end, function() return total(4, 1, "b") end,
      })
      assert.same({ 6, 10, n = 2 }, results)
    end)

    it("lets the other transfers move on while one blocks in place", function()
      assert(group.all {
        function() return call(10, "other") end, function() return total(1, 10, "slow") end,
      })
      assert.equal(110, engine.seconds)
    end)

    it("lets a signal be fired by another task while one waits in place", function()
      local signal = driver:signal()
      local results = assert(group.all {
        function() return coroutine.wrap(function() return signal:wait() end)() end,
        function() assert(driver:sleep(2)) signal:fire() return "fired" end,
      })
      assert.same({ true, "fired", n = 2 }, results)
    end)

    it("lets other tasks run while one sleeps in place", function()
      local order = {}
      assert(group.all {
        function()
          coroutine.wrap(function() driver:sleep(5) end)()
          order[#order + 1] = "sleeper"
        end,
        function()
          assert(driver:sleep(1))
          order[#order + 1] = "other"
        end,
      })
      assert.same({ "other", "sleeper" }, order)
      assert.equal(105, engine.seconds)
    end)

    it("does not run out of C stack with a hundred of them", function()
      local signal = driver:signal()
      local functions = { function() assert(driver:sleep(2)) signal:fire() return true end }
      for index = 2, 100 do
        functions[index] = function()
          return coroutine.wrap(function() return signal:wait(200) end)()
        end
      end
      local results = assert(group.all(functions, { concurrency = 100 }))
      for index = 1, 100 do assert.is_true(results[index]) end
      assert.equal(102, engine.seconds)
    end)

    it("does not run out of C stack when a hundred of them wake at once", function()
      local first, second = driver:signal(), driver:signal()
      local functions = {}
      for index = 1, 100 do
        functions[index] = function()
          assert(first:wait())
          return coroutine.wrap(function() return (second:wait(300)) end)()
        end
      end
      functions[101] = function()
        assert(driver:sleep(1))
        first:fire()
        assert(driver:sleep(1))
        second:fire()
        return true
      end
      local results = assert(group.all(functions, { concurrency = 200 }))
      assert.equal(101, results.n)
    end)

    it("ends their waits when the task around them is cancelled", function()
      local reasons = {}
      group.all({
        function(task)
          coroutine.wrap(function()
            task:cancel()
            reasons[1] = select(2, call(5))
            reasons[2] = select(2, driver:sleep(5))
            reasons[3] = select(2, driver:signal():wait())
          end)()
        end,
      })
      assert.same({ "cancelled", "cancelled", "cancelled" }, reasons)
      assert.equal(100, engine.seconds)
    end)
  end)

  describe("spawns tasks", function()
    it("that begin at once and go on while somebody waits for something", function()
      local begun = false
      local task = scheduler.spawn(function(a, b)
        begun = true
        assert(call(5))
        return a, nil, b
      end, 1, 3)
      assert.is_true(begun)
      assert.is_false(task:is_done())
      assert.equal("zendesk.Task (parked)", tostring(task))
      assert.equal(1, engine.submitted)
      assert.same({ 1, nil, 3, n = 3 }, table.pack(task:wait()))
      assert.is_true(task:is_done())
      assert.equal(1, (task:wait()))
      assert.equal(105, engine.seconds)
    end)

    it("whose transfers move on while the main program makes calls", function()
      local task = scheduler.spawn(function() return call(5) end)
      assert(call(7))
      assert.is_true((task:wait()))
      assert.equal(107, engine.seconds)
    end)

    it("that raise in the one who waits", function()
      local task = scheduler.spawn(function() error("oops", 0) end)
      assert.error_matches(function() task:wait() end, "^oops$")
    end)

    it("that can be waited for with a deadline", function()
      local task = scheduler.spawn(function() return call(50) end)
      local ok, reason = task:wait(105)
      assert.is_nil(ok)
      assert.equal("timeout", reason)
      assert.is_true((task:wait()))
    end)

    it("that unwind at once when they are cancelled", function()
      local reason
      local task = scheduler.spawn(function() reason = select(2, call(50)) end)
      task:cancel()
      task:cancel()
      assert.equal("cancelled", reason)
      assert.is_true(task:is_done())
      assert.is_true(task:is_cancelled())
      assert.equal(0, engine:running())
    end)

    it("that are cancelled whatever they wait for", function()
      local reasons = {}
      local tasks = {
        scheduler.spawn(function() reasons[1] = select(2, driver:sleep(50)) end),
        scheduler.spawn(function() reasons[2] = select(2, driver:signal():wait()) end),
        scheduler.spawn(function()
          local inner = scheduler.spawn(function() return call(50) end)
          reasons[3] = select(2, inner:wait())
          inner:cancel()
        end),
      }
      for _, task in ipairs(tasks) do task:cancel() end
      assert.same({ "cancelled", "cancelled", "cancelled" }, reasons)
      assert.equal(0, engine:running())
    end)

    it("that stay cancelled in every later wait", function()
      local reasons = {}
      local task = scheduler.spawn(function()
        for index = 1, 3 do reasons[index] = select(2, call(50)) end
      end)
      task:cancel()
      assert.same({ "cancelled", "cancelled", "cancelled" }, reasons)
    end)

    it("that go on where nobody holds them, until they end", function()
      local ended = 0
      for _ = 1, 20 do
        scheduler.spawn(function()
          for _ = 1, 2 do call(5) end
          ended = ended + 1
        end)
      end
      for _ = 1, 2 do collectgarbage() end
      assert.is_true(driver:sleep(20))
      assert.equal(20, ended)
      assert.is_nil(next(require "zendesk.driver.tasks".held))
    end)
  end)

  it("leaves no timer behind a wait that ended early", function()
    for _ = 1, 50 do
      assert(group.all { function() return call(1, nil, engine.seconds + 300) end })
    end
    local started = engine.seconds
    assert.is_true(driver:sleep(1))
    assert.equal(started + 1, engine.seconds)
  end)

  it("closes the engine of the Lua state, and starts afresh", function()
    call(1)
    driver:close()
    assert.is_true(engine.closed)
    assert.is_true(call(1))
  end)
end)
