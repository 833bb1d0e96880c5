-- A thousand calls under way, and then something happens: nothing may stay behind, neither here nor
-- on the server.

local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local socket = require "socket"
local uv = require "luv"
local zendesk = require "zendesk"

local CALLS = 1000

local function descriptors()
  local count = 0
  local pipe = io.popen "ls /proc/$PPID/fd"
  for _ in pipe:lines() do count = count + 1 end
  pipe:close()
  return count
end

-- Bytes of Lua's and pages of the process, when what can go has gone.
local function memory()
  for _ = 1, 3 do collectgarbage() end
  local file = assert(io.open "/proc/self/statm")
  local pages = math.tointeger(file:read "n") and math.tointeger(file:read "n")
  file:close()
  return collectgarbage "count" * 1024, pages * 4096
end

-- Waits until the server sees what it should: it learns of a closed connection a little later.
local function server_sees(server, open)
  local seen
  for _ = 1, 200 do
    seen = server:count().open
    if seen <= open then return true end
    socket.sleep(0.02)
  end
  return false, seen
end

describe("a thousand calls that end early #slow", function()
  local server, zd

  local function connect(driver)
    return assert(zendesk.new {
      base_url = server.base_url, access_token = "test-access-token", retry = false,
      driver = driver,
    })
  end

  setup(function() server = latency_server.start { delay = 60, timeout = 500 } end)
  teardown(function() server:stop() end)

  before_each(function() zd = connect() end)
  after_each(function()
    zd:close()
    zendesk.driver.blocking.shared():close()
  end)

  -- The first rounds fill pools and the allocator's, the later ones must not add to them. Of the
  -- process as a whole only a coarse claim can be made: an easy handle and a connection left behind
  -- by each call would be more than ten times the limit. valgrind (make valgrind) counts bytes.
  local ROUNDS, WARM = 6, 3
  local LUA_LIMIT, RESIDENT_LIMIT = 64 * 1024, 8 * 1024 * 1024
  local KEPT = 8 -- connections that libcurl may keep from one round, and not from another

  local function leaves_nothing(round)
    local first_lua, first_resident, before
    for number = 1, ROUNDS do
      round()
      for _ = 1, 2 do collectgarbage() end
      assert(server_sees(server, 0))
      if number == WARM then
        before = descriptors()
        first_lua, first_resident = memory()
      end
    end
    local lua_bytes, resident = memory()
    assert.is_true(descriptors() <= before + KEPT)
    assert.is_true(lua_bytes < first_lua + LUA_LIMIT,
      ("%d bytes of Lua's were left"):format(lua_bytes - first_lua))
    assert.is_true(resident < first_resident + RESIDENT_LIMIT,
      ("%d bytes were left"):format(resident - first_resident))
  end

  local function wait_for_all()
    for _ = 1, 500 do
      if server:count().open >= CALLS then return end
      assert(zendesk.sleep(0.02))
    end
    error "the calls did not get through"
  end

  it("leave nothing when their tasks are dropped", function()
    leaves_nothing(function()
      local driver = zendesk.driver.blocking.shared()
      do
        local tasks = {}
        for index = 1, CALLS do tasks[index] = driver:spawn_loosely(zd.get, zd, "/any") end
        wait_for_all()
        assert.equal(#tasks, zendesk.driver.blocking.running())
      end
      for _ = 1, 2 do collectgarbage() end
      assert.equal(0, zendesk.driver.blocking.running())
    end)
  end)

  it("leave nothing when their instance is closed", function()
    leaves_nothing(function()
      local mine = connect()
      local closed = 0
      local results = assert(zendesk.map(setmetatable({}, {
        __len = function() return CALLS + 1 end,
        __index = function(_, index) return index end,
      }), function(index)
        if index > CALLS then
          wait_for_all()
          mine:close()
          return "closer"
        end
        local _, err = mine:get "/any"
        if err.kind == "closed" then closed = closed + 1 end
        return true
      end, { concurrency = CALLS + 1 }))
      assert.equal("closer", results[CALLS + 1])
      assert.equal(CALLS, closed)
    end)
  end)

  it("leave nothing when one of them raises", function()
    leaves_nothing(function()
      local functions = {}
      for index = 1, CALLS do functions[index] = function() return zd:get "/any" end end
      functions[CALLS + 1] = function()
        wait_for_all()
        error("broken", 0)
      end
      local ok, problem = pcall(zendesk.all, functions, { concurrency = CALLS + 1 })
      assert.is_false(ok)
      assert.equal("broken", problem)
      assert.equal(0, zendesk.driver.blocking.running())
    end)
  end)

  it("leave nothing in a luv loop whose driver is closed", function()
    leaves_nothing(function()
      local driver = require "zendesk.driver.luv".new()
      local mine = connect(driver)
      local ended = 0
      for _ = 1, CALLS do
        coroutine.wrap(function()
          local _, err = mine:get "/any"
          assert(err.kind == "closed")
          ended = ended + 1
        end)()
      end
      coroutine.wrap(function()
        repeat driver:sleep(0.05) until server:count().open >= CALLS
        mine:close()
        driver:close()
      end)()
      uv.run()
      assert.equal(CALLS, ended)
      uv.walk(function(handle) error("left: " .. tostring(handle)) end)
    end)
  end)

  it("leave nothing in a luv loop when their coroutines are closed", function()
    local driver <close> = require "zendesk.driver.luv".new()
    local mine <close> = connect(driver)
    leaves_nothing(function()
      local threads = {}
      for index = 1, CALLS do
        threads[index] = coroutine.create(function() mine:get "/any" end)
        assert(coroutine.resume(threads[index]))
      end
      coroutine.wrap(function()
        repeat driver:sleep(0.05) until server:count().open >= CALLS
        for _, thread in ipairs(threads) do assert(coroutine.close(thread)) end
      end)()
      uv.run()
      assert.equal(0, driver._engine:running())
    end)
  end)

  it("leave nothing in C when the engine is collected with all of them", function()
    leaves_nothing(function()
      local engine = core.engine {}
      local account = assert(core.account { base_url = server.base_url })
      local transfers = {}
      for index = 1, CALLS do
        transfers[index] = assert(engine:submit(account, { method = "GET", path = "/any" }))
      end
      for _ = 1, 1000 do
        engine:step(0.02)
        if server:count().open >= CALLS then break end
      end
      assert.equal(#transfers, engine:running())
    end)
  end)
end)
