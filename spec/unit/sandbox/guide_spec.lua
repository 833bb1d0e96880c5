-- The tables of docs/testing-with-the-sandbox.md that say what the sandbox has, against its routes
-- and the words of its search.

local app = require "zendesk.sandbox.app"
local paging = require "zendesk.sandbox.paging"
local search_query = require "zendesk.sandbox.search_query"

-- The rows of the table under a heading, each a list of cells.
local function rows(heading)
  local list, inside = {}, false
  for line in io.lines "docs/testing-with-the-sandbox.md" do
    if line:find "^## " then inside = line == "## " .. heading end
    if inside and line:find "^| `" then
      local cells = {}
      for cell in line:gmatch "|([^|]*)" do cells[#cells + 1] = cell end
      list[#list + 1] = cells
    end
  end
  return list
end

local function quoted(cell)
  local names = {}
  for name in cell:gmatch "`([^`]+)`" do names[#names + 1] = name end
  return names
end

local PAGES = paging.parameters()

describe("the guide to the sandbox", function()
  it("names every endpoint with its methods, and no others", function()
    local there, described = {}, {}
    for _, route in ipairs(app.routes()) do there[route[1] .. " " .. route[2]] = true end
    for _, cells in ipairs(rows "What it has") do
      for _, path in ipairs(quoted(cells[1])) do
        for method in cells[2]:gmatch "%u+" do described[method .. " " .. path] = true end
      end
    end
    assert.same(there, described)
  end)

  it("names every parameter of each list", function()
    local described = {}
    for _, cells in ipairs(rows "What it has") do
      for _, path in ipairs(quoted(cells[1])) do described[path] = cells[3] end
    end
    for _, route in ipairs(app.routes()) do
      for name in pairs(route.parameters or {}) do
        local is_there = described[route[2]]:find("`" .. name .. "`", 1, true)
        assert.is_truthy(PAGES[name] or is_there, route[2] .. ": " .. name)
      end
    end
  end)

  it("names every word of the search, and no others", function()
    local described = {}
    for _, cells in ipairs(rows "Searching") do
      for _, name in ipairs(quoted(cells[1])) do described[name] = true end
    end
    assert.same(search_query.WORDS, described)
  end)
end)
