-- TLS against real servers: what is verified, what is refused, and HTTP/2. #tls

local core = require "zendesk.core"
local exchange = require "spec.support.exchange"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"

-- A folder with the hash link that OpenSSL looks for.
local function hashed_folder(ca_file)
  local directory, remove = process.temporary_directory()
  process.write_file(directory .. "/ca.pem", process.read_file(ca_file))
  local result = process.run({ "openssl", "rehash", directory })
  assert(result.status == 0, result.stderr)
  return directory, remove
end

describe("over TLS #tls", function()
  local server

  setup(function() server = tls_server.start { http2 = true } end)
  teardown(function() server:stop() end)

  local function open(options)
    options = options or {}
    options.base_url = options.base_url or server.base_url
    return exchange.open(options)
  end

  local function assert_refused(outcome)
    assert.is_nil(outcome.status)
    assert.are.equal("tls", outcome.kind)
    assert.is_false(outcome.sent)
  end

  it("a certificate of an unknown authority is refused before anything is sent", function()
    local wire <close> = open()
    assert_refused(wire:outcome { method = "POST", body = "{}" })
  end)

  it("it is accepted when ca_file names that authority", function()
    local wire <close> = open { ca_file = server.ca_file }
    assert.are.equal(200, wire:outcome({}).status)
  end)

  it("it is accepted when ca_path is a hashed folder that holds it", function()
    local folder, remove = hashed_folder(server.ca_file)
    local wire <close> = open { ca_path = folder }
    local outcome = wire:outcome {}
    remove()
    assert.are.equal(200, outcome.status)
  end)

  it("one account's authority is not another account's", function()
    local wire <close> = open { ca_file = server.ca_file }
    local stranger = assert(core.account { base_url = server.base_url })
    local trusting = wire.account
    for _ = 1, 2 do
      wire.account = trusting
      assert.are.equal(200, wire:outcome({}).status)
      wire.account = stranger
      assert_refused(wire:outcome {})
    end
  end)

  it("a ca_file that is missing or no certificate is a tls error", function()
    for _, path in ipairs { "/nonexistent/ca.pem", "/dev/null" } do
      local wire <close> = open { ca_file = path }
      assert_refused(wire:outcome {})
    end
  end)

  for _, kind in ipairs { "expired", "self_signed", "wrong_host" } do
    it("a certificate that is " .. kind .. " is refused", function()
      local bad <close> = tls_server.start { certificate = kind }
      local wire <close> = open { base_url = bad.base_url, ca_file = bad.ca_file }
      assert_refused(wire:outcome {})
    end)
  end

  it("a server that speaks no more than TLS 1.1 is refused", function()
    local old <close> = tls_server.start {
      protocols = "TLSv1 TLSv1.1", directives = "ssl_ciphers DEFAULT@SECLEVEL=0;",
    }
    local wire <close> = open { base_url = old.base_url, ca_file = old.ca_file }
    assert_refused(wire:outcome {})
  end)

  it("a server that cuts the handshake is a tls error", function()
    local cutting <close> = raw_server.start { { { "read_bytes", 1 }, { "close" } } }
    local wire <close> = open { base_url = "https://127.0.0.1:" .. cutting.port }
    assert_refused(wire:outcome {})
  end)

  it("a certificate renewed between two calls is accepted", function()
    local renewing <close> = tls_server.start()
    local wire <close> = open { base_url = renewing.base_url, ca_file = renewing.ca_file }
    assert.are.equal(200, wire:outcome({}).status)
    renewing:renew()
    for _ = 1, 3 do assert.are.equal(200, wire:outcome({}).status) end
  end)

  -- Thirty calls side by side; returns how many connections they have opened.
  local function connections_of_thirty(wire, http_version)
    local transfers, connections = {}, 0
    for i = 1, 30 do transfers[i] = wire:submit { path = "/" .. i } end
    for _, transfer in ipairs(transfers) do
      exchange.finish(wire.engine, transfer)
      local timings = transfer:timings()
      assert.are.equal(200, (transfer:outcome()))
      assert.are.equal(http_version, timings.http_version)
      connections = connections + timings.new_connections
    end
    return connections
  end

  it("HTTP/2 is used where it is offered, and one connection carries what runs together", function()
    local wire <close> = open { ca_file = server.ca_file, access_token = "test-token" }
    assert.are.equal(1, connections_of_thirty(wire, "2"))
  end)

  it("what has waited for another one's connection gets its own where HTTP/2 is not offered",
    function()
      -- No reply is there before it is known that HTTP/2 is not.
      local upstream <close> = raw_server.start {
        { { "read" }, { "sleep", 0.5 }, { "reply", 200, "{}" }, { "again" } },
      }
      local plain <close> = tls_server.start { upstream = upstream.base_url }
      local wire <close> = open { base_url = plain.base_url, ca_file = plain.ca_file }
      local connections = connections_of_thirty(wire, "1.1")
      assert.is_true(connections > 1 and connections <= 30)
    end)

  it("what has waited for another one's connection ends at its time limit, not before", function()
    local scripts = {}
    for i = 1, 8 do scripts[i] = { { "read" }, { "hold" } } end
    local upstream <close> = raw_server.start(scripts)
    local plain <close> = tls_server.start { upstream = upstream.base_url }
    local wire <close> = open { base_url = plain.base_url, ca_file = plain.ca_file }
    local transfers, started = {}, core.monotonic()
    for i = 1, 8 do transfers[i] = wire:submit { timeout = 1 } end
    for _, transfer in ipairs(transfers) do
      exchange.finish(wire.engine, transfer)
      local status, kind = transfer:outcome()
      assert.is_nil(status)
      assert.are.equal("timeout", kind)
    end
    assert.is_true(core.monotonic() - started >= 1)
  end)

  it("HTTP/1.1 is used where it is asked for", function()
    local wire <close> = open { ca_file = server.ca_file }
    local transfer = wire:call { http_version = "1.1" }
    assert.are.equal("1.1", transfer:timings().http_version)
    assert.is_true(transfer:timings().tls > 0)
  end)

  it("an answer that comes before a long body has been read is taken", function()
    local wire <close> = open { ca_file = server.ca_file }
    local outcome = wire:outcome { method = "POST", body = ("x"):rep(5000000), timeout = 20 }
    assert.are.equal(200, outcome.status)
  end)

  it("a cancelled HTTP/2 stream leaves its connection to the others", function()
    local upstream <close> = raw_server.start {
      { { "read" }, { "hold" } },
      { { "read" }, { "reply", 200, '{"ok":true}' }, { "again" } },
    }
    local proxy <close> = tls_server.start { http2 = true, upstream = upstream.base_url }
    local wire <close> = open { base_url = proxy.base_url, ca_file = proxy.ca_file }
    local stuck = wire:submit {}
    local give_up = core.monotonic() + 20
    while #upstream:requests() == 0 and core.monotonic() < give_up do wire.engine:step(0.01) end
    stuck:cancel()
    assert.are.equal("cancelled", select(2, stuck:outcome()))
    local transfer = wire:call {}
    assert.are.equal('{"ok":true}', transfer:body())
    assert.are.equal(0, transfer:timings().new_connections)
  end)

  it("requests left over by a closing HTTP/2 connection are sent again, each once", function()
    local upstream <close> = raw_server.start {
      { { "read" }, { "reply", 200, "{}" }, { "again" } },
    }
    local closing <close> = tls_server.start {
      http2 = true, upstream = upstream.base_url, directives = "keepalive_requests 10;",
    }
    local wire <close> = open { base_url = closing.base_url, ca_file = closing.ca_file }
    local sent, running, kept = 0, 0, {}
    local function submit(number)
      local method = number % 4 == 0 and "GET" or "POST"
      local body = method == "POST" and "{}" or nil
      local path = "/" .. number
      kept[wire:submit { method = method, path = path, body = body, timeout = 30 }] = number
    end
    while sent < 120 or running > 0 do
      while sent < 120 and running < 16 do
        sent, running = sent + 1, running + 1
        submit(sent)
      end
      wire.engine:step(1)
      for transfer in function() return wire.engine:next() end do
        local number = assert(kept[transfer])
        running, kept[transfer] = running - 1, nil
        local status, kind, message, was_sent = transfer:outcome()
        transfer:close()
        -- libcurl may give one up that was left over; it was not sent, and is sent again.
        if was_sent == false then
          running = running + 1
          submit(number)
        else
          assert.are.equal(200, status, ("%s: %s"):format(kind, message))
        end
      end
    end
    local seen, posts = {}, 0
    for _, request in ipairs(upstream:requests()) do
      local method, path = request:match "^(%u+) (%S+)"
      if method == "POST" then
        assert.is_nil(seen[path])
        seen[path] = true
        posts = posts + 1
      end
    end
    assert.are.equal(90, posts)
  end)

  it("a reply whose end only the connection tells is refused", function()
    local directory, remove = process.temporary_directory()
    process.write_file(directory .. "/file", '{"ok":true}')
    local child = process.start({
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-WWW",
      "-cert", (server.ca_file:gsub("ca.pem$", "server.pem")),
      "-key", (server.ca_file:gsub("ca.pem$", "server.key")),
    }, { cwd = directory })
    local port = child:wait_for "ACCEPT [^\n]-:(%d+)\n"
    local wire <close> = open { base_url = "https://localhost:" .. port, ca_file = server.ca_file }
    local outcome = wire:outcome { path = "/file" }
    child:stop()
    remove()
    assert.are.equal("transport", outcome.kind)
    assert.is_truthy(outcome.message:find("Content-Length", 1, true))
  end)
end)
