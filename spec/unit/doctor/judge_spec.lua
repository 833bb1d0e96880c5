local judge = require "zendesk.doctor.judge"
local timestamp = require "zendesk.timestamp"

local NOW = timestamp.parse "2026-11-25T12:00:00Z"
local DAY = 86400

local function is(finding, level, pattern)
  assert.equal(level, finding.level)
  assert.matches(pattern, finding.text)
end

describe("the doctor", function()
  it("says until when an API token works", function()
    is(judge.credential({ kind = "api_token" }, NOW), "warning", "30 April 2027 %(155 days left%)")
    is(judge.credential({ kind = "api_token" }, timestamp.parse "2027-04-29T22:30:00Z"),
      "warning", "90 minutes left")
    is(judge.credential({ kind = "api_token" }, timestamp.parse "2027-04-30T00:00:00Z"),
      "problem", "stopped working")
  end)

  it("says when a fixed access token ends", function()
    local function of(expires_at)
      return judge.credential({ kind = "access_token", token = { expires_at = expires_at } }, NOW)
    end
    is(of(nil), "note", "1 April 2027")
    is(of(timestamp.format(NOW + 5 * DAY)), "warning", "in 5 days.*renew")
    is(of(timestamp.format(NOW + 7200)), "warning", "in 2 hours")
    is(of(timestamp.format(NOW - 1)), "problem", "ended at 2026%-11%-25T11:59:59Z")
    is(judge.credential({ kind = "access_token" }, NOW), "note", "could not be read")
    is(of "in March", "note", "could not be read")
  end)

  it("finds nothing wrong with credentials that are renewed", function()
    is(judge.credential({ kind = "client_credentials" }, NOW), "good", "renewed by themselves")
    is(judge.credential({ kind = "authorization_code", refresh_expires_at = NOW }, NOW), "good",
      "2026%-11%-25")
    for _, kind in ipairs { "function", "auth", "account", "vault" } do
      is(judge.credential({ kind = kind }, NOW), "good", "comes from the program itself")
    end
    is(judge.credential({}, NOW), "problem", "no credential")
  end)

  it("says what the credential may do", function()
    local findings = judge.access {
      kind = "access_token", token = { scopes = { "tickets:read" } },
      user = { id = 7, name = "Ada", role = "admin" },
    }
    is(findings[1], "good", "acts as Ada %(admin, user 7%)")
    is(findings[2], "good", "scopes: tickets:read$")
    is(judge.access { kind = "access_token", token = { scopes = { "read" } } }[1], "note", "broad")
    is(judge.access { kind = "access_token", token = {} }[1], "note", "none listed")
    is(judge.access { kind = "api_token" }[1], "note", "no scopes")
    assert.same({}, judge.access { kind = "function" })
  end)

  it("compares the clocks", function()
    is(judge.clock(0.7), "good", "agrees")
    is(judge.clock(-30), "note", "30 seconds ahead of")
    is(judge.clock(600), "warning", "600 seconds behind .*set it")
    is(judge.clock(nil), "note", "no date")
  end)

  it("says how much of the rate limit is left", function()
    is(judge.limits { limit = 700, remaining = 690 }, "good", "690 of 700")
    is(judge.limits { limit = 700, remaining = 69 }, "warning", "69 of 700")
    is(judge.limits(nil), "note", "did not tell")
    is(judge.limits { remaining = 5 }, "note", "did not tell")
  end)

  it("counts the API tokens that are left", function()
    is(judge.api_tokens {}, "good", "no active")
    is(judge.api_tokens { { active = false }, { active = true }, {} }, "warning", "account: 2%.")
    assert.is_nil(judge.api_tokens(nil))
  end)
end)
