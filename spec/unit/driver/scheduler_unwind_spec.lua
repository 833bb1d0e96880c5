-- What is left of a task that has ended in another way than by returning: nothing.

local fake_engine = require "spec.support.fake_engine"

describe("the scheduler unwinds a task", function()
  local engine, take_back, driver, scheduler, tasks, group

  before_each(function()
    engine, take_back = fake_engine.install()
    driver = require "zendesk.driver.blocking".shared()
    scheduler = require "zendesk.driver.scheduler"
    tasks = require "zendesk.driver.tasks"
    group = require "zendesk.driver.group"
  end)

  after_each(function() take_back() end)

  -- A call that takes so many seconds.
  local function call(takes)
    return driver:await(driver:submit(nil, { takes = takes }))
  end

  local function at_end(f)
    return setmetatable({}, { __close = function(_, problem) f(problem) end })
  end

  it("that raises, at once and after a wait", function()
    for _, takes in ipairs { 0, 3 } do
      local seen
      local results = group.all({
        function()
          local _ <close> = at_end(function(problem) seen = problem end)
          if takes > 0 then call(takes) end
          error({ "broken" }, 0)
        end,
      }, { errors = "values" })
      assert.same({ "broken" }, results[1].cause)
      assert.equal(results[1].cause, seen)
      assert.matches("scheduler_unwind_spec", results[1].traceback)
    end
  end)

  it("that raises, and lets what is closed wait, and others go on meanwhile", function()
    local order = {}
    local results = group.all({
      function()
        local _ <close> = at_end(function()
          call(5)
          order[#order + 1] = "closed"
        end)
        error("broken", 0)
      end,
      function()
        call(2)
        order[#order + 1] = "other"
      end,
    }, { errors = "values" })
    assert.equal("broken", results[1].cause)
    assert.same({ "other", "closed" }, order)
  end)

  it("in which closing raises, too", function()
    local closed
    local task = scheduler.spawn(function()
      local _ <close> = at_end(function() closed = true end)
      local _ <close> = at_end(function() error("closing", 0) end)
      error("broken", 0)
    end)
    assert.error_matches(function() task:wait() end, "^closing$")
    assert.is_true(closed)
  end)

  it("that is cancelled and raises on its way out", function()
    local closed
    local task = scheduler.spawn(function()
      local _ <close> = at_end(function() closed = true end)
      assert(call(50))
    end)
    task:cancel()
    assert.is_true(closed)
    assert.is_true(task:is_done())
    assert.equal(0, engine:running())
  end)

  it("that is loose, when nobody holds it any more", function()
    local closed
    scheduler.spawn_loosely(function()
      local _ <close> = at_end(function() closed = true end)
      call(50)
    end)
    for _ = 1, 2 do collectgarbage() end
    assert.is_true(closed)
    assert.is_true(call(60)) -- its transfer ends, and nobody is woken
  end)

  it("and keeps nothing of those that are cancelled when they could go on", function()
    local kept = setmetatable({}, { __mode = "k" })
    local first = scheduler.spawn(function() return call(1) end)
    for _ = 1, 20 do
      local task = scheduler.spawn(function()
        call(1)
        local page = {}
        kept[page] = true
        return page
      end)
      assert(call(2))
      task:cancel()
    end
    for _ = 1, 2 do collectgarbage() end
    assert.is_nil(next(kept))
    assert.equal(1, tasks.ready:size())
    assert.is_true((first:wait()))
  end)
end)
