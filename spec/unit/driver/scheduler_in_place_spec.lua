-- Waits where a task cannot be parked: in coroutines of the user's, and below C.

local fake_engine = require "spec.support.fake_engine"

describe("the scheduler, where a task cannot be parked", function()
  local engine, take_back, driver, group

  before_each(function()
    engine, take_back = fake_engine.install()
    driver = require "zendesk.driver.blocking".shared()
    group = require "zendesk.driver.group"
  end)

  after_each(function() take_back() end)

  local function call(takes)
    return driver:await(driver:submit(nil, { takes = takes or 1 }))
  end

  it("runs zendesk.all in many generators at once", function()
    local items = {}
    for index = 1, 40 do items[index] = index end
    local results = assert(group.map(items, function()
      return coroutine.wrap(function()
        return assert(group.map({ 1, 2 }, function(item) call(5) return item end)).n
      end)()
    end, { concurrency = 40 }))
    for index = 1, 40 do assert.equal(2, results[index]) end
  end)

  it("runs a tree of zendesk.map in generators", function()
    local function count(depth)
      if depth == 0 then
        assert(call())
        return 1
      end
      return coroutine.wrap(function()
        local below = assert(group.map({ 1, 2 }, function() return count(depth - 1) end))
        return below[1] + below[2]
      end)()
    end
    assert.equal(64, count(6))
  end)

  it("makes a call in what string.gsub calls", function()
    local results = assert(group.map({ "ab", "cd" }, function(text)
      return (text:gsub(".", function(letter)
        assert(call())
        return letter:upper()
      end))
    end))
    assert.same({ "AB", "CD", n = 2 }, results)
  end)

  it("sleeps and waits for others in what table.sort calls", function()
    local signal = driver:signal()
    local results = assert(group.all {
      function()
        local list = { 3, 1, 2 }
        table.sort(list, function(a, b)
          assert(driver:sleep(1))
          assert(signal:wait())
          return a < b
        end)
        return table.concat(list)
      end,
      function()
        assert(driver:sleep(5))
        signal:fire()
        return "fired"
      end,
    })
    assert.same({ "123", "fired", n = 2 }, results)
  end)

  it("runs zendesk.all in what string.gsub calls", function()
    local results = assert(group.map({ "ab", "cd" }, function(text)
      return (text:gsub(".", function(letter)
        return assert(group.all { function() call() return letter:upper() end })[1]
      end))
    end))
    assert.same({ "AB", "CD", n = 2 }, results)
  end)

  it("makes a call in a finaliser, and wakes the task for its own calls alone", function()
    local finalised = 0
    local results = assert(group.map({ 1, 2 }, function(item)
      setmetatable({}, { __gc = function()
        if call(3) then finalised = finalised + 1 end
      end })
      collectgarbage()
      local began = engine.seconds
      assert(call(7))
      assert.is_true(engine.seconds - began >= 7)
      return item
    end))
    assert.same({ 1, 2, n = 2 }, results)
    assert.equal(2, finalised)
  end)

  it("keeps to its own driver beside an event loop's", function()
    local loop = require "zendesk.driver.loop"
    local drivers = require "zendesk.driver"
    local current = loop.current
    loop.current = function() return "the loop's" end
    local found = {}
    group.all({
      function() found[1] = drivers.current() end,
      function() coroutine.wrap(function() found[2] = drivers.current() end)() end,
      function() (" "):gsub(" ", function() found[3] = drivers.current() end) end,
    }, { driver = driver })
    loop.current = current
    assert.same({ driver, driver, driver }, found)
  end)
end)
