-- Redirects are never followed: the credential stays, and nothing is sent anywhere else.

local faults = require "spec.support.faults"
local raw_server = require "spec.support.raw_server"

describe("a redirect", function()
  local provoke = faults.area "A redirect"
  local elsewhere

  setup(function()
    elsewhere = raw_server.start { { { "read" }, { "reply", 200, "{}" }, { "again" } } }
  end)

  teardown(function() elsewhere:stop() end)

  local function redirected(status, location, call)
    local outcome, requests, _, err = faults.outcome_of({
      { { "read" }, { "reply", status, "", { Location = location } }, { "again" } },
    }, call)
    assert.equal(1, #requests)
    assert.equal(0, elsewhere:connections())
    assert.is_string(err.remedy)
    return outcome, err
  end

  for _, status in ipairs { 301, 302, 303, 307, 308 } do
    for _, method in ipairs { "GET", "POST" } do
      provoke(("%d to another host, of a %s"):format(status, method),
        ("redirect, %d, sent, final"):format(status), function()
          local outcome, err = redirected(status, elsewhere.base_url .. "/x?canary=1", {
            method = method, json = method == "POST" and { a = 1 } or nil,
            new = { retry = { attempts = 4 } },
          })
          assert.equal(elsewhere.base_url .. "/x", err.location)
          return outcome
        end)
    end
  end

  provoke("to the same host", "redirect, 301, sent, final", function()
    return (redirected(301, "/api/v2/y"))
  end)

  provoke("to itself", "redirect, 302, sent, final", function()
    return (redirected(302, "/api/v2/x"))
  end)

  provoke("with credentials in its address", "redirect, 302, sent, final", function()
    local outcome, err = redirected(302, "https://me:canary@files.example.com/a?sig=canary#canary")
    assert.equal("https://files.example.com/a", err.location)
    return outcome
  end)

  provoke("to another scheme", "redirect, 302, sent, final", function()
    return (redirected(302, "file:///etc/passwd"))
  end)

  provoke("to nowhere", "redirect, 302, sent, final", function()
    local outcome = faults.outcome_of { { { "read" }, { "reply", 302, "" } } }
    return outcome
  end)

  provoke("to an address with control characters", "redirect, 302, sent, final", function()
    local outcome, err = redirected(302, "https://files.example.com/\27[31mx")
    assert.is_nil(tostring(err):find "%c")
    return outcome
  end)

  provoke("300 with a choice", "redirect, 300, sent, final", function()
    return (redirected(300, elsewhere.base_url))
  end)
end)
