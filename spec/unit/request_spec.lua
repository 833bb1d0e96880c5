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

  describe("returns", function()
    local function reply(fields, options)
      driver:reply(fields)
      return transport:request("GET", "/x", options)
    end

    it("the decoded body and the response", function()
      local body, response = reply { status = 201, headers = { ["X-Request-Id"] = "r" },
        body = '{"id":9007199254740993}' }
      assert.equal(9007199254740993, body.id)
      assert.equal(201, response.status)
      assert.equal("r", response.request_id)
      assert.equal(1, response.attempts)
    end)

    it("true where the reply has no body", function()
      assert.is_true((reply { status = 204 }))
      assert.is_true((reply { status = 200 }))
      assert.is_true((reply { status = 304 }))
    end)

    it("the bytes where they are wanted raw", function()
      assert.equal('{"a":1}', (reply({ body = '{"a":1}' }, { raw = true })))
      assert.equal("", (reply({ status = 204 }, { raw = true })))
    end)

    it("an error for a status that is none of success", function()
      local value, err = reply {
        status = 404, headers = { ["X-Request-Id"] = "r-9" },
        body = { error = "RecordNotFound", description = "Not found" },
      }
      assert.is_nil(value)
      assert.equal("not_found", err.kind)
      assert.equal("RecordNotFound", err.code)
      assert.equal(404, err.status)
      assert.equal("r-9", err.request_id)
      assert.equal(1, err.attempts)
      assert.equal("/x", err.path)
    end)

    it("an error for a redirect", function()
      local _, err = reply { status = 301, headers = { Location = "https://other.example.com/" } }
      assert.equal("redirect", err.kind)
      assert.equal("https://other.example.com/", err.location)
    end)

    it("an error for a web page with status 200", function()
      local _, err = reply {
        headers = { ["Content-Type"] = "text/html" }, body = "<html><title>Hi</title></html>",
      }
      assert.equal("decode", err.kind)
      assert.equal(200, err.status)
      assert.is_nil(err.body)
    end)

    it("an error for broken JSON, without the text", function()
      local _, err = reply {
        headers = { ["Content-Type"] = "application/json" }, body = '{"token":"canary',
      }
      assert.equal("decode", err.kind)
      for _, value in pairs(err) do assert.not_matches("canary", tostring(value)) end
    end)

    it("what went wrong on the wire", function()
      driver:reply {
        error = "tls", message = "certificate has expired", sent = false, curl_code = 60,
      }
      local _, err = transport:request("GET", "/x", { retry = false })
      assert.equal("tls", err.kind)
      assert.equal("certificate has expired", err.message)
      assert.is_false(err.sent)
      assert.equal(60, err.curl_code)
    end)

    it("what the engine refuses", function()
      driver:reply { refuse = "config", message = "path: holds a space" }
      local _, err = transport:request("GET", "/x", { retry = false })
      assert.equal("config", err.kind)
      assert.equal("path: holds a space", err.message)
      assert.is_false(err.sent)
    end)

    it("an error for an address outside of its origin, and sends nothing", function()
      for _, address in ipairs {
        "https://evil.example.com/api", "https://acme.zendesk.com.evil.example.com/", "api/v2/x",
        "http://acme.zendesk.com/api", "", "https://user:canary@evil.example.com/x?token=canary",
      } do
        local value, err = transport:request("GET", address)
        assert.is_nil(value)
        assert.equal("config", err.kind)
        assert.equal("bad_path", err.code)
        assert.not_matches("canary", tostring(err))
      end
      assert.equal(0, #driver.requests)
    end)

    it("an error for a value without a JSON form, and sends nothing", function()
      local value, err = transport:request("POST", "/x", { json = { f = print } })
      assert.is_nil(value)
      assert.equal("encode", err.kind)
      assert.is_false(err.sent)
      assert.equal(0, #driver.requests)
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

  describe("raises misuse at the caller's line", function()
    local function raises(pattern, ...)
      local arguments = table.pack(...)
      local line = debug.getinfo(1, "l").currentline + 2
      local ok, message = pcall(function()
        transport:request(table.unpack(arguments, 1, arguments.n))
      end)
      assert.is_false(ok)
      assert.matches(pattern, message)
      assert.matches(("request_spec.lua:%d: zendesk: "):format(line), message, 1, true)
      assert.equal(0, #driver.requests)
    end

    it("for methods and paths that are none", function()
      raises("method: string expected, got nil", nil, "/x")
      raises("method 'FETCH' is not known", "FETCH", "/x")
      raises("path: string expected, got number", "GET", 7)
      raises("options: table expected, got string", "GET", "/x", "y")
    end)

    it("for unknown options, with the nearest", function()
      raises("unknown option 'jsn' %(did you mean 'json'%?%)", "POST", "/x", { jsn = {} })
      raises("unknown option 'tiemout' %(did you mean 'timeout'%?%)", "GET", "/x", { tiemout = 1 })
      raises("unknown option '1'", "GET", "/x", { "y" })
      raises("unknown option 'deadline_at'", "GET", "/x", { deadline_at = 1 })
    end)

    it("for options of a wrong type", function()
      raises("'query': table or string expected, got number", "GET", "/x", { query = 7 })
      raises("'headers': table expected, got string", "GET", "/x", { headers = "a: b" })
      raises("'timeout': number expected, got string", "GET", "/x", { timeout = "5" })
      raises("'retry': table or boolean expected, got number", "GET", "/x", { retry = 3 })
      raises("'body': string or userdata expected, got table", "POST", "/x", { body = {} })
      raises("'max_body': a positive integer", "GET", "/x", { max_body = 1.5 })
      raises("'timeout': a positive number", "GET", "/x", { timeout = 0 })
      raises("'deadline': a positive number", "GET", "/x", { deadline = 0 / 0 })
    end)

    it("for bodies that contradict each other", function()
      raises("'json' and 'body' are both given", "POST", "/x", { json = {}, body = "x" })
      raises("GET takes no body: use option 'query'", "GET", "/x", { json = {} })
      raises("HEAD takes no body", "HEAD", "/x", { body = "x" })
      raises("'content_type' comes without 'body'", "POST", "/x", { content_type = "a/b" })
      raises("'content_type' belongs to 'body'", "POST", "/x", { json = {}, content_type = "a/b" })
    end)

    it("for headers that are not the caller's to set", function()
      for _, name in ipairs {
        "Authorization", "authorization", "Host", "Content-Length", "Transfer-Encoding",
        "Connection", "Cookie", "Proxy-Authorization",
      } do
        raises("header '" .. name:gsub("%-", "%%-") .. "': ", "GET", "/x",
          { headers = { [name] = "canary" } })
      end
    end)

    it("for headers that would break the request apart", function()
      for _, value in ipairs { "a\r\nX: y", "a\nb", "a\0b", "a\127" } do
        raises("header 'X%-A' holds a control character", "GET", "/x",
          { headers = { ["X-A"] = value } })
      end
      for _, name in ipairs { "", "a b", "a:b", "a\r\nb", "\u{e9}" } do
        raises("is no name of a header", "GET", "/x", { headers = { [name] = "v" } })
      end
      raises("header 'X' *: string expected, got table", "GET", "/x", { headers = { X = {} } })
      raises("'1' is no name of a header", "GET", "/x", { headers = { "v" } })
    end)

    it("for idempotency keys that are none", function()
      for _, key in ipairs { "", ("k"):rep(256), "a b", "a\n", "\u{e9}" } do
        raises("1 to 255 printable ASCII", "POST", "/x", { json = {}, idempotency_key = key })
      end
    end)

    it("never with a value in the text", function()
      local _, message = pcall(transport.request, transport, "GET", "/x",
        { headers = { Authorization = "Bearer canary" } })
      assert.not_matches("canary", message)
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
