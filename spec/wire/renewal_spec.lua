-- Rotation that cannot be lost or doubled, proved by the sandbox's counters: a simulated week, many
-- coroutines, and many processes on one expired token.

local account = require "spec.support.account"
local process = require "spec.support.process"
local zendesk = require "zendesk"

local MINUTES_OF_A_WEEK = 7 * 24 * 60
local LIFE = 30 -- minutes

describe("a login", function()
  local a = account.use()
  local box, client

  before_each(function()
    box = a.box
    client = box:seed { clients = { { identifier = "tool", kind = "public" } } }.clients[1]
  end)

  local function app()
    return assert(zendesk.oauth.new { base_url = box.base_url, client_id = "tool" })
  end

  -- A pair that the server knows, as a login would have stored it.
  local function pair(expires_in)
    local token = box:seed { tokens = { {
      client_id = client.id, expires_in = expires_in, refresh_token = "test-refresh-token",
      scopes = { "read", "write" },
    } } }.tokens[1]
    local now = os.time()
    return {
      access_token = token.full_token, refresh_token = "test-refresh-token", scope = "read write",
      client_id = "tool", grant = "authorization_code", token_type = "bearer",
      issued_at = now - 1800 + expires_in, expires_at = now + expires_in, expires_from = "reply",
    }
  end

  local function provider_with(store, expires_in)
    return zendesk.auth.authorization_code { app = app(), store = store,
      tokens = pair(expires_in) }
  end

  local function expired_instance(options)
    local given = { auth = provider_with(zendesk.store.memory(), -10) }
    for name, value in pairs(options or {}) do given[name] = value end
    return a:connect(given)
  end

  -- A call a minute by the sandbox's clock; the ages, in minutes, at which tokens were refreshed.
  local function simulated_week(pass_a_minute, driver)
    box:set("log", false)
    local minute, last, ages = 0, 1, {}
    local zd <close> = a:connect {
      auth = provider_with(zendesk.store.memory(), 60 * LIFE), driver = driver,
      on_event = function(event)
        if event.type ~= "refresh" then return end
        ages[#ages + 1], last = minute - last, minute
      end,
    }
    for now = 1, MINUTES_OF_A_WEEK do
      minute = now
      assert(zd:get "/api/v2/users/me")
      box:advance(60)
      pass_a_minute()
    end
    assert.equal(#ages, box:stats().refreshes)
    return ages
  end

  it("lasts a week of one call a minute, refreshed ahead of each expiry, #slow", function()
    local shared, passed = require "zendesk.driver.blocking".shared(), 0
    local driver = setmetatable({}, { __index = shared })
    function driver:time() return shared:time() + passed end
    local ages = simulated_week(function() passed = passed + 60 end, driver)
    -- Five minutes ahead of the end, give or take the rounding of a minute.
    for _, age in ipairs(ages) do assert.near(LIFE - 5, age, 1) end
    assert.near(MINUTES_OF_A_WEEK / (LIFE - 5), #ages, 20)
    assert.is_nil(box:stats().statuses["401"])
  end)

  it("lasts a week on a machine whose clock stands still, refreshed after each 401, #slow",
    function()
      local ages = simulated_week(function() end)
      for _, age in ipairs(ages) do assert.near(LIFE, age, 1) end
      assert.equal(#ages, box:stats().statuses["401"])
    end)

  it("is refreshed once for fifty coroutines, and all calls succeed", function()
    local zd <close> = expired_instance()
    local calls = {}
    for index = 1, 50 do
      calls[index] = function() return assert(zd:get "/api/v2/users/me").user.email end
    end
    local results = assert(zendesk.all(calls, { concurrency = 50 }))
    for index = 1, 50 do assert.equal(box.email, results[index]) end
    assert.equal(1, box:stats().refreshes)
  end)

  it("is refreshed once for fifty coroutines that are all refused", function()
    -- The provider believes in the token; the server does not know it any more.
    local set = pair(1800)
    set.access_token = "test-forgotten-token"
    local store = zendesk.store.memory()
    local zd <close> = a:connect { auth = zendesk.auth.authorization_code {
      app = app(), store = store, tokens = set } }
    local calls = {}
    for index = 1, 50 do
      calls[index] = function() return assert(zd:get "/api/v2/users/me").user.email end
    end
    assert(zendesk.all(calls, { concurrency = 50 }))
    assert.equal(1, box:stats().refreshes)
  end)

  local function key() return ("%s|tool||default"):format(box.base_url) end

  it("is refreshed, saved and unlocked when a call has failed whose deadline came first", function()
    local directory, remove = process.temporary_directory()
    local store = zendesk.store.file { path = directory .. "/tokens.json" }
    local zd <close> = a:connect { auth = provider_with(store, -10) }
    box:fail { path = "^/oauth/tokens", delay = 0.4 }
    local body, err = zd:get("/api/v2/users/me", { deadline = 0.1 })
    assert.is_nil(body)
    assert.equal("timeout", err.kind)
    local set = assert(store:load(key()))
    assert.not_equal("test-refresh-token", set.refresh_token)
    assert.is_nil(set.pending)
    assert(store:lock(key(), 0, zendesk.driver.blocking.shared())):release()
    assert(zd:get "/api/v2/users/me")
    assert.equal(1, box:stats().refreshes)
    remove()
  end)

  it("that somebody else has locked does not keep a call beyond its deadline", function()
    local store, driver = zendesk.store.memory(), zendesk.driver.blocking.shared()
    local zd <close> = a:connect { auth = provider_with(store, -10) }
    local lock = assert(store:lock(key(), 0, driver))
    local before = driver:now()
    assert.equal("timeout", select(2, zd:get("/api/v2/users/me", { deadline = 0.2 })).kind)
    assert.near(0.2, driver:now() - before, 0.15)
    lock:release()
    driver:sleep(0.3)
    assert.equal(0, box:stats().refreshes)
    assert(zd:get "/api/v2/users/me")
  end)

  it("is refreshed although all who waited for it are cancelled and collected", function()
    local store = zendesk.store.memory()
    box:fail { path = "^/oauth/tokens", delay = 0.3 }
    local zd = a:connect { auth = provider_with(store, -10) }
    assert.is_nil((zendesk.all {
      function() return zd:get "/api/v2/users/me" end,
      function() return zendesk.sleep(0.1) and nil, "enough" end,
    }))
    zd = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    zendesk.sleep(0.5)
    assert.is_nil(assert(store:load(key())).pending)
    assert.equal(1, box:stats().refreshes)
  end)

  it("is saved before an instance that is closed meanwhile has ended", function()
    local store = zendesk.store.memory()
    local provider = provider_with(store, -10)
    local zd = a:connect { auth = provider }
    box:fail { path = "^/oauth/tokens", delay = 0.3 }
    zd:get("/api/v2/users/me", { deadline = 0.1 })
    zd:close()
    assert.equal(1, box:stats().refreshes)
    local again <close> = a:connect { auth = zendesk.auth.authorization_code {
      app = app(), store = store } }
    assert(again:get "/api/v2/users/me")
    assert.equal(1, box:stats().refreshes)
  end)

  -- Processes that are ready at the same moment make one call each; all must succeed, with one
  -- refresh. `store` is the Lua text of the store that they share.
  local function run_processes(count, store_text)
    local directory, remove = process.temporary_directory()
    local script = directory .. "/call.lua"
    process.write_file(script, ([[
      local zendesk = require "zendesk"
      local store = %s
      local zd <close> = assert(zendesk.new {
        base_url = %q, retry = false,
        auth = zendesk.auth.authorization_code { client_id = "tool", store = store },
      })
      io.write "ready\n"
      io.flush()
      io.read "l"
      local body, err = zd:get "/api/v2/users/me"
      io.write(body and ("user " .. body.user.email) or tostring(err), "\n")
    ]]):format(store_text, box.base_url))
    local children = {}
    for index = 1, count do
      children[index] = process.start({ "lua5.4", script }, { env = process.lua_environment() })
    end
    for _, child in ipairs(children) do child:wait_for "ready" end
    for _, child in ipairs(children) do child:write "go\n" end
    for _, child in ipairs(children) do
      assert.equal(box.email, (child:wait_for "user ([^\n]+)"))
      child:stop()
    end
    assert.equal(1, box:stats().refreshes)
    remove()
  end

  local function keep_expired_login(store)
    assert(zendesk.auth.authorization_code { app = app(), store = store }:adopt(pair(-10)))
  end

  it("is refreshed once for eight processes with one file", function()
    local directory, remove = process.temporary_directory()
    local path = directory .. "/tokens.json"
    keep_expired_login(zendesk.store.file { path = path })
    run_processes(8, ("zendesk.store.file { path = %q }"):format(path))
    remove()
  end)

  it("is refreshed once for four processes with one PostgreSQL, #postgres", function()
    local server = require "spec.support.postgres".start()
    local store = zendesk.store.sql { dialect = "postgres",
      connect = function() return server:connect() end }
    keep_expired_login(store)
    run_processes(4, ([[zendesk.store.sql { dialect = "postgres", connect = function()
        return require "luasql.postgres".postgres():connect(%q)
      end }]]):format(server.source))
    store:close()
    server:stop()
  end)
end)
