-- examples/quickstart.lua, which `make demo` runs: against its own sandbox, and against an account
-- of the environment, which here is a sandbox too.

local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"

local script = "examples/quickstart.lua"

-- Nothing of the developer's own account may leak into these runs.
local function environment(extra)
  local env = {
    ZENDESK_SUBDOMAIN = false, ZENDESK_BASE_URL = false, ZENDESK_EMAIL = false,
    ZENDESK_API_TOKEN = false, ZENDESK_OAUTH_TOKEN = false, ZENDESK_OAUTH_CLIENT_ID = false,
    ZENDESK_OAUTH_CLIENT_SECRET = false, ZENDESK_DEMO_YES = false,
  }
  for name, value in pairs(extra or {}) do env[name] = value end
  return env
end

local function account_of(box, extra)
  local env = environment {
    ZENDESK_BASE_URL = box.base_url, ZENDESK_EMAIL = box.email, ZENDESK_API_TOKEN = box.api_token,
  }
  for name, value in pairs(extra or {}) do env[name] = value end
  return env
end

local function writes(box)
  local list = {}
  for _, request in ipairs(box:requests()) do
    if request.method ~= "GET" then list[#list + 1] = request.method .. " " .. request.path end
  end
  return list
end

describe("the quickstart", function()
  it("shows each step of the tutorial in a sandbox of its own", function()
    local result = process.run_lua_file(script, { env = environment() })
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
    for _, expected in ipairs {
      "in a sandbox", "Create an OAuth client", "identifier test_client_", "kind public",
      "List the clients", "scopes tickets:read", "My printer is on fire", "Revoke the token",
      "401 invalid_token: ", "Delete the client",
    } do
      assert.truthy(result.stdout:find(expected), expected .. " in\n" .. result.stdout)
    end
  end)

  it("masks the token that it has made", function()
    local box <close> = assert(sandbox.start {})
    local result = process.run_lua_file(script, {
      env = account_of(box, { ZENDESK_DEMO_YES = "1" }),
    })
    assert.equal(0, result.status)
    local used
    for _, request in ipairs(box:requests()) do
      used = used or (request.headers.authorization or ""):match "^Bearer (.+)$"
    end
    assert.is_string(used)
    assert.is_nil(result.stdout:find(used, 1, true))
    assert.truthy(result.stdout:find "full_token %w+… %(%d+ characters%)")
  end)

  it("writes nothing to an account of the environment without a yes", function()
    local box <close> = assert(sandbox.start {})
    local result = process.run_lua_file(script, { env = account_of(box) })
    assert.equal(1, result.status)
    assert.truthy(result.stdout:find(box.base_url, 1, true))
    assert.truthy(result.stdout:find "ZENDESK_DEMO_YES=1")
    assert.same({}, writes(box))
  end)

  it("removes from an account of the environment what it has made there", function()
    local box <close> = assert(sandbox.start {})
    local result = process.run_lua_file(script, {
      env = account_of(box, { ZENDESK_DEMO_YES = "1" }),
    })
    assert.equal(0, result.status)
    local list = writes(box)
    assert.equal("POST /api/v2/oauth/clients", list[1])
    assert.equal("POST /api/v2/oauth/tokens", list[2])
    assert.truthy(list[3]:find "^DELETE /api/v2/oauth/tokens/%d+$")
    assert.truthy(list[4]:find "^DELETE /api/v2/oauth/clients/%d+$")
    assert.is_nil(list[5])
  end)

  it("removes its client also when the account no longer makes tokens", function()
    local box <close> = assert(sandbox.start {})
    box:fail { path = "/api/v2/oauth/tokens", method = "POST", status = 404 }
    local result = process.run_lua_file(script, {
      env = account_of(box, { ZENDESK_DEMO_YES = "1" }),
    })
    assert.equal(1, result.status)
    assert.truthy(result.stderr:find "26 August 2026")
    local list = writes(box)
    assert.truthy(list[#list]:find "^DELETE /api/v2/oauth/clients/%d+$")
  end)
end)
