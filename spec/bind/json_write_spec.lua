-- core.encode and core.body: Lua values to JSON text.

local cjson = require "cjson"
local core = require "zendesk.core"

local function refused(value, message)
  local text, problem = core.encode(value)
  assert.is_nil(text)
  assert.are.equal(message, problem)
end

local function array(list)
  return setmetatable(list or {}, core.array_mt)
end

local function with_cjson(fields, body)
  local saved = {}
  for name, value in pairs(fields) do
    saved[name] = rawget(cjson, name)
    cjson[name] = value
  end
  local ok, problem = pcall(body)
  for name in pairs(fields) do cjson[name] = saved[name] end
  if not ok then error(problem, 0) end
end

describe("core.encode", function()
  it("writes every kind of value", function()
    assert.are.equal('"x"', core.encode "x")
    assert.are.equal("true", core.encode(true))
    assert.are.equal("false", core.encode(false))
    assert.are.equal("null", core.encode(core.null))
    assert.are.equal("null", core.encode(cjson.null))
    assert.are.equal("[1,[2,{\"a\":[]}]]", core.encode { 1, { 2, { a = array() } } })
  end)

  it("writes the keys of objects in byte order, however they came in", function()
    assert.are.equal('{"a":1,"aa":2,"b":3}', core.encode { b = 3, a = 1, aa = 2 })
    for _, count in ipairs { 2, 15, 16, 17, 33, 1000 } do
      local object, keys, texts = {}, {}, {}
      for i = 1, count do
        local key = ("k%d"):format(i * 7919 % 10007)
        object[key], keys[i] = i, key
      end
      table.sort(keys)
      for i, key in ipairs(keys) do texts[i] = ('"%s":%d'):format(key, object[key]) end
      assert.are.equal("{" .. table.concat(texts, ",") .. "}", core.encode(object))
    end
  end)

  it("writes an empty table as an object unless it is marked", function()
    assert.are.equal("{}", core.encode {})
    assert.are.equal("[]", core.encode(array()))
    assert.are.equal('{"scopes":[]}', core.encode { scopes = array() })
    assert.are.equal("[1,2]", core.encode(array { 1, 2 }))
  end)

  it("honours the field __jsontype of metatables", function()
    assert.are.equal("[]", core.encode(setmetatable({}, { __jsontype = "array" })))
    assert.are.equal("{}", core.encode(setmetatable({}, { __jsontype = "object" })))
    assert.are.equal("{}", core.encode(setmetatable({}, { __jsontype = 1 })))
    assert.are.equal("{}", core.encode(setmetatable({}, {})))
    refused(setmetatable({ 1 }, { __jsontype = "object" }),
      "an object has keys that are not strings")
  end)

  it("honours the marks of the loaded lua-cjson, where it has them", function()
    local mark, empty_mark = {}, {}
    local light = debug.upvalueid(refused, 1) -- a light userdata that is not NULL
    with_cjson({ array_mt = mark, empty_array_mt = empty_mark, empty_array = light }, function()
      assert.are.equal("[]", core.encode(setmetatable({}, mark)))
      assert.are.equal("[]", core.encode(setmetatable({}, empty_mark)))
      assert.are.equal('{"a":1}', core.encode(setmetatable({ a = 1 }, empty_mark)))
      assert.are.equal('{"a":[]}', core.encode { a = light })
      refused(setmetatable({ a = 1 }, mark), "an array has string keys")
    end)
    assert.are.equal("{}", core.encode(setmetatable({}, mark)))
    refused({ a = light }, "a: a userdata has no JSON form")
  end)

  it("does not load lua-cjson to look for its marks", function()
    local saved = package.loaded.cjson
    package.loaded.cjson = nil
    local text, loaded = core.encode(setmetatable({}, {})), package.loaded.cjson
    package.loaded.cjson = saved
    assert.are.equal("{}", text)
    assert.is_nil(loaded)
  end)

  it("keeps integers exact and floats floats", function()
    assert.are.equal("9223372036854775807", core.encode(math.maxinteger))
    assert.are.equal("-9223372036854775808", core.encode(math.mininteger))
    assert.are.equal("9007199254740993", core.encode(9007199254740993))
    assert.are.equal("3.0", core.encode(3.0))
    assert.are.equal("-0.0", core.encode(-0.0))
    assert.are.equal("0.1", core.encode(0.1))
    assert.are.equal("0.30000000000000004", core.encode(0.1 + 0.2))
    assert.are.equal("1e300", core.encode(1e300))
    assert.are.equal("5e-324", core.encode(5e-324))
  end)

  it("escapes what must be escaped", function()
    assert.are.equal([["\"\\\b\f\n\r\t\u0000\u001f/é€😀"]],
      core.encode '"\\\b\f\n\r\t\0\31/é€😀')
    assert.are.equal([[{"a\"b":1}]], core.encode { ['a"b'] = 1 })
  end)

  it("refuses values without a JSON form and names the path to them", function()
    refused({ ticket = { custom_fields = { { id = 1 }, { id = 2 }, { value = 0 / 0 } } } },
      "ticket.custom_fields[3].value: NaN has no JSON form")
    refused(math.huge, "an infinite number has no JSON form")
    refused({ -math.huge }, "[1]: an infinite number has no JSON form")
    refused(print, "a function has no JSON form")
    refused({ a = coroutine.create(print) }, "a: a thread has no JSON form")
    refused({ a = { b = io.stdout } }, "a.b: a userdata has no JSON form")
    refused({ ["a b"] = { print } }, '["a b"][1]: a function has no JSON form')
    refused({ a = { ["1st"] = print } }, 'a["1st"]: a function has no JSON form')
    refused({ a = { [""] = print } }, 'a[""]: a function has no JSON form')
  end)

  it("refuses strings and keys that are not UTF-8", function()
    refused({ ticket = { subject = "a\xff" } }, "ticket.subject: a string is not valid UTF-8")
    refused("\xed\xa0\x80", "a string is not valid UTF-8")
    refused({ ticket = { ["a\xff\n"] = 1 } }, 'ticket["a??"]: a key is not valid UTF-8')
  end)

  it("refuses holes, mixed keys and keys that are no strings", function()
    local holes = "an array has holes (put zendesk.null where there is nothing, or make an "
      .. "object with string keys)"
    refused({ 1, nil, 3 }, holes)
    refused({ tags = { [2] = "a" } }, "tags: " .. holes)
    refused({ [5] = 1 }, holes)
    refused({ [math.maxinteger] = 1 }, holes)
    refused(array { [2] = 1 }, holes)
    refused({ 1, a = 2 }, "a table has integer keys and string keys")
    refused({ a = 2, [7] = 1 }, "a table has integer keys and string keys")
    refused(array { a = 1 }, "an array has string keys")
    refused({ [0] = 1 }, "a key is neither a string nor a positive integer")
    refused({ [1.5] = 1 }, "a key is neither a string nor a positive integer")
    refused({ [true] = 1 }, "a key is neither a string nor a positive integer")
    refused({ x = { [{}] = 1 } }, "x: a key is neither a string nor a positive integer")
    refused({ a = 1, [true] = 1 }, "a key is neither a string nor a positive integer")
  end)

  it("refuses cycles, but not a table that occurs twice", function()
    local cycle = { a = {} }
    cycle.a.b = { cycle }
    refused(cycle, "a.b[1]: a table contains itself")
    local shared = { 1 }
    assert.are.equal('{"a":[1],"b":[[1],[1]]}', core.encode { a = shared, b = { shared, shared } })
  end)

  it("allows 512 levels of nesting", function()
    local function nested(depth)
      local value = array()
      for _ = 2, depth do value = { value } end
      return value
    end
    assert.are.equal(("["):rep(512) .. ("]"):rep(512), core.encode(nested(512)))
    local text, message = core.encode(nested(513))
    assert.is_nil(text)
    assert.is_truthy(message:find("[1][1]...: tables are nested deeper than 512 levels", 1, true))
    assert.is_true(#message < 300)
  end)

  it("cuts long keys and long paths in messages", function()
    local key = ("k"):rep(1000)
    local _, message = core.encode { [key] = print }
    assert.are.equal(('["%s..."]: a function has no JSON form'):format(key:sub(1, 64)), message)
  end)

  it("calls no metamethods", function()
    local function never() error "called" end
    local trap = setmetatable({ a = 1 }, {
      __index = never, __len = never, __pairs = never, __eq = never, __tostring = never,
      __newindex = never, __call = never, __close = never,
    })
    assert.are.equal('{"a":1}', core.encode(trap))
    assert.are.equal('[{"a":1}]', core.encode { trap })
    assert.are.equal('{"a":1}', core.encode(setmetatable({ a = 1 }, { __index = { b = 2 } })))
    assert.are.equal("{}", core.encode(setmetatable({}, setmetatable({}, { __index = never }))))
  end)

  it("leaves the value as it was", function()
    local value = { b = 1, a = { 1, 2 } }
    core.encode(value)
    assert.are.same({ b = 1, a = { 1, 2 } }, value)
  end)

  it("writes large tables and long strings", function()
    local list = {}
    for i = 1, 100000 do list[i] = i end
    assert.are.equal("[" .. table.concat(list, ",") .. "]", core.encode(list))
    local long = ("é\n"):rep(500000)
    assert.are.equal('"' .. ("é\\n"):rep(500000) .. '"', core.encode(long))
  end)

  it("is not disturbed by finalisers that change the table while it is written", function()
    local object = {}
    for i = 1, 2000 do object["k" .. i] = i end
    for _ = 1, 500 do
      setmetatable({}, { __gc = function()
        for i = 1, 2000, 7 do object["k" .. i] = nil end
      end })
    end
    local text = core.encode { object = object, more = { object } }
    assert.is_truthy(text == nil or core.decode(text))
  end)

  it("raises without an argument", function()
    assert.has_error(function() core.encode() end)
    assert.has_error(function() core.body() end)
    assert.are.equal("a nil has no JSON form", select(2, core.encode(nil)))
  end)
end)

describe("core.body", function()
  it("holds the text and shows its size only", function()
    local body = core.body { client = { secret = "canary-body" } }
    local size = #core.encode { client = { secret = "canary-body" } }
    assert.are.equal("userdata", type(body))
    assert.are.equal(size, #body)
    assert.are.equal(("zendesk.body: %d bytes"):format(size), tostring(body))
  end)

  it("says what is wrong with a value", function()
    local body, message = core.body { a = print }
    assert.is_nil(body)
    assert.are.equal("a: a function has no JSON form", message)
  end)

  it("may be closed often, and is empty then", function()
    local body <close> = core.body { 1 }
    assert.are.equal(3, #body)
    body:close()
    body:close()
    assert.are.equal(0, #body)
  end)

  it("takes no other userdata for a body", function()
    local methods = getmetatable(core.body {})
    assert.has_error(function() methods.__len(io.stdout) end)
    assert.has_error(function() methods.__index.close {} end)
  end)
end)
