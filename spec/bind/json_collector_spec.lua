-- core.decode and Lua's collector: what a text allocates is paid for, with the next text.

local core = require "zendesk.core"

local RECORD = '{"id":%d,"subject":"number %d","tags":["a","b"],"via":{"channel":"web"}}'

local function page(records)
  local list = {}
  for i = 1, records do list[i] = RECORD:format(i, i) end
  return '{"tickets":[' .. table.concat(list, ",") .. "]}"
end

-- Kilobytes that the value of a text takes.
local function size_of(text)
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  local value = core.decode(text)
  local size = collectgarbage "count" - before
  collectgarbage "restart"
  assert.is_table(value)
  return size
end

-- The most kilobytes beyond those at the start that `step` left behind in `rounds` rounds.
local function peak_of(rounds, step)
  collectgarbage()
  collectgarbage()
  local before, peak = collectgarbage "count", 0
  for _ = 1, rounds do
    step()
    peak = math.max(peak, collectgarbage "count" - before)
  end
  return peak, before
end

describe("core.decode and the collector", function()
  local text = page(250)

  for _, mode in ipairs { "incremental", "generational" } do
    describe("in " .. mode .. " mode", function()
      local previous
      setup(function() previous = collectgarbage(mode) end)
      teardown(function() collectgarbage(previous) end)

      it("keeps a few pages of many, not all of them", function()
        local size = size_of(text)
        local peak, before = peak_of(1000, function() core.decode(text) end)
        assert.is_true(peak < 1.2 * before + 4 * size, ("%.0f KB"):format(peak))
      end)

      it("gives back at once what a text has not used", function()
        local broken = (" "):rep(4 * 1024 * 1024) .. "x" -- borrows 16 MB
        local peak, before = peak_of(100000, function()
          if broken then broken = core.decode(broken) end
          return { {}, {}, {}, {} }
        end)
        assert.is_nil(broken)
        assert.is_true(peak < before + 8 * 1024, ("%.0f KB"):format(peak))
      end)
    end)
  end

  it("leaves a collector that the host has stopped alone", function()
    collectgarbage()
    local collected = false
    core.decode(text)
    collectgarbage "stop"
    setmetatable({}, { __gc = function() collected = true end })
    for _ = 1, 500 do core.decode(text) end
    local running = collectgarbage "isrunning"
    local too_early = collected
    collectgarbage "restart"
    assert.is_false(running)
    assert.is_false(too_early)
    collectgarbage()
    assert.is_true(collected)
  end)

  it("decodes in a finaliser that runs while a text is read", function()
    local decoded = 0
    local function again()
      setmetatable({}, { __gc = function()
        decoded = decoded + #core.decode(text).tickets
        if decoded < 1000 then again() end
      end })
    end
    again()
    for _ = 1, 20000 do -- how many depends on what else this program holds
      assert.are.equal(250, #core.decode(text).tickets)
      if decoded >= 1000 then break end
    end
    assert.is_true(decoded >= 1000)
  end)
end)
