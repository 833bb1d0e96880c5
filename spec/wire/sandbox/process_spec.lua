local plain = require "spec.support.plain_http"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local socket = require "socket"

local function is_open(port)
  local sock = socket.connect("127.0.0.1", port)
  if sock then sock:close() end
  return sock ~= nil
end

-- The end of another process is not ours to time: a generous bound, checked often.
local function is_closed_soon(port)
  for _ = 1, 200 do
    if not is_open(port) then return true end
    socket.sleep(0.05)
  end
  return false
end

describe("a sandbox", function()
  it("listens on 127.0.0.1 until it is stopped, twice if need be", function()
    local box = assert(sandbox.start())
    assert.equal("http://127.0.0.1:" .. box.port, box.base_url)
    assert.is_true(is_open(box.port))
    assert.is_nil((socket.connect("127.0.0.2", box.port)))
    box:stop()
    assert.is_false(is_open(box.port))
    box:stop()
    assert.matches("stopped", tostring(box))
  end)

  it("says so when it is used after its end", function()
    local box = assert(sandbox.start())
    box:stop()
    local ok, message = pcall(function() box:stats() end)
    assert.is_false(ok)
    assert.matches("process_spec.*has been stopped", message)
  end)

  it("raises for arguments of the wrong type, at the caller's line", function()
    local box <close> = assert(sandbox.start())
    for _, misuse in ipairs {
      function() box:advance "soon" end, function() box:set(1, 2) end,
      function() box:fail(503) end, function() box:seed(5) end,
    } do
      local ok, message = pcall(misuse)
      assert.is_false(ok)
      assert.matches("process_spec%.lua:%d+: .* must be a ", message)
    end
  end)

  it("turns its clock back as well", function()
    local box <close> = assert(sandbox.start())
    local before = box:stats().now
    assert.is_true(box:advance(-3600) < before)
  end)

  it("ends with the block it was started in", function()
    local port
    do
      local box <close> = assert(sandbox.start())
      port = box.port
    end
    assert.is_false(is_open(port))
  end)

  it("ends when nothing refers to it any more", function()
    local port
    do
      local box = assert(sandbox.start())
      port = box.port
    end
    collectgarbage()
    collectgarbage()
    assert.is_false(is_open(port))
  end)

  local START = [[
    local box = assert(require("zendesk.sandbox").start())
    print(box.port)
    io.stdout:flush()
  ]]

  it("ends with the process that started it, however that ends", function()
    for _, ending in ipairs { "", "os.exit(0)", "error 'x'", "os.exit(0, true)" } do
      local run = process.run_lua(START .. ending)
      assert.is_true(is_closed_soon(tonumber(run.stdout)))
    end
    local run = process.run_lua(START .. [[
      local file = io.open("/proc/self/stat")
      local pid = file:read "n"
      os.execute("kill -9 " .. pid)
    ]])
    assert.is_true(is_closed_soon(tonumber(run.stdout)))
  end)

  it("leaves no zombie behind", function()
    local run = process.run_lua(START .. [[
      local function children()
        local pipe = io.popen("cat /proc/" .. io.open("/proc/self/stat"):read "n"
          .. "/task/*/children")
        local list = {}
        for pid in pipe:read("a"):gmatch "%d+" do list[#list + 1] = pid end
        pipe:close()
        return #list
      end
      local before = children()
      box:stop()
      print(before - children())
    ]])
    assert.equal("1", run.stdout:match "\n(%d+)\n")
  end)

  it("stops although a process in the background holds a copy of its pipe", function()
    local run = process.run_lua([[
      local box = assert(require("zendesk.sandbox").start())
      local name = os.tmpname()
      os.execute("sleep 30 >/dev/null 2>&1 & echo $! >" .. name)
      local start = require("socket").gettime()
      box:stop()
      print(require("socket").gettime() - start < 15)
      os.execute("kill $(cat " .. name .. ")")
      os.remove(name)
    ]], { timeout = 60 })
    assert.equal("true\n", run.stdout)
  end)

  it("does not start with an interpreter that there is none of, and says so soon", function()
    local run = process.run_lua [[
      local start = require("socket").gettime()
      local box, err = require("zendesk.sandbox").start { lua = "no-such-lua" }
      print(box, err.option, err)
      assert(require("socket").gettime() - start < 10)
    ]]
    assert.matches("^nil\tlua\tzendesk: config: the sandbox did not start with no%-such%-lua",
      run.stdout)
    assert.equal(0, run.status)
  end)

  it("does not start on a port that is taken", function()
    local box <close> = assert(sandbox.start())
    local second, err = sandbox.start { port = box.port + 0.0 }
    assert.is_nil(second)
    assert.is_true(require("zendesk").is_error(err))
    assert.equal("config", err.kind)
    assert.equal("port", err.option)
    assert.matches("cannot listen on 127%.0%.0%.1:%d+$", err.message)
  end)

  it("raises for options that make no sense, at the caller's line", function()
    for options, text in pairs {
      [{ prot = 1 }] = 'process_spec.*unknown option "prot"',
      [{ port = "1" }] = "process_spec.*port must be a number",
      [{ switches = { shoes = true } }] = 'process_spec.*: sandbox: unknown switch "shoes"',
      [{ seed = { shoes = 1 } }] = 'process_spec.*: sandbox: cannot seed "shoes"',
      [{ seed = { tickets = { 1 } } }] = "process_spec.*: sandbox: tickets%[1%] must be a record",
      [{ seed = { users = print } }] = "process_spec.*: sandbox: .* no JSON form",
    } do
      local ok, message = pcall(function() sandbox.start(options) end)
      assert.is_false(ok)
      assert.matches(text, message)
    end
  end)

  it("starts with the settings it is given", function()
    local box <close> = assert(sandbox.start {
      clock = 1800000000, email = "owner@example.com", api_token = "another-token",
      switches = { token_status = 201 }, seed = { clients = { { identifier = "a" } } },
    })
    assert.is_true(box:stats().now >= 1800000000 and box:stats().now < 1800000600)
    local http = plain.admin(box)
    assert.equal("owner@example.com", http:get("/api/v2/users/me").json.user.email)
    assert.equal("a", http:get("/api/v2/oauth/clients").json.clients[1].identifier)
    http:close()
    box:reset()
    assert.is_true(box:stats().now < 1800000600)
  end)

  it("can be one of several", function()
    local first <close> = assert(sandbox.start())
    local second <close> = assert(sandbox.start())
    second:seed { clients = { { identifier = "a" } } }
    assert.equal(0, first:stats().clients_created)
    assert.not_equal(first.port, second.port)
    first:stop()
    assert.is_true(is_open(second.port))
  end)

  it("is controlled from another process that knows the key", function()
    local box <close> = assert(sandbox.start())
    local run = process.run_lua([[
      local port, key = ...
      local box = require("zendesk.sandbox").attach { port = tonumber(port), key = key }
      box:advance(86400)
      box:stop()
    ]], { args = { tostring(box.port), box.key } })
    assert.equal(0, run.status)
    assert.is_true(box:stats().now > os.time() + 80000)
  end)

  it("is controlled by nobody else, and hides that from its records", function()
    local box <close> = assert(sandbox.start())
    local http = plain.connect(box.port)
    assert.equal(403, http:post("/__sandbox/reset", {}).status)
    local key = { headers = { ["X-Sandbox-Key"] = box.key } }
    assert.equal(404, http:post("/__sandbox/shoes", {}, key).status)
    assert.equal(404, http:get("/__sandbox/stats", key).status)
    assert.equal(400, http:call("POST", "/__sandbox/fail", {
      headers = key.headers, body = "{",
    }).status)
    assert.same({}, box:requests())
    assert.equal(0, box:stats().requests)
    http:close()
  end)

  it("remembers the requests it has seen, as they were", function()
    local box <close> = assert(sandbox.start())
    local http = plain.admin(box)
    http:call("POST", "/api/v2/tickets.json?a=b%20c", {
      body = '{"ticket" : {}}', headers = { ["X-Twice"] = "1\r\nX-Twice: 2" },
    })
    http:get("/api/v2/users/me")
    local seen = box:requests()
    assert.equal(2, #seen)
    assert.equal("POST", seen[1].method)
    assert.equal("/api/v2/tickets.json", seen[1].path)
    assert.equal("a=b%20c", seen[1].query)
    assert.equal('{"ticket" : {}}', seen[1].body)
    assert.equal("1, 2", seen[1].headers["x-twice"])
    assert.equal(422, seen[1].status)
    assert.equal("integer", math.type(seen[2].status))
    box:clear_requests()
    assert.same({}, box:requests())
    http:close()
  end)

  it("remembers only so many of them", function()
    local box <close> = assert(sandbox.start { switches = { log = 3 } })
    local http = plain.connect(box.port)
    for n = 1, 5 do http:get("/n" .. n) end
    local seen = box:requests()
    assert.equal(3, #seen)
    assert.equal("/n3", seen[1].path)
    box:set("log", false)
    http:get("/n6")
    assert.equal(3, #box:requests())
    assert.equal(6, box:stats().requests)
    http:close()
  end)
end)

describe("a sandbox in the foreground", function()
  it("says how to use it", function()
    local run = process.run({
      "timeout", "-s", "INT", "2", "lua5.4", "-e",
      'require("zendesk.sandbox").serve { port = 0, key = "test-key" }',
    }, { env = process.lua_environment() })
    local port = run.stdout:match "http://127%.0%.0%.1:(%d+)"
    assert.is_string(port)
    assert.is_truthy(run.stdout:find("export ZENDESK_BASE_URL=http://127.0.0.1:" .. port, 1, true))
    assert.is_truthy(run.stdout:find("export ZENDESK_EMAIL=admin@example.com", 1, true))
    assert.is_truthy(run.stdout:find("export ZENDESK_API_TOKEN=test-api-token", 1, true))
    assert.is_truthy(run.stdout:find('key = "test-key"', 1, true))
    assert.equal("", run.stderr)
  end)

  it("ends where it cannot say so", function()
    local run = process.run({
      "timeout", "20", "sh", "-c", 'exec lua5.4 -e "$1" >/dev/full', "sh",
      'require("zendesk.sandbox").serve { port = 0 }',
    }, { env = process.lua_environment() })
    assert.equal(1, run.status)
    assert.matches("cannot write the output: No space left", run.stderr)
  end)
end)
