-- When the value of option `json` becomes bytes: a call sends what the value was when the call was
-- made, in each of its attempts, whatever code of the host's runs meanwhile.

local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

describe("the value of a call's option json", function()
  local server

  before_each(function()
    server = raw_server.start { {
      { "read" }, { "reply", 503, "{}", { ["Retry-After"] = "0" } },
      { "read" }, { "reply", 200, '{"ok":true}' }, { "again" },
    } }
  end)

  after_each(function()
    zendesk.driver.blocking.shared():close()
    server:stop()
  end)

  local function connect(more)
    local options = {
      base_url = server.base_url, access_token = "test-access-token",
      retry = { attempts = 2, base = 0.001, cap = 0.002 },
    }
    for name, value in pairs(more or {}) do options[name] = value end
    return assert(zendesk.new(options))
  end

  local function bodies()
    local found = {}
    for index, request in ipairs(server:requests()) do
      assert.matches("\r\nContent-Type: application/json\r\n", request, 1, true)
      found[index] = request:match "\r\n\r\n(.*)"
    end
    return found
  end

  it("is sent again as it was", function()
    local zd <close> = connect()
    local value, response = zd:put("/api/v2/users/7", { json = { user = { name = "Agent" } } })
    assert.same({ ok = true }, value)
    assert.equal(2, response.attempts)
    local sent = '{"user":{"name":"Agent"}}'
    assert.same({ sent, sent }, bodies())
  end)

  it("may be written beforehand, by core.body", function()
    local zd <close> = connect()
    local body <close> = assert(require "zendesk.core".body { n = 1 })
    assert(zd:put("/api/v2/users/7", { body = body, content_type = "application/json" }))
    assert.same({ '{"n":1}', '{"n":1}' }, bodies())
  end)

  it("does not follow what a listener does to it", function()
    local json = { n = 1 }
    local zd <close> = connect { on_event = function() json.n = json.n + 1 end }
    assert(zd:put("/api/v2/users/7", { json = json }))
    assert.same({ '{"n":1}', '{"n":1}' }, bodies())
    assert.is_true(json.n > 1)
  end)

  it("does not follow what another task does to it", function()
    local zd <close> = connect()
    local json = { n = 1 }
    assert(zendesk.all {
      function() return zd:put("/api/v2/users/7", { json = json }) end,
      function() json.n = 2 return true end,
    })
    assert.same({ '{"n":1}', '{"n":1}' }, bodies())
  end)

  it("is an error of kind encode where it has no JSON form, and nothing is sent", function()
    local zd <close> = connect()
    local value, err = zd:post("/api/v2/users?a=1", { json = { user = { print } } })
    assert.is_nil(value)
    assert.equal("encode", err.kind)
    assert.is_false(err.sent)
    assert.equal("POST", err.method)
    assert.equal("/api/v2/users", err.path)
    assert.matches("user%[1%]", err.message)
    assert.is_nil(err.retryable)
    assert.same({}, server:requests())
  end)
end)
