-- The life that lua_torture strikes at each of its allocations: an instance, requests, a refusal,
-- an encoding, tasks, a coroutine that is dropped, close. Gives true, or nil and a reason.

local base_url = ...

local zendesk = require "zendesk"

local zd <close>, problem = zendesk.new {
  base_url = base_url, email = "admin@example.com", api_token = "test-api-token", retry = false,
  timeout = 2, connect_timeout = 1,
  on_event = function() end,
}
if not zd then return nil, problem end

local value, err = zd:get("/api/v2/x", { query = { sort = "name", page = { size = 10 } } })
if not value then return nil, err end
assert(value.ok == true)

value, err = zd:post("/api/v2/x", {
  json = { name = "x", list = zendesk.array {}, nested = { { 1.5 }, zendesk.null } },
  headers = { ["X-Trace"] = "torture" },
})
if not value then return nil, err end

local refused, refusal = zd:put("/refused", { json = { a = 1 } })
assert(refused == nil)
if refusal.kind ~= "invalid" then return nil, refusal end
assert(tostring(refusal):find "422")

local results, failure = zendesk.all {
  function() return zd:get "/api/v2/a" end,
  function() return zd:get "/api/v2/b" end,
}
if not results then return nil, failure end

local dropped = coroutine.wrap(function() return zd:get "/api/v2/c" end)
dropped()
return true
