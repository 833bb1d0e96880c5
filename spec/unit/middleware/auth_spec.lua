local errors = require "zendesk.errors"
local fake_driver = require "spec.support.fake_driver"
local request = require "zendesk.request"

local EXPIRED = { status = 401, body = { error = "invalid_token", error_description = "expired" } }

describe("a provider", function()
  local driver, account, transport, provider, calls, events

  local function credential(name) return { token = name, generation = name } end

  before_each(function()
    driver, account, calls, events = fake_driver.new(), fake_driver.account(), {}, {}
    provider = { kind = "test", static = false, token = "one" }
    function provider:get(context)
      calls[#calls + 1] = { "get", context = context }
      return credential(self.token)
    end
    function provider:renew(context, used)
      calls[#calls + 1] = { "renew", context = context, used = used }
      self.token = "two"
      return credential "two"
    end
    transport = request.new {
      account = account, driver = driver, provider = provider,
      account_options = { ca_file = "ca.pem" },
      emit = function(event) events[#events + 1] = event end,
    }
  end)

  local function names()
    local list = {}
    for index, call in ipairs(calls) do list[index] = call[1] end
    return list
  end

  it("is asked before each call, and its token put into the account once", function()
    driver:reply({ body = "{}" }, { body = "{}" })
    assert(transport:request("GET", "/x"))
    assert(transport:request("GET", "/x"))
    assert.same({ "get", "get" }, names())
    assert.same({ "one" }, account.tokens)
  end)

  it("that gives no token keeps the call from being sent without one", function()
    for given, words in pairs {
      ["word"] = "it gave a string instead of a table",
      [{ access_token = "x" }] = "it gave a table whose field 'token' is a nil",
      [{ token = 12 }] = "it gave a table whose field 'token' is a number",
    } do
      function provider.get() return given end
      local value, err = transport:request("POST", "/x", { json = { 1 } })
      assert.same({ nil, "auth", "option 'auth': the provider gave no token: " .. words },
        { value, err.kind, err.message })
    end
    assert.equal(0, #driver.requests)
  end)

  it("may give a reason that is no error object", function()
    function provider.get() return nil, "the vault is sealed" end
    local _, err = transport:request("GET", "/x")
    assert.equal("option 'auth': the provider gave no token: the vault is sealed", err.message)
    function provider.get() return credential "one" end
    function provider.renew() return nil end
    driver:reply(EXPIRED)
    _, err = transport:request("GET", "/x")
    assert.equal("option 'auth': the provider gave no token: it gave no reason", err.message)
    assert.equal(401, err.cause.status)
  end)

  it("learns the driver, the deadline, the account's address and how to get there", function()
    driver:reply { body = "{}" }
    assert(transport:request("GET", "/x", { deadline = 9 }))
    local context = calls[1].context
    assert.equal(driver, context.driver)
    assert.equal(driver.seconds + 9, context.deadline)
    assert.equal("https://acme.zendesk.com", context.base_url)
    assert.same({ ca_file = "ca.pem" }, context.account_options)
    context.emit { type = "refresh" }
    assert.equal("refresh", events[#events].type)
  end)

  it("renews once after a 401 that says invalid_token, and the call is made again", function()
    local release = fake_driver.capture_bodies()
    driver:reply(EXPIRED, { status = 201, body = "{}" })
    local body, response = transport:request("POST", "/x", { json = { 1 } })
    release()
    assert.same({}, body)
    assert.equal(2, response.attempts)
    assert.same({ "get", "renew" }, names())
    assert.equal("one", calls[2].used.token)
    assert.same({ "one", "two" }, account.tokens)
    assert.equal("[1]", driver.requests[2].body)
  end)

  it("renews no second time for the same call", function()
    driver:reply(EXPIRED, EXPIRED)
    local value, err = transport:request("GET", "/x")
    assert.is_nil(value)
    assert.equal("auth", err.kind)
    assert.equal("invalid_token", err.code)
    assert.equal(2, err.attempts)
    assert.same({ "get", "renew" }, names())
  end)

  it("renews once over all attempts of a call", function()
    driver:reply(EXPIRED, { status = 503 }, EXPIRED)
    local _, err = transport:request("GET", "/x")
    assert.equal("invalid_token", err.code)
    assert.same({ "get", "renew", "get" }, names())
  end)

  it("that cannot renew for a moment is asked again before a refused token is sent", function()
    local renew, failures = provider.renew, 2
    function provider:renew(context, used)
      failures = failures - 1
      if failures < 0 then return renew(self, context, used) end
      return nil, errors.new("rate_limit", "busy", { status = 429, retry_after = 1 })
    end
    driver:reply(EXPIRED, { body = "{}" })
    local _, response = assert(transport:request("GET", "/x"))
    assert.equal(2, #driver.requests)
    assert.same({ "one", "two" }, account.tokens)
    assert.equal(3, response.attempts)
  end)

  it("that cannot renew at all has a refused token sent once", function()
    function provider.renew()
      return nil, errors.new("server", "busy", { status = 503, sent = false })
    end
    driver:reply(EXPIRED)
    local _, err = transport:request("GET", "/x")
    assert.equal("server", err.kind)
    assert.equal(1, #driver.requests)
  end)

  it("during whose answer the instance is closed ends the call as closed", function()
    function provider:get()
      transport:close()
      return credential(self.token)
    end
    local _, err = transport:request("GET", "/x")
    assert.equal("closed", err.kind)
    assert.same({ 0, {} }, { #driver.requests, account.tokens })
  end)

  it("during whose renewal the instance is closed ends the call as closed", function()
    function provider.renew()
      transport:close()
      return credential "two"
    end
    driver:reply(EXPIRED)
    local _, err = transport:request("GET", "/x")
    assert.equal("closed", err.kind)
    assert.equal(1, #driver.requests)
  end)

  it("believes the challenge where the body says nothing", function()
    driver:reply({
      status = 401, headers = { ["WWW-Authenticate"] = 'Bearer error="invalid_token"' },
    }, { body = "{}" })
    assert(transport:request("GET", "/x"))
  end)

  it("is not asked to renew for another 401", function()
    driver:reply { status = 401, body = { error = "Couldn't authenticate you" } }
    local _, err = transport:request("GET", "/x")
    assert.equal("auth", err.kind)
    assert.same({ "get" }, names())
  end)

  it("is not asked to renew where the call does not want it", function()
    driver:reply(EXPIRED)
    local _, err = transport:send { method = "GET", path = "/x", renew = false }
    assert.equal("invalid_token", err.code)
    assert.same({ "get" }, names())
  end)

  it("that has nothing better leaves the refusal as it is", function()
    function provider.renew() return credential "one" end
    driver:reply(EXPIRED)
    local _, err = transport:request("GET", "/x")
    assert.equal("invalid_token", err.code)
    assert.equal(1, #driver.requests)
  end)

  it("that cannot renew says why, with the refusal behind it", function()
    function provider.renew() return nil, errors.new("reauthorize", "log in again") end
    driver:reply(EXPIRED)
    local _, err = transport:request("GET", "/x")
    assert.equal("reauthorize", err.kind)
    assert.equal("invalid_token", err.cause.code)
  end)

  it("that has no token ends the call before anything is sent", function()
    function provider.get() return nil, errors.new("store", "locked") end
    local _, err = transport:request("GET", "/x")
    assert.equal("store", err.kind)
    assert.equal(0, #driver.requests)
  end)

  it("whose token cannot be sent is told apart from the server's refusal", function()
    function provider.get() return credential "canary\n" end
    local _, err = transport:request("GET", "/x")
    assert.equal("config", err.kind)
    assert.equal("auth", err.option)
    assert.not_matches("canary", tostring(err))
  end)

  it("is not asked where no credential is sent", function()
    driver:reply { body = "{}" }
    assert(transport:request("GET", "/x", { auth = false }))
    assert.same({}, calls)
  end)

  it("that is static is never asked", function()
    provider.static = true
    transport = request.new { account = account, driver = driver, provider = provider }
    driver:reply(EXPIRED)
    local _, err = transport:request("GET", "/x")
    assert.equal("invalid_token", err.code)
    assert.same({}, calls)
  end)
end)
