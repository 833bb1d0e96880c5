-- core.decode: JSON text to Lua values.

local cjson = require "cjson"
local core = require "zendesk.core"

local function decode(text, depth)
  local value, message = core.decode(text, depth)
  assert(message == nil, message)
  return value
end

local function exactly(expected, value)
  assert.are.equal(math.type(expected), math.type(value))
  assert.are.equal(expected, value)
end

-- With so much behind it that no key is too near to the end to be compared at once.
local function padded(text)
  return text .. (" "):rep(2000)
end

describe("core.decode", function()
  it("reads every kind of value", function()
    assert.are.equal("x", decode '"x"')
    assert.is_true(decode "true")
    assert.is_false(decode "false")
    assert.are.equal(core.null, decode "null")
    exactly(12, decode "12")
    exactly(1.5, decode "1.5")
    assert.are.same({ a = { 1, { b = "c" } } }, decode ' { "a" : [ 1 , { "b" : "c" } ] } ')
  end)

  it("has the null of lua-cjson", function()
    assert.are.equal(cjson.null, decode "null")
    assert.are.equal(cjson.null, decode "[1,null]"[2])
  end)

  it("keeps integers exact, bit for bit, over all of 64 bits", function()
    local ids = { 0, 1, -1, 2 ^ 31 | 0, 2 ^ 53 - 1 | 0, 2 ^ 53 | 0, (2 ^ 53 | 0) + 1,
      123456789012345, 1234567890123456, 1234567890123456789, math.maxinteger, -math.maxinteger,
      math.mininteger }
    for _, id in ipairs(ids) do
      exactly(id, decode(("%d"):format(id)))
      exactly(id, decode(('{"id":%d}'):format(id)).id)
      exactly(id, decode(core.encode { id = id }).id)
    end
  end)

  it("reads integers of any number of digits", function()
    local text = ""
    for digits = 1, 18 do
      text = text .. digits % 10
      exactly(math.tointeger(text), decode(text))
      exactly(-math.tointeger(text), decode("-" .. text .. " "))
      exactly(math.tointeger(text), decode("[" .. text .. "]")[1])
    end
  end)

  it("makes floats of larger integers, fractions, exponents and -0", function()
    exactly(2.0 ^ 63, decode "9223372036854775808")
    exactly(-2.0 ^ 63, decode "-9223372036854775809")
    exactly(1e20, decode "100000000000000000000")
    exactly(1.0, decode "1.0")
    exactly(100.0, decode "1e2")
    exactly(0.1, decode "0.1")
    exactly(5e-324, decode "5e-324")
    assert.are.equal(-math.huge, 1 / decode "-0")
    assert.are.equal(math.huge, 1 / decode "0.0")
  end)

  it("refuses a number that no float holds", function()
    local value, message, offset = core.decode "[1e400]"
    assert.is_nil(value)
    assert.are.equal("expected a number that a float holds at byte 2", message)
    assert.are.equal(2, offset)
  end)

  it("reads escapes and characters of every length", function()
    assert.are.equal('"\\/\b\f\n\r\t', decode [["\"\\\/\b\f\n\r\t"]])
    assert.are.equal("é€😀", decode [["\u00e9\u20ac\ud83d\ude00"]])
    assert.are.equal("é€😀", decode '"é€😀"')
    assert.are.equal("a\0b", decode [["a\u0000b"]])
    assert.are.same({ ["a\nb"] = 1 }, decode [[{"a\nb":1}]])
    local long = ("x"):rep(5000)
    assert.are.equal(long .. "\n" .. long, decode('"' .. long .. "\\n" .. long .. '"'))
  end)

  it("keeps the last value of a repeated key", function()
    assert.are.same({ a = 3 }, decode '{"a":1,"a":2,"a":3}')
    assert.are.same({ a = 2 }, decode [[{"a":1,"\u0061":2}]])
    assert.are.same({ { a = 1, b = 3 }, { a = 3 } },
      decode(padded '[{"a":1,"b":2,"b":3},{"a":1,"a":2,"a":3}]'))
  end)

  it("marks arrays, so that they stay arrays when they are emptied", function()
    local ticket = decode '{"tags":["vip"],"followers":[],"via":{}}'
    table.remove(ticket.tags)
    assert.are.equal('{"followers":[],"tags":[],"via":{}}', core.encode(ticket))
    assert.are.equal(core.array_mt, getmetatable(ticket.tags))
    assert.is_nil(getmetatable(ticket.via))
  end)

  it("says what was expected and where", function()
    local cases = {
      { "", "expected a value at byte 1, where the text ends", 1 },
      { '{"a":1', "expected ',' or '}' at byte 7, where the text ends", 7 },
      { "[1 2]", "expected ',' or ']' at byte 4", 4 },
      { "{} {}", "expected nothing behind the value at byte 4", 4 },
      { "1\0", "expected nothing behind the value at byte 2", 2 },
      { "\xef\xbb\xbf{}", "expected a value, not a byte order mark at byte 1", 1 },
      { '"\xff"', "expected well-formed UTF-8 at byte 2", 2 },
      { '["\\ud800"]', "expected a pair of surrogates, not half of one at byte 3", 3 },
    }
    for _, case in ipairs(cases) do
      local value, message, offset = core.decode(case[1])
      assert.is_nil(value)
      assert.are.equal(case[2], message)
      assert.are.equal(case[3], offset)
    end
  end)

  it("shows nothing of the text in a message", function()
    for _, text in ipairs { "canary-token", '{"canary-token":canary-token}', '"canary-token\n"' } do
      local _, message = core.decode(text)
      assert.is_nil(message:find("canary", 1, true))
    end
  end)

  it("allows 512 levels of nesting, or as many as it is told", function()
    local function nested(depth) return ("["):rep(depth) .. ("]"):rep(depth) end
    assert.is_table(decode(nested(512)))
    local value, message, offset = core.decode(nested(513))
    assert.is_nil(value)
    assert.are.equal("expected fewer levels of nesting at byte 513", message)
    assert.are.equal(513, offset)
    assert.is_nil((core.decode("[[]]", 1)))
    assert.is_table(decode(nested(8192), 8192))
    assert.is_nil((core.decode(nested(8193), 100000)))
  end)

  it("ends 100,000 levels of nesting in an error", function()
    for _, opening in ipairs { "[", '{"a":', '[{"a":' } do
      for _, depth in ipairs { 512, 8192, math.maxinteger } do
        local value, message = core.decode(opening:rep(100000), depth)
        assert.is_nil(value)
        assert.is_truthy(message:find("expected fewer levels of nesting", 1, true))
      end
    end
  end)

  it("reads deep nesting of both kinds wherever the limit lies", function()
    for _, depth in ipairs { 30, 31, 32, 33, 34, 63, 64, 65, 2000 } do
      local text = padded(('{"a":[1,'):rep(depth) .. "2" .. (',3],"b":4}'):rep(depth))
      local value = decode(text, 8192)
      for _ = 1, depth do
        assert.are.equal(4, value.b)
        assert.are.same({ 1, 3 }, { value.a[1], value.a[3] })
        value = value.a[2]
      end
      assert.are.equal(2, value)
    end
  end)

  it("says so when Lua's stack is full before the limit is reached", function()
    local level = ("1,"):rep(500) .. "["
    local value, message = core.decode(("[" .. level):rep(3000), 8192)
    assert.is_nil(value)
    assert.is_truthy(message:find("expected less nesting: the Lua stack is full", 1, true))
  end)

  it("reads an object whose keys and values would not fit the Lua stack", function()
    local map = {}
    for i = 1, 510000 do map[i] = ('"%x":1'):format(i) end
    local object = decode("{" .. table.concat(map, ",") .. "}")
    assert.are.equal(1, object["1"])
    assert.are.equal(1, object[("%x"):format(510000)])
  end)

  it("reads arrays and objects of any size", function()
    for _, count in ipairs { 0, 1, 2, 254, 255, 256, 257, 511, 512, 513, 1100, 100000 } do
      local list, map = {}, {}
      for i = 1, count do
        list[i] = ("%d"):format(i * 3)
        map[i] = ('"k%d":%d'):format(i, i * 3)
      end
      local array = decode("[" .. table.concat(list, ",") .. "]")
      local object = decode("{" .. table.concat(map, ",") .. "}")
      assert.are.equal(count, #array)
      local pairs_seen = 0
      for _ in pairs(object) do pairs_seen = pairs_seen + 1 end
      assert.are.equal(count, pairs_seen)
      for i = 1, count do
        if array[i] ~= i * 3 or object["k" .. i] ~= i * 3 then error("wrong at " .. i) end
      end
    end
  end)

  it("reads objects whose keys come in another order, are more, fewer or nested", function()
    local text = padded [[{"list":[{"id":1,"name":"a","via":{"id":2,"name":"b"}},
      {"name":"c","id":3},{"id":4,"x":5,"name":"d","via":{"name":"e"}},{},{"via":{}},
      {"id":6,"name":"f","via":[{"id":7},{"id":8}]}],"id":9}]]
    assert.are.same({
      list = {
        { id = 1, name = "a", via = { id = 2, name = "b" } },
        { name = "c", id = 3 },
        { id = 4, x = 5, name = "d", via = { name = "e" } },
        {},
        { via = {} },
        { id = 6, name = "f", via = { { id = 7 }, { id = 8 } } },
      },
      id = 9,
    }, decode(text))
  end)

  it("reads more different keys than it remembers", function()
    local items = {}
    for i = 1, 1000 do
      items[i] = ('"key%d":{"id":%d,"in%d":[{"x":%d}]}'):format(i, i, i, i)
    end
    local object = decode("{" .. table.concat(items, ",") .. "}")
    for i = 1, 1000 do
      local entry = object["key" .. i]
      assert.are.equal(i, entry.id)
      assert.are.equal(i, entry["in" .. i][1].x)
    end
  end)

  it("takes no memory for large objects where small ones come", function()
    local large = {}
    for i = 1, 20000 do large[i] = ('"k%d":1'):format(i) end
    local text = "[{" .. table.concat(large, ",") .. "}" .. (",{}"):rep(20000) .. "]"
    collectgarbage()
    local before = collectgarbage "count"
    local value = decode(text)
    collectgarbage()
    assert.is_true(collectgarbage "count" - before < 16 * 1024)
    assert.are.equal(20001, #value)
  end)

  it("is the same under every locale that there is", function()
    for _, name in ipairs { "de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8", "C" } do
      if os.setlocale(name, "numeric") then
        exactly(1.5, decode "1.5")
        assert.are.equal("1.5", core.encode(1.5))
      end
    end
    os.setlocale("C", "numeric")
  end)

  it("raises for arguments of the wrong type", function()
    for _, value in ipairs { {}, true, print } do
      assert.has_error(function() core.decode(value) end)
    end
    assert.has_error(function() core.decode("1", 0) end)
    assert.has_error(function() core.decode("1", -1) end)
    assert.has_error(function() core.decode("1", {}) end)
  end)
end)
