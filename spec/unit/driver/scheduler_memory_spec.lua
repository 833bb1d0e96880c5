-- What a lack of memory in the middle of a resume leaves behind.

local fake_engine = require "spec.support.fake_engine"

describe("the scheduler, where memory runs out", function()
  local _, take_back, driver, group

  before_each(function()
    _, take_back = fake_engine.install()
    driver = require "zendesk.driver.blocking".shared()
    group = require "zendesk.driver.group"
  end)

  after_each(function() take_back() end)

  -- A call that takes so many seconds.
  local function call(takes)
    local transfer = driver:submit(nil, { takes = takes })
    return driver:await(transfer)
  end

  local library = require "coroutine" -- whose resume the scheduler looks up each time
  local real_resume = library.resume
  after_each(function() library.resume = real_resume end)

  -- A resume raises in the one who calls it: before the coroutine goes on, or after it came back.
  local function raise_at(nth, before)
    local count = 0
    library.resume = function(...)
      count = count + 1
      if count ~= nth then return real_resume(...) end
      if not before then real_resume(...) end
      return error("not enough memory", 0)
    end
  end

  for _, case in ipairs {
    { "on the way into a task's first turn", 2, true }, { "on the way out of it", 2, false },
    { "on the way into a later turn", 3, true }, { "on the way out of a later turn", 3, false },
  } do
    it(case[1] .. ", raises it, and leaves nothing cancelled behind", function()
      local closed = 0
      local function work()
        local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
        return call(2)
      end
      raise_at(case[2], case[3])
      assert.error_matches(function() group.all { work, work } end, "^not enough memory$")
      library.resume = real_resume
      assert.equal(case[2] == 2 and case[3] and 1 or 2, closed)
      assert.is_true(call(1))
      assert.same({ true, n = 1 }, (group.all { function() return call(1) end }))
    end)
  end
end)
