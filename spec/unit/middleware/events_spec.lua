local events = require "zendesk.middleware.events"
local fake_driver = require "spec.support.fake_driver"
local request = require "zendesk.request"

describe("events", function()
  local driver, seen, transport

  local function make(handler)
    driver, seen = fake_driver.new(), {}
    handler = handler or function(event) seen[#seen + 1] = event end
    transport = request.new {
      account = fake_driver.account(), driver = driver, random = function() return 1 end,
      emit = events.emitter(handler, function() return driver:time() end),
    }
  end

  before_each(function() make() end)

  local function types()
    local list = {}
    for index, event in ipairs(seen) do list[index] = event.type end
    return list
  end

  it("tell of each request and how it ended", function()
    driver:reply { headers = { ["X-Request-Id"] = "r-1" }, body = '{"a":1}' }
    assert(transport:request("GET", "/api/v2/x?token=canary"))
    assert.same({ "request", "response" }, types())
    assert.same({
      type = "request", call = 1, method = "GET", path = "/api/v2/x", attempt = 1,
      time = driver:time(),
    }, seen[1])
    assert.same({
      type = "response", call = 1, method = "GET", path = "/api/v2/x", attempt = 1, status = 200,
      request_id = "r-1", size = 7, time = driver:time(),
      timings = { total = 0.25, new_connections = 0 },
    }, seen[2])
  end)

  it("may make a handler close the instance, which ends the call before it is sent", function()
    make(function(event)
      if event.type == "request" then transport:close() end
    end)
    local value, err = transport:request("GET", "/x")
    assert.same({ nil, "closed", false }, { value, err.kind, err.sent })
    assert.equal(0, #driver.requests)
  end)

  it("tell of refusals and failures", function()
    driver:reply({ status = 422, body = { error = "RecordInvalid" } },
      { error = "tls", sent = false })
    transport:request("GET", "/x")
    transport:request("GET", "/x")
    assert.equal(422, seen[2].status)
    assert.equal("invalid", seen[2].kind)
    assert.equal("RecordInvalid", seen[2].code)
    assert.equal("tls", seen[4].kind)
    assert.is_nil(seen[4].status)
    assert.equal(2, seen[4].call)
  end)

  it("tell of retries, with the wait and its reason", function()
    driver:reply({ status = 503 }, { body = "{}" })
    assert(transport:request("GET", "/x"))
    assert.same({ "request", "response", "retry", "request", "response" }, types())
    assert.equal(0.5, seen[3].wait)
    assert.equal(503, seen[3].status)
    assert.equal("server", seen[3].kind)
    assert.equal(1, seen[3].attempt)
    assert.equal(2, seen[4].attempt)
    assert.equal(1, seen[5].call)
  end)

  it("pass traceparent through, and no other header", function()
    driver:reply { body = "{}" }
    assert(transport:request("GET", "/x", { headers = {
      traceparent = "00-abc-def-01", ["X-Other"] = "canary",
    } }))
    assert.equal("00-abc-def-01", seen[1].traceparent)
    assert.equal("00-abc-def-01", driver.requests[1].headers.traceparent)
    for _, event in ipairs(seen) do
      for _, value in pairs(event) do assert.not_matches("canary", tostring(value)) end
    end
  end)

  it("do not let a handler that raises disturb the call, and tell it once", function()
    local told = {}
    make(function(event)
      if event.type == "warning" then
        told[#told + 1] = event
        return
      end
      error "canary in the handler"
    end)
    driver:reply({ body = "{}" }, { body = "{}" })
    assert(transport:request("GET", "/x"))
    assert(transport:request("GET", "/x"))
    assert.equal(1, #told)
    assert.equal("handler_raised", told[1].code)
  end)

  it("survive a handler that raises whatever it is told", function()
    for _, problem in ipairs {
      {}, setmetatable({}, { __tostring = function() error "deep" end }),
    } do
      make(function() error(problem) end)
      driver:reply { body = "{}" }
      assert(transport:request("GET", "/x"))
    end
  end)

  it("do not report a handler's own calls to itself", function()
    local count = 0
    make(function()
      count = count + 1
      driver:reply { body = "{}" }
      assert(transport:request("GET", "/inside"))
    end)
    driver:reply { body = "{}" }
    assert(transport:request("GET", "/x"))
    assert.equal(2, count)
  end)

  it("cost nothing where nobody listens", function()
    transport = request.new { account = fake_driver.account(), driver = driver }
    assert.is_false(transport.observed)
    driver:reply { body = "{}" }
    local _, response = transport:request("GET", "/x")
    assert.is_nil(response:timings())
    transport:emit { type = "anything" }
  end)

  it("emit nothing without a handler", function()
    assert.is_nil(events.emitter(nil)({ type = "x" }))
  end)
end)
