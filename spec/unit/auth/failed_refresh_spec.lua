local bench = require "spec.support.renewal_bench"

local KEY, once = bench.KEY, bench.once

local b, server, driver, store

local function context(fields) return b:context(fields) end
local function provider_with(fields) return b:provider(fields) end
local function events_of(kind, code) return b:events_of(kind, code) end

before_each(function()
  b = bench.new()
  server, driver, store = b.server, b.driver, b.store
end)

describe("a renewal ahead of time that fails", function()
  it("is a warning; the call goes on with the present token", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    server.faults = { once { before = true } }
    assert.equal("access-1", assert(provider:get(context())).token)
    local warning = events_of("warning", "renewal_failed")[1]
    assert.equal("transport", warning.err.kind)
  end)

  it("is not tried again by every call", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    server.faults = { once { before = true }, once { before = true } }
    for _ = 1, 20 do assert(provider:get(context())) end
    assert.equal(1, #server.calls)
    driver:advance(6)
    assert(provider:get(context()))
    assert.equal(2, #server.calls)
    driver:advance(11)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("is not tried again before the moment that the server named", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    server.faults = { once { status = 429, body = {}, headers = { ["retry-after"] = "60" } } }
    assert(provider:get(context()))
    assert.equal(60, events_of("warning", "renewal_failed")[1].retry_in)
    driver:advance(59)
    assert.equal("access-1", assert(provider:get(context())).token)
    driver:advance(2)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("is not tried again before that moment where a 503 named it, either", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    server.faults = { once { status = 503, body = {}, headers = { ["retry-after"] = "120" } } }
    assert(provider:get(context()))
    local warning = events_of("warning", "renewal_failed")[1]
    assert.same({ 120, 120 }, { warning.retry_in, warning.err.retry_after })
    assert.is_true(warning.err.ambiguous)
    driver:advance(119)
    assert(provider:get(context()))
    assert.equal(1, #server.calls)
  end)

  it("is forgotten by the next success", function()
    local provider = provider_with()
    assert(provider:get(context()))
    for round = 1, 3 do
      driver:advance(1510)
      server.faults = { once { before = true } }
      assert(provider:get(context()))
      assert.equal(5, events_of("warning", "renewal_failed")[round].retry_in)
      driver:advance(6)
      assert(provider:get(context()))
    end
    assert.equal(3, server.counts.refresh_token)
  end)

  it("is an error once the token has ended", function()
    local provider = provider_with()
    driver:advance(2000)
    server.faults = { once { before = true } }
    local credential, err = provider:get(context())
    assert.is_nil(credential)
    assert.equal("transport", err.kind)
    assert.is_nil(store:only().pending)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("is not asked for by calls without a token before the moment that the server named", function()
    for _, status in ipairs { 429, 503 } do
      b = bench.new()
      server, driver, store = b.server, b.driver, b.store
      local provider = provider_with()
      driver:advance(2000)
      server.faults = { once { status = status, body = {}, headers = { ["retry-after"] = "60" } } }
      local _, first = provider:get(context())
      driver:advance(20)
      local _, second = provider:get(context())
      assert.same({ 60, 40 }, { first.retry_after, second.retry_after })
      assert.same({ first.kind, first.status }, { second.kind, second.status })
      assert.is_false(second.sent)
      assert.equal(1, #server.calls)
      b:at_once(20, function() return provider:get(context()) end)
      assert.equal(1, #server.calls)
      driver:advance(second.retry_after)
      assert.equal("access-2", assert(provider:get(context())).token)
    end
  end)

  it("does not keep a call from what another process has renewed before that moment", function()
    local provider = provider_with()
    driver:advance(2000)
    server.faults = { once { status = 429, body = {}, headers = { ["retry-after"] = "60" } } }
    assert.is_nil((provider:get(context())))
    assert.equal("access-2", assert(provider_with():get(context())).token)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("does not end the login, whatever the network does", function()
    local provider = provider_with()
    driver:advance(2000)
    server.faults = {
      once { before = true }, once { status = 502, body = "<html>" },
      once { status = 429, body = {} }, once { status = 401, body = { error = "invalid_client" } },
    }
    for _ = 1, 4 do assert.is_nil((provider:get(context()))) end
    assert.equal("refresh-1", store:only().refresh_token)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)
end)

describe("a refresh whose reply is lost", function()
  it("says so, keeps what is stored with a note, and names the remedy", function()
    local provider = provider_with()
    driver:advance(2000)
    server.faults = { once { after = true } }
    local credential, err = provider:get(context())
    assert.is_nil(credential)
    assert.is_true(err.ambiguous)
    assert.equal("lost_reply", err.code)
    assert.truthy(err.remedy)
    assert.is_false(err.sent)
    assert.equal("refresh-1", store:only().refresh_token)
    assert.near(server:time(), store:only().pending.since, 5)
  end)

  it("is explained by the next run, when the server had carried it out", function()
    driver:advance(2000)
    server.faults = { once { after = true } }
    provider_with():get(context())
    local since = store:only().pending.since
    driver:advance(3600)
    local credential, err = provider_with():get(context())
    assert.is_nil(credential)
    assert.equal("reauthorize", err.kind)
    assert.equal("invalid_grant", err.code)
    assert.truthy(err.message:find("its reply never arrived", 1, true))
    assert.truthy(err.message:find(os.date("!%Y-%m-%dT%H:%M:%SZ", since), 1, true))
    assert.truthy(err.remedy:find("log in", 1, true))
    assert.equal(since, store:only().pending.since)
  end)

  it("is dated by the first one, when another one is lost", function()
    driver:advance(2000)
    server.faults = { once { status = 502, body = "<html>" } }
    provider_with():get(context())
    local since = store:only().pending.since
    driver:advance(600)
    server.faults = { once { after = true } }
    provider_with():get(context())
    assert.equal(since, store:only().pending.since)
  end)

  it("costs nothing when the server had not carried it out", function()
    driver:advance(2000)
    server.faults = { once { status = 502, body = "<html>" } }
    assert.is_true(select(2, provider_with():get(context())).ambiguous)
    assert.equal("access-2", assert(provider_with():get(context())).token)
    assert.is_nil(store:only().pending)
  end)

  it("is the same when the process dies in between", function()
    driver:advance(2000)
    local noted = server:login(-1)
    noted.pending = { since = math.floor(server:time()) - 60 }
    server.refresh[noted.refresh_token] = nil
    store.content[KEY] = noted
    local _, err = provider_with():get(context())
    assert.equal("reauthorize", err.kind)
    assert.truthy(err.message:find("never arrived", 1, true))
  end)
end)

describe("invalid_grant", function()
  local function revoke()
    server.refresh["refresh-1"], server.access["access-1"] = nil, nil
    driver:advance(2000)
  end

  it("ends a login when the store still holds the token that was refused", function()
    revoke()
    local credential, err = provider_with():get(context())
    assert.is_nil(credential)
    assert.equal("reauthorize", err.kind)
    assert.truthy(err.message:find("revoked", 1, true))
    assert.equal("refresh-1", store:only().refresh_token)
    assert.is_nil(store:only().pending)
  end)

  it("is not believed when somebody has stored a newer login meanwhile", function()
    revoke()
    local newer = server:login()
    local loads = 0
    store.before.load = function(s)
      loads = loads + 1
      -- After the peek and the look inside the lock: a program that does not take the lock.
      if loads == 3 then s.content[KEY] = newer end
    end
    local credential = assert(provider_with():get(context()))
    assert.equal(newer.access_token, credential.token)
    assert.equal(newer.refresh_token, store:only().refresh_token)
  end)

  it("of a server that has too many requests is no word about the login", function()
    driver:advance(2000)
    server.faults = { once { status = 429, body = { error = "invalid_grant" } } }
    local provider = provider_with()
    local _, err = provider:get(context())
    assert.equal("rate_limit", err.kind)
    assert.is_nil(store:only().pending)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)

  it("is not asked for a second time by the same process", function()
    revoke()
    local provider = provider_with()
    provider:get(context())
    local _, err = provider:get(context())
    assert.equal("reauthorize", err.kind)
    assert.equal(1, server.counts.refresh_token)
  end)

  it("is over as soon as a person has logged in again", function()
    revoke()
    local provider = provider_with()
    provider:get(context())
    local login = server:login()
    store.content[KEY] = login
    assert.equal(login.access_token, assert(provider:get(context())).token)
  end)

  it("names the day on which the refresh token ended", function()
    local set = server:login()
    set.refresh_expires_at = math.floor(server:time()) + 100
    server.refresh[set.refresh_token] = nil
    store.content[KEY] = set
    driver:advance(2000)
    local _, err = provider_with():get(context())
    assert.truthy(err.message:find("the refresh token ended on 20", 1, true))
  end)

  it("does not stop a token that still works", function()
    local provider = provider_with()
    assert(provider:get(context()))
    server.refresh["refresh-1"] = nil
    driver:advance(1510)
    assert.equal("access-1", assert(provider:get(context())).token)
    assert.equal("reauthorize", events_of("warning", "renewal_failed")[1].err.kind)
  end)
end)
