-- What an instance costs while it does nothing: memory and descriptors. Instances of a Lua state
-- share one engine, so that neither grows with their number.

local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"
local zendesk = require "zendesk"

-- Those that earlier specs have left to the collector do not count.
local function descriptors()
  collectgarbage()
  local pipe = assert(io.popen "ls /proc/$PPID/fd | wc -l")
  local count = pipe:read "n"
  pipe:close()
  return count
end

local function connect(server)
  return assert(zendesk.new {
    base_url = server.base_url, email = "admin@example.com", api_token = "test-api-token",
    retry = false,
  })
end

local ANSWER = { { "read" }, { "reply", 200, '{"ok":true}' }, { "again" } }

-- Goes before the source of a child: bytes of the process that are in memory.
local RESIDENT = [[
  local zendesk = require "zendesk"
  local base_url, ca_folder = ...
  local kept = {}
  for index = 1, 2000 do kept[index] = false end
  local function resident()
    for _ = 1, 3 do collectgarbage() end
    local file <close> = assert(io.open "/proc/self/statm")
    return select(2, file:read("n", "n")) * 4096
  end
  local function open(index)
    kept[index] = assert(zendesk.new {
      base_url = base_url, email = "admin@example.com", api_token = "test-api-token",
      ca_file = ca_folder and ca_folder .. "/" .. index or nil,
    })
    if ca_folder then assert(kept[index]:get "/") end
  end
  local function growth(first, last)
    local before = resident()
    for index = first, last do open(index) end
    return (resident() - before) / (last - first + 1)
  end
]]

-- Bytes, as a child process of its own measures them.
local function measure(source, ...)
  local result = process.run_lua(RESIDENT .. source, { args = { ... } })
  assert.equal("", result.stderr)
  return assert(tonumber(result.stdout), result.stdout)
end

describe("an instance", function()
  local server

  after_each(function()
    zendesk.driver.blocking.shared():close()
    if server then server:stop() end
    server = nil
  end)

  it("uses one connection for all of its calls, whatever comes of them", function()
    server = raw_server.start { {
      { "read" }, { "reply", 200, '{"ok":true}' }, { "read" }, { "reply", 404, "{}" },
      { "read" }, { "reply", 422, '{"error":"RecordInvalid"}' }, { "read" }, { "reply", 204, "" },
      { "again" },
    } }
    local zd <close> = connect(server)
    for _ = 1, 250 do
      assert(zd:get "/api/v2/users/me")
      assert.is_nil((zd:get "/api/v2/users/7"))
      assert.is_false((pcall(zd.get, zd, "/api/v2/users/me", { nonsense = true })))
      assert.is_nil((zd:post("/api/v2/users", { json = { user = { name = "Agent" } } })))
      assert(zd:delete "/api/v2/users/8")
    end
    assert.equal(1000, #server:requests())
    assert.equal(1, server:connections())
  end)

  it("loads for one call no more than it takes, and the rest before the second", function()
    server = raw_server.start { ANSWER }
    local result = process.run_lua([[
      local zd = assert(require "zendesk".new { base_url = ..., access_token = "test-token" })
      for _ = 1, 2 do
        assert(zd:get "/api/v2/users/me")
        local names = {}
        for name in pairs(package.loaded) do names[#names + 1] = name:match "^zendesk%.(.*)" end
        table.sort(names)
        print(table.concat(names, " "))
      end
    ]], { args = { server.base_url } })
    assert.equal("", result.stderr)
    local first, second = result.stdout:match "^(%C*)\n(%C*)\n$"
    assert.equal("core driver.blocking errors instance options request response", first)
    for _, name in ipairs { "error_reply", "middleware.retry", "pipeline", "response_text" } do
      assert.truthy(second:find(name, 1, true), name)
    end
  end)

  it("has no descriptor of its own: a server has", function()
    server = raw_server.start { ANSWER }
    local first <close> = connect(server)
    assert(first:get "/")
    local before, instances = descriptors(), {}
    for index = 1, 1000 do
      instances[index] = connect(server)
      if index % 20 == 0 then assert(instances[index]:get "/") end
    end
    assert.is_true(descriptors() <= before)
    assert.equal(1, server:connections())
    for _, zd in ipairs(instances) do zd:close() end
  end)

  it("gives its descriptors back #slow", function()
    server = raw_server.start { ANSWER }
    local first = connect(server)
    assert(first:get "/")
    local before = descriptors()
    for index = 1, 1000 do
      local zd = connect(server)
      if index % 20 == 0 then assert(zd:get "/") end
      if index % 2 == 0 then zd:close() end
    end
    assert.is_true(descriptors() <= before)
  end)

  it("costs at most 10 KB, the memory of C included #slow", function()
    assert.is_true(measure([[
      growth(1, 100)
      print(growth(101, 2000))
    ]], "http://127.0.0.1:1") < 10 * 1024)
  end)

  it("costs at most 90 KB with an open TLS connection #slow #tls", function()
    server = tls_server.start {}
    local folder, remove = process.temporary_directory()
    local authority = process.read_file(server.ca_file)
    -- One file each, or they would share a connection.
    for index = 1, 60 do process.write_file(folder .. "/" .. index, authority) end
    local bytes = measure([[
      growth(1, 10)
      print(growth(11, 60))
    ]], server.base_url, folder)
    remove()
    assert.is_true(bytes < 90 * 1024)
    assert.is_true(bytes > 10 * 1024) -- there was a connection for each
  end)
end)
