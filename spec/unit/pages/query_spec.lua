local query = require "zendesk.pages.query"

describe("the query of a list", function()
  it("is split from its path, and a fragment is dropped", function()
    assert.same({ "/a", nil }, { query.split "/a" })
    assert.same({ "/a", nil }, { query.split "/a?" })
    assert.same({ "/a", "b=1&c=2" }, { query.split "/a?b=1&c=2#d" })
  end)

  it("is read whatever its spelling", function()
    assert.equal(5, query.get({ page = { size = 5 } }, "page[size]"))
    assert.equal(5, query.get({ ["page[size]"] = 5 }, "page[size]"))
    assert.equal("5", query.get("a=1&page%5Bsize%5D=5", "page[size]"))
    assert.equal("a b&c", query.get("x=a+b%26c", "x"))
    assert.equal("", query.get("x", "x"))
    assert.is_nil(query.get("xy=1", "x"))
    assert.is_nil(query.get(nil, "x"))
    assert.is_nil(query.get({ page = { size = 5 } }, "page"))
  end)

  it("is changed in a copy", function()
    local given = { a = 1, page = { size = 5, after = "x" } }
    assert.same({ a = 1, ["page[size]"] = 7, page = 2 },
      query.with(given, { ["page[size]"] = 7, ["page[after]"] = false, page = 2 }))
    assert.same({ a = 1, page = { size = 5, after = "x" } }, given)
    assert.equal("a=%20&b=1&page=2", query.with("a=%20&page=1&b=1", { page = 2 }))
    assert.equal("b=1", query.with("page%5Bafter%5D=x&b=1", { ["page[after]"] = false }))
    assert.same({ x = 1 }, query.with(nil, { x = 1 }))
  end)

  it("of a path and that of the options become one, and the options win", function()
    assert.equal("a=1", query.join("a=1", nil))
    assert.equal("a=1&b=2", query.join("a=1", "b=2"))
    assert.same({ a = "x y", b = 2 }, query.join("a=x+y&b=1", { b = 2 }))
    assert.same({ ["a[]"] = { "1", "2" }, b = 2 }, query.join("a%5B%5D=1&a[]=2", { b = 2 }))
  end)

  it("has one canonical spelling for equal tables", function()
    local text = query.canonical { b = { 2, 1 }, a = "x y", c = { d = true }, e = io.stdout }
    assert.equal("a=x%20y&b%5B1%5D=2&b%5B2%5D=1&c%5Bd%5D=true", text)
    assert.equal("", query.canonical(nil))
  end)
end)
