-- How often the scheduler looks at the network while many tasks have their turns.

local fake_engine = require "spec.support.fake_engine"

describe("the scheduler, with many tasks", function()
  local engine, take_back, driver, group

  before_each(function()
    engine, take_back = fake_engine.install()
    driver = require "zendesk.driver.blocking".shared()
    group = require "zendesk.driver.group"
  end)

  after_each(function() take_back() end)

  -- A call that takes a second.
  local function call(name)
    local transfer = driver:submit(nil, { takes = 1, name = name })
    return driver:await(transfer)
  end

  -- How often it has looked before each of so many tasks has had its first turn.
  local function looks_before(count, work)
    local looks, functions = {}, {}
    for index = 1, count do
      functions[index] = function()
        looks[index] = engine.steps
        return work(index)
      end
    end
    assert(group.all(functions, { concurrency = count }))
    return looks
  end

  it("sends what the first ones ask for before the last one has had its turn", function()
    local looks = looks_before(40, function(index) return call(index) end)
    assert.equal(0, looks[1])
    assert.equal(0, looks[8])
    assert.equal(1, looks[9])
    assert.equal(4, looks[40])
    assert.equal(40, engine.most)
  end)

  it("looks less often the more is under way", function()
    local looks = looks_before(2000, function(index) return call(index) end)
    assert.is_true(looks[2000] > 25)
    assert.is_true(looks[2000] < 125, looks[2000])
  end)

  it("does not look where nothing is under way", function()
    local looks = looks_before(40, function() return true end)
    assert.equal(0, looks[40])
  end)
end)
