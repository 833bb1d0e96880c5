-- Our reader and writer beside lua-cjson: they agree on whatever both accept, numbers apart, where
-- lua-cjson 2.1.0 rounds.

local cjson = require "cjson"
local core = require "zendesk.core"

-- Equal but for what numbers lose in lua-cjson.
local function alike(ours, theirs)
  if type(ours) ~= type(theirs) then return false end
  if type(ours) == "number" then
    return math.abs(ours - theirs) <= math.abs(ours) * 1e-13
  end
  if type(ours) ~= "table" then return ours == theirs end
  for key, value in pairs(ours) do
    if not alike(value, theirs[key]) then return false end
  end
  for key in pairs(theirs) do
    if ours[key] == nil then return false end
  end
  return true
end

-- A generator of its own, so that a failure can be repeated.
local seed = 20261125
local function random(count)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return (seed >> 8) % count + 1
end

local STRINGS = { "", "a", "id", "subject", "Grüße", "日本語", "😀", 'say "hi"', "back\\slash",
  "line\nbreak", "tab\t", "\0nul", "\127", ("long "):rep(50), "2026-01-20T22:55:29Z" }

local SCALARS = {
  function() return random(2000000) - 1000000 end,
  function() return (random(2000000) - 1000000) / 64 end,
  function() return random(2) == 1 end,
  function() return cjson.null end,
  function() return STRINGS[random(#STRINGS)] end,
}

local function make(depth)
  local kind = random(10)
  if depth == 0 or kind <= 5 then return SCALARS[random(#SCALARS)]() end
  local value = {}
  if kind <= 7 then
    for i = 1, random(6) do value[i] = make(depth - 1) end -- never empty: cjson would make {} of it
  else
    for _ = 1, random(8) - 1 do value[STRINGS[random(#STRINGS)]] = make(depth - 1) end
  end
  return value
end

describe("beside lua-cjson", function()
  it("both read what either writes, to the same value", function()
    for round = 1, 2000 do
      local value = make(5)
      local ours = assert(core.encode(value))
      local theirs = cjson.encode(value)
      for _, text in ipairs { ours, theirs } do
        local read, message = core.decode(text)
        assert(message == nil, message)
        if not alike(value, read) or not alike(read, cjson.decode(text)) then
          error(("round %d: %s"):format(round, text))
        end
      end
    end
  end)

  it("our reader refuses nothing that lua-cjson makes of texts with bytes changed, "
    .. "unless it is no JSON", function()
    local accepted = 0
    for _ = 1, 20000 do
      local text = core.encode(make(3))
      local at = random(#text)
      text = text:sub(1, at - 1) .. string.char(random(256) - 1) .. text:sub(at + 1)
      local ours, message = core.decode(text)
      local ok, theirs = pcall(cjson.decode, text)
      if message == nil then
        accepted = accepted + 1
        if not ok then error("lua-cjson refuses " .. text) end
        if not alike(ours, theirs) then error("lua-cjson reads otherwise " .. text) end
      end
    end
    assert.is_true(accepted > 1000)
  end)

  it("arrays are decided alike", function()
    for _, value in ipairs { { 1, 2, 3 }, {}, { a = 1 }, { { 1 }, { a = {} } } } do
      assert.are.equal(cjson.encode(value), core.encode(value))
    end
  end)
end)
