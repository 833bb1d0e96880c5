local retry_after = require "zendesk.retry_after"

local NOW = 784111777 -- Sun, 06 Nov 1994 08:49:37 GMT

describe("retry_after", function()
  it("reads seconds", function()
    assert.equal(93, retry_after.parse("93", nil, NOW))
    assert.equal(93, retry_after.parse(" 93 ", nil, NOW))
  end)

  it("rounds fractions up: half a second too early is a second 429", function()
    assert.equal(3, retry_after.parse("2.5", nil, NOW))
    assert.equal(3, retry_after.parse("2.0001", nil, NOW))
    assert.equal(2, retry_after.parse("2.0", nil, NOW))
  end)

  it("waits at least a second", function()
    assert.equal(1, retry_after.parse("0", nil, NOW))
    assert.equal(1, retry_after.parse("0.01", nil, NOW))
    assert.equal(1, retry_after.parse("-5", nil, NOW))
  end)

  it("clamps the absurd to an hour", function()
    assert.equal(3600, retry_after.parse("999999", nil, NOW))
    assert.equal(3600, retry_after.parse(("9"):rep(400), nil, NOW))
    assert.equal(3600, retry_after.parse("Sun, 06 Nov 2094 08:49:37 GMT", nil, NOW))
  end)

  it("gives an integer", function()
    for _, text in ipairs { "2.5", "7", "0", "999999", "Sun, 06 Nov 1994 08:50:37 GMT" } do
      assert.equal("integer", math.type(retry_after.parse(text, nil, NOW + 0.5)), text)
    end
  end)

  it("reads dates against the clock that wrote them", function()
    local date = "Sun, 06 Nov 1994 08:50:37 GMT"
    assert.equal(60, retry_after.parse(date, nil, NOW))
    assert.equal(30, retry_after.parse(date, "Sun, 06 Nov 1994 08:50:07 GMT", NOW - 86400))
    assert.equal(60, retry_after.parse(date, "junk", NOW))
    assert.equal(1, retry_after.parse("Sun, 06 Nov 1994 08:00:00 GMT", nil, NOW))
  end)

  it("reads nothing out of junk", function()
    for _, text in ipairs {
      "", "soon", "1e3", "0x10", "nan", "inf", "5 seconds", "--5", "1.2.3",
    } do
      assert.is_nil(retry_after.parse(text, nil, NOW), text)
    end
    assert.is_nil(retry_after.parse(nil, nil, NOW))
  end)
end)
