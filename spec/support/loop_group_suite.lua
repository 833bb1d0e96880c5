-- What must hold for zendesk.all, zendesk.map and zendesk.sleep inside of every event loop, and
-- for a loop's driver after a lack of memory. `loop` and `state` as in loop_driver_suite.

local assert = require "luassert"
local busted = require "busted"
local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local zendesk = require "zendesk"

local it = busted.it

local now = core.monotonic

local function side_by_side(loop, state)
  it("runs zendesk.map side by side, and the loop does other work", function()
    local server <close> = latency_server.start { delay = 0.1 }
    local zd <close> = state.connect(server)
    local results, seconds
    local turns = 0
    loop.start(function()
      local began = now()
      results = assert(zendesk.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(item)
        return assert(zd:get "/any").ok and item * 10
      end))
      seconds = now() - began
    end)
    loop.start(function()
      while not results do
        assert(zendesk.sleep(0.005))
        turns = turns + 1
      end
    end)
    loop.run()
    assert.same({ 10, 20, 30, 40, 50, 60, 70, 80, n = 8 }, results)
    assert.is_true(seconds < 0.7) -- one after the other: 0.8 seconds
    assert.is_true(turns > 3)
  end)

  it("runs as many tasks at a time as it is told", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local running, most, order = 0, 0, {}
    loop.start(function()
      assert(zendesk.map({ "a", "b", "c", "d", "e", "f" }, function(item)
        running, order[#order + 1] = running + 1, item
        most = math.max(most, running)
        assert(zd:get "/any")
        running = running - 1
      end, { concurrency = 2 }))
    end)
    loop.run()
    assert.equal(2, most)
    table.sort(order) -- a loop may have its own order
    assert.same({ "a", "b", "c", "d", "e", "f" }, order)
  end)

  it("runs thousands of tasks that never wait", function()
    local results
    loop.start(function()
      local items = {}
      for index = 1, 3000 do items[index] = index end
      results = assert(zendesk.map(items, function(item) return item end))
    end)
    loop.run()
    assert.equal(3000, results.n)
    assert.equal(3000, results[3000])
  end)

  it("runs zendesk.all inside of itself, and in the main program", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local function both()
      return zendesk.all {
        function()
          return assert(zendesk.map({ 1, 2 }, function() return assert(zd:get "/any").ok end)).n
        end,
        function() return assert(zd:get "/any").ok end,
      }
    end
    local results
    loop.start(function() results = assert(both()) end)
    loop.run()
    assert.same({ 2, true, n = 2 }, results)
    assert.same({ 2, true, n = 2 }, (both()))
    loop.run()
  end)

  it("tells of the progress of zendesk.map", function()
    local seen = {}
    loop.start(function()
      zendesk.map({ 0.02, 0.01 }, zendesk.sleep, {
        on_progress = function(progress) seen[#seen + 1] = progress.done end,
      })
    end)
    loop.run()
    assert.same({ 1, 2 }, seen)
  end)
end

local function failures(loop, state)
  it("cancels the rest at the first failure of zendesk.all", function()
    local server <close> = latency_server.start { delay = 30 }
    local zd <close> = state.connect(server)
    local results, err, kind
    local begun = false
    loop.start(function()
      results, err = zendesk.all({
        function() kind = select(2, zd:get "/any").kind end,
        function()
          assert(zendesk.sleep(0.02))
          return nil, "no"
        end,
        function() begun = true end,
      }, { concurrency = 2 })
    end)
    loop.run()
    assert.is_nil(results)
    assert.equal("no", err)
    assert.equal("cancelled", kind)
    assert.is_false(begun)
  end)

  it("raises what a task of zendesk.all has raised", function()
    local ok, problem
    loop.start(function()
      ok, problem = pcall(zendesk.all, {
        function() assert(zendesk.sleep(0.001)) error("broken", 0) end,
        function() zendesk.sleep(30) end,
      })
    end)
    loop.run()
    assert.is_false(ok)
    assert.equal("broken", problem)
  end)

  it("gives failures as values, with their place", function()
    local results, failed
    loop.start(function()
      results, failed = zendesk.all({
        function(task)
          task:cancel()
          return nil, select(2, zendesk.sleep(30))
        end,
        function() error "oops" end,
        function() return "fine" end,
      }, { errors = "values" })
    end)
    loop.run()
    assert.equal("cancelled", results[1].kind)
    assert.equal("raised", results[2].kind)
    assert.matches("oops", results[2].message)
    assert.matches("loop_group_suite.lua:%d+: in function", results[2].traceback)
    assert.equal("fine", results[3])
    assert.equal(2, failed)
  end)

  it("ends zendesk.all with the task around it", function()
    local reason, kind
    loop.start(function()
      local outer = state.driver:spawn(function()
        local _, err = zendesk.all { function() reason = select(2, zendesk.sleep(30)) end }
        kind = err.kind
      end)
      assert(zendesk.sleep(0.01))
      outer:cancel()
      outer:wait()
    end)
    loop.run()
    assert.equal("cancelled", reason)
    assert.equal("cancelled", kind)
  end)

  it("ends zendesk.all when the driver is closed", function()
    local results, err
    loop.start(function() results, err = zendesk.all { function() zendesk.sleep(30) end } end)
    loop.start(function()
      assert(zendesk.sleep(0.01))
      state.driver:close()
    end)
    loop.run()
    assert.is_nil(results)
    assert.equal("cancelled", err.kind)
  end)

  it("runs the tasks of zendesk.all where option 'driver' says", function()
    local blocking = require "zendesk.driver.blocking".shared()
    local inside
    assert(zendesk.all({ function()
      inside = require "zendesk.driver.scheduler".current() ~= nil
    end }, { driver = blocking }))
    assert.is_true(inside)
    assert(zendesk.all({ function()
      inside = require "zendesk.driver.scheduler".current() ~= nil
    end }, { driver = state.driver }))
    assert.is_false(inside)
    loop.run()
  end)
end

local function memory(loop, state)
  it("retires its engine after a lack of memory, and what is under way ends there", function()
    local server <close> = latency_server.start { delay = 0.1 }
    local zd <close> = state.connect(server)
    local done, most = 0, 0
    local function call()
      assert(zd:get "/any")
      done = done + 1
    end
    loop.start(call)
    loop.start(function()
      loop.sleep(0.03)
      local before = state.driver._engine
      state.driver:recover()
      assert.not_equal(before, state.driver._engine)
      most = #state.driver._engines
      call()
    end)
    loop.start(function() -- a kept connection of the retired engine must not be in the way
      loop.sleep(0.3)
      call()
      call()
    end)
    loop.run()
    assert.equal(4, done)
    assert.equal(2, most)
    assert.equal(1, #state.driver._engines)
  end)

  it("retires an idle engine at once", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    loop.start(function()
      for _ = 1, 3 do
        assert(zd:get "/any")
        state.driver:recover()
        assert.equal(1, #state.driver._engines)
      end
      assert(zd:get "/any")
    end)
    loop.run()
    assert.equal(0, state.driver._engine:running())
  end)

  it("is not made, and keeps its engine, where there is no memory for one", function()
    local make_engine, before = core.engine, state.driver._engine
    core.engine = function() return nil, "memory", "libcurl cannot be set up" end
    local ok, driver, err = pcall(loop.make)
    state.driver:recover()
    core.engine = make_engine
    assert.is_true(ok, driver)
    assert.is_nil(driver)
    assert.equal("memory", err.kind)
    assert.equal(before, state.driver._engine)
  end)

  it("retires its engine when a call says that memory has run out", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect(server)
    local before, kind = state.driver._engine, nil
    local submit = state.driver.submit
    state.driver.submit = function() return nil, "memory", "out of memory" end
    loop.start(function()
      kind = select(2, zd:get("/any", { retry = false })).kind
      state.driver.submit = submit
      assert(zd:get "/any")
    end)
    loop.run()
    assert.equal("memory", kind)
    assert.not_equal(before, state.driver._engine)
  end)
end

return function(loop, state)
  side_by_side(loop, state)
  failures(loop, state)
  memory(loop, state)
end
