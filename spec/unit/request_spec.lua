local core = require "zendesk.core"
local errors = require "zendesk.errors"
local fake_driver = require "spec.support.fake_driver"
local request = require "zendesk.request"

describe("the pipeline", function()
  local driver, account, transport, release, bodies

  before_each(function()
    driver, account = fake_driver.new(), fake_driver.account()
    release, bodies = fake_driver.capture_bodies()
    transport = request.new { account = account, driver = driver, random = function() return 0 end }
  end)

  after_each(function() release() end)

  local function sent() return driver.requests[#driver.requests] end

  local function get(path, options)
    driver:reply { body = "{}" }
    assert(transport:request("GET", path, options))
    return sent()
  end

  local function post(options, path)
    driver:reply { status = 201, body = "{}" }
    assert(transport:request("POST", path or "/api/v2/users", options))
    return sent()
  end

  describe("sends", function()
    it("a bare request with the defaults", function()
      local seen = get "/api/v2/tickets"
      assert.equal("GET", seen.method)
      assert.equal("/api/v2/tickets", seen.path)
      assert.is_nil(seen.body)
      assert.is_nil(seen.content_type)
      assert.is_nil(seen.accept)
      assert.is_nil(seen.auth)
      assert.same({}, seen.headers)
      assert.equal(60, seen.timeout)
      assert.is_nil(seen.connect_timeout) -- the engine has the same defaults
      assert.is_nil(seen.max_body)
      assert.equal(account, seen.account)
    end)

    it("limits of its own where it has some", function()
      transport = request.new {
        account = account, driver = driver, options = { connect_timeout = 3, max_body = 1000 },
      }
      local seen = get "/x"
      assert.equal(3, seen.connect_timeout)
      assert.equal(1000, seen.max_body)
      assert.equal(7, get("/x", { max_body = 7 }).max_body)
      assert.equal("integer", math.type(get("/x", { max_body = 1e6 }).max_body))
    end)

    it("methods in small letters", function()
      driver:reply { body = "{}" }
      assert(transport:request("delete", "/x"))
      assert.equal("DELETE", sent().method)
    end)

    it("a query behind the path", function()
      assert.equal("/x?ids=1,2&page%5Bsize%5D=2",
        get("/x", { query = { ids = { 1, 2 }, page = { size = 2 } } }).path)
      assert.equal("/x?a=1&b=2", get("/x?a=1", { query = { b = 2 } }).path)
      assert.equal("/x?raw=%20", get("/x", { query = "raw=%20" }).path)
    end)

    it("an URL of its own origin as a path", function()
      assert.equal("/api/v2/x?page%5Bafter%5D=a",
        get("https://acme.zendesk.com:443/api/v2/x?page[after]=a").path)
    end)

    it("JSON with its type, encoded once and wiped", function()
      local seen = post { json = { a = 1 } }
      assert.equal('{"a":1}', seen.body)
      assert.equal("application/json", seen.content_type)
      assert.equal(1, #bodies)
      assert.is_true(bodies[1].closed)
    end)

    it("a JSON body that is null", function()
      assert.equal("null", post({ json = core.null }).body)
    end)

    it("a body as it is", function()
      local seen = post { body = "a=b" }
      assert.equal("a=b", seen.body)
      assert.equal("application/octet-stream", seen.content_type)
      assert.equal("image/png", post({ body = "x", content_type = "image/png" }).content_type)
      assert.equal("image/gif",
        post({ body = "x", headers = { ["content-type"] = "image/gif" } }).content_type)
    end)

    it("headers, in a copy", function()
      local headers = { ["X-On-Behalf-Of"] = "a@example.com", ["X-Number"] = 7 }
      assert.same({ ["x-on-behalf-of"] = "a@example.com", ["x-number"] = "7" },
        get("/x", { headers = headers }).headers)
      assert.equal("text/csv", get("/x", { headers = { Accept = "text/csv" } }).accept)
      assert.equal(7, headers["X-Number"])
    end)

    it("no credential where none is wanted", function()
      assert.is_false(get("/x", { auth = false }).auth)
    end)

    it("everything in one table, which stays as it is", function()
      local call = { method = "PUT", path = "/x", json = { 1 }, query = { a = 1 } }
      driver:reply { body = "{}" }
      assert(transport:send(call))
      assert.equal("/x?a=1", sent().path)
      assert.same({ method = "PUT", path = "/x", json = { 1 }, query = { a = 1 } }, call)
    end)
  end)

  it("gives every handle back before it returns", function()
    driver:reply({ body = "{}" }, { status = 404 }, { error = "decode" }, { await = "cancelled" })
    for _ = 1, 4 do transport:request("GET", "/x", { retry = false }) end
    for _, transfer in ipairs(driver.transfers) do assert.is_true(transfer.closed) end
    assert.equal(4, #driver.transfers)
  end)

  it("has timings where they are asked for", function()
    driver:reply({ body = "{}" }, { body = "{}" })
    local _, response = transport:request("GET", "/x", { timings = true })
    assert.equal(0.25, response:timings().total)
    _, response = transport:request("GET", "/x")
    assert.is_nil(response:timings())
  end)

  describe("keeps to its deadline", function()
    it("with the time of an attempt cut to what is left", function()
      assert.equal(5, get("/x", { deadline = 5 }).timeout)
      assert.equal(2, get("/x", { deadline = 5, timeout = 2 }).timeout)
      assert.equal(3, get("/x", { timeout = 3 }).timeout)
    end)

    it("given as a moment of the driver's clock", function()
      driver:reply { body = "{}" }
      assert(transport:send { method = "GET", path = "/x", deadline_at = driver.seconds + 4 })
      assert.equal(4, sent().timeout)
    end)

    it("and sends nothing behind it", function()
      local _, err = transport:send { method = "GET", path = "/x", deadline_at = driver.seconds }
      assert.equal("timeout", err.kind)
      assert.is_false(err.sent)
      assert.equal(0, #driver.requests)
    end)

    it("also while it waits", function()
      driver:reply { body = "{}", takes = 100 }
      local _, err = transport:request("GET", "/x", { deadline = 5, retry = false })
      assert.equal("timeout", err.kind)
      assert.is_true(err.sent)
      assert.equal(1005, driver.seconds)
    end)
  end)

  describe("sends an idempotency key", function()
    it("of its own with each new ticket", function()
      local first = post({ json = {} }, "/api/v2/tickets").headers["idempotency-key"]
      local second = post({ json = {} }, "/api/v2/tickets.json").headers["idempotency-key"]
      assert.equal(24, #first)
      assert.equal(24, #second)
      assert.not_equal(first, second)
    end)

    it("and nowhere else by itself", function()
      assert.is_nil(post({ json = {} }, "/api/v2/tickets/create_many").headers["idempotency-key"])
      assert.is_nil(post({ json = {} }, "/api/v2/users").headers["idempotency-key"])
      assert.is_nil(get("/api/v2/tickets").headers["idempotency-key"])
    end)

    it("of the caller's, as an option or a header", function()
      assert.equal("mine", post({ json = {}, idempotency_key = "mine" }, "/api/v2/tickets")
        .headers["idempotency-key"])
      assert.equal("mine", post({ json = {}, headers = { ["Idempotency-Key"] = "mine" } },
        "/api/v2/tickets").headers["idempotency-key"])
      assert.equal("mine", post({ json = {}, idempotency_key = "mine" }).headers["idempotency-key"])
    end)

    it("unless there is no randomness for one", function()
      local random = core.random
      core.random = function() return nil, "no source" end
      local value, err = transport:request("POST", "/api/v2/tickets", { json = {} })
      core.random = random
      assert.is_nil(value)
      assert.equal("config", err.kind)
      assert.matches("no source", err.message, 1, true)
      assert.equal(0, #driver.requests)
    end)

    it("and repeats the ticket with the same one", function()
      driver:reply({ error = "transport", sent = true }, { status = 201, body = "{}" })
      assert(transport:request("POST", "/api/v2/tickets", { json = {} }))
      assert.equal(driver.requests[1].headers["idempotency-key"],
        driver.requests[2].headers["idempotency-key"])
    end)

    it("and does not believe one where Zendesk does not honour it", function()
      driver:reply { error = "transport", sent = true }
      local _, err = transport:request("POST", "/api/v2/users", {
        json = {}, idempotency_key = "k",
      })
      assert.is_true(err.ambiguous)
      assert.equal(1, #driver.requests)
    end)
  end)

  describe("is closed", function()
    it("once, and gives its account back", function()
      transport:close()
      transport:close()
      assert.is_true(account.closed)
      assert.is_true(transport:is_closed())
    end)

    it("and raises from then on", function()
      transport:close()
      assert.error_matches(function() transport:request("GET", "/x") end, "the instance is closed")
      assert.error_matches(function() transport:send { method = "GET", path = "/x" } end, "closed")
    end)

    it("under a running call, which ends with an error", function()
      function driver.await(_, transfer)
        transport:close()
        assert.is_true(transfer:done())
        return true
      end
      driver:reply { body = "{}" }
      local value, err = transport:request("POST", "/x", { json = {} })
      assert.is_nil(value)
      assert.equal("closed", err.kind)
      assert.is_true(err.ambiguous)
    end)

    it("under a sleeping call, which does not wake to send again", function()
      driver:reply { error = "transport", sent = false }
      function driver.on_sleep() transport:close() return true end
      local value, err = transport:request("GET", "/x")
      assert.is_nil(value)
      assert.equal("closed", err.kind)
      assert.equal("transport", err.cause.kind)
      assert.equal(1, #driver.requests)
    end)
  end)

  it("starts calls where the driver can run something beside", function()
    assert.is_nil(transport.start)
    local begun
    function driver.spawn(_, f, ...)
      begun = table.pack(f, ...)
      return "task"
    end
    transport = request.new { account = account, driver = driver }
    local call = { method = "GET", path = "/x" }
    assert.equal("task", transport:start(call))
    assert.same({ transport.send, transport, call, n = 3 }, begun)
    transport:close()
    assert.error_matches(function() transport:start(call) end, "the instance is closed")
  end)

  it("puts given middlewares around its own, the first one outermost", function()
    local order = {}
    local function middleware(name)
      return function(next)
        return function(call)
          order[#order + 1] = name
          return next(call)
        end
      end
    end
    transport = request.new {
      account = account, driver = driver, middlewares = { middleware "a", middleware "b" },
    }
    driver:reply { body = "{}" }
    assert(transport:request("GET", "/x"))
    assert.same({ "a", "b" }, order)
  end)

  it("asks for one thing after the other: time, origin, address", function()
    assert.equal("https://acme.zendesk.com", transport:origin())
    assert.equal(driver.seconds, transport:now())
    assert.equal(driver.epoch + driver.seconds, transport:time())
    assert.equal("/x", transport:resolve "https://acme.zendesk.com/x")
    assert.is_nil((transport:resolve "https://evil.example.com/x"))
  end)

  it("wants retry settings that make sense", function()
    assert.error_matches(function()
      request.new { account = account, driver = driver, options = { retry = { attempts = 0 } } }
    end, "retry.attempts")
    assert.error_matches(function()
      transport:request("GET", "/x", { retry = { attempts = 0 } })
    end, "retry.attempts")
    assert.is_true(errors.is(errors.new("config", "x")))
  end)
end)
