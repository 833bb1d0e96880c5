-- A host ends a script by an error out of a hook, which may come at every instruction, and the next
-- script of that Lua state works. Lack of memory is such an error, too.

local fake_engine = require "spec.support.fake_engine"
local timers = require "zendesk.driver.timers"

-- Runs `f` again and again, interrupted at its first instruction, at its second one, … until it is
-- over before; `check` is called after each.
local function at_each_instruction(f, check)
  local create, armed, left = coroutine.create, false, 0
  local function hook()
    if not armed then return end
    left = left - 1
    if left > 0 then return end
    armed = false
    error("interrupted", 0)
  end
  -- luacheck: push ignore 122 (a hook belongs to one coroutine, and the scheduler makes its own)
  coroutine.create = function(body)
    return create(function(...)
      debug.sethook(hook, "", 1)
      return body(...)
    end)
  end
  debug.sethook(hook, "", 1)
  local count = 0
  repeat
    count = count + 1
    left = count
    local finished = pcall(function()
      armed = true
      f()
      armed = false
    end)
    armed = false
    check(count)
  until finished
  debug.sethook()
  coroutine.create = create
  -- luacheck: pop
  assert.is_true(count > 50)
end

describe("an interrupt at any instruction #slow", function()
  it("leaves timers in order", function()
    local set, held
    local function work()
      held[#held + 1] = set:add(3, "d")
      set:remove(table.remove(held, 1))
      held[#held + 1] = set:add(1, "e")
      set:remove(table.remove(held, 2))
    end
    set, held = timers.new(), {}
    local function fill()
      set, held = timers.new(), {}
      for _, at in ipairs { 5, 2, 4, 7, 6 } do held[#held + 1] = set:add(at, at) end
    end
    fill()
    at_each_instruction(work, function()
      for _, timer in ipairs(held) do set:remove(timer) end
      local left = 0
      while set:next() do
        set:due(math.huge)
        left = left + 1
      end
      assert.is_true(left <= 1) -- one whose `add` had done everything but return
      set:add(9, "nine")
      set:add(8, "eight")
      assert.equal("eight", set:due(10))
      assert.equal("nine", set:due(10))
      assert.is_nil(set:next())
      fill()
    end)
  end)

  it("ends zendesk.all, and the next one works", function()
    local engine, take_back = fake_engine.install()
    local driver = require "zendesk.driver.blocking".shared()
    local group = require "zendesk.driver.group"
    local tasks = require "zendesk.driver.tasks"
    local function call() return driver:await(driver:submit(nil, { takes = 1 })) end
    local function work()
      return assert(group.map({ 1, 2 }, function(item)
        if item == 1 then call() else driver:sleep(1) end
        coroutine.wrap(function() driver:sleep(item) end)()
        return item
      end, { concurrency = 1 }))
    end
    at_each_instruction(work, function()
      engine.steps = 0
      assert.is_nil((next(tasks.held)))
      assert.same({ 1, 2, n = 2 }, work())
      assert.equal(0, engine:running())
      assert.equal(0, tasks.ready:size() + tasks.fresh:size())
    end)
    take_back()
  end)
end)
