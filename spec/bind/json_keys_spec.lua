-- core.decode remembers keys from one text to the next: whatever came before, a text means the
-- same, and what is remembered stays small.

local core = require "zendesk.core"

-- More keys than are remembered: short, long, too long to be kept, alike at both ends, escaped.
local KEYS = {}
for i = 1, 90 do
  KEYS[#KEYS + 1] = ("k%d"):format(i)
  KEYS[#KEYS + 1] = ("organization_%d_id"):format(i)
  KEYS[#KEYS + 1] = ("a_key_that_is_just_short_enough%d"):format(i % 10)
  KEYS[#KEYS + 1] = ("a key that is longer than those that are kept %d"):format(i)
  KEYS[#KEYS + 1] = ('with "quotes" %d'):format(i)
end

-- A sequence that is the same in every run.
local function dice(seed)
  return function(sides)
    seed = (seed * 48271) % 2147483647
    return seed % sides + 1
  end
end

local build

local function build_object(roll, depth, value, words)
  local first, fresh = roll(#KEYS), roll(3) == 1
  for i = 1, roll(6) - 1 do
    local key = KEYS[fresh and roll(#KEYS) or (first + i) % #KEYS + 1]
    local word
    value[key], word = build(roll, depth + 1)
    words[#words + 1] = core.encode(key) .. ":" .. word
  end
  return "{" .. table.concat(words, ",") .. "}"
end

-- A value and its text. The order of keys is as they are rolled, repetitions included.
function build(roll, depth)
  local kind = roll(depth < 5 and 5 or 3)
  if kind == 1 then
    local number = roll(1000000)
    return number, tostring(number)
  elseif kind == 2 then
    local text = KEYS[roll(#KEYS)]
    return text, core.encode(text)
  elseif kind == 3 then
    return true, "true"
  elseif kind == 4 then
    local list, words = {}, {}
    for i = 1, roll(4) - 1 do list[i], words[i] = build(roll, depth + 1) end
    return list, "[" .. table.concat(words, ",") .. "]"
  end
  local value = {}
  return value, build_object(roll, depth, value, {})
end

local function many_of(prefix, count)
  local words = {}
  for i = 1, count do words[i] = ('"%s%d":%d'):format(prefix, i, i) end
  return "{" .. table.concat(words, ",") .. "}"
end

-- Lua's own table of strings is a part of it, which doubles when many are alive: less than this is
-- no sign of anything. What the tests below read has several times as much.
local NOISE = 1024

local function kilobytes()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

describe("the keys that core.decode remembers", function()
  it("change nothing in what a text means", function()
    local roll = dice(20261)
    for _ = 1, 1500 do
      local value, text = build(roll, 0)
      assert.are.same(value, (core.decode(text)))
    end
  end)

  it("are of no use where a text only begins like the one before", function()
    assert.are.same({ user = { id = 1, name = "a" } }, core.decode '{"user":{"id":1,"name":"a"}}')
    for _, text in ipairs {
      '{"user":{"id":1,"name"         ', '{"user":{"id":1,"name":         ',
      '{"user":{"id":1,"name"x:"a"}}  ',
      '{"user":{"id":1,,"name":"a"}}  ', '{"user":["id":1,"name":"a"]}   ',
      '{"user":{"id":1 "name":"a"}}   ', '{,"user":{"id":1,"name":"a"}}  ',
      '"user":{"id":1,"name":"a"}     ', '{"user":"id":1}                ',
    } do
      local value, message, offset = core.decode(text)
      assert.is_nil(value, text)
      assert.is_string(message)
      assert.is_true(offset > 0 and offset <= #text + 1)
    end
    assert.are.same({ user = { id = 1, names = "a" } },
      core.decode '{"user":{"id":1,"names":"a"}}')
    assert.are.same({ user = {} }, core.decode '{"user":{}}')
    assert.are.same({ user = { "id" } }, core.decode '{"user":["id"]}')
  end)

  it("are bounded, and make room for others", function()
    core.decode(many_of("warm", 400))
    local before = kilobytes()
    for round = 1, 200 do
      local text = many_of(("round_%d_"):format(round), 400)
      for _ = 1, 2 do
        local value = core.decode(text)
        for i = 1, 400 do
          if value[("round_%d_%d"):format(round, i)] ~= i then error(text) end
        end
      end
    end
    local growth = kilobytes() - before
    assert.is_true(growth < NOISE, ("%.0f KB"):format(growth))
  end)

  it("are short, and no values", function()
    local before = kilobytes()
    for i = 1, 100 do
      local long = ("%d"):format(i):rep(20000)
      core.decode(('{"%s":"%s","a":"%s"}'):format(long, long, long))
    end
    local growth = kilobytes() - before
    assert.is_true(growth < NOISE, ("%.0f KB"):format(growth))
  end)

  it("may change while a text is read, when a finaliser decodes, too", function()
    local roll, round, decoded, stop = dice(7), 0, 0, false
    local function again()
      setmetatable({}, { __gc = function()
        round = round + 1
        local value = core.decode(many_of(("gc_%d_"):format(round), 300))
        decoded = decoded + (value["gc_" .. round .. "_300"] == 300 and 1 or 0)
        if not stop then again() end
      end })
    end
    -- Collections follow one another, however much else this program holds.
    local pause, multiplier = collectgarbage("setpause", 100), collectgarbage("setstepmul", 1000)
    finally(function()
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", multiplier)
    end)
    again()
    local texts = 0
    while texts < 400 or (decoded <= 10 and texts < 20000) do
      texts = texts + 1
      local list, words = {}, {}
      for i = 1, 40 do list[i], words[i] = build(roll, 1) end
      assert.are.same(list, (core.decode("[" .. table.concat(words, ",") .. "]")))
    end
    stop = true
    collectgarbage()
    assert.is_true(decoded > 10)
    assert.are.equal(round, decoded)
  end)
end)
