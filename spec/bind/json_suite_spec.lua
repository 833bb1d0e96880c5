-- The files of github nst/JSONTestSuite, each with the outcome that RFC 8259 wants: y_ accepted, n_
-- refused, i_ left to us. They are not part of this repository: $ZENDESK_JSON_TEST_SUITE names
-- their folder, ../shared/JSONTestSuite by default. Where the default is not there this spec is
-- pending and says so; a folder that was named must be there, and CI names it.

local core = require "zendesk.core"
local paths = require "spec.support.paths"

local named = os.getenv "ZENDESK_JSON_TEST_SUITE" or ""
local folder = named ~= "" and named or paths.root .. "/../shared/JSONTestSuite"

-- Of the i_ files, what is accepted: numbers that a float comes near to, and 500 levels. Everything
-- else is no UTF-8, half of a surrogate pair, a byte order mark, or past the largest float.
local ACCEPTED = {
  ["i_number_double_huge_neg_exp.json"] = true,
  ["i_number_real_underflow.json"] = true,
  ["i_number_too_big_neg_int.json"] = true,
  ["i_number_too_big_pos_int.json"] = true,
  ["i_number_very_big_negative_int.json"] = true,
  ["i_structure_500_nested_arrays.json"] = true,
}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "a"
  file:close()
  return content
end

local function names_of(path)
  local names = {}
  local pipe = assert(io.popen(("ls '%s' 2>/dev/null"):format(path:gsub("'", "'\\''"))))
  for name in pipe:lines() do
    if name:find "^[yni]_.*%.json$" then names[#names + 1] = name end
  end
  pipe:close()
  return names
end

local function expectation(name)
  local kind = name:sub(1, 1)
  if kind == "i" then return ACCEPTED[name] == true end
  return kind == "y"
end

describe("JSONTestSuite", function()
  local names = names_of(folder)
  if #names == 0 and named == "" then
    pending "is not beside this checkout: ZENDESK_JSON_TEST_SUITE names its folder"
    return
  end

  it("is there as a whole: 95 to accept, 188 to refuse, 35 to decide", function()
    local counts = { y = 0, n = 0, i = 0 }
    for _, name in ipairs(names) do
      local kind = name:sub(1, 1)
      counts[kind] = counts[kind] + 1
    end
    assert.are.same({ y = 95, n = 188, i = 35 }, counts,
      "in " .. folder .. "; ZENDESK_JSON_TEST_SUITE says where else to look")
  end)

  for _, name in ipairs(names) do
    local accepted = expectation(name)
    it((accepted and "accepts " or "refuses ") .. name, function()
      local text = read(folder .. "/" .. name)
      -- Once more with space behind it, where the reader remembers keys.
      for _, variant in ipairs { text, text .. (" "):rep(2000) } do
        local value, message, offset = core.decode(variant)
        if accepted then
          assert.is_nil(message)
          assert.is_not_nil(value)
        else
          assert.is_nil(value)
          assert.are.equal("string", type(message))
          assert.is_true(offset >= 1 and offset <= #variant + 1)
        end
      end
    end)
  end

  it("reads back what it writes of the accepted files", function()
    for _, name in ipairs(names) do
      if expectation(name) then
        local value = core.decode(read(folder .. "/" .. name))
        local text = assert(core.encode(value))
        assert.are.equal(text, core.encode(core.decode(text)))
      end
    end
  end)
end)
