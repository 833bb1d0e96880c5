-- What the host program does to a call: it raises where it is called back, drops coroutines, closes
-- in the middle, forks, runs out of descriptors, is interrupted, has a clock that jumps.

local core = require "zendesk.core"
local faults = require "spec.support.faults"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

local OK = { "reply", 200, '{"ok":true}' }
local SERVING = { { { "read" }, OK, { "again" } } }
local HOLDING = { { { "read" }, { "hold" } } }

describe("the host program", function()
  local provoke = faults.area "The host program"

  -- What `use` returns with an instance, and that the next call works.
  local function with(connections, given, use)
    local server <close> = raw_server.start(connections)
    local zd <close> = faults.connect(server.base_url, given)
    return use(zd, server)
  end

  local function still_works(zd)
    assert.equal("200, a table", faults.describe(zd:get "/api/v2/x"))
  end

  provoke("raises in its event handler", "200, a table", function()
    local called = 0
    return with(SERVING, {
      on_event = function()
        called = called + 1
        error "canary of the handler"
      end,
    }, function(zd)
      local outcome = faults.describe(zd:get "/api/v2/x")
      assert.is_true(called >= 2)
      return outcome
    end)
  end)

  provoke("calls back from its event handler", "200, a table", function()
    local zd, inner
    local server <close> = raw_server.start(SERVING)
    zd = faults.connect(server.base_url, {
      on_event = function(event)
        if event.type ~= "response" or inner then return end
        inner = "begun"
        inner = faults.describe(zd:get "/api/v2/inner")
      end,
    })
    local outcome = faults.describe(zd:get "/api/v2/x")
    zd:close()
    assert.equal("200, a table", inner)
    return outcome
  end)

  provoke("raises inside of a loop over a list", "the loop's error, at its line", function()
    local page = '{"items":[{"id":1},{"id":2}],"meta":{"has_more":true,"after_cursor":"a"},'
      .. '"links":{"next":"/api/v2/items?page[after]=a"}}'
    return with({ { { "read" }, { "reply", 200, page }, { "again" } } }, nil, function(zd)
      local ok, message = pcall(function()
        for _ in zd:each "/api/v2/items" do error "stop here" end
      end)
      assert.is_false(ok)
      assert.matches("host_spec.lua:%d+: stop here$", message)
      still_works(zd)
      return "the loop's error, at its line"
    end)
  end)

  provoke("raises in one of several tasks", "that error; the others are cancelled", function()
    return with(HOLDING, nil, function(zd)
      local other
      local ok, message = pcall(zendesk.all, {
        function() other = select(2, zd:get "/api/v2/x") end,
        function() error("oops", 0) end,
      })
      assert.is_false(ok)
      assert.matches("oops", message)
      assert.equal("cancelled", other.kind)
      return "that error; the others are cancelled"
    end)
  end)

  provoke("drops a task in the middle of a request", "its connection is given up", function()
    return with({ { { "read" }, { "hold" } }, { { "read" }, OK } }, nil, function(zd, server)
      local driver = zd._transport.driver
      local task = driver:spawn(function() return zd:get "/api/v2/x" end)
      assert.is_not_nil(task)
      local give_up = core.monotonic() + 20
      while #server:requests() == 0 and core.monotonic() < give_up do driver:sleep(0.01) end
      task = nil -- luacheck: ignore 311 (dropping it is the point)
      collectgarbage()
      collectgarbage()
      still_works(zd)
      while server:gone() == 0 and core.monotonic() < give_up do driver:sleep(0.01) end
      assert.is_true(server:gone() >= 1)
      return "its connection is given up"
    end)
  end)

  for method, outcome in pairs {
    GET = "closed, sent, final", POST = "closed, sent, ambiguous",
  } do
    provoke("closes the instance while a " .. method .. " is under way", outcome, function()
      return with(HOLDING, nil, function(zd, server)
        local driver, value, second = zd._transport.driver, nil, nil
        local task = driver:spawn(function() value, second = zd:request(method, "/api/v2/x") end)
        local give_up = core.monotonic() + 20
        while #server:requests() == 0 and core.monotonic() < give_up do driver:sleep(0.01) end
        zd:close()
        task:wait()
        return faults.describe(value, second)
      end)
    end)
  end

  provoke("uses a closed instance", "raises: the instance is closed", function()
    local zd = faults.connect "http://127.0.0.1:9"
    zd:close()
    zd:close()
    local ok, message = pcall(function() return zd:get "/api/v2/x" end)
    assert.is_false(ok)
    return "raises: " .. message:match "host_spec.lua:%d+: zendesk: (.*)$"
  end)

  provoke("closes the instance in its event handler", "200, a table", function()
    local server <close> = raw_server.start(SERVING)
    local zd
    zd = faults.connect(server.base_url, {
      on_event = function(event) if event.type == "response" then zd:close() end end,
    })
    return faults.describe(zd:get "/api/v2/x")
  end)

  provoke("sets the clock back in a call", "200, a table", function()
    local time, real = 1e9, require "zendesk.driver.blocking".shared()
    local driver = setmetatable({
      time = function()
        time = time - 86400
        return time
      end,
    }, { __index = real })
    return with({ { { "read" }, { "reply", 503, "", { ["Retry-After"] = "1" } }, { "read" }, OK } },
      { driver = driver, retry = { attempts = 2, base = 0.01 }, on_event = function() end },
      function(zd)
        local before = core.monotonic()
        local outcome = faults.describe(zd:get "/api/v2/x")
        assert.is_true(core.monotonic() - before < 15)
        return outcome
      end)
  end)
end)

-- Each in a process of its own, because it is the process that is changed.
describe("the host process", function()
  local provoke = faults.area "The host process"

  local PRELUDE = [[
    local zendesk = require "zendesk"
    local base_url = ...
    local function connect(options)
      options = options or {}
      options.base_url, options.access_token, options.retry = base_url, "test-token", false
      return assert(zendesk.new(options))
    end
    local function describe(value, second)
      if value ~= nil then return "fine" end
      return second.kind .. (second.sent and ", sent" or ", not sent")
    end
  ]]

  local function run(connections, script, command)
    local server <close> = raw_server.start(connections)
    local directory, remove = process.temporary_directory()
    process.write_file(directory .. "/script.lua", PRELUDE .. script)
    local line = ("%s exec lua5.4 %s %s"):format(command or "", directory .. "/script.lua",
      server.base_url)
    local result = process.run({ "sh", "-c", line }, { env = process.lua_environment() })
    remove()
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
    return (result.stdout:gsub("\n$", "")), server
  end

  -- From libcurl 8.20 on, what it calls a lack of memory at this place is one of descriptors.
  local function in_words_of_before(answer)
    local major, minor = core.versions().curl:match "^(%d+)%.(%d+)"
    local is_newer = tonumber(major) * 100 + tonumber(minor) >= 820
    return is_newer and answer:gsub("^memory,", "transport,") or answer
  end

  -- What a call says while no descriptor is left, and the next one when they are back.
  local function without_descriptors(before)
    return in_words_of_before(run(SERVING, before .. [[
      local zd = connect()
      local files = {}
      repeat
        local file = io.open "/dev/null"
        files[#files + 1] = file
      until not file
      local first = describe(zd:get "/api/v2/x")
      for _, file in ipairs(files) do file:close() end
      print(first .. "; then " .. describe(zd:get "/api/v2/x"))
    ]], "ulimit -n 64;"))
  end

  provoke("has no file descriptor left", "transport, not sent; then fine", function()
    return without_descriptors [[
      local earlier = connect()
      for _ = 1, 2 do assert(earlier:get "/api/v2/warm") end
      earlier:close()
      zendesk.driver.blocking.shared():close() -- its connections, too
    ]]
  end)

  provoke("has none left from its first call on", "transport, not sent; then fine", function()
    return without_descriptors ""
  end)

  provoke("has its descriptors back after 300 failed calls", "fine", function()
    return (run({ { { "read" }, { "reset" } } }, [[
      local zd = connect()
      for _ = 1, 300 do assert(select(2, zd:get "/api/v2/x").kind == "transport") end
      print(assert(io.open "/dev/null") and "fine")
    ]], "ulimit -n 40;"))
  end)

  provoke("is stopped and continued while it waits", "fine", function()
    return (run({ { { "read" }, { "sleep", 0.6 }, OK } }, [[
      local stat = io.open "/proc/self/stat"
      local pid = stat:read "n"
      stat:close()
      os.execute(("(sleep 0.1; kill -STOP %d; sleep 0.1; kill -CONT %d) &"):format(pid, pid))
      print(describe(connect():get "/api/v2/x"))
    ]]))
  end)

  provoke("ends with requests in flight", "ended", function()
    return (run(HOLDING, [[
      local zd = connect()
      local driver = zendesk.driver.blocking.shared()
      for _ = 1, 20 do driver:spawn(function() return zd:get "/api/v2/x" end) end
      driver:sleep(0.1)
      print "ended"
    ]]))
  end)

  provoke("ends by os.exit(true, true) with requests in flight", "ended", function()
    return (run(HOLDING, [[
      local zd = connect()
      local driver = zendesk.driver.blocking.shared()
      for _ = 1, 20 do driver:spawn(function() return zd:post("/api/v2/x", { json = {} }) end) end
      driver:sleep(0.1)
      print "ended"
      os.exit(true, true)
    ]]))
  end)

  provoke("has a __gc that makes a call while the state closes", "ended", function()
    return (run(SERVING, [[
      local zd = connect()
      assert(zd:get "/api/v2/x")
      setmetatable({}, { __gc = function() pcall(zd.get, zd, "/api/v2/x") end })
      print "ended"
    ]]))
  end)

  provoke("collects in any order", "fine", function()
    return (run(HOLDING, [[
      local core = require "zendesk.core"
      for order = 1, 6 do
        local account = core.account { base_url = base_url, access_token = "test-token" }
        local engine = core.engine {}
        local transfer = assert(engine:submit(account, { method = "GET", path = "/" }))
        engine:step(0)
        local held = { account, engine, transfer }
        account, engine, transfer = nil, nil, nil
        for place = 0, 2 do
          held[(order + place * (order % 2 + 1)) % 3 + 1] = nil
          collectgarbage()
        end
      end
      print "fine"
    ]]))
  end)

  provoke("has another locale", "fine", function()
    return (run(SERVING, [[
      os.setlocale "de_DE.UTF-8"
      print(describe(connect { timeout = 1.5 }:post("/api/v2/x", { json = { a = 1.5 } })))
    ]]))
  end)
end)
