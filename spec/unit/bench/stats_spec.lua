-- bench.lib.stats and bench.lib.results: medians, spread, ratios.

local results_of = require "bench.lib.results"
local stats = require "bench.lib.stats"

describe("bench.lib.stats", function()
  it("takes the value in the middle, and the mean of two of them", function()
    assert.equal(3, stats.summary({ 9, 1, 3 }).median)
    assert.equal(2.5, stats.summary({ 4, 1, 2, 3 }).median)
  end)

  it("gives the quarters between which half of the values lie", function()
    local summary = stats.summary { 5, 1, 4, 2, 3 }
    assert.same({ median = 3, low = 2, high = 4, count = 5 }, summary)
  end)

  it("does not reorder what it is given", function()
    local values = { 3, 1, 2 }
    stats.summary(values)
    assert.same({ 3, 1, 2 }, values)
  end)

  it("has no summary of nothing", function()
    assert.is_nil(stats.summary {})
  end)

  it("takes ratios round by round, as far as both have been measured", function()
    assert.same({ 2, 3 }, stats.ratios({ 2, 6, 5 }, { 1, 2 }))
  end)

  it("leaves out rounds in which the other one took no time that could be measured", function()
    assert.same({ 2 }, stats.ratios({ 2, 6 }, { 1, 0 }))
  end)
end)

describe("bench.lib.results", function()
  local function measured()
    local results = results_of.new()
    for round, wall in ipairs { 1, 2, 30 } do
      results:add("get/plain", "floor", { wall = wall })
      results:add("get/plain", "ours", { wall = wall * (1 + round / 10) })
    end
    return results
  end

  it("has the median of what was added", function()
    assert.equal(2, measured():median("get/plain", "floor", "wall"))
  end)

  it("compares within a round: a disturbed one does not move the ratio", function()
    local ratio = measured():ratio("get/plain", "ours", "floor", "wall")
    assert.near(1.2, ratio.median, 1e-9)
  end)

  it("has nothing to say about what was not measured", function()
    local results = measured()
    assert.is_nil(results:median("get/tls", "floor", "wall"))
    assert.is_nil(results:median("get/plain", "curl", "wall"))
    assert.is_nil(results:ratio("get/plain", "ours", "curl", "wall"))
  end)
end)
