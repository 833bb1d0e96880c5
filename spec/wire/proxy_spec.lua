-- Proxies: used when asked for, never for loopback, and never shown the credential.

local exchange = require "spec.support.exchange"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local refusing = { { { "read" }, { "reply", 403, "no" } } }

-- One call in a process of its own, whose environment names `proxy`; its outcome and message.
local function call_with_environment(proxy, base_url, option)
  local result = process.run_lua([[
    local exchange = require "spec.support.exchange"
    local base_url, option = ...
    local wire = exchange.open {
      base_url = base_url, access_token = "canary-token", proxy = option ~= "" and option or nil,
    }
    local outcome = wire:outcome { timeout = 20 }
    print(outcome.status or outcome.kind, outcome.sent)
    print(outcome.message)
  ]], {
    env = { https_proxy = proxy, http_proxy = proxy, all_proxy = proxy, no_proxy = false },
    args = { base_url, option or "" },
  })
  assert(result.status == 0, result.stderr)
  return result.stdout:match "^([^\n]*\n)(.*)"
end

describe("a proxy", function()
  it("is asked for a tunnel and not told the credential", function()
    local proxy <close> = raw_server.start(refusing)
    local wire <close> = exchange.open {
      base_url = "https://acme.invalid", access_token = "canary-token", proxy = proxy.base_url,
    }
    local outcome = wire:outcome { method = "POST", body = "canary-body" }
    assert.are.equal("transport", outcome.kind)
    assert.is_false(outcome.sent)
    local request = proxy:requests()[1]
    assert.are.equal("CONNECT acme.invalid:443 HTTP/1.1", request:match "^[^\r]*")
    assert.is_nil(request:find("canary", 1, true))
  end)

  it("gets the user and password of its URL, and no message shows them", function()
    local proxy <close> = raw_server.start(refusing)
    local wire <close> = exchange.open {
      base_url = "https://acme.invalid",
      proxy = "http://someone:canary-password@127.0.0.1:" .. proxy.port,
    }
    local outcome = wire:outcome {}
    assert.is_truthy(proxy:requests()[1]:find("\r\nProxy-Authorization: Basic ", 1, true))
    assert.is_nil(outcome.message:find("canary", 1, true))
    assert.is_nil(tostring(wire.account):find("canary", 1, true))
  end)

  it("of the environment is left alone unless it is asked for", function()
    local proxy <close> = raw_server.start(refusing)
    assert.are.equal("transport\tfalse\n",
      (call_with_environment(proxy.base_url, "https://acme.invalid")))
    assert.are.equal(0, proxy:connections())
    assert.are.equal("transport\tfalse\n",
      (call_with_environment(proxy.base_url, "https://acme.invalid", "environment")))
    assert.are.equal(1, proxy:connections())
  end)

  it("of the environment that cannot be used is not shown, and no password of it", function()
    for _, address in ipairs {
      "http://bob:pa#canary@127.0.0.1:1", "http://bob:a canary@127.0.0.1:1",
      "http://bob:canary@127.0.0.1:99999", "canary://bob:canary@127.0.0.1:1",
    } do
      local outcome, message = call_with_environment(address, "https://acme.invalid", "environment")
      assert.are.equal("config\tfalse\n", outcome)
      assert.are.equal("the address of the proxy is not usable\n", message)
    end
  end)

  it("is never used for loopback", function()
    local proxy <close> = raw_server.start(refusing)
    local server <close> = raw_server.start { { { "read" }, { "reply", 200, "{}" } } }
    assert.are.equal("200\tnil\n",
      (call_with_environment(proxy.base_url, server.base_url, "environment")))
    assert.are.equal("200\tnil\n",
      (call_with_environment(proxy.base_url, server.base_url, proxy.base_url)))
    assert.are.equal(0, proxy:connections())
  end)
end)
