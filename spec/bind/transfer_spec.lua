-- Transfers as Lua objects: what they tell, and that they live and die in any order.

local core = require "zendesk.core"
local exchange = require "spec.support.exchange"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local function open_descriptors()
  local pipe = assert(io.popen "ls /proc/$PPID/fd 2>/dev/null | wc -l")
  local count = pipe:read "n"
  pipe:close()
  return count
end

describe("a transfer", function()
  local server, wire

  local function play(...)
    server = raw_server.start { { { "read" }, ... } }
    wire = exchange.open { base_url = server.base_url, access_token = "test-token" }
    return wire
  end

  after_each(function()
    if wire then wire:close() end
    if server then server:stop() end
    wire, server = nil, nil
  end)

  local long_reply = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Many: one\r\n"
    .. "Set-Cookie: a=1\r\nx-many: two\r\nX-Empty:\r\nX-Space: \t padded \t\r\n"
    .. "Content-Length: 14\r\n\r\n"
    .. '{"id":[1,2,3]}'

  it("tells status, body and size", function()
    local transfer = play({ "send", long_reply }):call {}
    assert.are.same({ 201, true }, { transfer:outcome() })
    assert.are.equal('{"id":[1,2,3]}', transfer:body())
    assert.are.equal(14, transfer:size())
    assert.are.equal("zendesk transfer (done)", tostring(transfer))
  end)

  it("looks headers up whatever their case, and takes the last", function()
    local transfer = play({ "send", long_reply }):call {}
    assert.are.equal("application/json", transfer:header "CONTENT-type")
    assert.are.equal("two", transfer:header "X-Many")
    assert.are.equal("", transfer:header "x-empty")
    assert.are.equal("padded", transfer:header "x-space")
    assert.is_nil(transfer:header "x-nothing")
    assert.is_nil(transfer:header "")
    assert.has_error(function() transfer:header() end)
  end)

  it("gives all headers in lower case, repeated ones joined", function()
    assert.are.same({
      ["content-type"] = "application/json",
      ["x-many"] = "one, two",
      ["set-cookie"] = "a=1",
      ["x-empty"] = "",
      ["x-space"] = "padded",
      ["content-length"] = "14",
    }, play({ "send", long_reply }):call({}):headers())
  end)

  it("decodes its body", function()
    local transfer = play({ "send", long_reply }):call {}
    assert.are.same({ id = { 1, 2, 3 } }, transfer:json())
    assert.are.same({ id = { 1, 2, 3 } }, transfer:json(10))
    assert.has_error(function() transfer:json(0) end)
    assert.has_error(function() transfer:json "deep" end)
  end)

  it("says where a body is no JSON", function()
    local transfer = play({ "reply", 200, '{"id":]' }):call {}
    local value, message, offset = transfer:json()
    assert.is_nil(value)
    assert.are.equal("string", type(message))
    assert.are.equal("integer", math.type(offset))
  end)

  it("says that an empty body is no JSON", function()
    local value, message = play({ "reply", 200, "" }):call({}):json()
    assert.is_nil(value)
    assert.are.equal("string", type(message))
  end)

  it("tells times and bytes", function()
    local timings = play({ "send", long_reply }, { "again" }):call({}):timings()
    for _, name in ipairs { "total", "name_lookup", "connect", "tls", "first_byte" } do
      assert.are.equal("float", math.type(timings[name]))
      assert.is_true(timings[name] >= 0 and timings[name] < 60)
    end
    assert.are.equal(14, timings.download)
    assert.are.equal(0, timings.upload)
    assert.are.equal(1, timings.new_connections)
    assert.are.equal("127.0.0.1", timings.ip)
    assert.are.equal(server.port, timings.port)
    assert.are.equal("1.1", timings.http_version)
    assert.are.equal(0, wire:call({}):timings().new_connections)
  end)

  it("has no outcome, body or header while it runs", function()
    local transfer = play({ "hold" }):submit {}
    assert.is_false(transfer:done())
    assert.are.equal("zendesk transfer (running)", tostring(transfer))
    for _, method in ipairs { "outcome", "body", "json", "size", "headers", "timings", "header" } do
      local ok, message = pcall(transfer[method], transfer)
      assert.is_false(ok)
      assert.is_truthy(message:find("running", 1, true))
    end
  end)

  it("keeps what had arrived when it failed", function()
    local cut = "HTTP/1.1 200 OK\r\nX-Request-Id: abc\r\nContent-Length: 9\r\n\r\n{"
    local transfer = play({ "send", cut }):call {}
    assert.is_nil((transfer:outcome()))
    assert.are.equal("abc", transfer:header "x-request-id")
    assert.are.equal("{", transfer:body())
  end)

  it("closed, says so and nothing else", function()
    local transfer = play({ "send", long_reply }):call {}
    transfer:close()
    transfer:close()
    assert.are.equal("zendesk transfer (closed)", tostring(transfer))
    for _, method in ipairs { "outcome", "body", "json", "size", "headers", "done", "cancel" } do
      local ok, message = pcall(transfer[method], transfer)
      assert.is_false(ok)
      assert.is_truthy(message:find("closed", 1, true))
    end
  end)

  it("closes at the end of its block", function()
    play({ "send", long_reply })
    local kept
    do
      local transfer <close> = wire:call {}
      kept = transfer
    end
    assert.are.equal("zendesk transfer (closed)", tostring(kept))
  end)

  it("ends when it is dropped, and its connection with it", function()
    play({ "hold" })
    wire:submit {}
    wire.engine:step(0.01)
    collectgarbage()
    collectgarbage()
    assert.are.equal(0, wire.engine:running())
    assert.is_nil(wire.engine:next())
  end)

  it("keeps its engine alive while it runs", function()
    server = raw_server.start { { { "read" }, { "reply", 200, "{}" } } }
    local account = assert(core.account { base_url = server.base_url })
    local engines = setmetatable({ core.engine {} }, { __mode = "v" })
    local transfer = engines[1]:submit(account, { method = "GET", path = "/" })
    collectgarbage()
    collectgarbage()
    assert.is_not_nil(engines[1])
    exchange.finish(engines[1], transfer)
    assert.are.equal(200, (transfer:outcome()))
  end)

  it("keeps its body alive while it runs", function()
    play({ "reply", 200, "{}" })
    local parts = {}
    for i = 1, 200000 do parts[i] = tostring(i % 10) end
    local transfer = wire:submit { method = "POST", body = table.concat(parts) }
    collectgarbage()
    collectgarbage()
    exchange.finish(wire.engine, transfer)
    assert.are.equal(table.concat(parts), server:requests()[1]:match "\r\n\r\n(.*)$")
  end)

  it("refuses a body object that is closed already", function()
    play({ "reply", 200, "{}" })
    local body = assert(core.body { a = 1 })
    body:close()
    assert.error_matches(function() wire:submit { method = "POST", body = body } end,
      "bad field 'body' %(the body is closed%)")
  end)

  it("sends a body object that is closed while it runs", function()
    play({ "reply", 200, "{}" })
    local body = assert(core.body { token = { client_id = 9007199254740993 } })
    local transfer = wire:submit { method = "POST", body = body, content_type = "application/json" }
    body:close()
    exchange.finish(wire.engine, transfer)
    assert.are.equal('{"token":{"client_id":9007199254740993}}',
      server:requests()[1]:match "\r\n\r\n(.*)$")
  end)

  it("outlives its account", function()
    play({ "reply", 200, "{}" })
    local transfer = wire:submit {}
    wire.account:close()
    exchange.finish(wire.engine, transfer)
    assert.are.equal(200, (transfer:outcome()))
    assert.is_truthy(server:requests()[1]:find("Bearer test-token", 1, true))
  end)

  -- In a process of its own, whose heap is so small that collections end while decoding goes on.
  it("survives being closed by a finaliser in the middle of decoding", function()
    play({ "reply", 200, "[" .. ('{"a":["b",{"c":1}]},'):rep(3000) .. "0]" })
    local result = process.run_lua([[
      local core = require "zendesk.core"
      local engine = core.engine {}
      local account = assert(core.account { base_url = ... })
      local transfer = assert(engine:submit(account, { method = "GET", path = "/" }))
      while not transfer:done() do engine:step(1) end
      local closings = 0
      collectgarbage()
      collectgarbage "stop"
      for _ = 1, 100 do
        setmetatable({}, { __gc = function()
          closings = closings + 1
          transfer:close()
        end })
      end
      collectgarbage "restart"
      local value = transfer:json()
      print(#value, closings > 0, transfer)
    ]], { args = { server.base_url } })
    assert.are.equal("", result.stderr)
    assert.are.equal("3001\ttrue\tzendesk transfer (closed)\n", result.stdout)
  end)

  -- In processes of their own, as a fault would end them.
  local prelude = [[
    local core = require "zendesk.core"
    core.decode("[" .. ("1.5,"):rep(500000) .. "1]") -- the next text pays for its collection
    collectgarbage "incremental"
    collectgarbage "stop"
    local engine = core.engine {}
    local transfer = engine:submit(core.account { base_url = ... }, { method = "GET", path = "/" })
    while not transfer:done() do engine:step(1) end
    engine:close() -- a close of the transfer frees it now
  ]]

  for method, failing in pairs { timings = false, outcome = true } do
    it("survives being closed by a finaliser in the middle of " .. method, function()
      play(failing and { "close" } or { "reply", 200, "{}" })
      local result = process.run_lua(prelude .. [[
        collectgarbage "restart"
        local closer = { __gc = function() transfer:close() end }
        repeat
          setmetatable({}, closer)
          local open, _, _, message = pcall(transfer.]] .. method .. [[, transfer)
          if type(message) == "string" then assert(message:find "server") end
        until not open
      ]], { args = { server.base_url } })
      assert.are.equal("", result.stderr)
      assert.are.equal(0, result.status)
    end)
  end

  it("survives its own finaliser while it is read, where another one has kept it", function()
    play { "reply", 200, "[" .. ('{"a":["b",{"c":1}]},'):rep(20000) .. "0]" }
    local result = process.run_lua(prelude .. [[
      local kept
      local between = { __gc = function() end }
      for _ = 1, 3000 do setmetatable({}, between) end
      setmetatable({ transfer = transfer }, { __gc = function(held) kept = held.transfer end })
      transfer = nil
      collectgarbage "restart"
      while not kept do local _ = {} end
      print(#kept:json(), kept)
    ]], { args = { server.base_url } })
    assert.are.equal("", result.stderr)
    assert.are.equal("20001\tzendesk transfer (closed)\n", result.stdout)
  end)

  it("leaves its connection to no program that is started meanwhile", function()
    play { "reply", 200, "{}" }
    wire:call({}):close()
    local function count(process_id)
      local held = 0
      local pipe <close> = io.popen(("ls -l /proc/%s/fd; cat /proc/net/tcp"):format(process_id))
      local listing = pipe:read "a"
      local port = (":%04X"):format(server.port)
      for inode in listing:gmatch("%S+" .. port .. " %x%x .- %d+ +%d+ (%d+)") do
        if listing:find("socket:[" .. inode .. "]", 1, true) then held = held + 1 end
      end
      return held
    end
    assert.are.equal(1, count "$PPID")
    assert.are.equal(0, count "self")
  end)

  it("leaves no descriptor and no memory behind, however it ends", function()
    play({ "reply", 200, "{}" }, { "again" })
    local function round()
      wire:call({}):close()
      wire:submit {}
      wire:submit({}):cancel()
      wire:submit({}):close()
      wire:call {}
    end
    for _ = 1, 20 do round() end
    collectgarbage()
    collectgarbage()
    local descriptors, memory = open_descriptors(), collectgarbage "count"
    for _ = 1, 200 do round() end
    collectgarbage()
    collectgarbage()
    assert.is_true(open_descriptors() <= descriptors + 5)
    assert.is_true(collectgarbage "count" < memory + 100)
  end)
end)
