-- The table of switches in docs/testing-with-the-sandbox.md against those that the sandbox has.

local switches = require "zendesk.sandbox.switches"

-- The names in the first column of the table under "Switches".
local function described()
  local names, inside = {}, false
  for line in io.lines "docs/testing-with-the-sandbox.md" do
    if line:find "^## " then inside = line == "## Switches" end
    local first = inside and line:match "^| (`.-) |"
    for name in (first or ""):gmatch "`([%l_]+)`" do names[name] = true end
  end
  return names
end

describe("the guide to the sandbox", function()
  it("names every switch, and no others", function()
    local there = {}
    for name in pairs(switches.new()) do there[name] = true end
    assert.same(there, described())
  end)
end)
