local fake_driver = require "spec.support.fake_driver"
local request = require "zendesk.request"

local function limited(remaining, reset, limit)
  return {
    body = "{}", headers = {
      ["ratelimit-limit"] = limit or "100", ["ratelimit-remaining"] = tostring(remaining),
      ["ratelimit-reset"] = tostring(reset),
    },
  }
end

describe("rate_limit", function()
  local driver, events, transport

  local function make(mode)
    driver, events = fake_driver.new(), {}
    transport = request.new {
      account = fake_driver.account(), driver = driver, options = { rate_limit = mode },
      emit = function(event) events[#events + 1] = event end, random = function() return 0 end,
    }
  end

  local function get(path, options)
    return transport:request("GET", path or "/api/v2/x", options)
  end

  local function of_type(kind)
    for _, event in ipairs(events) do
      if event.type == kind then return event end
    end
  end

  describe('"wait"', function()
    before_each(function() make "wait" end)

    it("does not hold back while there is plenty", function()
      driver:reply(limited(90, 30), limited(89, 30))
      assert(get())
      assert(get())
      assert.same({}, driver.slept)
    end)

    it("slows down before the wall", function()
      driver:reply(limited(9, 30), limited(8, 27))
      assert(get())
      assert(get())
      assert.same({ 3.0 }, driver.slept)
      local event = of_type "rate_limit"
      assert.equal("account", event.name)
      assert.equal(9, event.remaining)
      assert.equal(100, event.limit)
      assert.equal(3, event.wait)
    end)

    it("waits for the next window at the wall", function()
      driver:reply(limited(0, 30), limited(99, 60))
      assert(get())
      assert(get())
      assert.same({ 30 }, driver.slept)
    end)

    it("does not wait for a window that is over", function()
      driver:reply(limited(0, 30), limited(99, 60))
      assert(get())
      driver.seconds = driver.seconds + 31
      assert(get())
      assert.same({}, driver.slept)
    end)

    it("returns an error where the deadline comes first", function()
      driver:reply(limited(0, 30))
      assert(get())
      local value, err = get("/api/v2/x", { deadline = 10 })
      assert.is_nil(value)
      assert.equal("rate_limit", err.kind)
      assert.equal(30, err.retry_after)
      assert.equal(driver:time() + 30, err.retry_at)
      assert.is_false(err.sent)
      assert.is_true(err.retryable)
      assert.equal(1, #driver.requests)
    end)

    it("keeps an endpoint's limit to that endpoint", function()
      driver:reply({ body = "{}", headers = {
        ["Zendesk-RateLimit-tickets-index"] = "total=100; remaining=0; resets=41",
      } }, { body = "{}" }, { body = "{}" })
      assert(get "/api/v2/tickets?page=1")
      assert(get "/api/v2/users")
      assert.same({}, driver.slept)
      assert(get "/api/v2/tickets?page=2")
      assert.same({ 41 }, driver.slept)
      assert.equal("tickets-index", of_type "rate_limit".name)
    end)

    it("takes objects of the same kind for one endpoint, unless the limit is per object", function()
      local function reply(name)
        return { body = "{}", headers = {
          ["Zendesk-RateLimit-" .. name] = "total=30; remaining=0; resets=50",
        } }
      end
      driver:reply(reply "per-ticket-updates", { body = "{}" })
      driver:reply(reply "tickets-update", { body = "{}" })
      assert(get "/api/v2/tickets/1")
      assert(get "/api/v2/tickets/2")
      assert.same({}, driver.slept)
      assert(get "/api/v2/tickets/3")
      assert(get "/api/v2/tickets/4")
      assert.same({ 50 }, driver.slept)
    end)

    it("keeps the next call from the wall that one has met", function()
      driver:reply({ status = 429, headers = { ["Retry-After"] = "20" } }, { body = "{}" })
      local value = get("/api/v2/x", { retry = false })
      assert.is_nil(value)
      assert(get())
      assert.same({ 20 }, driver.slept)
    end)

    it("counts requests under way as spent", function()
      local slept_inside
      driver:reply(limited(1, 30))
      assert(get())
      driver:reply(function()
        driver:reply(limited(0, 30), limited(99, 60))
        local before = #driver.slept
        assert(get())
        slept_inside = driver.slept[before + 1]
        return limited(0, 30)
      end)
      assert(get())
      -- the outer call has taken the last request: the inner one waits for the window's end
      assert.equal(15, driver.slept[1])
      assert.equal(15, slept_inside)
    end)

    it("ends when the instance is closed or the task cancelled", function()
      driver:reply(limited(0, 30))
      assert(get())
      function driver.on_sleep() return nil, "cancelled" end
      assert.equal("cancelled", select(2, get()).kind)
      driver.seconds = driver.seconds - 30 -- the wait was not waited out
      function driver.on_sleep() transport:close() return true end
      assert.equal("closed", select(2, get()).kind)
      assert.equal(1, #driver.requests)
    end)

    it("remembers a bounded number of endpoints", function()
      for id = 1, 200 do
        driver:reply { body = "{}", headers = {
          ["Zendesk-RateLimit-per-x"] = "total=30; remaining=29; resets=1000",
        } }
        assert(get("/api/v2/x/" .. id))
      end
      assert.same({}, driver.slept)
    end)

    it("forgets endpoints whose windows are over before others", function()
      local function reply(remaining, resets)
        local value = ("total=30; remaining=%d; resets=%d"):format(remaining, resets)
        driver:reply { body = "{}", headers = { ["Zendesk-RateLimit-per-x"] = value } }
      end
      reply(0, 3000)
      assert(get "/api/v2/x/0")
      for id = 1, 63 do
        reply(29, 5)
        assert(get("/api/v2/x/" .. id))
      end
      driver.seconds = driver.seconds + 10
      reply(29, 5)
      assert(get "/api/v2/x/64")
      assert.same({}, driver.slept)
      assert.equal("rate_limit", select(2, get("/api/v2/x/0", { deadline = 10 })).kind)
    end)

    it("waits for one window after another, and not for ever", function()
      for _ = 1, 4 do driver:reply(limited(0, 30)) end
      assert(get())
      function driver.on_sleep()
        -- meanwhile others use the next window up, too
        if #driver.slept < 3 then assert(get()) end
        return true
      end
      assert(get())
      assert.equal(4, #driver.requests)
    end)
  end)

  describe('"raise"', function()
    before_each(function() make "raise" end)

    it("returns an error that says when to come back, and sends nothing", function()
      driver:reply(limited(0, 30))
      assert(get())
      local value, err = get()
      assert.is_nil(value)
      assert.equal("rate_limit", err.kind)
      assert.equal("held_back", err.code)
      assert.equal(driver:time() + 30, err.retry_at)
      assert.equal(30, err.retry_after)
      assert.equal(1, #driver.requests)
      assert.same({}, driver.slept)
      assert.is_truthy(of_type "rate_limit")
    end)

    it("does not slow down before the wall", function()
      driver:reply(limited(3, 30), limited(2, 30))
      assert(get())
      assert(get())
      assert.same({}, driver.slept)
    end)

    it("goes on in the next window", function()
      driver:reply(limited(0, 30), limited(99, 60))
      assert(get())
      driver.seconds = driver.seconds + 30
      assert(get())
    end)
  end)

  describe("does not count", function()
    before_each(function() make "raise" end)

    -- Twenty are left; a call is refused where more than that are thought to be under way.
    local function assert_free()
      driver:reply(limited(20, 30), limited(19, 29))
      assert(get())
      assert(get())
    end

    it("calls that have raised", function()
      local function broken() error("broken", 0) end
      for _ = 1, 30 do
        driver:reply(broken)
        assert.error_matches(get, "^broken$")
      end
      assert_free()
    end)

    it("calls whose coroutines have been dropped, or have died", function()
      driver.await = function() coroutine.yield() error "died" end
      for round = 1, 30 do
        local thread = coroutine.create(get)
        driver:reply(limited(20, 30))
        assert(coroutine.resume(thread))
        if round % 2 == 0 then assert.is_false(coroutine.resume(thread)) end
      end
      driver.await = nil
      for _ = 1, 2 do collectgarbage() end
      assert_free()
    end)
  end)

  it('"off" reads no headers and holds nothing back', function()
    make "off"
    driver:reply(limited(0, 30), limited(0, 30))
    assert(get())
    assert(get())
    assert.same({}, driver.slept)
  end)
end)
