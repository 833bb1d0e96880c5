local errors = require "zendesk.errors"
local fake_engine = require "spec.support.fake_engine"

describe("zendesk.all", function()
  local engine, take_back, driver, group

  before_each(function()
    engine, take_back = fake_engine.install()
    driver = require "zendesk.driver.blocking".shared()
    group = require "zendesk.driver.group"
  end)

  after_each(function() take_back() end)

  local function call(takes)
    local ok, reason = driver:await(driver:submit(nil, { takes = takes or 1 }))
    if ok then return true end
    return nil, errors.new(reason, "call")
  end

  it("gives results in the order of the functions", function()
    local results, failed = group.all {
      function() call(3) return "a" end, function() return "b" end, function() call(1) end,
    }
    assert.same({ "a", "b", nil, n = 3 }, results)
    assert.equal(0, failed)
  end)

  it("gives nothing for nothing", function()
    assert.same({ n = 0 }, (group.all {}))
    assert.same({ n = 0 }, (group.map({}, print)))
  end)

  it("runs so many at a time, eight by default", function()
    local functions = {}
    for index = 1, 20 do functions[index] = function() return call(1) end end
    assert(group.all(functions))
    assert.equal(8, engine.most)
    assert.equal(103, engine.seconds)
    engine.most = 0
    assert(group.all(functions, { concurrency = 3 }))
    assert.equal(3, engine.most)
    assert(group.all(functions, { concurrency = 1 }))
  end)

  it("starts them in order", function()
    local order = {}
    assert(group.map({ "a", "b", "c", "d", "e" }, function(item)
      order[#order + 1] = item
      return call(1)
    end, { concurrency = 2 }))
    assert.same({ "a", "b", "c", "d", "e" }, order)
  end)

  it("maps a list with items, places and tasks", function()
    local results = assert(group.map({ 10, 20, 30 }, function(item, index, task)
      assert.is_false(task:is_done())
      call(4 - index)
      return item + index
    end))
    assert.same({ 11, 22, 33, n = 3 }, results)
  end)

  it("maps its own results, with their holes", function()
    local list = group.map({ 1, 2, 3 }, function(item) return item ~= 2 and item or nil end)
    local seen = group.map(list, function(item, index) return item or index * 10 end)
    assert.same({ 1, 20, 3, n = 3 }, seen)
  end)

  it("runs inside of itself", function()
    local results = assert(group.all {
      function()
        return assert(group.map({ 1, 2, 3 }, function(item) call(5) return item * 2 end))
      end,
      function() call(5) return "outer" end,
    })
    assert.same({ 2, 4, 6, n = 3 }, results[1])
    assert.equal("outer", results[2])
    assert.equal(105, engine.seconds)
  end)

  it("runs inside of a generator inside of itself", function()
    local results = assert(group.all {
      function()
        return coroutine.wrap(function()
          return assert(group.map({ 1, 2 }, function(item) call(5) return item end)).n
        end)()
      end,
      function() call(5) return "outer" end,
    })
    assert.same({ 2, "outer", n = 2 }, results)
  end)

  describe("at the first failure", function()
    it("cancels the rest and returns it", function()
      local reasons = {}
      local results, err = group.all {
        function() reasons[1] = select(2, call(50)) end,
        function() call(1) return nil, errors.new("not_found", "no") end,
        function() reasons[3] = select(2, call(50)) end,
      }
      assert.is_nil(results)
      assert.equal("not_found", err.kind)
      assert.equal("cancelled", reasons[1].kind)
      assert.equal("cancelled", reasons[3].kind)
      assert.equal(101, engine.seconds)
      assert.equal(0, engine:running())
    end)

    it("starts no others", function()
      local started = 0
      local results = group.map({ 1, 2, 3, 4, 5, 6 }, function(item)
        started = started + 1
        call(1)
        if item == 2 then return nil, "no" end
      end, { concurrency = 2 })
      assert.is_nil(results)
      assert.is_true(started < 6)
    end)

    it("raises what was raised", function()
      local reason
      assert.error_matches(function()
        group.all {
          function() reason = select(2, call(50)) end, function() call(1) error "oops" end,
        }
      end, "oops")
      assert.equal("cancelled", reason.kind)
      assert.equal(0, engine:running())
    end)

    it("takes nil without a reason, and false, for success", function()
      local results = group.all { function() return nil end, function() return false, "x" end }
      assert.same({ nil, false, n = 2 }, results)
    end)
  end)

  describe('with errors = "values"', function()
    it("puts failures among the results and counts them", function()
      local results, failed = group.all({
        function() call(1) return "a" end,
        function() return nil, errors.new("not_found", "no") end,
        function() error("oops", 0) end,
      }, { errors = "values" })
      assert.equal("a", results[1])
      assert.equal("not_found", results[2].kind)
      assert.equal("raised", results[3].kind)
      assert.equal("oops", results[3].cause)
      assert.is_true(errors.is(results[3]))
      assert.equal(2, failed)
    end)

    it("makes an error object of any reason", function()
      local mute = setmetatable({}, { __tostring = function() error "deep" end })
      local results = group.all({
        function() return nil, "sold out" end, function() error(mute) end,
        function() return nil, mute end,
      }, { errors = "values" })
      assert.same({ mute, mute }, { results[2].cause, results[3].cause })
      assert.same({ "raised", "the function gave no result: sold out", "sold out" },
        { results[1].kind, results[1].message, results[1].cause })
      results = group.all({ function() return nil, "timeout" end }, { errors = "values" })
      assert.equal("timeout", results[1].kind)
    end)

    it("lets a task be cancelled by itself or by another", function()
      local tasks = {}
      local results = assert(group.map({ 1, 2, 3 }, function(item, index, task)
        tasks[index] = task
        if item == 3 then
          tasks[1]:cancel()
          return "canceller"
        end
        return call(50)
      end, { errors = "values" }))
      assert.equal("cancelled", results[1].kind)
      assert.is_true(results[2])
      assert.equal("canceller", results[3])
    end)

    it("lets a task be cancelled that has not begun", function()
      local ran = false
      local functions = {
        function() call(1) return "a" end,
        function() ran = true end,
      }
      local scheduler = require "zendesk.driver.scheduler"
      local real, made = scheduler.new_task, {}
      scheduler.new_task = function(...)
        made[#made + 1] = real(...)
        return made[#made]
      end
      functions[1] = function() made[2]:cancel() return "a" end
      local results = assert(group.all(functions, { errors = "values" }))
      scheduler.new_task = real
      assert.is_false(ran)
      assert.equal("cancelled", results[2].kind)
    end)
  end)

  it("tells of its progress", function()
    local seen = {}
    group.all({
      function() call(2) end, function() call(1) return nil, "no" end, function() call(3) end,
    }, { errors = "values", on_progress = function(progress) seen[#seen + 1] = progress end })
    assert.same({
      { done = 1, total = 3, failed = 1, running = 2, index = 2 },
      { done = 2, total = 3, failed = 1, running = 1, index = 1 },
      { done = 3, total = 3, failed = 1, running = 0, index = 3 },
    }, seen)
  end)

  it("raises what on_progress raises, and cancels the rest", function()
    local reason
    assert.error_matches(function()
      group.all({
        function() call(1) end, function() reason = select(2, call(50)) end,
      }, { on_progress = function() error("bad handler", 0) end })
    end, "^bad handler$")
    assert.equal("cancelled", reason.kind)
    assert.equal(0, engine:running())
  end)

  it("ends its tasks when the program is interrupted", function()
    local reason
    local step = engine.step
    engine.step = function() error("interrupted!", 0) end
    assert.error_matches(function()
      group.all { function() reason = select(2, call(50)) end }
    end, "interrupted!")
    engine.step = step
    assert.equal("cancelled", reason.kind)
    assert.equal(0, engine:running())
    -- and the next one works
    assert.same({ true, n = 1 }, (group.all { function() return call(1) end }))
  end)

  it("returns an error where every task waits for another one", function()
    local signal = driver:signal()
    local results, err = group.all { function() signal:wait() end, function() signal:wait() end }
    assert.is_nil(results)
    assert.equal("cancelled", err.kind)
  end)

  it("ends when the task around it is cancelled", function()
    local inner, reason
    local outer = group.all({
      function(task)
        inner = task
        local results, err = group.all { function() reason = select(2, call(50)) end }
        assert.is_nil(results)
        return nil, err
      end,
      function() call(1) inner:cancel() return "done" end,
    }, { errors = "values" })
    assert.equal("cancelled", outer[1].kind)
    assert.equal("cancelled", reason.kind)
    assert.equal("done", outer[2])
    assert.equal(101, engine.seconds)
  end)

  -- What a search or a shift in the lines of tasks would cost shows in instructions of the VM, or
  -- in elements that the table library moves.
  -- luacheck: push globals table.move table.remove
  local function work_of(f)
    local before, work = table.pack(debug.gethook()), 0
    local real = { move = table.move, remove = table.remove }
    function table.move(list, first, last, ...)
      work = work + math.max(last - first, 0)
      return real.move(list, first, last, ...)
    end
    function table.remove(list, place)
      work = work + (place and #list - place or 0)
      return real.remove(list, place)
    end
    debug.sethook(function() work = work + 100 end, "", 100)
    local ok, problem = pcall(f)
    debug.sethook(table.unpack(before, 1, before.n))
    table.move, table.remove = real.move, real.remove
    return work, ok, problem
  end
  -- luacheck: pop

  it("cancels eight times as many in eight times the work", function()
    local signal = driver:signal()
    local function work(many, wait)
      local items = {}
      for index = 1, many do items[index] = index end
      local steps, ok, problem = work_of(function()
        group.map(items, function(item)
          if item == many then error("the last", 0) end
          wait()
        end, { concurrency = many })
      end)
      assert.same({ false, "the last" }, { ok, problem })
      return steps
    end
    for _, wait in ipairs {
      coroutine.yield, function() signal:wait() end, function() driver:sleep(1e6) end,
    } do
      local ratio = work(4000, wait) / work(500, wait)
      assert.is_true(ratio < 14, ("%.1f times the work"):format(ratio))
    end
  end)

  it("raises misuse at the caller's line", function()
    for _, case in ipairs {
      { "functions: table expected, got nil" },
      { "functions%[2%]: function expected, got number", { print, 7 } },
      { "options: table expected, got number", {}, 7 },
      { "unknown option 'concurency' %(did you mean 'concurrency'%?%)", {}, { concurency = 1 } },
      { "'concurrency': integer above 0 expected", {}, { concurrency = 0 } },
      { "'concurrency': integer above 0 expected", {}, { concurrency = 1.5 } },
      { "'errors': \"first\" or \"values\" expected", {}, { errors = "none" } },
      { "'on_progress': function expected", {}, { on_progress = {} } },
      { "'driver': object with submit, await, ", {}, { driver = 7 } },
      { "'driver': object with submit, await, ", {}, { driver = {} } },
      { "functions: a list expected, found the key 'b'", { b = print } },
      { "functions%[2%]: function expected, got nil", { print, nil, n = 2 } },
      { "functions: a list expected, its 'n' is %-1", { n = -1 } },
    } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, message = pcall(function() group.all(case[2], case[3]) end)
      assert.is_false(ok)
      assert.matches(case[1], message)
      assert.matches(("group_spec.lua:%d: "):format(line), message, 1, true)
    end
    assert.error_matches(function() group.map(7, print) end, "list: table expected")
    assert.error_matches(function() group.map({}, 7) end, "f: function expected")
  end)
end)
