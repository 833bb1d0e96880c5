local core = require "zendesk.core"
local errors = require "zendesk.errors"
local json = require "zendesk.json"

describe("json", function()
  it("writes and reads exact integers", function()
    for _, id in ipairs { 1, 2 ^ 53 | 0, (1 << 53) + 1, math.maxinteger, math.mininteger } do
      assert.equal(("%d"):format(id), json.encode(id))
      assert.equal(id, json.decode(json.encode(id)))
      assert.equal("integer", math.type(json.decode(json.encode(id))))
    end
  end)

  it("keeps an empty array an array", function()
    assert.equal('{"a":[],"b":{}}', json.encode(json.decode '{"b":{},"a":[]}'))
  end)

  it("has the null of the library", function()
    assert.equal(core.null, json.null)
    assert.equal(json.null, json.decode "null")
  end)

  it("tells what cannot be written, and where it is", function()
    local text, err = json.encode { ticket = { custom_fields = { 1, 2, { value = 0 / 0 } } } }
    assert.is_nil(text)
    assert.is_true(errors.is(err))
    assert.equal("encode", err.kind)
    assert.truthy(tostring(err):find("ticket.custom_fields[3].value", 1, true))
  end)

  it("tells what cannot be read, and where it is", function()
    local value, err = json.decode '{"a":1'
    assert.is_nil(value)
    assert.equal("decode", err.kind)
    assert.truthy(tostring(err):find("byte 7", 1, true))
  end)

  it("raises for what is no text", function()
    assert.error_matches(function() json.decode(7) end, "text: string expected, got number")
  end)
end)
