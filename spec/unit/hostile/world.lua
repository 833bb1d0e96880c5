-- world: one of everything that the library gives out, on a driver that sends nothing.

local fake_driver = require "spec.support.fake_driver"
local zendesk = require "zendesk"

local ORIGIN = "https://acme.zendesk.com"

-- What zendesk loads when it is asked for is not among its fields before.
local function lazy_names()
  local file = assert(io.open "lua/zendesk/init.lua")
  local block = file:read "a":match "local LAZY = {(.-)\n}"
  file:close()
  local names = {}
  for name in block:gmatch "\n  ([%a_]+) = function" do names[#names + 1] = name end
  return names
end

local function add_modules(world)
  world.zendesk = zendesk
  for _, name in ipairs(lazy_names()) do
    if type(zendesk[name]) == "table" then world["zendesk." .. name] = zendesk[name] end
  end
  for _, name in ipairs { "blocking", "luv", "cqueues" } do
    world["zendesk.driver." .. name] = zendesk.driver[name]
  end
  world["zendesk.progress"] = require "zendesk.progress"
end

local function add_login(world, driver)
  local app = assert(zendesk.oauth.new {
    base_url = ORIGIN, client_id = "my_client", client_secret = "canary-secret",
    redirect_uri = "http://localhost:1/callback", driver = driver,
  })
  world["app:"] = app
  local auth = zendesk.auth
  world["api_token_provider:"] = auth.api_token { email = "a@example.com", api_token = "canary" }
  world["access_token_provider:"] = auth.access_token "canary-token"
  world["function_provider:"] = auth.from_function(function() return "canary-token" end)
  world["provider:"] = auth.authorization_code { app = app }
end

local function add_stores(world, driver)
  local luasql = require "luasql.sqlite3".sqlite3()
  world["memory_store:"] = zendesk.store.memory()
  world["file_store:"] = zendesk.store.file { path = "/nowhere/tokens.json" }
  world["sql_store:"] = zendesk.store.sql { dialect = "sqlite3", connect = function()
    return luasql:connect ":memory:"
  end }
  world["lock:"] = assert(zendesk.store.memory():lock("key", 1, driver))
end

local function add_instance(world, driver)
  local zd = assert(zendesk.new {
    base_url = ORIGIN, access_token = "canary-token", driver = driver,
  })
  world["zd:"] = zd
  for _, kind in ipairs { "client", "token", "user", "global_client", "api_token" } do
    world["zd." .. kind .. ":"] = zd[kind]
    tostring(zd[kind]) -- makes it what it is
  end
  world["iterator:"] = (zd:each "/api/v2/tickets")
  driver:reply { status = 200, body = {}, headers = { ["X-Request-Id"] = "1" } }
  local response = select(2, assert(zd:get "/api/v2/tickets"))
  world["response:"] = { header = response.header, timings = response.timings }
  world["report:"] = require "zendesk.lifecycle.audit_report".new(0)
end

local function add_drivers(world)
  local blocking = zendesk.driver.blocking.shared()
  world["blocking:"] = blocking
  world["task:"], world["signal:"] = blocking:spawn(function() end), blocking:signal()
  -- Closed at once: an open one would be that of every other spec.
  local loop = assert(zendesk.driver.cqueues.new())
  world["loop:"] = loop
  world["loop_task:"], world["loop_signal:"] = loop:spawn(function() end), loop:signal()
  loop:close()
end

--- One of everything; `driver.requests` is what it has sent.
---@return table<string, table> world
---@return table driver
return function()
  local world, driver = {}, fake_driver.new()
  add_modules(world)
  add_instance(world, driver)
  add_login(world, driver)
  add_stores(world, driver)
  add_drivers(world)
  world["box:"] = zendesk.sandbox.attach { port = 1, key = "canary" }
  driver.requests = {}
  return world, driver
end
