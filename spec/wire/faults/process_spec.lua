-- What a host program does to its whole process: signals, also in the middle of system calls, and
-- forks.

local faults = require "spec.support.faults"
local host_process = require "spec.support.host_process"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"

local OK = { "reply", 200, '{"ok":true}' }
local SERVING = { { { "read" }, OK, { "again" } } }
local SLOW = { { { "read" }, { "sleep", 0.3 }, OK, { "again" } } }

local PRELUDE = [[
  local host, zendesk = require "spec_host_process", require "zendesk"
  local base_url, ca_file = ...
  local function connect()
    return assert(zendesk.new {
      base_url = base_url, access_token = "test-token", retry = false, ca_file = ca_file,
    })
  end
  local function describe(value, second)
    if value ~= nil then return "fine" end
    return second.kind .. (second.sent and ", sent" or ", not sent")
  end
  -- What `use` says while a signal comes each millisecond.
  local function interrupted(use)
    host.interrupt(0.001)
    local said = use()
    local signals = host.interrupt(0)
    return said, signals
  end
]]

describe("a host process", function()
  local host

  setup(function() host = host_process.build() end)
  teardown(function() host:close() end)

  describe("that takes signals", function()
    local provoke = faults.area "A signal each millisecond"

    provoke("while a call waits for its reply", "fine", function()
      local server <close> = raw_server.start(SLOW)
      return host:run(PRELUDE .. [[
        local zd = connect()
        local said, signals = interrupted(function() return describe(zd:get "/api/v2/x") end)
        assert(signals > 50, signals)
        print(said)
      ]], server.base_url)
    end)

    provoke("while it connects, and looks a name up", "fine, 20 times", function()
      local server <close> = raw_server.start { { { "read" }, OK, { "close" } } }
      return host:run(PRELUDE .. [[
        local zd = connect()
        local said, signals = interrupted(function()
          local fine = 0
          for _ = 1, 20 do
            fine = fine + (describe(zd:get "/api/v2/x") == "fine" and 1 or 0)
            assert(zendesk.sleep(0.005))
          end
          return fine
        end)
        assert(signals > 20, signals)
        print(("fine, %d times"):format(said))
      ]], "http://localhost:" .. server.port)
    end)

    describe("#tls", function()
      provoke("in a TLS handshake and a long upload", "fine, 5 times", function()
        local server <close> = raw_server.start(SERVING)
        local tls <close> = tls_server.start {
          upstream = server.base_url, directives = "client_max_body_size 50m;",
        }
        return host:run(PRELUDE .. [[
          local fine = 0
          local _, signals = interrupted(function()
            for _ = 1, 5 do
              local zd = connect()
              local said = describe(zd:post("/api/v2/x", {
                body = ("x"):rep(2000000), content_type = "text/plain",
              }))
              fine = fine + (said == "fine" and 1 or 0)
              zd:close()
              zendesk.driver.blocking.shared():close()
            end
          end)
          assert(signals > 5, signals)
          print(("fine, %d times"):format(fine))
        ]], tls.base_url, tls.ca_file)
      end)
    end)

    provoke("while calls go on side by side", "fine, 40 times", function()
      local server <close> = raw_server.start(SLOW)
      return host:run(PRELUDE .. [[
        local zd, numbers = connect(), {}
        for number = 1, 40 do numbers[number] = number end
        local fine, signals = interrupted(function()
          return assert(zendesk.map(numbers, function() return describe(zd:get "/api/v2/x") end,
            { concurrency = 40 })).n
        end)
        assert(signals > 20, signals)
        print(("fine, %d times"):format(fine))
      ]], server.base_url)
    end)

    provoke("while a store waits for its lock and writes", "fine, 200 times", function()
      local directory, remove = process.temporary_directory()
      local said = host:run(PRELUDE .. [[
        local store = zendesk.store.file { path = base_url }
        local driver = zendesk.driver.blocking.shared()
        local child = host.fork()
        local fine = 0
        local _, signals = interrupted(function()
          for number = 1, 100 do
            local lock <close> = assert(store:lock("key", 60, driver))
            local set = assert(store:load "key" or { access_token = "t", count = 0 })
            set.count = set.count + 1
            assert(store:save("key", set))
          end
        end)
        if child == 0 then os.exit(signals > 0 and 0 or 1) end
        assert(host.wait(child) == 0)
        print(("fine, %d times"):format(store:load "key".count))
      ]], directory .. "/tokens.json")
      remove()
      return said
    end)
  end)

  describe("that goes on after a connection was cut", function()
    local provoke = faults.area "A signal by the system"

    -- A write to a connection that the other end has reset raises SIGPIPE, which ends a process
    -- that does not expect it.
    describe("#tls", function()
      provoke("SIGPIPE at an upload, TLS", "no signal; then fine", function()
        local server <close> = raw_server.start(SERVING)
        local tls <close> = tls_server.start {
          upstream = server.base_url, directives = "client_max_body_size 1k; lingering_close off;",
        }
        return host:run(PRELUDE .. [[
          local zd = connect()
          for _ = 1, 10 do
            local value, err = zd:post("/api/v2/x", {
              body = ("x"):rep(5000000), content_type = "text/plain",
            })
            assert(value == nil and (err.kind == "transport" or err.status == 413), tostring(err))
          end
          print("no signal; then " .. describe(zd:get "/api/v2/x"))
        ]], tls.base_url, tls.ca_file)
      end)
    end)

    provoke("SIGPIPE at an upload", "no signal", function()
      local server <close> = raw_server.start { { { "read_headers" }, { "reset" } } }
      return host:run(PRELUDE .. [[
        local zd = connect()
        for _ = 1, 10 do
          local _, err = zd:post("/api/v2/x", {
            body = ("x"):rep(5000000), content_type = "text/plain",
          })
          assert(err.kind == "transport", tostring(err))
        end
        print "no signal"
      ]], server.base_url)
    end)
  end)

  describe("that forks", function()
    local provoke = faults.area "A fork"

    local refusal = "raises: the engine was made before this process was forked"

    provoke("between two calls, and the child uses the parent's instance", refusal, function()
      local server <close> = raw_server.start(SERVING)
      return host:run(PRELUDE .. [[
        local zd = connect()
        assert(zd:get "/api/v2/x")
        local child = host.fork()
        if child == 0 then
          local ok, message = pcall(zd.get, zd, "/api/v2/x")
          print("raises: " .. message:match "(the engine was made before this process was forked)")
          io.stdout:flush()
          os.exit(ok and 1 or 0, true)
        end
        assert(host.wait(child) == 0)
        assert(describe(zd:get "/api/v2/x") == "fine")
      ]], server.base_url)
    end)

    provoke("between two calls, and the child closes the driver", "fine; fine", function()
      local server <close> = raw_server.start(SERVING)
      local said = host:run(PRELUDE .. [[
        local zd = connect()
        assert(zd:get "/api/v2/x")
        local child = host.fork()
        if child == 0 then
          zendesk.driver.blocking.shared():close()
          local said = describe(zd:get "/api/v2/x")
          os.exit(said == "fine" and 0 or 1, true)
        end
        local said = host.wait(child) == 0 and "fine" or "broken"
        print(said .. "; " .. describe(zd:get "/api/v2/x"))
      ]], server.base_url)
      assert.equal(2, server:connections()) -- the parent's, which the child has left alone
      return said
    end)

    provoke("with a call under way, and the child ends", "fine", function()
      local server <close> = raw_server.start(SLOW)
      return host:run(PRELUDE .. [[
        local zd = connect()
        local driver = zendesk.driver.blocking.shared()
        local task = driver:spawn(function() return zd:get "/api/v2/x" end)
        local child = host.fork()
        if child == 0 then os.exit(0, true) end
        assert(host.wait(child) == 0)
        print(describe(task:wait()))
      ]], server.base_url)
    end)

    describe("#tls", function()
      provoke("over TLS, and the child ends: the session goes on", "fine; 1 connection",
        function()
          local server <close> = raw_server.start(SERVING)
          local tls <close> = tls_server.start { upstream = server.base_url }
          return host:run(PRELUDE .. [[
            local zd = connect()
            assert(zd:get "/api/v2/x")
            local child = host.fork()
            if child == 0 then os.exit(0, true) end
            assert(host.wait(child) == 0)
            local value, response = zd:get("/api/v2/x", { timings = true })
            print(("%s; %d connection"):format(describe(value, response),
              1 + response:timings().new_connections))
          ]], tls.base_url, tls.ca_file)
        end)
    end)
  end)
end)
