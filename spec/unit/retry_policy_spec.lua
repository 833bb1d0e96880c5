local errors = require "zendesk.errors"
local retry_policy = require "zendesk.retry_policy"

local function err(kind, fields)
  return errors.new(kind, "x", fields)
end

describe("retry_policy.verdict", function()
  local function verdict(kind, fields, repeatable)
    return retry_policy.verdict(err(kind, fields), repeatable)
  end

  it("repeats anything that was not sent", function()
    assert.equal("repeat", verdict("transport", { sent = false }, false))
    assert.equal("repeat", verdict("timeout", { sent = false }, false))
    assert.equal("repeat", verdict("transport", { sent = false }, true))
  end)

  it("repeats what was sent only where twice is the same as once", function()
    assert.equal("repeat", verdict("transport", { sent = true }, true))
    assert.equal("repeat", verdict("timeout", { sent = true }, true))
    assert.equal("ambiguous", verdict("transport", { sent = true }, false))
    assert.equal("ambiguous", verdict("timeout", { sent = true }, false))
  end)

  it("takes an unknown `sent` for sent", function()
    assert.equal("ambiguous", verdict("transport", {}, false))
  end)

  it("repeats after trouble of the moment only where twice is the same as once", function()
    for _, status in ipairs { 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530 } do
      assert.equal("repeat", verdict("server", { status = status, sent = true }, true))
      assert.equal("ambiguous", verdict("server", { status = status, sent = true }, false))
    end
  end)

  it("repeats after no other status of a server, and is in doubt about what was done", function()
    for _, status in ipairs { 506, 507, 508, 529, 599, 999 } do
      assert.equal("final", verdict("server", { status = status, sent = true }, true))
      assert.equal("ambiguous", verdict("server", { status = status, sent = true }, false))
    end
    for _, status in ipairs { 501, 505 } do
      assert.equal("final", verdict("server", { status = status, sent = true }, true))
      assert.equal("final", verdict("server", { status = status, sent = true }, false))
    end
  end)

  it("repeats anything after a 429, which was not carried out", function()
    assert.equal("repeat", verdict("rate_limit", { status = 429, sent = true }, false))
    assert.equal("repeat", verdict("rate_limit", { status = 429, sent = true }, true))
  end)

  it("does not repeat what the limit itself held back", function()
    assert.equal("final", verdict("rate_limit", { sent = false }, true))
  end)

  it("repeats what the database gave up", function()
    assert.equal("repeat",
      verdict("conflict", { status = 409, code = "DatabaseConflict", sent = true }, false))
    assert.equal("repeat",
      verdict("server", { status = 503, code = "DatabaseDeadlock", sent = true }, false))
    assert.equal("final", verdict("conflict", { status = 409, sent = true }, true))
    assert.equal("final",
      verdict("invalid", { status = 422, code = "DatabaseConflict", sent = true }, true))
  end)

  it("repeats a handshake that broke off, not a certificate that is wrong", function()
    assert.equal("repeat", verdict("tls", { curl_code = 35, sent = false }, false))
    assert.equal("final", verdict("tls", { curl_code = 60, sent = false }, true))
  end)

  it("leaves refusals alone", function()
    for status, kind in pairs { [400] = "invalid", [401] = "auth", [403] = "forbidden",
      [404] = "not_found", [422] = "invalid", [301] = "redirect", [418] = "http" } do
      assert.equal("final", verdict(kind, { status = status, sent = true }, true))
      assert.equal("final", verdict(kind, { status = status, sent = true }, false))
    end
    assert.equal("final", verdict("config", { sent = false }, true))
    assert.equal("final", verdict("encode", { sent = false }, false))
  end)

  it("is in doubt about what was sent and not read", function()
    for _, kind in ipairs { "decode", "too_large", "cancelled", "closed" } do
      assert.equal("ambiguous", verdict(kind, { sent = true }, false))
      assert.equal("final", verdict(kind, { sent = true }, true))
      assert.equal("final", verdict(kind, { sent = false }, false))
    end
  end)
end)

describe("retry_policy.wait", function()
  local policy = { base = 0.5, cap = 20 }

  it("doubles with each attempt up to the cap", function()
    local longest = {}
    for attempt = 1, 8 do longest[attempt] = retry_policy.wait(attempt, policy, nil, 1) end
    assert.same({ 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20, 20 }, longest)
  end)

  it("is any part of that span", function()
    assert.equal(0, retry_policy.wait(5, policy, nil, 0))
    assert.equal(4, retry_policy.wait(5, policy, nil, 0.5))
  end)

  it("is never less than what Retry-After asks for, and little more", function()
    assert.equal(7, retry_policy.wait(3, policy, 7, 0))
    assert.equal(7.5, retry_policy.wait(3, policy, 7, 1))
  end)

  it("stays finite for any number of attempts", function()
    assert.equal(20, retry_policy.wait(100000, policy, nil, 1))
  end)
end)

describe("retry_policy.draw", function()
  it("takes from a budget until it is empty", function()
    local budget, drawn = { tokens = 20 }, 0
    while retry_policy.draw(budget, err("server", { status = 503 })) do drawn = drawn + 1 end
    assert.equal(20, drawn)
  end)

  it("costs nothing where the server says when to come back", function()
    local budget = { tokens = 0 }
    assert.is_true(retry_policy.draw(budget, err("rate_limit", { retry_after = 5 })))
    assert.is_false(retry_policy.draw(budget, err("rate_limit", {})))
  end)
end)
