local queue = require "zendesk.driver.queue"

describe("a queue", function()
  local function all(line)
    local values = {}
    for value in line.pop, line do values[#values + 1] = value end
    return table.concat(values)
  end

  it("lets go of what is taken out of its place", function()
    for _, case in ipairs {
      { "a", "bc" }, { "b", "ac" }, { "c", "ab" }, { "d", "abc" },
    } do
      local line, places = queue.new(), {}
      for _, value in ipairs { "x", "a", "b", "c" } do places[value] = line:push(value) end
      assert.equal("x", line:pop())
      line:remove(case[1], places[case[1]] or 1)
      assert.equal(#case[2], line:size())
      assert.equal(case[2], table.concat(line:list()))
      local place = line:push "e"
      line:remove(case[1], places[case[1]] or 1)
      assert.equal(case[2] .. "e", all(line))
      line:remove("e", place)
      assert.equal(0, line:size())
      assert.is_nil(line:pop())
    end
  end)

  it("takes thousands out of their places, in any order", function()
    local work, many = 0, 50000
    local before = table.pack(debug.gethook())
    debug.sethook(function() work = work + 1000 end, "", 1000)
    for _, order in ipairs { { 1, many, 1 }, { many, 1, -1 } } do
      local line = queue.new()
      for index = 1, many do line:push(index) end
      for place = order[1], order[2], order[3] do line:remove(place, place) end
      assert.equal(0, line:size())
      assert.equal(1, line:push "next")
    end
    debug.sethook(table.unpack(before, 1, before.n))
    assert.is_true(work < 2 * many * 200, ("%d instructions"):format(work)) -- no search for each
  end)

  it("keeps nothing of those who come and go behind one that stays", function()
    local line = queue.new()
    line:push "stays"
    for _ = 1, 1000 do line:remove("guest", line:push "guest") end
    assert.equal(2, line:push "next")
    assert.equal("staysnext", all(line))
  end)
end)
