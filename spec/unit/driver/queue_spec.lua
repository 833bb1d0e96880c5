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
      local line = queue.new()
      for _, value in ipairs { "x", "a", "b", "c" } do line:push(value) end
      assert.equal("x", line:pop())
      line:remove(case[1])
      assert.equal(#case[2], line:size())
      line:push "e"
      assert.equal(case[2] .. "e", all(line))
      line:remove "a"
      assert.equal(0, line:size())
    end
  end)
end)
