-- bench.lib.text and bench.lib.chart: what people read.

local chart = require "bench.lib.chart"
local text = require "bench.lib.text"

describe("bench.lib.text", function()
  it("writes three significant digits", function()
    assert.equal("1.23", text.number(1.2345))
    assert.equal("12.3", text.number(12.345))
    assert.equal("0.0123", text.number(0.012345))
    assert.equal("1234", text.number(1234.5))
    assert.equal("0", text.number(0))
  end)

  it("chooses the unit of a time", function()
    assert.equal("44.1 µs", text.seconds(44.1e-6))
    assert.equal("1.04 s", text.seconds(1.04))
    assert.equal("19.6 ms", text.seconds(0.0196))
    assert.equal("0.500 µs", text.seconds(0.5e-6))
  end)

  it("writes ratios so that a hundredth can be seen where it matters", function()
    assert.equal("1.07×", text.ratio(1.068))
    assert.equal("90.4×", text.ratio(90.42))
  end)

  it("writes a Markdown table", function()
    assert.equal("| a | b |\n|---|---:|\n| x | 1 |\n", text.table({ "a", "b" }, { { "x", "1" } }))
  end)
end)

describe("bench.lib.chart", function()
  local function drawn()
    return chart.svg("Title", {
      { title = "CPU & wall", bars = {
        { label = "slow <one>", value = 4, text = "4 s" },
        { label = "ours", value = 1, text = "1 s", strong = true },
      } },
    })
  end

  it("draws bars in proportion, the longest over the whole width", function()
    local long, short = drawn():match 'width="([%d.]+)" height="16".-width="([%d.]+)" height="16"'
    assert.equal(460, tonumber(long))
    assert.equal(115, tonumber(short))
  end)

  it("escapes words", function()
    assert.truthy(drawn():find("CPU &amp; wall", 1, true))
    assert.truthy(drawn():find("slow &lt;one&gt;", 1, true))
  end)

  it("marks one bar", function()
    local _, marked = drawn():gsub('rect class="strong"', "")
    assert.equal(1, marked)
  end)

  it("is as high as what it shows", function()
    local height = tonumber(drawn():match 'height="(%d+)" viewBox')
    for y in drawn():gmatch ' y="(%d+)"' do assert.is_true(tonumber(y) < height) end
  end)
end)
