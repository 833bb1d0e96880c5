local http_date = require "zendesk.http_date"

describe("http_date", function()
  it("reads the three forms of RFC 9110", function()
    assert.equal(784111777, http_date.parse "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(784111777, http_date.parse "Sunday, 06-Nov-94 08:49:37 GMT")
    assert.equal(784111777, http_date.parse "Sun Nov  6 08:49:37 1994")
  end)

  it("reads the years of both centuries of the two-digit form", function()
    assert.equal(1795608000, http_date.parse "Wednesday, 25-Nov-26 12:00:00 GMT")
    assert.equal(0, http_date.parse "Thursday, 01-Jan-70 00:00:00 GMT")
  end)

  it("knows leap days and the ends of years", function()
    assert.equal(951782400, http_date.parse "Tue, 29 Feb 2000 00:00:00 GMT")
    assert.equal(951868800, http_date.parse "Wed, 01 Mar 2000 00:00:00 GMT")
    assert.equal(1798761599, http_date.parse "Thu, 31 Dec 2026 23:59:59 GMT")
  end)

  it("refuses what is no date", function()
    for _, text in ipairs {
      "", "tomorrow", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
      "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
      "1994-11-06T08:49:37Z", "784111777",
    } do
      assert.is_nil(http_date.parse(text), text)
    end
  end)
end)
