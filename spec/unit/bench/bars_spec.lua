-- bench.lib.bars and bench.lib.report: which promises are kept, and the page that says so.

local bars = require "bench.lib.bars"
local report = require "bench.lib.report"
local results_of = require "bench.lib.results"

local function at_most(limit, timed)
  return { limit = limit, timed = timed }
end

describe("bars.verdict", function()
  it("is yes at the limit", function()
    assert.equal("yes", bars.verdict(at_most(1.15), 1.15))
    assert.equal("yes", bars.verdict({ limit = 2, at_least = true }, 2))
  end)

  it("is no beyond it", function()
    assert.equal("no", bars.verdict(at_most(10), 10.1))
    assert.equal("no", bars.verdict({ limit = 2, at_least = true }, 1.99))
  end)

  it("leaves times that miss by less than five percent to the instruction count", function()
    assert.equal("just missed", bars.verdict(at_most(1, true), 1.04))
    assert.equal("no", bars.verdict(at_most(1, true), 1.06))
    assert.equal("just missed", bars.verdict({ limit = 2, at_least = true, timed = true }, 1.95))
  end)

  it("is given by that count where there is one", function()
    local promise = { limit = 1, timed = true, instructions = "instructions/get/tls" }
    local results = results_of.new()
    assert.equal("just missed", bars.verdict(promise, 1.04, results))
    results:add("instructions/get/tls", "floor", { total = 100 })
    results:add("instructions/get/tls", "ours", { total = 130 })
    assert.equal("by instructions", bars.verdict(promise, 1.04, results))
    assert.equal("no", bars.verdict(promise, 1.06, results))
    assert.equal("yes", bars.verdict(promise, 1, results))
    results:add("instructions/get/tls", "floor", { total = 100 })
    results:add("instructions/get/tls", "ours", { total = 140 })
    assert.equal("no", bars.verdict(promise, 1.04, results))
  end)

  it("says what was not measured", function()
    assert.equal("not measured", bars.verdict(at_most(1), nil))
  end)
end)

local function measured()
  local results = results_of.new()
  for _, group in ipairs { "get/plain", "cold/tls" } do
    results:add(group, "floor", { wall = 0.010, cpu = 0.010 })
    results:add(group, "ours", { wall = 0.011, cpu = 0.011 })
  end
  results:add("create100/h2", "ours", { total_wall = 1.04, connections = 2, wall = 0, cpu = 0 })
  results.reasons.luacurl = "Lua 5.4 finds no module 'cURL'"
  return results
end

local occasion = { date = "1 May 2026", machine = "two cores of a machine", rounds = 11 }

describe("bars.rows", function()
  local function row_of(words)
    for _, row in ipairs((bars.rows(measured()))) do
      if row[1] == words then return row end
    end
    return error("no promise: " .. words)
  end

  it("judges ratios to the floor", function()
    assert.same({ "small GET, plain HTTP: CPU against the floor", "≤ 1.15×", "1.10×", "yes" },
      row_of "small GET, plain HTTP: CPU against the floor")
  end)

  it("judges absolute times and counts", function()
    assert.equal("yes", row_of("cold start, TLS with default trust: wall")[4])
    assert.same({ "2,000 creations, 100 in flight, HTTP/2: connections", "≤ 1", "2", "no" },
      row_of "2,000 creations, 100 in flight, HTTP/2: connections")
  end)

  it("counts the verdicts", function()
    local rows, counts = bars.rows(measured())
    assert.equal(#rows, counts.yes + counts.no + counts["not measured"])
    assert.equal(1, counts.no)
  end)
end)

describe("report", function()
  it("names the occasion and every peer that is absent, with its reason", function()
    local page = report.page(measured(), occasion)
    assert.truthy(page:find("1 May 2026, on two cores of a machine. Medians of 11", 1, true))
    assert.truthy(page:find("Lua-cURL + lua-cjson: absent: Lua 5.4 finds no module", 1, true))
  end)

  it("shows a client beside the floor, and a dash where it was not measured", function()
    local page = report.page(measured(), occasion)
    assert.truthy(page:find("| zendesk for Lua | 11.0 ms | 1.10× | – | – | – | – |", 1, true))
  end)

  it("draws what was measured, the quickest first", function()
    local svg = report.chart(measured(), occasion)
    local floor, ours = svg:find "C on libcurl", svg:find "zendesk for Lua"
    assert.is_true(floor < ours)
    assert.is_nil(svg:find("Walk of", 1, true))
  end)
end)
