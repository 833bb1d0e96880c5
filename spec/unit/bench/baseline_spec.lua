-- bench.lib.baseline and bench.lib.callgrind: instruction counts, read and compared.

local baseline = require "bench.lib.baseline"
local callgrind = require "bench.lib.callgrind"

local versions = { compiler = "cc 12.2", lua = "Lua 5.4.4", processor = "x86_64" }

local function written()
  return baseline.read(baseline.write(versions, {
    { name = "GET", count = 40000.4 }, { name = "list walk, a record", count = 13000 },
  }))
end

describe("bench.lib.baseline", function()
  it("reads what it has written", function()
    assert.same({
      versions = versions, counts = { GET = 40000, ["list walk, a record"] = 13000 },
    }, written())
  end)

  it("fails on more than three percent, and on no less", function()
    local change, regression = baseline.compare(written(), "GET", 41300)
    assert.near(0.0325, change, 1e-9)
    assert.is_true(regression)
    change, regression = baseline.compare(written(), "GET", 41100)
    assert.near(0.0275, change, 1e-9)
    assert.is_false(regression)
  end)

  it("never fails on what has become cheaper or is new", function()
    local change, regression = baseline.compare(written(), "GET", 20000)
    assert.near(-0.5, change, 1e-9)
    assert.is_false(regression)
    change, regression = baseline.compare(written(), "PUT", 20000)
    assert.is_nil(change)
    assert.is_false(regression)
  end)

  it("names the version that is not its own", function()
    assert.is_nil(baseline.difference(written(), versions))
    local other = { compiler = "cc 13.1", lua = "Lua 5.4.4", processor = "x86_64" }
    assert.equal("compiler: cc 13.1 here, cc 12.2 in the baseline",
      baseline.difference(written(), other))
  end)

  it("has no versions where there is no file yet", function()
    assert.truthy(baseline.difference(baseline.read "", versions))
  end)
end)

describe("callgrind.sums", function()
  local profile = [[
version: 1
positions: line
events: Ir

ob=(1) /usr/bin/lua5.4
fl=(1) lvm.c
fn=(1) luaV_execute
10 100
+2 20
cob=(2) /build/lib/zendesk/core.so
cfi=(2) lengine.c
cfn=(2) submit
calls=3 40
* 7000
-1 5

ob=(2)
fn=(2)
40 400
cob=(3) /usr/lib/libcurl.so.4
cfn=(3) perform
calls=1 0
41 9000

ob=(3)
fn=(3)
0 1000
ob=(4) /usr/lib/libz.so.1
0 7
]]

  it("adds up each part's own cost; what a call cost is the callee's", function()
    local sums = callgrind.sums(profile)
    assert.same({ 125, 400, 1000, 7 }, { sums.lua, sums.module, sums.libcurl, sums.other })
  end)

  it("tells the module and Lua from libraries", function()
    local sums = callgrind.sums(profile)
    assert.same({ 1532, 525 }, { sums.total, sums.own })
  end)
end)
