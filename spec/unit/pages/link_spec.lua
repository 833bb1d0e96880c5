local link = require "zendesk.pages.link"

describe("a Link header", function()
  local cases = {
    { '<https://a/x?page[after]=b,c>; rel="next"', "https://a/x?page[after]=b,c" },
    { '<https://a/1>; rel="prev", <https://a/2>; rel="next"', "https://a/2" },
    { "<https://a/2>; title=x; rel=next", "https://a/2" },
    { '<https://a/2>;rel="last next"', "https://a/2" },
    { '<https://a/2>; REL="NEXT"', "https://a/2" },
    { '<https://a/2>; rel="nextish"', nil },
    { '<https://a/2>; xrel="next"', nil },
    { '<https://a/2>; rel="prev"', nil },
    { "", nil }, { "next", nil }, { "<unclosed; rel=next", nil },
  }
  for _, case in ipairs(cases) do
    it(("%s leads to %s"):format(case[1], case[2] or "nothing"), function()
      assert.equal(case[2], link.next_of(case[1]))
    end)
  end

  it("that is absent, or nothing but brackets, leads to nothing", function()
    assert.is_nil(link.next_of(("<"):rep(30000)))
    assert.is_nil(link.next_of(nil))
  end)
end)

describe("a link", function()
  it("gives its parameters decoded", function()
    assert.equal("a==", link.parameter("/x?page%5Bafter%5D=a%3D%3D&y=1", "page[after]"))
    assert.equal("a==", link.parameter("/x?page[after]=a==", "page[after]"))
    assert.is_nil(link.parameter("/x", "y"))
  end)
end)
