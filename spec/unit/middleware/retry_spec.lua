local errors = require "zendesk.errors"
local fake_driver = require "spec.support.fake_driver"
local request = require "zendesk.request"
local zendesk = require "zendesk"

describe("a call", function()
  local driver, transport

  local function make(options, random)
    driver = fake_driver.new()
    transport = request.new {
      account = fake_driver.account(), driver = driver, options = options,
      random = function() return random or 1 end,
    }
  end

  before_each(function() make() end)

  it("is repeated until it succeeds", function()
    driver:reply({ error = "transport", sent = true }, { status = 503 }, { body = "{}" })
    local body, response = transport:request("GET", "/x")
    assert.same({}, body)
    assert.equal(3, response.attempts)
    assert.same({ 0.5, 1.0 }, driver.slept)
  end)

  it("is given up after its attempts, and may be made again", function()
    for _ = 1, 4 do driver:reply { status = 503 } end
    local value, problem = transport:request("GET", "/x")
    assert.is_nil(value)
    assert.equal("server", problem.kind)
    assert.equal(4, problem.attempts)
    assert.is_true(problem.retryable)
    assert.is_nil(problem.ambiguous)
    assert.equal(4, #driver.requests)
  end)

  it("is made once where retry is switched off, for the instance or the call", function()
    driver:reply { status = 503 }
    transport:request("GET", "/x", { retry = false })
    make { retry = false }
    driver:reply { status = 503 }
    transport:request("GET", "/x")
    assert.equal(1, #driver.requests)
    assert.same({}, driver.slept)
  end)

  it("has settings of its own", function()
    for _ = 1, 2 do driver:reply { status = 503 } end
    local _, problem = transport:request("GET", "/x", { retry = { attempts = 2, base = 3 } })
    assert.equal(2, problem.attempts)
    assert.same({ 3 }, driver.slept)
    make { retry = false }
    driver:reply({ status = 503 }, { body = "{}" })
    assert(transport:request("GET", "/x", { retry = { attempts = 2 } }))
  end)

  it("waits as long as Retry-After says", function()
    make({}, 0)
    driver:reply({ status = 429, headers = { ["Retry-After"] = "7" } },
      { status = 503, headers = { ["Retry-After"] = "2.5" } }, { body = "{}" })
    assert(transport:request("GET", "/x"))
    assert.same({ 7, 3 }, driver.slept)
  end)

  it("that posts is repeated after a 429, with the same body", function()
    local release = fake_driver.capture_bodies()
    driver:reply({ status = 429, headers = { ["Retry-After"] = "1" } },
      { status = 201, body = "{}" })
    assert(transport:request("POST", "/x", { json = { a = 1 } }))
    release()
    assert.equal('{"a":1}', driver.requests[1].body)
    assert.equal('{"a":1}', driver.requests[2].body)
  end)

  for _, method in ipairs { "POST", "PATCH" } do
    it("that is a " .. method .. " in doubt is not repeated, and says so", function()
      driver:reply { error = "transport", sent = true }
      local value, problem = transport:request(method, "/x", { body = "x" })
      assert.is_nil(value)
      assert.is_true(problem.ambiguous)
      assert.is_nil(problem.retryable)
      assert.matches("before you repeat it", problem.remedy)
      assert.equal(1, #driver.requests)
    end)

    it("that is a " .. method .. " and was not sent is repeated", function()
      driver:reply({ error = "transport", sent = false }, { body = "{}" })
      assert(transport:request(method, "/x", { body = "x" }))
      assert.equal(2, #driver.requests)
    end)

    it("that is a " .. method .. " is repeated where the caller knows better", function()
      driver:reply({ error = "transport", sent = true }, { body = "{}" })
      assert(transport:request(method, "/x", { body = "x", retry = { idempotent = true } }))
    end)
  end

  for _, method in ipairs { "GET", "HEAD", "PUT", "DELETE" } do
    it("that is a " .. method .. " in doubt is repeated", function()
      driver:reply({ error = "timeout", sent = true }, { status = 200, body = "{}" })
      assert(transport:request(method, "/x"))
      assert.equal(2, #driver.requests)
    end)
  end

  it("is not repeated where the caller says that it must not be, unless it only reads", function()
    local once = { retry = { idempotent = false } }
    for _, method in ipairs { "PUT", "DELETE" } do
      driver:reply { error = "timeout", sent = true }
      local value, problem = transport:request(method, "/x", once)
      assert.is_nil(value)
      assert.is_true(problem.ambiguous)
    end
    assert.equal(2, #driver.requests)
    driver:reply({ error = "timeout", sent = true }, { status = 200, body = "{}" })
    assert(transport:request("GET", "/x", once))
    assert.equal(4, #driver.requests)
  end)

  it("that deletes, in doubt, and finds nothing has deleted", function()
    driver:reply({ error = "transport", sent = true }, { status = 404 })
    local ok, response = transport:request("DELETE", "/x")
    assert.is_true(ok)
    assert.equal(404, response.status)
  end)

  it("that deletes, in doubt, has not deleted because no token was had the second time", function()
    local asked = 0
    local zd = assert(zendesk.new { subdomain = "acme", driver = driver, auth = {
      kind = "test", renew = function() end,
      get = function()
        asked = asked + 1
        if asked == 1 then return { token = "test-token" } end
        return nil, errors.new("oauth", "the grant was refused", { status = 404 })
      end,
    } })
    driver:reply { error = "transport", sent = true }
    local ok, err = zd:delete "/api/v2/tickets/1"
    assert.is_nil(ok)
    assert.equal("oauth", err.kind)
  end)

  it("that deletes nothing in the first place is an error", function()
    driver:reply({ status = 429, headers = { ["Retry-After"] = "1" } }, { status = 404 })
    local value, problem = transport:request("DELETE", "/x")
    assert.is_nil(value)
    assert.equal("not_found", problem.kind)
  end)

  it("does not wait past its deadline", function()
    make({}, 0)
    driver:reply { status = 429, headers = { ["Retry-After"] = "30" } }
    local value, problem = transport:request("GET", "/x", { deadline = 20 })
    assert.is_nil(value)
    assert.equal("rate_limit", problem.kind)
    assert.equal(30, problem.retry_after)
    assert.equal(driver:time() + 30, problem.retry_at)
    assert.is_true(problem.retryable)
    assert.matches("deadline leaves no time to wait 30.0 s", problem.remedy)
    assert.same({}, driver.slept)
  end)

  it("has one deadline over all its attempts", function()
    for _ = 1, 4 do driver:reply { error = "timeout", sent = true, takes = 4 } end
    local started = driver.seconds
    local _, problem = transport:request("GET", "/x", { deadline = 10 })
    assert.equal("timeout", problem.kind)
    assert.is_true(driver.seconds - started <= 10)
    assert.equal(10 - 4 - 0.5 - 4 - 1, driver.requests[3].timeout)
  end)

  it("ends when its task is cancelled while it waits", function()
    driver:reply { error = "transport", sent = false }
    function driver.on_sleep() return nil, "cancelled" end
    local value, problem = transport:request("GET", "/x")
    assert.is_nil(value)
    assert.equal("cancelled", problem.kind)
    assert.equal("transport", problem.cause.kind)
  end)

  it("ends as closed when its driver is closed while it waits", function()
    driver:reply { error = "transport", sent = false }
    function driver.is_closed() return true end
    function driver.on_sleep() return nil, "cancelled" end
    local _, problem = transport:request("GET", "/x")
    assert.same({ "closed", "the driver was closed" }, { problem.kind, problem.message })
    driver:reply { error = "transport", sent = false }
    driver.signal = nil
    _, problem = transport:request("GET", "/x")
    assert.equal("closed", problem.kind)
  end)

  it("is not repeated when too many have failed lately", function()
    local attempts = 0
    local function unavailable()
      attempts = attempts + 1
      return { status = 503 }
    end
    for _ = 1, 30 do
      driver:reply(unavailable, unavailable, unavailable, unavailable)
      local _, problem = transport:request("GET", "/x", { deadline = 100000 })
      assert.equal(503, problem.status)
      driver._replies = {}
    end
    -- 30 calls, and the 20 repetitions of the budget
    assert.equal(50, attempts)
  end)

  it("gives back to the budget when it succeeds", function()
    transport.budget.tokens = 0
    for _ = 1, 10 do
      driver:reply { body = "{}" }
      assert(transport:request("GET", "/x"))
    end
    assert.is_true(math.abs(transport.budget.tokens - 1) < 1e-9)
    transport.budget.tokens = 20
    driver:reply { body = "{}" }
    assert(transport:request("GET", "/x"))
    assert.equal(20, transport.budget.tokens)
  end)

  it("is not made again after a 429 where the caller wants to know", function()
    make { rate_limit = "raise" }
    driver:reply { status = 429, headers = { ["Retry-After"] = "7" } }
    local _, problem = transport:request("GET", "/x")
    assert.equal("rate_limit", problem.kind)
    assert.equal(driver:time() + 7, problem.retry_at)
    assert.is_true(problem.retryable)
    assert.same({}, driver.slept)
  end)
end)
