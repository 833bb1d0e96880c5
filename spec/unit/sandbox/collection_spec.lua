local collection = require "zendesk.sandbox.collection"

local function ids(iterator)
  local list = {}
  for record in iterator do list[#list + 1] = record.id end
  return table.concat(list, " ")
end

describe("a collection of the sandbox", function()
  local records

  before_each(function()
    records = collection.new()
    for _, id in ipairs { 20, 10, 30 } do records:insert { id = id } end
  end)

  it("keeps records in the order of their ids", function()
    assert.equal("10 20 30", ids(records:walk()))
    assert.equal("30 20 10", ids(records:walk(nil, true)))
    assert.equal(3, records:count())
  end)

  it("walks on from behind an id, there or not, in both directions", function()
    assert.equal("20 30", ids(records:walk(10)))
    assert.equal("20 30", ids(records:walk(15)))
    assert.equal("", ids(records:walk(30)))
    assert.equal("20 10", ids(records:walk(30, true)))
    assert.equal("20 10", ids(records:walk(25, true)))
    assert.equal("", ids(records:walk(10, true)))
  end)

  it("forgets what is removed, once", function()
    assert.is_true(records:remove(20))
    assert.is_false(records:remove(20))
    assert.is_nil(records:get(20))
    assert.is_nil(records:peek(20))
    assert.equal(2, records:count())
    assert.equal("10 30", ids(records:walk()))
    records:insert { id = 20 }
    assert.equal("10 20 30", ids(records:walk()))
    assert.equal(3, records:count())
  end)

  it("takes no id twice", function()
    assert.has_error(function() records:insert { id = 10 } end)
    assert.has_error(function() records:insert { id = 30 } end)
    assert.has_error(function() records:generate(15, 10, function() end) end)
  end)

  it("makes the records of a range when they are looked at", function()
    local made = 0
    records:generate(100, 1000, function(id, n)
      made = made + 1
      return { id = id, n = n }
    end)
    assert.equal(1003, records:count())
    assert.equal(0, made)
    assert.equal(5, records:peek(104).n)
    assert.is_nil(records:get(99))
    assert.is_nil(records:get(1100))
    local walked = records:walk(30)
    walked()
    walked()
    assert.equal(3, made)
  end)

  it("keeps changes to a record that was got, not to one that was peeked at", function()
    records:generate(100, 10, function(id) return { id = id, name = "made" } end)
    records:get(100).name = "changed"
    records:peek(101).name = "changed"
    assert.equal("changed", records:get(100).name)
    assert.equal("made", records:get(101).name)
  end)

  it("fits a range between other ids", function()
    records:generate(21, 5, function(id) return { id = id } end)
    assert.equal("10 20 21 22 23 24 25 30", ids(records:walk()))
  end)

  it("survives the removal of most of a large range", function()
    records:generate(1000, 5000, function(id) return { id = id } end)
    for id = 1000, 4999 do assert.is_true(records:remove(id)) end
    assert.equal(1003, records:count())
    assert.is_nil(records:get(1000))
    assert.is_nil(records:peek(4999))
    assert.equal(5000, records:get(5000).id)
    assert.equal(5000, records:walk(30)().id)
  end)

  it("selects, and selects anew after a change", function()
    local calls = 0
    local function odd(record)
      calls = calls + 1
      return record.id ~= 20
    end
    assert.same({ 10, 30 }, records:select("odd", odd))
    assert.same({ 10, 30 }, records:select("odd", odd))
    assert.equal(3, calls)
    records:touch()
    records:remove(10)
    assert.same({ 30 }, records:select("odd", odd))
    assert.same({ 20, 30 }, records:select("all"))
  end)
end)
