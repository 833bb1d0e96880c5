local bench = require "spec.support.renewal_bench"

local once = bench.once

local b, server, driver, store

local function context(fields) return b:context(fields) end

local function provider_with(fields)
  local options = { client_id = "my_client", client_secret = "test-secret", store = store }
  for name, value in pairs(fields or {}) do options[name] = value end
  return b.auth.client_credentials(options)
end

before_each(function()
  b = bench.new()
  server, driver, store = b.server, b.driver, b.store
  store.content = {}
end)

describe("a client credentials provider", function()
  it("asks for a token when the first call needs one, and not again while it is good", function()
    local provider = provider_with { scope = "tickets:read" }
    assert.equal(0, #server.calls)
    for _ = 1, 5 do assert(provider:get(context())) end
    assert.equal(1, server.counts.client_credentials)
    assert.equal("tickets:read", server.calls[1].json.scope)
  end)

  it("never fails over a day of five-minute tokens, and asks once for each", function()
    local provider = provider_with { expires_in = 300 }
    for _ = 1, 24 * 60 do
      assert.is_true(server:accepts(assert(provider:get(context())).token))
      driver:advance(60)
    end
    -- A minute ahead of the end of each: every four minutes.
    assert.near(24 * 60 / 4, server.counts.client_credentials, 2)
  end)

  it("asks once for fifty coroutines", function()
    local provider = provider_with()
    local results = b:at_once(50, function() return provider:get(context()) end)
    for _, result in ipairs(results) do assert.equal(results[1][1].token, result[1].token) end
    assert.equal(1, server.counts.client_credentials)
  end)

  it("lets other calls go on with a token that is only due", function()
    local provider = provider_with()
    local first = assert(provider:get(context()))
    driver:advance(1510)
    server.latency = 5
    local started = driver:now()
    local renewing = driver:spawn(function() return provider:get(context()) end)
    assert.equal(first.token, assert(provider:get(context())).token)
    assert.equal(started, driver:now())
    assert.not_equal(first.token, renewing:wait().token)
  end)

  it("shares its token with other processes through a store", function()
    local first = assert(provider_with():get(context()))
    assert.equal(first.token, assert(provider_with():get(context())).token)
    assert.equal(1, server.counts.client_credentials)
  end)

  it("does not use a shared token with other credentials", function()
    assert(provider_with():get(context()))
    assert(provider_with { client_id = "other_client" }:get(context()))
    assert(provider_with { scope = "read" }:get(context()))
    assert.equal(3, server.counts.client_credentials)
  end)

  it("neither uses nor replaces a person's login of the same client, scope and store", function()
    local login = server:login()
    store.content[bench.KEY] = login
    local provider = provider_with()
    assert.not_equal(login.access_token, assert(provider:get(context())).token)
    driver:advance(1700)
    assert(provider:get(context()))
    assert.equal(2, server.counts.client_credentials)
    assert.same(login, store.content[bench.KEY])
    assert(b:provider():get(context()))
    assert.equal(1, server.counts.refresh_token)
  end)

  it("renews once after a 401", function()
    local provider = provider_with()
    local used = assert(provider:get(context()))
    local results = b:at_once(20, function() return provider:renew(context(), used) end)
    for _, result in ipairs(results) do assert.not_equal(used.token, result[1].token) end
    assert.equal(2, server.counts.client_credentials)
  end)

  it("works on whatever its store does, and says what it does", function()
    for _, what in ipairs { "load", "save", "lock" } do
      store.failing, store.content, b.events = { [what] = true }, {}, {}
      local provider = provider_with()
      assert(provider:get(context()))
      assert.equal("store", b:events_of "warning"[1].code, what)
    end
  end)

  it("loses nothing at the end of a process whose store cannot be written", function()
    store.failing.save = true
    local provider = provider_with()
    assert(provider:get(context()))
    assert.is_true(provider:flush())
  end)

  it("asks for a token in time when a process that hangs holds the lock", function()
    store.lock = function(_, _, timeout, waiting)
      waiting:sleep(timeout)
      return nil, "locked by somebody else"
    end
    assert(provider_with():get(context { deadline = driver:now() + 10 }))
    assert.equal("store", b:events_of "warning"[1].code)
  end)

  it("goes on with a due token when the server cannot be reached", function()
    local provider = provider_with()
    local first = assert(provider:get(context()))
    driver:advance(1510)
    server.faults = { once { before = true } }
    assert.equal(first.token, assert(provider:get(context())).token)
    assert.equal("renewal_failed", b:events_of "warning"[1].code)
  end)

  it("is never in doubt: a lost reply is asked for again", function()
    server.faults = { once { after = true } }
    local provider = provider_with()
    local credential, err = provider:get(context())
    assert.is_nil(credential)
    assert.is_nil(err.ambiguous)
    assert.is_false(err.sent)
    assert(provider:get(context()))
  end)

  it("passes the server's refusal on", function()
    server.faults = { once { status = 401, body = { error = "invalid_client" } } }
    local credential, err = provider_with():get(context())
    assert.is_nil(credential)
    assert.equal("oauth", err.kind)
    assert.equal("invalid_client", err.code)
    assert.truthy(err.remedy:find("identifier", 1, true))
  end)

  it("refuses a public client before anything is sent", function()
    local provider = b.auth.client_credentials { client_id = "my_client" }
    local credential, err = provider:get(context())
    assert.is_nil(credential)
    assert.equal("config", err.kind)
    assert.truthy(err.message:find("confidential", 1, true))
    assert.equal(0, #server.calls)
  end)

  it("warns of an unknown scope in the instance's events", function()
    provider_with { scope = "ticket:read" }:get(context())
    assert.equal("tickets:read", b:events_of("warning", "unknown_scope")[1].suggestion)
  end)

  it("describes itself", function()
    local provider = provider_with()
    assert(provider:get(context()))
    local facts = provider:describe()
    assert.equal("client_credentials", facts.kind)
    assert.equal("my_client", facts.client_id)
    assert.equal("https://acme.zendesk.com", facts.origin)
    assert.near(server:time() + 1800, facts.ends_at, 5)
  end)
end)
