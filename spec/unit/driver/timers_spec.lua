local timers = require "zendesk.driver.timers"

describe("timers", function()
  local function drain(set, now)
    local values = {}
    local value = set:due(now)
    while value do
      values[#values + 1] = value
      value = set:due(now)
    end
    return values
  end

  it("come due in the order of their moments", function()
    local set = timers.new()
    for _, at in ipairs { 5, 3, 9, 1, 7, 3, 8 } do set:add(at, at) end
    assert.equal(1, set:next())
    assert.same({ 1, 3, 3, 5 }, drain(set, 5))
    assert.equal(7, set:next())
    assert.same({ 7, 8, 9 }, drain(set, math.huge))
    assert.is_nil(set:next())
    assert.is_nil(set:due(math.huge))
  end)

  it("can be taken out, once", function()
    local set = timers.new()
    local a, b, c = set:add(1, "a"), set:add(2, "b"), set:add(3, "c")
    set:remove(b)
    set:remove(b)
    assert.same({ "a", "c" }, drain(set, 3))
    set:remove(a)
    set:remove(c)
    assert.is_nil(set:next())
  end)

  it("do not keep alive who waits for them", function()
    local set = timers.new()
    local kept = {}
    set:add(1, {})
    set:add(2, kept)
    collectgarbage()
    assert.equal(kept, set:due(5))
    assert.is_nil(set:due(5))
  end)

  it("stay in order whatever is put in and taken out", function()
    local random, state = {}, 12345
    function random.next(limit)
      state = (state * 1103515245 + 12345) % 2 ^ 31
      return state // 1 % limit + 1
    end
    local set, held = timers.new(), {}
    for step = 1, 2000 do
      if #held > 0 and random.next(3) == 1 then
        set:remove(table.remove(held, random.next(#held)))
      else
        held[#held + 1] = set:add(random.next(50), step)
      end
      local earliest = math.huge
      for _, timer in ipairs(held) do earliest = math.min(earliest, timer.at) end
      assert.equal(earliest, set:next() or math.huge)
    end
    assert.equal(#held, #drain(set, math.huge))
  end)
end)
