local limits = require "zendesk.limits"

local function header_of(headers)
  return function(name) return headers[name] end
end

describe("limits", function()
  it("reads the gateway's spelling", function()
    assert.same({ name = "account", limit = 700, remaining = 699, resets_in = 41 },
      limits.account(header_of {
        ["ratelimit-limit"] = "700", ["ratelimit-remaining"] = "699", ["ratelimit-reset"] = "41",
      }))
  end)

  it("reads the spelling of Rails", function()
    assert.same({ name = "account", limit = 400, remaining = 0, resets_in = 7 },
      limits.account(header_of {
        ["rate-limit"] = "400", ["rate-limit-remaining"] = "0", ["rate-limit-reset"] = "7",
      }))
  end)

  it("takes a minute for the window of X-Rate-Limit, which has no reset", function()
    assert.same({ name = "account", limit = 20, remaining = 3, resets_in = 60 },
      limits.account(header_of { ["x-rate-limit"] = "20", ["x-rate-limit-remaining"] = "3" }))
  end)

  it("takes the tightest of the families that are present", function()
    local found = limits.account(header_of {
      ["x-rate-limit"] = "700", ["x-rate-limit-remaining"] = "600",
      ["ratelimit-limit"] = "100", ["ratelimit-remaining"] = "5", ["ratelimit-reset"] = "10",
    })
    assert.equal(5, found.remaining)
    assert.equal(10, found.resets_in)
  end)

  it("reads nothing where nothing is, and nothing out of junk", function()
    assert.is_nil(limits.account(header_of {}))
    assert.is_nil(limits.account(header_of { ["x-rate-limit-remaining"] = "many" }))
    assert.is_nil(limits.account(header_of { ["ratelimit-remaining"] = "-1" }))
    assert.is_nil(limits.account(header_of { ["ratelimit-remaining"] = ("9"):rep(30) }))
  end)

  it("does not believe a window of a day", function()
    assert.equal(3600, limits.account(header_of {
      ["ratelimit-remaining"] = "0", ["ratelimit-reset"] = "86400",
    }).resets_in)
  end)

  it("reads the limits of endpoints in both spellings", function()
    assert.same({
      { name = "tickets-index", limit = 100, remaining = 99, resets_in = 41 },
      { name = "tickets-update", limit = 30, remaining = 0, resets_in = 468 },
    }, limits.endpoints {
      ["zendesk-ratelimit-tickets-index"] = "total=100; remaining=99; resets=41",
      ["zendesk-rate-limit-tickets-update"] = "total=30;remaining=0;resets=468",
      ["zendesk-service"] = "classic", ["zendesk-ratelimit-broken"] = "a lot",
    })
  end)

  it("counts an endpoint by method and path, ids apart", function()
    assert.equal("PUT /api/v2/tickets/{id}", limits.scope(nil, "PUT", "/api/v2/tickets/35436"))
    assert.equal("PUT /api/v2/tickets/{id}.json",
      limits.scope("tickets-update", "PUT", "/api/v2/tickets/35436.json?include=users"))
    assert.equal("GET /api/v2/users/{id}/tickets/{id}",
      limits.scope(nil, "GET", "/api/v2/users/1/tickets/2"))
    assert.equal("GET /api/v2/tickets", limits.scope(nil, "GET", "/api/v2/tickets?page=2"))
    assert.equal("PUT /api/v2/tickets/7",
      limits.scope("per-ticket-updates", "PUT", "/api/v2/tickets/7"))
  end)

  describe("pace", function()
    it("does not hold back while there is plenty", function()
      assert.equal(0, limits.pace(700, 500, 30))
      assert.equal(0, limits.pace(nil, 2, 30))
    end)

    it("spreads what is left over the rest of the window", function()
      assert.equal(30 / 11, limits.pace(100, 10, 30))
      assert.equal(15, limits.pace(100, 1, 30))
    end)

    it("waits for the next window at the wall", function()
      assert.equal(30, limits.pace(100, 0, 30))
      assert.equal(30, limits.pace(100, -3, 30))
    end)

    it("knows that a window which is over holds nobody", function()
      assert.equal(0, limits.pace(100, 0, 0))
      assert.equal(0, limits.pace(100, 0, -5))
    end)
  end)
end)
