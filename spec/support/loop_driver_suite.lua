-- What must hold for the driver of every event loop. A spec calls it inside of a `describe`:
--
--   suite { new = function() … end,      a driver
--           make = function() … end,     another one: what the adapter's own `new` returns
--           start = function(f) … end,   f in a coroutine of the loop
--           run = function() … end,      the loop, until nothing is left to do
--           sleep = function(s) … end }  the loop's own sleep, in a coroutine
--
-- `run` returning is part of every test: a driver that leaves a timer or a watch hangs it.

local assert = require "luassert"
local busted = require "busted"
local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local loop_group_suite = require "spec.support.loop_group_suite"
local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

-- A module does not see the globals of a spec.
local after_each, before_each, it = busted.after_each, busted.before_each, busted.it

local now = core.monotonic

local function waits(loop, state)
  it("finishes calls of many coroutines side by side", function()
    local server <close> = latency_server.start { delay = 0.1 }
    local zd <close> = state.connect(server)
    local done, began = 0, now()
    for _ = 1, 50 do
      loop.start(function()
        assert.is_true(assert(zd:get "/api/v2/any").ok)
        done = done + 1
      end)
    end
    loop.run()
    assert.equal(50, done)
    assert.is_true(now() - began < 2.5) -- one after the other: 5 seconds
  end)

  it("lets the loop do other work while a call waits", function()
    local server <close> = latency_server.start { delay = 0.3 }
    local zd <close> = state.connect(server)
    local turns, over = 0, false
    loop.start(function()
      assert(zd:get "/api/v2/any")
      over = true
    end)
    loop.start(function()
      while not over do
        loop.sleep(0.005)
        turns = turns + 1
      end
    end)
    loop.run()
    assert.is_true(turns > 10)
  end)

  it("works in the main program, which waits for the loop", function()
    local server <close> = latency_server.start { delay = 0.02 }
    local zd <close> = state.connect(server)
    local beside = false
    loop.start(function()
      loop.sleep(0.001)
      beside = true
    end)
    for _ = 1, 3 do assert.is_true(assert(zd:get "/api/v2/any").ok) end
    assert.is_true(beside)
    loop.run()
  end)

  it("finds replies of which the loop says nothing", function()
    local server <close> = latency_server.start { delay = 0.05 }
    local zd <close> = state.connect(server)
    local port, done = state.driver._port, 0
    local function two_calls()
      for _ = 1, 2 do
        loop.start(function()
          assert(zd:get "/any")
          done = done + 1
        end)
      end
      loop.run()
    end
    two_calls() -- kept connections need none of libcurl's timers for connecting
    local watch, began = port.watch, now()
    function port:watch(fd, what) -- can be written to, but never be read
      return watch(self, fd, what == "rw" and "w" or what == "r" and "none" or what)
    end
    two_calls()
    port.watch = nil
    assert.equal(4, done)
    assert.is_true(now() - began < 5) -- libcurl by itself looks after 10, its connect_timeout
  end)

  it("goes on to the next address of a host", function()
    local server <close> = latency_server.start { delay = 0.01 }
    local zd <close> = state.connect { base_url = "http://localhost:" .. server.port }
    local began, done = now(), false
    loop.start(function() done = assert(zd:get("/any", { retry = false })).ok end)
    loop.run()
    assert.is_true(done)
    assert.is_true(now() - began < 2)
  end)

  it("sleeps", function()
    local slept
    loop.start(function()
      local began = now()
      assert(state.driver:sleep(0.03))
      slept = now() - began
    end)
    loop.run()
    assert.is_true(slept >= 0.03)
  end)

  it("follows pages that it fetches ahead", function()
    local box <close> = sandbox.start()
    box:seed { tickets = 12 }
    local zd <close> = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
      driver = state.driver,
    })
    local counts = {}
    for index = 1, 3 do
      loop.start(function()
        counts[index] = 0
        for _ in zd:each("/api/v2/tickets", { page_size = 5 }) do
          counts[index] = counts[index] + 1
        end
      end)
    end
    loop.run()
    assert.same({ 12, 12, 12 }, counts)
  end)
end

local function ends(loop, state)
  it("ends a call at its deadline", function()
    local server <close> = latency_server.start { delay = 30 }
    local zd <close> = state.connect(server)
    local kinds = {}
    loop.start(function() kinds[1] = select(2, zd:get("/any", { deadline = 0.05 })).kind end)
    loop.start(function()
      kinds[2] = select(2, zd:get("/any", { timeout = 0.05, retry = false })).kind
    end)
    loop.run()
    assert.same({ "timeout", "timeout" }, kinds)
  end)

  it("ends a wait for a transfer at the moment it is given", function()
    local server <close> = latency_server.start { delay = 30 }
    local account <close> = assert(core.account { base_url = server.base_url })
    local done, reason, transfer
    loop.start(function()
      transfer = assert(state.driver:submit(account, { method = "GET", path = "/" }))
      done, reason = state.driver:await(transfer, state.driver:now() + 0.03)
    end)
    loop.run()
    assert.is_nil(done)
    assert.equal("timeout", reason)
    assert.equal("cancelled", select(2, transfer:outcome()))
  end)

  it("ends the calls of a closed instance, and those of another one go on", function()
    local server <close> = latency_server.start { delay = 0.3 }
    local zd, other <close> = state.connect(server), state.connect(server)
    local err, ok
    loop.start(function() err = select(2, zd:get "/any") end)
    loop.start(function() ok = assert(other:get "/any").ok end)
    loop.start(function()
      loop.sleep(0.02)
      zd:close()
    end)
    loop.run()
    assert.equal("closed", err.kind)
    assert.is_true(ok)
  end)

  it("ends every wait when it is closed, and is then closed", function()
    local server <close> = latency_server.start { delay = 30 }
    local zd <close> = state.connect(server)
    local err, reason
    loop.start(function() err = select(2, zd:get "/any") end)
    loop.start(function() reason = select(2, state.driver:sleep(30)) end)
    loop.start(function()
      loop.sleep(0.02)
      state.driver:close()
      state.driver:close()
    end)
    loop.run()
    assert.equal("closed", err.kind)
    assert.equal("cancelled", reason)
    assert.error_matches(function() state.driver:sleep(1) end, "the driver is closed")
    assert.error_matches(function() zd:get "/any" end, "the driver is closed")
  end)

  it("forgets a call whose coroutine was closed", function()
    local server <close> = latency_server.start { delay = 0.2 }
    local zd <close> = state.connect(server)
    local account <close> = assert(core.account { base_url = server.base_url })
    local transfer = assert(state.driver:submit(account, { method = "GET", path = "/" }))
    transfer:close()
    loop.start(function() assert(zd:get "/any") end)
    loop.run()
    assert.equal(0, state.driver._engine:running())
  end)
end

local function tasks(loop, state)
  it("runs tasks and gives what they return and raise", function()
    local server <close> = latency_server.start { delay = 0.02 }
    local zd <close> = state.connect(server)
    local ok, first, second, raised
    loop.start(function()
      local good = state.driver:spawn(function(a) return assert(zd:get "/any").ok, a end, "a")
      local bad = state.driver:spawn(function() error("broken", 0) end)
      first, second = good:wait()
      ok, raised = pcall(bad.wait, bad)
      assert.is_true(good:is_done() and bad:is_done())
    end)
    loop.run()
    assert.is_true(first)
    assert.equal("a", second)
    assert.is_false(ok)
    assert.equal("broken", raised)
  end)

  it("cancels a task, with the call it waits for and those it tries later", function()
    local server <close> = latency_server.start { delay = 30 }
    local zd <close> = state.connect(server)
    local kinds
    loop.start(function()
      local task = state.driver:spawn(function()
        local _, one = zd:get "/any"
        local _, two = zd:get "/any"
        return { one.kind, two.kind }
      end)
      loop.sleep(0.02)
      assert.is_false(task:is_done())
      task:cancel()
      kinds = task:wait()
      assert.is_true(task:is_cancelled())
    end)
    loop.run()
    assert.same({ "cancelled", "cancelled" }, kinds)
  end)

  it("fires signals in the order of waiting, once, and gives up at a deadline", function()
    local signal, came, order = state.driver:signal(), {}, {}
    for index = 1, 5 do
      loop.start(function()
        came[#came + 1] = index
        assert(signal:wait())
        order[#order + 1] = index
      end)
    end
    local late, reason
    loop.start(function()
      late, reason = state.driver:signal():wait(state.driver:now() + 0.01)
      signal:fire()
      signal:fire()
      assert.is_true(signal:wait())
    end)
    loop.run()
    assert.equal(5, #came)
    assert.same(came, order)
    assert.is_nil(late)
    assert.equal("timeout", reason)
  end)

  it("takes the end of time for no deadline, and one that is far for what it is", function()
    local reasons, order = {}, {}
    loop.start(function()
      local signal = state.driver:signal()
      local far = state.driver:spawn(function() return select(2, state.driver:sleep(1e300)) end)
      for place, deadline in ipairs { math.huge, 1e300 } do
        state.driver:spawn(function()
          assert(signal:wait(deadline))
          order[#order + 1] = place
        end)
      end
      reasons[1] = select(2, signal:wait(-math.huge))
      assert(state.driver:sleep(0.01))
      signal:fire()
      far:cancel()
      reasons[2] = far:wait(math.huge)
    end)
    loop.run()
    table.sort(order) -- a loop may have its own
    assert.same({ 1, 2 }, order)
    assert.same({ "timeout", "cancelled" }, reasons)
  end)

  it("renews a token once for all coroutines", function()
    local box <close> = sandbox.start()
    local clients = box:seed { clients = { {
      identifier = "side_by_side", kind = "confidential", secret = "test-client-secret",
    } } }
    assert.is_truthy(clients)
    local zd <close> = assert(zendesk.new {
      base_url = box.base_url, driver = state.driver,
      auth = zendesk.auth.client_credentials {
        client_id = "side_by_side", client_secret = "test-client-secret",
        scope = "read",
      },
    })
    local done, problem = 0, nil
    for _ = 1, 20 do
      loop.start(function()
        local user, err = zd:whoami()
        if user then done = done + 1 else problem = tostring(err) end
      end)
    end
    loop.run()
    assert.is_nil(problem)
    assert.equal(20, done)
    local asked = 0
    for _, request in ipairs(box:requests()) do
      if request.path == "/oauth/tokens" then asked = asked + 1 end
    end
    assert.equal(1, asked)
  end)
end

---@param loop { new: function, make: function, start: function, run: function, sleep: function }
return function(loop)
  local state = { driver = nil }

  function state.connect(server)
    return assert(zendesk.new {
      base_url = server.base_url, access_token = "test-access-token", driver = state.driver,
    })
  end

  before_each(function() state.driver = loop.new() end)
  after_each(function()
    state.driver:close()
    loop.run()
  end)

  waits(loop, state)
  ends(loop, state)
  tasks(loop, state)
  loop_group_suite(loop, state)

  return state
end
