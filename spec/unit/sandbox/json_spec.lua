local json = require "zendesk.sandbox.json"

describe("the sandbox's JSON", function()
  it("keeps integers of 64 bits, in both directions", function()
    local numbers = {
      0, 1, -1, 2 ^ 31 | 0, 2 ^ 53 | 0, (2 ^ 53 | 0) + 1, 99999999999999, 100000000000000,
      999999999999999, 1234567890123456789, math.maxinteger, -math.maxinteger, math.mininteger,
    }
    for _, number in ipairs(numbers) do
      local text = '{"id":' .. ("%d"):format(number) .. "}"
      local value = json.decode(text)
      assert.equal("integer", math.type(value.id))
      assert.equal(number, value.id)
      assert.equal(text, json.encode(value))
    end
  end)

  it("leaves digits and brackets in strings alone", function()
    local text = [==[{"a":"1234567890123456789","b":"[]","c":"\"[ ]\\",]==]
      .. [==["d":[1234567890123456789]}]==]
    local value = json.decode(text)
    assert.equal("1234567890123456789", value.a)
    assert.equal("[]", value.b)
    assert.equal('"[ ]\\', value.c)
    assert.equal(1234567890123456789, value.d[1])
    assert.equal(text, json.encode(value))
  end)

  it("leaves long fractions and exponents to lua-cjson", function()
    local value = json.decode [[
      [1.234567890123456789, 1234567890123456789e2, 0.5, 12345678901234567890]
    ]]
    assert.equal(1.234567890123456789, value[1])
    assert.equal(1234567890123456789e2, value[2])
    assert.equal(0.5, value[3])
    assert.equal(12345678901234567890.0, value[4])
  end)

  it("tells an empty array from an empty object", function()
    for _, text in ipairs { '{"a":[],"b":{}}', "[]", "{}", '[[],[{}],{"a":[]}]' } do
      assert.equal(text, json.encode(json.decode(text)))
    end
    assert.equal("[]", json.encode(json.decode "[ \n ]"))
  end)

  it("refuses what is no JSON, with a message", function()
    for _, text in ipairs { "", "{", "[1,]", "nul", "NaN", "[Infinity]", "{'a':1}", '"a' } do
      local value, message = json.decode(text)
      assert.is_nil(value)
      assert.is_string(message)
    end
  end)

  it("knows null from nil", function()
    local value = json.decode '{"a":null}'
    assert.equal(json.null, value.a)
    assert.equal('{"a":null}', json.encode(value))
    assert.equal(require("cjson").null, json.null)
  end)

  it("writes keys in the order of their shape, others behind in theirs", function()
    local shape = json.shape { "id", "name" }
    local record = setmetatable({ name = "n", z = 1, id = 7, a = true }, shape)
    assert.equal('{"id":7,"name":"n","a":true,"z":1}', json.encode(record))
  end)

  it("escapes what must be, and nothing else", function()
    local text = 'a"b\\c/d\n\0\127\u{e9}\u{1f600}'
    local encoded = json.encode { text }
    assert.equal('["a\\"b\\\\c/d\\n\\u0000\\u007f\u{e9}\u{1f600}"]', encoded)
    assert.equal(text, json.decode(encoded)[1])
  end)

  it("writes floats that read back the same, and no infinities", function()
    for _, number in ipairs { 0.1, 1 / 3, 1e300, -2.5, 123456789.123 } do
      assert.equal(number, json.decode(json.encode { number })[1])
    end
    assert.equal("[null,null]", json.encode { 1 / 0, 0 / 0 })
  end)

  it("raises for what has no form", function()
    assert.has_error(function() json.encode { print } end)
    for _, list in ipairs { { 1, count = 5 }, { 1, [3] = 3 }, json.array { x = 1 } } do
      local text, message = json.try_encode(list)
      assert.is_nil(text)
      assert.equal("what it is told has no JSON form for an array with other keys",
        message)
    end
  end)
end)
