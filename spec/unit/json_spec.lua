-- zendesk.json, the face of the reader and writer. What they do in detail: spec/bind/json_*.

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local json = require "zendesk.json"

describe("zendesk.json", function()
  it("reads and writes", function()
    assert.are.same({ a = { 1, 2.5, "x", true } }, json.decode '{"a":[1,2.5,"x",true]}')
    assert.are.equal('{"a":[1,2.5,"x",true]}', json.encode { a = { 1, 2.5, "x", true } })
  end)

  it("has one null, which is no error and no nil", function()
    local value, err = json.decode "null"
    assert.is_nil(err)
    assert.are.equal(json.null, value)
    assert.are.equal(core.null, json.null)
    assert.are.equal("null", json.encode(json.null))
  end)

  it("tells false from an error", function()
    local value, err = json.decode "false"
    assert.is_false(value)
    assert.is_nil(err)
  end)

  it("gives an error object with the offset for a text that is no JSON", function()
    local value, err = json.decode '{"a":1,}'
    assert.is_nil(value)
    assert.is_true(errors.is(err))
    assert.are.equal("decode", err.kind)
    assert.are.equal(8, err.offset)
    assert.are.equal("expected a key at byte 8", err.message)
  end)

  it("gives an error object with the path for a value that has no JSON form", function()
    local text, err = json.encode { ticket = { custom_fields = { {}, {}, { value = 0 / 0 } } } }
    assert.is_nil(text)
    assert.are.equal("encode", err.kind)
    assert.are.equal("ticket.custom_fields[3].value: NaN has no JSON form", err.message)
  end)

  it("takes a limit for the nesting", function()
    assert.are.same({ {} }, json.decode("[[]]", 2))
    assert.are.same({ {} }, json.decode("[[]]", 2.0))
    local _, err = json.decode("[[]]", 1)
    assert.are.equal("expected fewer levels of nesting at byte 2", err.message)
  end)

  it("marks arrays", function()
    assert.are.equal("[]", json.encode(json.array()))
    assert.are.equal("{}", json.encode {})
    local list = {}
    assert.are.equal(list, json.array(list))
    assert.are.equal("[]", json.encode(list))
  end)

  it("knows an array when it sees one", function()
    assert.is_true(json.is_array(json.array()))
    assert.is_true(json.is_array { 1 })
    assert.is_true(json.is_array(json.decode "[]"))
    assert.is_false(json.is_array {})
    assert.is_false(json.is_array { a = 1 })
    assert.is_false(json.is_array(json.decode "{}"))
    assert.is_false(json.is_array "[]")
    assert.is_false(json.is_array(nil))
    assert.is_false(json.is_array(setmetatable({}, { __len = function() return 3 end })))
  end)

  it("raises for wrong types, at the caller's line", function()
    local cases = {
      { function() json.decode(1) end, "text: string expected, got number" },
      { function() json.decode("1", "2") end, "depth: integer above 0 expected, got string" },
      { function() json.decode("1", 0) end, "depth: integer above 0 expected, got 0" },
      { function() json.decode("1", 1.5) end, "depth: integer above 0 expected, got 1.5" },
      { function() json.array "x" end, "list: table expected, got string" },
    }
    for _, case in ipairs(cases) do
      local ok, message = pcall(case[1])
      assert.is_false(ok)
      local place = ("json_spec.lua:%d: zendesk: "):format(debug.getinfo(case[1], "S").linedefined)
      assert.is_truthy(message:find(place .. case[2], 1, true), message)
    end
  end)
end)
