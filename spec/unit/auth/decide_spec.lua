local decide = require "zendesk.auth.decide"

local NOW = 1795600000

local function set(access, life, refresh)
  return { access_token = access, refresh_token = refresh or "r-" .. access, issued_at = NOW,
    expires_at = NOW + life }
end

-- Fresh, due and expired at NOW.
local function fresh(access) return set(access, 1800) end
local function due(access)
  local result = set(access, 200)
  result.issued_at = NOW - 1600
  return result
end
local function expired(access) return set(access, -1) end

describe("before a call", function()
  it("a token that is not there yet is asked for", function()
    assert.same({ "renew", "first" }, { decide.before_call(nil, NOW, false) })
  end)

  it("a fresh token is used", function()
    assert.equal("use", (decide.before_call(fresh "a", NOW, false)))
  end)

  it("a due token is renewed, unless that has just failed", function()
    assert.same({ "renew", "due" }, { decide.before_call(due "a", NOW, false) })
    assert.equal("use", (decide.before_call(due "a", NOW, true)))
  end)

  it("an expired token is renewed, also when that has just failed", function()
    assert.same({ "renew", "expired" }, { decide.before_call(expired "a", NOW, true) })
  end)
end)

describe("after a 401", function()
  it("the token that was used is renewed, however fresh it looks", function()
    assert.equal("renew", decide.after_401(fresh "a", "a", NOW))
  end)

  it("the token that somebody has renewed meanwhile is used", function()
    assert.equal("use", decide.after_401(fresh "b", "a", NOW))
    assert.equal("use", decide.after_401(due "b", "a", NOW))
  end)

  it("another token that has ended is no help", function()
    assert.equal("renew", decide.after_401(expired "b", "a", NOW))
    assert.equal("renew", decide.after_401(nil, "a", NOW))
  end)
end)

describe("the login, inside the lock", function()
  it("is what is stored", function()
    assert.equal("b", decide.base(fresh "b", fresh "a", nil, {}).access_token)
  end)

  it("is what is in memory when nothing is stored", function()
    assert.equal("a", decide.base(nil, fresh "a", nil, {}).access_token)
    assert.is_nil((decide.base(nil, nil, nil, {})))
  end)

  it("is the successor in memory that could not be saved", function()
    for _, stored in ipairs { "old", "older", "new" } do
      local base, unsaved = decide.base(expired(stored), fresh "new", "successor",
        { old = true, older = true })
      assert.equal("new", base.access_token)
      assert.equal("successor", unsaved)
    end
  end)

  it("is the successor in memory that the store has lost, and has to take again", function()
    local base, unsaved = decide.base(fresh "old", expired "new", nil, { old = true })
    assert.same({ "new", "successor" }, { base.access_token, unsaved })
  end)

  it("is a new login in memory, whatever is stored", function()
    assert.equal("new", decide.base(fresh "other", fresh "new", "login", {}).access_token)
  end)

  it("is a login that somebody else has stored over an unsaved one", function()
    local base, unsaved = decide.base(fresh "other", fresh "new", "successor", { old = true })
    assert.equal("other", base.access_token)
    assert.is_nil(unsaved)
  end)

  it("is used when somebody was faster", function()
    assert.equal("use", decide.in_lock(fresh "b", expired "a", nil, NOW))
    assert.equal("use", decide.in_lock(due "b", expired "a", nil, NOW))
    assert.equal("use", decide.in_lock(fresh "b", fresh "a", "a", NOW))
  end)

  it("is renewed when nobody was", function()
    assert.equal("renew", decide.in_lock(due "a", due "a", nil, NOW))
    assert.equal("renew", decide.in_lock(expired "a", nil, nil, NOW))
    assert.equal("renew", decide.in_lock(expired "b", expired "a", nil, NOW))
    assert.equal("renew", decide.in_lock(due "a", nil, nil, NOW))
  end)

  it("is renewed when it holds the very token that was refused", function()
    assert.equal("renew", decide.in_lock(fresh "a", fresh "a", "a", NOW))
  end)

  it("is missing when nobody has logged in", function()
    assert.equal("missing", decide.in_lock(nil, nil, nil, NOW))
  end)
end)

describe("invalid_grant", function()
  it("is believed when the store still holds what was refused", function()
    assert.equal("believe", decide.after_invalid_grant(set("a", 1, "r"), set("a", 1, "r"), {}))
    assert.equal("believe", decide.after_invalid_grant(set("a", 1, "r"), nil, {}))
  end)

  it("is not believed when somebody has stored another refresh token", function()
    assert.equal("adopt", decide.after_invalid_grant(set("a", 1, "r"), set("b", 1, "s"), {}))
  end)

  it("is believed when what the store holds was replaced by this process", function()
    assert.equal("believe",
      decide.after_invalid_grant(set("b", 1, "s"), set("a", 1, "r"), { a = true }))
  end)
end)

describe("after a failed renewal", function()
  it("a call goes on as long as its token works and was not refused", function()
    assert.is_true(decide.can_go_on(due "a", nil, NOW))
    assert.is_false(decide.can_go_on(due "a", "a", NOW))
    assert.is_false(decide.can_go_on(expired "a", nil, NOW))
    assert.is_false(decide.can_go_on(nil, nil, NOW))
  end)

  it("the server is left alone for longer and longer, up to a minute", function()
    assert.equal(5, decide.pause(1))
    assert.equal(10, decide.pause(2))
    assert.equal(60, decide.pause(20))
    assert.equal(60, decide.pause(5000))
  end)

  it("the server is left alone for as long as it asked for", function()
    assert.equal(60, decide.pause(1, 60))
    assert.equal(10, decide.pause(2, 1))
  end)
end)

describe("the lock, where a call could do without", function()
  it("is waited for with half of the time that is left", function()
    assert.equal(5, decide.lock_patience(100, 110))
    assert.equal(0, decide.lock_patience(100, 90))
    assert.is_nil(decide.lock_patience(100, nil))
  end)
end)

describe("the question for a new token's end", function()
  it("takes three seconds at most, and half of what the call has left", function()
    assert.equal(103, decide.ask_until(100, nil))
    assert.equal(101, decide.ask_until(100, 102))
    assert.equal(100, decide.ask_until(100, 90))
  end)
end)
