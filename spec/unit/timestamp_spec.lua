local timestamp = require "zendesk.timestamp"

describe("a timestamp", function()
  local known = {
    ["1970-01-01T00:00:00Z"] = 0,
    ["2009-05-13T00:07:08Z"] = 1242173228,
    ["2024-02-29T12:00:00Z"] = 1709208000,
    ["2026-11-25T05:14:00Z"] = 1795583640,
    ["1969-12-31T23:59:59Z"] = -1,
  }

  it("is read and written as Zendesk does", function()
    for text, seconds in pairs(known) do
      assert.equal(seconds, timestamp.parse(text))
      assert.equal(text, timestamp.format(seconds))
    end
  end)

  it("is read in the spellings that were recorded", function()
    for _, text in ipairs {
      "2024-02-29T12:00:00", "2024-02-29T12:00:00.123Z", "2024-02-29T12:00:00.123456789Z",
      "2024-02-29T14:00:00+02:00", "2024-02-29T04:30:00-0730", "2024-02-29 12:00:00 UTC",
      "2024-02-29 12:00:00 +0000",
    } do
      assert.equal(1709208000, timestamp.parse(text), text)
    end
    assert.equal(1709164800, timestamp.parse "2024-02-29")
  end)

  it("is nil where the text is none", function()
    for _, value in ipairs { "", "soon", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00 CET",
      "2024-01-01T00:60:00Z", "2024-01-01T00:00:00Zx", 17, {}, true } do
      assert.is_nil(timestamp.parse(value))
    end
    assert.is_nil(timestamp.parse(nil))
  end)

  it("survives a round trip over four thousand years", function()
    for seconds = -62135596800, 64060588800, 86400 * 13 + 7919 do
      assert.equal(seconds, timestamp.parse(timestamp.format(seconds)))
    end
  end)

  it("has a date", function()
    assert.equal("2027-04-30", timestamp.format_date(1809043200))
  end)
end)
