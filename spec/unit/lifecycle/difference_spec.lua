local difference = require "zendesk.lifecycle.difference"

local null = io.stdout -- a userdata, as JSON null is one

local function fields(present, wanted)
  local names = {}
  for place, change in ipairs(difference.between(present, wanted)) do
    names[place] = change.field
  end
  return table.concat(names, " ")
end

describe("the difference between a record and what is wanted", function()
  it("looks at the wanted fields alone, in the order of their names", function()
    assert.equal("a c", fields({ a = 1, b = 2, c = 3 }, { c = 4, a = 2 }))
    assert.equal("", fields({ a = 1, b = 2 }, { a = 1 }))
  end)

  it("takes absent, null and empty text for the same", function()
    for _, from in ipairs { null, "", false } do
      for _, to in ipairs { null, "" } do
        assert.equal("", fields({ a = from or nil }, { a = to }))
      end
    end
    assert.equal("a", fields({ a = "x" }, { a = null }))
    assert.equal("a", fields({}, { a = false }))
  end)

  it("compares lists of words as sets", function()
    assert.equal("", fields({ uri = { "a", "b" } }, { uri = { "b", "a", "b" } }))
    assert.equal("", fields({ uri = "a" }, { uri = { "a" } }))
    assert.equal("", fields({ uri = null }, { uri = {} }))
    local change = difference.between({ uri = { "a", "b" } }, { uri = { "c", "b" } })[1]
    assert.same({ "c" }, change.added)
    assert.same({ "a" }, change.removed)
    assert.equal('uri: - "a" + "c"', difference.describe(change))
  end)

  it("compares other tables by what they hold", function()
    assert.equal("", fields({ x = { a = { 1, 2 } } }, { x = { a = { 1, 2 } } }))
    assert.equal("x", fields({ x = { a = { 1, 2 } } }, { x = { a = { 2, 1 } } }))
    assert.equal("x", fields({ x = { a = 1, b = 2 } }, { x = { a = 1 } }))
  end)

  it("is told in one line a field", function()
    local function told(from, to)
      return difference.describe(difference.between({ f = from }, { f = to })[1])
    end
    assert.equal('f: "a" → "b"', told("a", "b"))
    assert.equal('f: nothing → "b"', told(nil, "b"))
    assert.equal("f: false → true", told(false, true))
    assert.equal("f: a table → 3", told({ x = 1 }, 3))
  end)
end)
