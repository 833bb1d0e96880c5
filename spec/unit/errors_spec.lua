local errors = require "zendesk.errors"

describe("errors", function()
  it("have a kind and a message, and are known by their metatable", function()
    local err = errors.new("timeout", "too late", { attempts = 3 })
    assert.equal("timeout", err.kind)
    assert.equal("too late", err.message)
    assert.equal(3, err.attempts)
    assert.is_true(errors.is(err))
    assert.is_false(errors.is({ kind = "timeout" }))
    assert.is_false(errors.is("timeout"))
    assert.is_false(errors.is(nil))
  end)

  it("are one line for a person", function()
    assert.equal("zendesk: not_found: Not found (404 RecordNotFound, GET /x, request id r-1)",
      tostring(errors.new("not_found", "Not found.", {
        status = 404, code = "RecordNotFound", method = "GET", path = "/x", request_id = "r-1",
      })))
    assert.equal("zendesk: timeout: too\32late; it may have been carried out; look first",
      tostring(errors.new("timeout", "too\nlate", { ambiguous = true, remedy = "look first" })))
    assert.equal("zendesk: server: x (500, 3 attempts)",
      tostring(errors.new("server", "x", { status = 500, attempts = 3 })))
  end)

  it("can be put behind a text", function()
    assert.equal("failed: zendesk: timeout: late", "failed: " .. errors.new("timeout", "late"))
    assert.equal("zendesk: timeout: late!", errors.new("timeout", "late") .. "!")
  end)
end)

describe("errors.from_reason", function()
  it("keeps no text that looks like a credential, and the values of a host as they are", function()
    local secret = "vault: token=" .. ("canary"):rep(4)
    local err = errors.from_reason(secret, "auth", "the function failed")
    assert.equal("the function failed: vault: token=[redacted]", err.message)
    assert.equal("vault: token=[redacted]", err.cause)
    local own = { code = 7 }
    assert.equal(own, errors.from_reason(own, "store", "the store failed").cause)
    local ours = errors.new("store", "full")
    assert.equal(ours, errors.from_reason(ours, "auth", "x"))
  end)
end)

describe("errors.raise", function()
  local function deep(n)
    if n > 0 then return deep(n - 1) end
    errors.raise(1, "wrong %s", "type")
  end

  it("raises at the line of the nearest caller outside of the library", function()
    local line = debug.getinfo(1, "l").currentline
    local ok, message = pcall(function()
      local query = require "zendesk.query"
      query.encode { a = print }
    end)
    assert.is_false(ok)
    assert.matches(("errors_spec.lua:%d: zendesk: query field"):format(line + 3), message, 1, true)
  end)

  it("is not confused by tail calls", function()
    local ok, message = pcall(deep, 3)
    assert.is_false(ok)
    assert.matches("errors_spec.lua:%d+: zendesk: wrong type", message)
  end)
end)
