-- The driver of plain scripts over real sockets: what it does when memory has run out.

local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local zendesk = require "zendesk"

describe("zendesk.driver.blocking after a lack of memory", function()
  local blocking = require "zendesk.driver.blocking"
  local driver = blocking.shared()
  local server, account, make_engine, made

  before_each(function()
    driver:close() -- what other specs have left
    made, make_engine = 0, core.engine
    core.engine = function(...)
      made = made + 1
      return make_engine(...)
    end
    server = latency_server.start { delay = 0.1 }
    account = assert(core.account { base_url = server.base_url })
  end)

  after_each(function()
    core.engine = make_engine
    account:close()
    server:stop()
    driver:close()
  end)

  local function submit(path)
    return assert(driver:submit(account, { method = "GET", path = path, timeout = 5 }))
  end

  it("takes another engine for the next call", function()
    assert.is_true(driver:await(submit "/one"))
    driver:recover()
    driver:recover()
    assert.is_true(driver:await(submit "/two"))
    assert.equal(2, made)
    assert.equal(0, blocking.running())
  end)

  it("lets those under way end on theirs, beside a new one on another", function()
    local first = submit "/first"
    driver:recover()
    local second = submit "/second"
    assert.equal(2, blocking.running())
    assert.is_true(driver:await(second))
    assert.is_true(driver:await(first))
    assert.equal(200, first:outcome())
    assert.equal(200, second:outcome())
    assert.equal(2, made)
    assert.equal(0, blocking.running())
    assert.is_true(driver:await(submit "/third"))
    assert.equal(2, made)
  end)

  it("waits for those under way also where no engine has been made since", function()
    local transfer = submit "/alone"
    driver:recover()
    assert.is_true(driver:await(transfer))
    assert.equal(200, transfer:outcome())
    assert.equal(1, made)
  end)

  it("bounds those under way by their own time limits", function()
    local slow <close> = latency_server.start { delay = 30 }
    local elsewhere <close> = assert(core.account { base_url = slow.base_url })
    local stuck = assert(driver:submit(elsewhere, { method = "GET", path = "/", timeout = 0.2 }))
    driver:recover()
    assert.is_true(driver:await(submit "/beside"))
    assert.is_true(driver:await(stuck))
    assert.equal("timeout", select(2, stuck:outcome()))
    assert.equal(0, blocking.running())
  end)

  it("wakes tasks whose calls end on a retired engine", function()
    local zd <close> = assert(zendesk.new { base_url = server.base_url, access_token = "t" })
    local results = assert(zendesk.all {
      function() return assert(zd:get "/a").ok end,
      function()
        driver:recover()
        return assert(zd:get "/b").ok
      end,
      function() return assert(zd:get "/c").ok end,
    })
    assert.same({ true, true, true, n = 3 }, results)
    assert.equal(2, made)
  end)

  it("ends all of them when it is closed", function()
    local first = submit "/first"
    driver:recover()
    local second = submit "/second"
    driver:close()
    assert.equal("closed", select(2, first:outcome()))
    assert.equal("closed", select(2, second:outcome()))
    assert.equal(0, blocking.running())
  end)

  it("wakes tasks when it is closed", function()
    local zd <close> = assert(zendesk.new { base_url = server.base_url, access_token = "t" })
    local tasks = {}
    for index = 1, 3 do tasks[index] = driver:spawn(zd.get, zd, "/any") end
    driver:recover()
    tasks[4] = driver:spawn(zd.get, zd, "/any")
    driver:close()
    for _, task in ipairs(tasks) do
      local _, err = task:wait(driver:now() + 5)
      assert.equal("closed", err.kind)
    end
  end)

  it("returns an error where there is no memory for an engine", function()
    core.engine = function() return nil, "memory", "libcurl cannot be set up" end
    local zd <close> = assert(zendesk.new { base_url = server.base_url, access_token = "t" })
    local _, err = zd:get "/any"
    assert.equal("memory", err.kind)
    assert.is_false(err.sent)
    core.engine = make_engine
    assert.is_true(assert(zd:get "/any").ok)
  end)
end)
