-- The short way of a small call: submit, one step, and take, in one function that needs no userdata
-- of its own for each call.

local core = require "zendesk.core"
local exchange = require "spec.support.exchange"
local raw_server = require "spec.support.raw_server"

describe("engine:call", function()
  local server, wire

  local function play(...)
    server = raw_server.start { { ... } }
    wire = exchange.open { base_url = server.base_url, access_token = "test-access-token" }
  end

  local function serve(...)
    play({ "read" }, { "reply", ... }, { "again" })
  end

  after_each(function()
    if wire then wire:close() end
    if server then server:stop() end
    wire, server = nil, nil
  end)

  local function call(request, seconds)
    request = request or {}
    request.method, request.path = request.method or "GET", request.path or "/"
    return wire.engine:call(wire.account, request, seconds or 10)
  end

  -- A new connection takes more steps than one; once there is one, calls are over in one step.
  local function call_until_quick(request)
    for _ = 1, 50 do
      local first, head, value = call(request)
      if math.type(first) then return first, head, value end
      exchange.finish(wire.engine, first):close()
    end
    error "no call has been over in one step"
  end

  it("gives status, head and value of a success with JSON", function()
    serve(201, '{"id":9007199254740993}', { ["X-One"] = "1" })
    local status, head, value = call_until_quick()
    assert.equal(201, status)
    assert.matches("X-One: 1\r\n", head, 1, true)
    assert.same({ id = 9007199254740993 }, value)
    assert.equal(0, wire.engine:running())
    assert.is_nil(wire.engine:next())
  end)

  it("sends a string and a body", function()
    serve(200, "[]")
    call_until_quick { method = "POST", body = "a text", content_type = "text/plain" }
    call_until_quick { method = "POST", body = core.body { a = 1 },
      content_type = "application/json" }
    local requests = server:requests()
    assert.matches("\r\n\r\na text$", requests[1])
    assert.matches('\r\n\r\n{"a":1}$', requests[#requests])
  end)

  it("writes a value as the body, a short one after a long one", function()
    serve(200, "[]")
    local json = { ("x"):rep(9000), 9007199254740993 }
    call_until_quick { method = "POST", json = json, content_type = "application/json" }
    call_until_quick { method = "PUT", json = core.null, content_type = "application/json" }
    local requests = server:requests()
    assert.matches('xx",9007199254740993]$', requests[1])
    assert.matches("Content-Length: 9021\r\n", requests[1], 1, true)
    assert.matches("\r\n\r\nnull$", requests[#requests])
  end)

  it("says what cannot be written, and goes on with the next call", function()
    serve(200, "[]")
    local request = { method = "POST", json = { a = { print } }, content_type = "application/json" }
    local transfer, kind, message = call(request)
    assert.is_nil(transfer)
    assert.equal("encode", kind)
    assert.matches("^a%[1%]: ", message)
    assert.equal(200, (call_until_quick()))
    assert.equal(0, #server:requests()[1]:match "\r\n\r\n(.*)")
  end)

  it("takes a body before a value, and no value without a content type", function()
    serve(200, "[]")
    call_until_quick { method = "POST", body = "text", json = { 1 }, content_type = "text/plain" }
    call_until_quick { method = "POST", json = { 1 } }
    local requests = server:requests()
    assert.matches("\r\n\r\ntext$", requests[1])
    assert.matches("\r\n\r\n$", requests[#requests])
  end)

  it("takes a list in place of a table with names, where false is a default", function()
    serve(200, "[]")
    call_until_quick { method = "GET", path = "/" }
    local function send(list) assert(wire.engine:call(wire.account, list, 10)) end
    send { "GET", "/one", false, false, false }
    send { "POST", "/two", 5, 5, 1000, { a = 1 } }
    send { "PUT", "/three", 5, 5, 1000, false }
    local requests = server:requests()
    local function has(back, text)
      assert.is_truthy(requests[#requests - back]:find(text, 1, true), text)
    end
    has(2, "GET /one HTTP/1.1\r\n")
    assert.matches("\r\n\r\n$", requests[#requests - 2])
    assert.is_nil(requests[#requests - 2]:find("Content-", 1, true))
    has(1, "POST /two HTTP/1.1\r\n")
    has(1, "\r\nContent-Type: application/json\r\n")
    assert.matches('\r\n\r\n{"a":1}$', requests[#requests - 1])
    has(0, "PUT /three HTTP/1.1\r\n")
    assert.matches("\r\n\r\nfalse$", requests[#requests])
  end)

  it("asks for compression, unless it is said that the reply is brief", function()
    serve(200, "[]")
    call_until_quick()
    for brief, times in pairs { [true] = 0, [false] = 1 } do
      for _, request in ipairs {
        { "POST", "/", 5, 5, 1000, {}, brief }, { method = "GET", path = "/", brief = brief },
      } do
        assert(wire.engine:call(wire.account, request, 10))
        local requests = server:requests()
        local _, count = requests[#requests]:gsub("Accept%-Encoding: %a+", "")
        assert.equal(times, count)
        _, count = requests[#requests]:gsub("Accept%-Encoding", "")
        assert.equal(times, count)
      end
    end
  end)

  it("says what is wrong with a list", function()
    serve(200, "[]")
    for problem, list in pairs {
      ["bad field 1 %(string expected, got number"] = { 1, "/" },
      ["bad field 2 %(string expected, got nil"] = { "GET" },
      ["bad field 'timeout' %(number expected, got string"] = { "GET", "/", "soon" },
      ["bad field 'timeout' %(seconds above 0"] = { "GET", "/", 0 },
      ["bad field 'connect_timeout' %(number expected, got table"] = { "GET", "/", 1, {} },
      ["bad field 'max_body' %(integer expected"] = { "GET", "/", 1, 1, 1.5 },
    } do
      assert.error_matches(function() wire.engine:call(wire.account, list, 1) end, problem)
    end
    local transfer, kind, message = wire.engine:call(wire.account, { "get", "/" }, 1)
    assert.is_nil(transfer)
    assert.equal("config", kind)
    assert.matches("^method: ", message)
  end)

  it("reads the request before anything can change it", function()
    serve(200, "[]")
    call_until_quick()
    local request = { "POST", "/first", 5, 5, 1000, { 1 } }
    for _ = 1, 50 do
      request[1], request[2], request[6] = "POST", "/first", { ("x"):rep(100) }
      setmetatable({}, { __gc = function()
        request[1], request[2], request[6] = "DELETE", "/second", nil
      end })
      local first = wire.engine:call(wire.account, request, 10)
      if not math.type(first) then exchange.finish(wire.engine, first):close() end
      local requests = server:requests()
      assert.matches("^POST /first ", requests[#requests])
      collectgarbage()
    end
  end)

  for name, reply in pairs {
    ["an error"] = { 404, '{"error":"RecordNotFound"}' },
    ["an empty body"] = { 200, "" },
    ["a text"] = { 200, "hello" },
    ["broken JSON"] = { 200, '{"a":' },
  } do
    it("gives the transfer of a reply with " .. name, function()
      serve(reply[1], reply[2])
      for _ = 1, 3 do
        local transfer = call()
        exchange.finish(wire.engine, transfer)
        assert.equal(reply[1], (transfer:outcome()))
        assert.equal(reply[2], transfer:body())
        assert.equal(transfer, wire.engine:next())
        transfer:close()
      end
    end)
  end

  it("gives the transfer that has not ended after the wait", function()
    play({ "read" }, { "hold" })
    local before = core.monotonic()
    local transfer, began = call({}, 0)
    assert.is_true(before <= began and began <= core.monotonic())
    assert.is_false(transfer:done())
    assert.equal(1, wire.engine:running())
    transfer:cancel()
    assert.same({ "cancelled" }, { select(2, transfer:outcome()), nil })
  end)

  it("never touches again what it has given away", function()
    play({ "read" }, { "reply", 200, '{"n":1}' }, { "read" }, { "reply", 404, '{"n":2}' },
      { "again" })
    local kept = {}
    for _ = 1, 20 do
      local first = call()
      if not math.type(first) then kept[#kept + 1] = exchange.finish(wire.engine, first) end
    end
    assert.is_true(#kept >= 10)
    for index, transfer in ipairs(kept) do
      assert.matches('^{"n":[12]}$', transfer:body())
      for other = index + 1, #kept do assert.are_not.equal(transfer, kept[other]) end
    end
  end)

  it("says why nothing was sent, and goes on with the next call", function()
    serve(200, "[]")
    call_until_quick()
    local transfer, kind, message = call { path = "no/slash" }
    assert.is_nil(transfer)
    assert.equal("config", kind)
    assert.matches("path", message)
    assert.equal(200, (call_until_quick()))
  end)

  it("can be called by a finaliser in the middle of itself", function()
    local records = {}
    for id = 1, 300 do records[id] = ('{"id":%d,"name":"number %d"}'):format(id, id) end
    serve(200, "[" .. table.concat(records, ",") .. "]")
    call_until_quick()
    local inner, failures = 0, 0
    local function plant()
      setmetatable({}, { __gc = function()
        local first, _, value = call()
        inner = inner + 1
        if math.type(first) then
          if #value ~= 300 then failures = failures + 1 end
        else
          exchange.finish(wire.engine, first):close()
        end
      end })
    end
    for _ = 1, 200 do
      plant()
      local first, _, value = call()
      if math.type(first) then
        assert.equal(300, #value)
        assert.equal("number 300", value[300].name)
      else
        exchange.finish(wire.engine, first):close()
      end
    end
    collectgarbage()
    assert.is_true(inner > 0)
    assert.equal(0, failures)
  end)

  it("is cancelled by closing the engine, as any transfer is", function()
    play({ "read" }, { "hold" })
    local transfer = call({}, 0)
    wire.engine:close()
    assert.same({ "closed" }, { select(2, transfer:outcome()), nil })
    assert.error_matches(function() call() end, "the engine is closed")
  end)

  it("refuses an engine that an event loop drives, and a wait that is none", function()
    serve(200, "[]")
    assert.error_matches(function() call({}, -1) end, "from 0 up")
    assert.error_matches(function() call({}, "soon") end, "number expected")
    local driven <close> = core.engine { events = true }
    assert.error_matches(function()
      driven:call(wire.account, { method = "GET", path = "/" }, 1)
    end, "not stepped")
  end)
end)
