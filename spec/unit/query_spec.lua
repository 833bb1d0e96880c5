local core = require "zendesk.core"
local query = require "zendesk.query"

describe("query", function()
  it("sorts its fields, so that the same table is the same URL", function()
    assert.equal("a=1&b=2&c=3", query.encode { c = 3, a = 1, b = 2 })
    assert.equal("", query.encode {})
  end)

  it("percent-encodes names and values", function()
    assert.equal("query=type%3Aticket%20status%3Aopen&x%20y=%26%3D%23%2B",
      query.encode { query = "type:ticket status:open", ["x y"] = "&=#+" })
    assert.equal("q=%C3%A9%00", query.encode { q = "é\0" })
  end)

  it("joins lists by commas", function()
    assert.equal("ids=1,2,3", query.encode { ids = { 1, 2, 3 } })
    assert.equal("include=users,groups%2Cx", query.encode { include = { "users", "groups,x" } })
  end)

  it("writes an empty table as an empty list, which is not the same as no list", function()
    assert.equal("ids=", query.encode { ids = setmetatable({}, core.array_mt) })
    assert.equal("ids=", query.encode { ids = {} })
    assert.equal("role%5B%5D=", query.encode { ["role[]"] = {} })
    assert.equal("", query.encode { page = { after = core.null } })
  end)

  it("repeats a name that ends in brackets", function()
    assert.equal("role%5B%5D=admin&role%5B%5D=a%26b",
      query.encode { ["role[]"] = { "admin", "a&b" } })
    assert.equal("role%5B%5D=admin", query.encode { ["role[]"] = "admin" })
    assert.equal("filter%5Brole%5D%5B%5D=1&filter%5Brole%5D%5B%5D=2",
      query.encode { filter = { ["role[]"] = { 1, 2 } } })
  end)

  it("refuses a list that has other keys, too", function()
    assert.error_matches(function() query.encode { ids = { 1, 2, x = 3 } } end,
      "query field 'ids' is a list that has the key 'x', too")
    assert.error_matches(function() query.encode { ids = { 1, [3] = 3 } } end, "the key '3', too")
    assert.error_matches(function()
      query.encode { ids = setmetatable({ x = 1 }, core.array_mt) }
    end, "the key 'x', too")
    assert.error_matches(function() query.encode { ids = { 1, nil, 3 } } end, "'ids%[2%]' is a nil")
  end)

  it("writes nested tables with encoded brackets", function()
    assert.equal("page%5Bafter%5D=abc%3D%3D&page%5Bsize%5D=100",
      query.encode { page = { size = 100, after = "abc==" } })
    assert.equal("page%5Bsize%5D=100", query.encode { ["page[size]"] = 100 })
    assert.equal("filter%5Btype%5D=a,b", query.encode { filter = { type = { "a", "b" } } })
  end)

  it("writes integers exactly over 64 bits", function()
    for _, id in ipairs {
      1, 2 ^ 31 | 0, 2 ^ 53 | 0, 9007199254740993, 123456789012345, 1234567890123456,
      1234567890123456789, math.maxinteger, -math.maxinteger, math.mininteger,
    } do
      assert.equal("id=" .. ("%d"):format(id), query.encode { id = id })
    end
  end)

  it("writes integral floats as the integers that they are", function()
    assert.equal("id=42", query.encode { id = 42.0 })
    assert.equal("id=9007199254740992", query.encode { id = 2.0 ^ 53 })
    assert.equal("x=0.5&y=0.1&z=1.5e-7", query.encode { x = 0.5, y = 0.1, z = 1.5e-7 })
  end)

  it("refuses floats that have lost digits or are no numbers", function()
    assert.error_matches(function() query.encode { id = 2.0 ^ 60 } end, "too large to be exact")
    assert.error_matches(function() query.encode { id = 0 / 0 } end, "not a finite number")
    assert.error_matches(function() query.encode { id = math.huge } end, "not a finite number")
  end)

  it("writes booleans and leaves null out", function()
    assert.equal("a=true&b=false", query.encode { a = true, b = false, c = core.null })
  end)

  it("refuses what has no form, and names the field", function()
    assert.error_matches(function() query.encode { a = print } end, "query field 'a' is a function")
    assert.error_matches(function() query.encode { a = { 1, {} } } end, "'a%[2%]' is a table")
    assert.error_matches(function() query.encode { [1] = "a" } end, "key that is no name: 1")
    local cycle = {}
    cycle.x = cycle
    assert.error_matches(function() query.encode(cycle) end, "nested too deeply")
  end)

  it("is put behind a path that may have a query already", function()
    assert.equal("/a?b=1", query.append("/a", { b = 1 }))
    assert.equal("/a?x=1&b=1", query.append("/a?x=1", { b = 1 }))
    assert.equal("/a?raw=%20", query.append("/a", "raw=%20"))
    assert.equal("/a", query.append("/a", {}))
    assert.equal("/a", query.append("/a", ""))
  end)
end)
