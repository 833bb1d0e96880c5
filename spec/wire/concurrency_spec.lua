-- Calls side by side over real sockets: the scheduler and the engine together.

local raw_server = require "spec.support.raw_server"
local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

local function descriptors()
  local count = 0
  local pipe = io.popen "ls /proc/$PPID/fd 2>/dev/null"
  for _ in pipe:lines() do count = count + 1 end
  pipe:close()
  return count
end

describe("calls side by side", function()
  local box, zd

  setup(function() box = assert(sandbox.start()) end)
  teardown(function() box:stop() end)

  before_each(function()
    box:reset()
    zd = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
    })
  end)

  after_each(function() zd:close() end)

  it("give their results in order", function()
    local subjects = {}
    for index = 1, 40 do subjects[index] = "ticket " .. index end
    local tickets = assert(zendesk.map(subjects, function(subject)
      local body = assert(zd:post("/api/v2/tickets", {
        json = { ticket = { subject = subject, comment = { body = "x" } } },
      }))
      return body.ticket
    end))
    for index = 1, 40 do assert.equal(subjects[index], tickets[index].subject) end
    local ids = {}
    for _, ticket in ipairs(tickets) do ids[ticket.id] = true end
    local distinct = 0
    for _ in pairs(ids) do distinct = distinct + 1 end
    assert.equal(40, distinct)
  end)

  it("walk lists inside of generators, each for itself", function()
    box:seed { tickets = 25 }
    local counts = assert(zendesk.map({ 1, 2, 3, 4 }, function()
      local count = 0
      local generator = coroutine.wrap(function()
        for ticket in zd:each("/api/v2/tickets", { page_size = 5 }) do
          coroutine.yield(ticket.id)
        end
      end)
      for _ in generator do count = count + 1 end
      return count
    end))
    assert.same({ 25, 25, 25, 25, n = 4 }, counts)
  end)

  it("are cancelled at the first failure, and the instance works on", function()
    box:fail { path = "^/api/v2/tickets$", method = "GET", times = math.huge, delay = 20 }
    local results, err = zendesk.all {
      function() return zd:get "/api/v2/tickets" end,
      function() return zd:get "/api/v2/nowhere" end,
      function() return zd:get "/api/v2/tickets" end,
    }
    assert.is_nil(results)
    assert.equal("not_found", err.kind)
    assert(zd:whoami())
  end)

  it("end when their instance is closed", function()
    box:fail { path = "^/api/v2/tickets$", method = "GET", times = math.huge, delay = 20 }
    local results = assert(zendesk.all({
      function() return zd:get "/api/v2/tickets" end,
      function()
        assert(zendesk.sleep(0.05))
        zd:close()
        return "closed"
      end,
    }, { errors = "values" }))
    assert.equal("closed", results[1].kind)
    assert.equal("closed", results[2])
  end)

  it("leave nothing behind when they are dropped, closed or raise", function()
    box:fail { path = "^/api/v2/tickets$", method = "GET", times = math.huge, delay = 20 }
    assert(zd:whoami())
    collectgarbage()
    local before = descriptors()
    for round = 1, 5 do
      pcall(zendesk.all, {
        function() return zd:get "/api/v2/tickets" end,
        function() return zd:get "/api/v2/tickets" end,
        function() assert(zendesk.sleep(0.02)) error("round " .. round) end,
      })
      local waiting = zendesk.driver.blocking.shared():spawn_loosely(zd.get, zd, "/api/v2/tickets")
      assert.is_false(waiting:is_done())
    end
    collectgarbage()
    collectgarbage()
    assert(zd:whoami())
    assert.equal(0, zendesk.driver.blocking.running())
    -- kept connections are allowed, a descriptor for each dropped call is not
    assert.is_true(descriptors() <= before + 8)
  end)
end)

describe("a cancelled call", function()
  it("does not leave its bytes for another one", function()
    local server <close> = raw_server.start {
      { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"who\":" },
        { "sleep", 0.3 }, { "send", '"one"}' }, { "read" }, { "reply", 200, '{"who":"late"}' } },
      { { "read" }, { "reply", 200, '{"who":"two"}' }, { "again" } },
    }
    local zd <close> = assert(zendesk.new { base_url = server.base_url, access_token = "t" })
    local call = zendesk.driver.blocking.shared():spawn(zd.get, zd, "/one")
    assert(zendesk.sleep(0.1)) -- half of its reply is here
    call:cancel()
    local value, err = call:wait()
    assert.is_nil(value)
    assert.equal("cancelled", err.kind)
    assert.equal("two", assert(zd:get "/two").who)
    assert.equal(2, server:connections())
  end)
end)
