-- core.engine: submitting, stepping, the pull contract for event loops, and who may go first.

local core = require "zendesk.core"
local exchange = require "spec.support.exchange"
local raw_server = require "spec.support.raw_server"
local socket = require "socket"

local ok_reply = { "reply", 200, '{"ok":true}' }

-- A host's event loop over socket.select: drives `engine` until `is_over()` or time is up.
local function new_loop(engine)
  local loop = { watched = {}, events = {} }

  local function take_changes()
    for fd, what in function() return engine:watches() end do
      loop.events[#loop.events + 1] = what
      loop.watched[fd] = what ~= "none" and what or nil
    end
  end

  local function interests()
    local read, write = {}, {}
    for fd, what in pairs(loop.watched) do
      local handle = { getfd = function() return fd end, dirty = function() return false end }
      if what:find "r" then read[#read + 1] = handle end
      if what:find "w" then write[#write + 1] = handle end
    end
    return read, write
  end

  function loop.turn()
    take_changes()
    local read, write = interests()
    local readable, writable = socket.select(read, write, math.min(engine:timeout() or 1, 1))
    local ready = {}
    for _, handle in ipairs(readable) do ready[handle.getfd()] = "r" end
    for _, handle in ipairs(writable) do
      local fd = handle.getfd()
      ready[fd] = ready[fd] and "rw" or "w"
    end
    for fd, what in pairs(ready) do engine:ready(fd, what) end
    if next(ready) == nil then engine:ready() end
    take_changes()
  end

  function loop.run(is_over)
    local give_up = core.monotonic() + 30
    while not is_over() do
      assert(core.monotonic() < give_up, "the loop does not end")
      loop.turn()
    end
  end

  return loop
end

describe("an engine", function()
  local server, account

  setup(function()
    server = raw_server.start { { { "read" }, ok_reply, { "again" } } }
    account = assert(core.account { base_url = server.base_url, access_token = "test-token" })
  end)

  teardown(function()
    account:close()
    server:stop()
  end)

  -- How many connections the server accepts while `run` runs.
  local function connections_during(run)
    local before = server:connections()
    run()
    return server:connections() - before
  end

  local get = { method = "GET", path = "/" }

  it("has nothing to do at first", function()
    local engine <close> = core.engine()
    assert.are.equal(0, engine:running())
    assert.is_nil(engine:next())
    assert.are.equal(0, engine:step(0))
    assert.are.equal("zendesk engine (0 running)", tostring(engine))
  end)

  it("waits as long as it is told when nothing runs", function()
    local engine <close> = core.engine {}
    local before = core.monotonic()
    engine:step(0.05)
    assert.is_true(core.monotonic() - before >= 0.05)
  end)

  it("returns at once after a wakeup", function()
    local engine <close> = core.engine {}
    local before = core.monotonic()
    engine:wakeup()
    engine:step(20)
    assert.is_true(core.monotonic() - before < 10)
  end)

  it("counts what runs and hands out what is finished, once", function()
    local engine <close> = core.engine {}
    local first = assert(engine:submit(account, get))
    local second = assert(engine:submit(account, get))
    assert.are.equal(2, engine:running())
    exchange.finish(engine, first)
    exchange.finish(engine, second)
    assert.are.equal(0, engine:running())
    local seen = { [engine:next()] = true, [engine:next()] = true }
    assert.is_true(seen[first] and seen[second])
    assert.is_nil(engine:next())
  end)

  it("does not hand out what was closed", function()
    local engine <close> = core.engine {}
    exchange.finish(engine, assert(engine:submit(account, get))):close()
    assert.is_nil(engine:next())
  end)

  describe("refuses to submit", function()
    local function refusal(request)
      local transfer, kind, message
      assert.are.equal(0, connections_during(function()
        local engine <close> = core.engine {}
        transfer, kind, message = engine:submit(account, request)
        assert.is_nil(transfer)
        assert.are.equal(0, engine:running())
      end))
      return kind, message
    end

    local bad = {
      ["a method in small letters"] = { "method", { method = "get", path = "/" } },
      ["a method with a line break"] = { "method", { method = "GET\r\n", path = "/" } },
      ["no method"] = { "method", { path = "/" } },
      ["no path"] = { "path", { method = "GET" } },
      ["a relative path"] = { "path", { method = "GET", path = "api/v2" } },
      ["a path that names a host"] = { "path", { method = "GET", path = "//evil.example/" } },
      ["a path that becomes user information"] =
        { "path", { method = "GET", path = "@evil.example/" } },
      ["a path with a space"] = { "path", { method = "GET", path = "/a b" } },
      ["a path with CR LF"] = { "path", { method = "GET", path = "/\r\nX: y" } },
      ["a path with NUL"] = { "path", { method = "GET", path = "/a\0b" } },
      ["a path that climbs"] = { "path", { method = "GET", path = "/a/../b" } },
      ["an accept with LF"] = { "accept", { method = "GET", path = "/", accept = "a\nX: y" } },
      ["a content_type with CR"] =
        { "content_type", { method = "POST", path = "/", content_type = "a\rX: y" } },
      ["another HTTP version"] =
        { "http_version", { method = "GET", path = "/", http_version = "3" } },
      ["a HEAD with a body"] = { "body", { method = "HEAD", path = "/", body = "canary" } },
      ["a header name with a space"] =
        { "headers", { method = "GET", path = "/", headers = { ["a b"] = "" } } },
      ["a header value with CR LF"] =
        { "headers", { method = "GET", path = "/", headers = { ["X-A"] = "canary\r\nX: y" } } },
    }
    for what, case in pairs(bad) do
      it(what, function()
        local kind, message = refusal(case[2])
        assert.are.equal("config", kind)
        assert.are.equal(case[1] .. ":", message:sub(1, #case[1] + 1))
        assert.is_nil(message:find("canary", 1, true))
      end)
    end

    for _, name in ipairs {
      "Authorization", "host", "Content-Length", "Transfer-Encoding", "Connection", "Cookie",
      "Expect", "TE", "Upgrade", "Accept-Encoding",
    } do
      it("the header " .. name, function()
        local kind, message = refusal { method = "GET", path = "/", headers = { [name] = "x" } }
        assert.are.equal("config", kind)
        assert.is_truthy(message:find(name, 1, true))
      end)
    end

    it("too many headers, or too long ones", function()
      local many, long = {}, { ["X-Long"] = ("x"):rep(70000) }
      for i = 1, 65 do many["X-" .. i] = "x" end
      assert.are.equal("too_large", (refusal { method = "GET", path = "/", headers = many }))
      assert.are.equal("too_large", (refusal { method = "GET", path = "/", headers = long }))
    end)
  end)

  it("sends as many headers as it accepts", function()
    local engine <close> = core.engine {}
    local headers = {}
    for i = 1, 64 do headers["X-" .. i] = "value-" .. i end
    local transfer = exchange.finish(engine, assert(engine:submit(account, {
      method = "POST", path = "/", body = "x", accept = "text/csv", content_type = "text/csv",
      headers = headers,
    })))
    assert.are.equal(200, (transfer:outcome()))
    local requests = server:requests()
    local request = requests[#requests]
    for i = 1, 64 do
      assert.is_truthy(request:find("\r\nX-" .. i .. ": value-" .. i .. "\r\n", 1, true))
    end
    assert.is_truthy(request:find("\r\nAccept: text/csv\r\n", 1, true))
    assert.is_truthy(request:find("\r\nContent-Type: text/csv\r\n", 1, true))
  end)

  it("raises for a field of the wrong type or range", function()
    local engine <close> = core.engine {}
    local wrong = {
      method = { 1, true }, path = { 1, {} }, body = { 1, {}, true }, content_type = { 1 },
      headers = { "x", { [1] = "x" }, { ["X-A"] = 1 } }, timeout = { 0, -1, 0 / 0, 1 / 0, "1" },
      connect_timeout = { 0, 1e10 }, max_body = { 0, -1, 1.5, "1" }, auth = { 1, "no" },
      accept = { 1 }, http_version = { 1.1 },
    }
    for name, values in pairs(wrong) do
      for _, value in ipairs(values) do
        local request = { method = "GET", path = "/", [name] = value }
        local ok, message = pcall(engine.submit, engine, account, request)
        assert.is_false(ok, name .. " = " .. tostring(value))
        assert.is_truthy(message:find(name, 1, true))
      end
    end
    assert.has_error(function() engine:submit(account) end)
    assert.has_error(function() engine:submit({}, get) end)
    assert.has_error(function() engine:step(-1) end)
    assert.has_error(function() engine:step "soon" end)
    assert.has_error(function() core.engine { events = 1 } end)
    assert.has_error(function() core.engine { max_connections = 0 } end)
    assert.are.equal(0, engine:running())
  end)

  it("raises at the line of the caller", function()
    local engine = core.engine {}
    engine:close()
    local line = debug.getinfo(1, "l").currentline + 1
    local _, message = pcall(function() engine:step(0) end)
    assert.is_truthy(message:find("engine_spec.lua:" .. line .. ":", 1, true))
  end)

  it("refuses an account that is closed", function()
    local engine <close> = core.engine {}
    local closed = assert(core.account { base_url = server.base_url })
    closed:close()
    assert.has_error(function() engine:submit(closed, get) end)
  end)

  describe("closed", function()
    it("says so", function()
      local engine = core.engine {}
      engine:close()
      engine:close()
      assert.are.equal("zendesk engine (closed)", tostring(engine))
      for _, method in ipairs { "step", "next", "running", "submit", "wakeup", "watches" } do
        local ok, message = pcall(engine[method], engine, 0)
        assert.is_false(ok)
        assert.is_truthy(message:find("closed", 1, true))
      end
    end)

    it("ends what runs and keeps what is finished", function()
      local engine = core.engine {}
      local finished = exchange.finish(engine, assert(engine:submit(account, get)))
      local running = assert(engine:submit(account, get))
      engine:close()
      assert.are.equal(200, (finished:outcome()))
      assert.are.equal('{"ok":true}', finished:body())
      assert.are.equal("1.1", finished:timings().http_version)
      assert.is_true(running:done())
      assert.are.equal("closed", select(2, running:outcome()))
      running:close()
      finished:close()
    end)
  end)

  describe("with events", function()
    it("is driven by a loop and asks for no more than it needs", function()
      local engine <close> = core.engine { events = true }
      assert.is_nil(engine:timeout())
      local transfers = {}
      for i = 1, 10 do transfers[i] = assert(engine:submit(account, get)) end
      local loop = new_loop(engine)
      loop.run(function() return engine:running() == 0 end)
      for _, transfer in ipairs(transfers) do
        assert.are.equal(200, (transfer:outcome()))
        assert.is_true(transfer:done())
      end
      local count = 0
      while engine:next() do count = count + 1 end
      assert.are.equal(10, count)
    end)

    it("keeps a connection from one call to the next", function()
      assert.are.equal(1, connections_during(function()
        local engine <close> = core.engine { events = true }
        local loop = new_loop(engine)
        for _ = 1, 3 do
          local transfer = assert(engine:submit(account, get))
          loop.run(function() return transfer:done() end)
          transfer:close()
        end
      end))
    end)

    it("ends a transfer in time", function()
      local silent <close> = raw_server.start { { { "hold" } } }
      local engine <close> = core.engine { events = true }
      local there = assert(core.account { base_url = silent.base_url })
      local transfer = assert(engine:submit(there, { method = "GET", path = "/", timeout = 0.1 }))
      local loop = new_loop(engine)
      loop.run(function() return transfer:done() end)
      assert.are.equal("timeout", select(2, transfer:outcome()))
    end)

    it("takes its watches back when a transfer is cancelled", function()
      local silent <close> = raw_server.start { { { "hold" } } }
      local engine <close> = core.engine { events = true }
      local there = assert(core.account { base_url = silent.base_url })
      local transfer = assert(engine:submit(there, get))
      local loop = new_loop(engine)
      loop.run(function() return next(loop.watched) ~= nil end)
      transfer:cancel()
      for _ = 1, 3 do loop.turn() end
      assert.is_nil(next(loop.watched))
      assert.are.equal("none", loop.events[#loop.events])
    end)

    it("survives news about descriptors that it does not know", function()
      local engine <close> = core.engine { events = true }
      engine:ready(987, "r")
      engine:ready(987, "rw")
      engine:ready()
      assert.has_error(function() engine:ready(-1, "r") end)
      assert.has_error(function() engine:ready(1, "x") end)
    end)

    it("is not stepped, and without events it is not driven", function()
      local engine <close> = core.engine { events = true }
      assert.has_error(function() engine:step(0) end)
      local stepped <close> = core.engine {}
      assert.has_error(function() stepped:watches() end)
      assert.has_error(function() stepped:timeout() end)
      assert.has_error(function() stepped:ready() end)
    end)
  end)
end)
