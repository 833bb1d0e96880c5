-- What the transport does on the wire when the other end misbehaves, against raw sockets.

local core = require "zendesk.core"
local exchange = require "spec.support.exchange"
local raw_server = require "spec.support.raw_server"

local ok_reply = { "reply", 200, '{"ok":true}' }

local function open(server, options)
  options = options or {}
  options.base_url = server.base_url
  return exchange.open(options)
end

-- Plays `connections`, makes one call and returns its outcome.
local function outcome_of(connections, request, options)
  local server <close> = raw_server.start(connections)
  local wire <close> = open(server, options)
  local outcome = wire:outcome(request or {})
  outcome.requests = server:requests()
  return outcome
end

describe("the transport", function()
  describe("on a kept connection that dies after carrying a request out", function()
    -- The first request is answered, the second is read and the connection dropped; whoever comes
    -- on a new connection is answered.
    local dropping = {
      { { "read" }, ok_reply, { "read" }, { "close" } },
      { { "read" }, ok_reply, { "again" } },
    }
    local resetting = {
      { { "read" }, ok_reply, { "read" }, { "reset" } },
      { { "read" }, ok_reply, { "again" } },
    }

    local function second_call(connections, request)
      local server <close> = raw_server.start(connections)
      local wire <close> = open(server)
      assert.are.equal(200, wire:outcome({}).status)
      local outcome = wire:outcome(request)
      return outcome, server:requests()
    end

    for _, method in ipairs { "POST", "PATCH", "PUT", "DELETE" } do
      for how, connections in pairs { dropped = dropping, reset = resetting } do
        for what, body in pairs { ["with a body"] = '{"a":1}', ["without one"] = false } do
          it(("sends a %s %s once when it is %s"):format(method, what, how), function()
            local outcome, requests = second_call(connections, {
              method = method, body = body or nil,
              content_type = body and "application/json" or nil,
            })
            assert.are.equal("transport", outcome.kind)
            assert.is_true(outcome.sent)
            assert.are.equal(2, #requests)
          end)
        end
      end
    end

    it("sends a POST with a large body once", function()
      local outcome, requests = second_call(dropping, {
        method = "POST", body = ("x"):rep(2000000),
      })
      assert.are.equal("transport", outcome.kind)
      assert.is_true(outcome.sent)
      assert.are.equal(2, #requests)
    end)

    for _, method in ipairs { "GET", "HEAD" } do
      it("sends a " .. method .. " again", function()
        local outcome, requests = second_call({
          { { "read" }, ok_reply, { "read" }, { "close" } },
          { { "read" }, { "send", "HTTP/1.1 204 No Content\r\n\r\n" }, { "again" } },
        }, { method = method })
        assert.are.equal(204, outcome.status)
        assert.are.equal(3, #requests)
      end)
    end

    it("is not repeated on its first connection", function()
      local outcome = outcome_of({ { { "read" }, { "close" } } }, { method = "POST", body = "{}" })
      assert.are.equal("transport", outcome.kind)
      assert.is_true(outcome.sent)
      assert.are.equal(1, #outcome.requests)
    end)

    it("survives more deaths than libcurl counts over the life of a handle", function()
      local server <close> = raw_server.start { { { "read" }, ok_reply, { "read" }, { "close" } } }
      local wire <close> = open(server)
      for _ = 1, 10 do
        local transfer = wire:call {}
        assert.are.equal(200, (transfer:outcome()))
        transfer:close()
      end
    end)
  end)

  it("keeps one connection through POSTs, errors and cancelled submissions", function()
    local server <close> = raw_server.start {
      { { "read" }, ok_reply, { "read" }, { "reply", 422, "{}" }, { "read" }, ok_reply,
        { "read" }, { "reply", 500, "{}" }, { "again" } },
    }
    local wire <close> = open(server)
    for _ = 1, 5 do
      assert.are.equal(200, wire:outcome({ method = "POST", body = "{}" }).status)
      assert.are.equal(422, wire:outcome({ method = "PUT", body = "{}" }).status)
      assert.are.equal(200, wire:outcome({}).status)
      assert.are.equal(500, wire:outcome({ method = "DELETE" }).status)
    end
    assert.are.equal(1, server:connections())
  end)

  it("says that nothing was sent when nobody listens", function()
    local server = raw_server.start { { { "hold" } } }
    local wire <close> = open(server)
    server:stop()
    local outcome = wire:outcome { method = "POST", body = "{}" }
    assert.are.equal("transport", outcome.kind)
    assert.is_false(outcome.sent)
    assert.are.equal(7, outcome.code)
  end)

  describe("takes for a broken exchange", function()
    local broken = {
      ["a connection closed inside the status line"] = "HTTP/1.1 20",
      ["a connection closed inside the headers"] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
      ["a connection closed after a 1xx reply"] = "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n",
      ["a body shorter than its Content-Length"] =
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      ["a Content-Length that overflows"] =
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
      ["a negative Content-Length"] = "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
      ["a Content-Length with a sign"] = "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
      ["a Content-Length that is no number"] = "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
      ["two Content-Lengths that differ"] =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
      ["chunks without an end"] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
      ["a chunk size that is no number"] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
      ["an empty reply"] = "",
      ["a reply of HTTP/0.9"] = '{"ok":true}',
    }
    for what, bytes in pairs(broken) do
      it(what, function()
        local outcome = outcome_of { { { "read" }, { "send", bytes } } }
        assert.is_nil(outcome.status)
        assert.are.equal("transport", outcome.kind)
        assert.is_true(outcome.sent)
        assert.is_true(#outcome.message > 0)
      end)
    end

    it("a connection that is reset before the headers", function()
      assert.are.equal("transport", outcome_of({ { { "read" }, { "reset" } } }).kind)
    end)

    it("a connection that is reset inside the body", function()
      local outcome = outcome_of {
        { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" }, { "reset" } },
      }
      assert.are.equal("transport", outcome.kind)
    end)
  end)

  describe("accepts", function()
    local accepted = {
      ["an HTTP/1.0 reply that ends with the connection, on loopback"] =
        { 'HTTP/1.0 200 OK\r\n\r\n{"ok":true}', '{"ok":true}' },
      ["a reply without framing, on loopback"] = { "HTTP/1.1 200 OK\r\n\r\nabc", "abc" },
      ["1xx replies before the real one"] = {
        "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
          .. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Final: yes\r\n\r\n{}", "{}" },
      ["chunks with trailers"] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Final: yes\r\n\r\n2\r\n{}\r\n0\r\n"
          .. "X-Final: trailer\r\n\r\n", "{}" },
      ["the same Content-Length twice"] =
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "{}" },
      ["an empty body"] = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "" },
      ["a 204 that announces a body"] =
        { "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n", "" },
      ["line ends without CR"] = { "HTTP/1.1 200 OK\nContent-Length: 2\nX-Final: yes\n\n{}", "{}" },
    }
    for what, case in pairs(accepted) do
      it(what, function()
        local outcome = outcome_of { { { "read" }, { "send", case[1] } } }
        assert.is_nil(outcome.kind)
        assert.are.equal(case[2], outcome.transfer:body())
        if case[1]:find "X-Final" then
          assert.are.equal("yes", outcome.transfer:header "x-final")
        end
        assert.is_nil(outcome.transfer:header "link")
      end)
    end
  end)

  describe("limits", function()
    it("the header block of a reply", function()
      local line = "X-Filler: " .. ("x"):rep(1000) .. "\r\n"
      local outcome = outcome_of {
        { { "read" }, { "send", "HTTP/1.1 200 OK\r\n" }, { "send_times", line, 1000000 } },
      }
      assert.are.equal("too_large", outcome.kind)
    end)

    it("endless 1xx replies", function()
      local outcome = outcome_of {
        { { "read" }, { "send_times", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", 1000000 } },
      }
      assert.are.equal("too_large", outcome.kind)
    end)

    it("a body by its Content-Length, before it is read", function()
      local outcome = outcome_of({
        { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" }, { "hold" } },
      }, { max_body = 1000, timeout = 20 })
      assert.are.equal("too_large", outcome.kind)
    end)

    it("a body without a Content-Length", function()
      local outcome = outcome_of({
        { { "read" }, { "send", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
          { "send_times", "400\r\n" .. ("x"):rep(1024) .. "\r\n", 1000000 } },
      }, { max_body = 100000 })
      assert.are.equal("too_large", outcome.kind)
    end)

    it("a body to exactly what is allowed", function()
      local outcome = outcome_of({
        { { "read" }, { "reply", 200, ("x"):rep(1000) } },
      }, { max_body = 1000 })
      assert.are.equal(200, outcome.status)
      assert.are.equal(1000, outcome.transfer:size())
    end)

    it("the time of a whole exchange", function()
      local before = core.monotonic()
      local outcome = outcome_of({ { { "read" }, { "hold" } } }, { timeout = 0.2 })
      assert.are.equal("timeout", outcome.kind)
      assert.is_true(outcome.sent)
      assert.is_true(core.monotonic() - before < 20)
    end)

    it("the time of a body that drips", function()
      local outcome = outcome_of({
        { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" },
          { "drip", ("x"):rep(100), 0.1 } },
      }, { timeout = 0.3 })
      assert.are.equal("timeout", outcome.kind)
    end)
  end)

  it("takes an answer that comes before a long body has been read", function()
    local outcome = outcome_of({
      { { "read_headers" }, { "reply", 413, '{"error":"AttachmentTooLarge"}' }, { "hold" } },
    }, { method = "POST", body = ("x"):rep(20000000), timeout = 20 })
    assert.are.equal(413, outcome.status)
    assert.are.equal('{"error":"AttachmentTooLarge"}', outcome.transfer:body())
  end)

  it("reports a redirect and does not follow it", function()
    local elsewhere <close> = raw_server.start { { { "read" }, ok_reply } }
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      local outcome = outcome_of({
        { { "read" }, { "reply", status, "", { Location = elsewhere.base_url .. "/" } } },
      }, { method = "POST", body = "{}" }, { access_token = "test-token" })
      assert.are.equal(status, outcome.status)
      assert.are.equal(elsewhere.base_url .. "/", outcome.transfer:header "location")
    end
    assert.are.equal(0, elsewhere:connections())
  end)

  it("does not keep cookies", function()
    local server <close> = raw_server.start {
      { { "read" }, { "reply", 200, "{}", { ["Set-Cookie"] = "a=b; Path=/" } }, { "again" } },
    }
    local wire <close> = open(server)
    wire:call {}
    wire:call {}
    assert.is_nil(server:requests()[2]:lower():find("cookie", 1, true))
  end)

  describe("cancelled", function()
    it("ends the transfer at once and its connection with it", function()
      local server <close> = raw_server.start {
        { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" }, { "hold" } },
        { { "read" }, ok_reply, { "again" } },
      }
      local wire <close> = open(server)
      local transfer = wire:submit {}
      local give_up = core.monotonic() + 20
      while #server:requests() == 0 and core.monotonic() < give_up do wire.engine:step(0.01) end
      transfer:cancel()
      assert.is_true(transfer:done())
      local status, kind, _, sent = transfer:outcome()
      assert.is_nil(status)
      assert.are.equal("cancelled", kind)
      assert.is_true(sent)
      assert.are.equal(0, wire.engine:running())
      assert.are.equal('{"ok":true}', wire:call({}):body())
      assert.are.equal(2, server:connections())
    end)

    it("before anything has happened, has sent nothing", function()
      local server <close> = raw_server.start { { { "hold" } } }
      local wire <close> = open(server)
      local transfer = wire:submit { method = "POST", body = "{}" }
      transfer:cancel()
      local _, kind, _, sent = transfer:outcome()
      assert.are.equal("cancelled", kind)
      assert.is_false(sent)
    end)
  end)

  it("runs many transfers side by side and hands each out once", function()
    local server <close> = raw_server.start {
      { { "read" }, { "sleep", 0.05 }, ok_reply, { "again" } },
    }
    local wire <close> = open(server)
    local waiting, count = {}, 0
    for _ = 1, 40 do waiting[wire:submit {}] = true end
    local before = core.monotonic()
    while next(waiting) and core.monotonic() - before < 30 do
      wire.engine:step(1)
      for transfer in function() return wire.engine:next() end do
        assert.is_true(waiting[transfer])
        waiting[transfer] = nil
        count = count + 1
        assert.are.equal(200, (transfer:outcome()))
      end
    end
    assert.are.equal(40, count)
    assert.is_nil(wire.engine:next())
  end)

  it("opens no more connections than it is allowed", function()
    local server <close> = raw_server.start {
      { { "read" }, { "sleep", 0.01 }, ok_reply, { "again" } },
    }
    local wire <close> = open(server, { engine = { max_connections = 3 } })
    local transfers = {}
    for i = 1, 20 do transfers[i] = wire:submit {} end
    for _, transfer in ipairs(transfers) do
      assert.are.equal(200, (exchange.finish(wire.engine, transfer):outcome()))
    end
    assert.is_true(server:connections() <= 3)
  end)
end)
