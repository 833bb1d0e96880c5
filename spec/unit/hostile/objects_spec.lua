-- Objects that are closed, and finalisers that come back.

local hostile = require "spec.support.hostile"
local new_world = require "spec.unit.hostile.world"

local CLOSED = "raises: the instance is closed"

describe("a closed instance", function()
  local world, driver, zd

  setup(function()
    world, driver = new_world()
    zd = world["zd:"]
    assert.is_true(zd:close())
  end)

  after_each(function() assert.equal(0, #driver.requests) end)

  it("raises for every call", function()
    for _, verb in ipairs { "get", "post", "put", "patch", "delete" } do
      assert.equal(CLOSED, hostile.outcome(zd[verb], zd, "/api/v2/x"))
    end
    assert.equal(CLOSED, hostile.outcome(zd.request, zd, "GET", "/api/v2/x"))
    assert.equal(CLOSED, hostile.outcome(zd.whoami, zd))
    assert.equal(CLOSED, hostile.outcome(zd.download, zd, "/api/v2/x"))
    assert.equal(CLOSED, hostile.outcome(zd.download, zd, "https://files.example/x"))
  end)

  it("raises for everything that is done with records", function()
    local client, token = zd.client, zd.token
    local wanted = { identifier = "a" }
    local keep = { store = function() end }
    for _, call in ipairs {
      { client.create, client, wanted }, { client.list, client }, { client.show, client, 1 },
      { client.update, client, 1, {} }, { client.delete, client, 1 }, { client.find, client, "a" },
      { client.mine, client }, { client.generate_secret, client, 1 },
      { client.ensure, client, wanted }, { client.rotate, client, 1, keep },
      { token.create, token, { client_id = 1 } }, { token.current, token },
      { token.revoke, token, 1 }, { token.revoke_current, token }, { token.audit, token },
      { token.prune, token, { unused_for = 5 } },
      { zd.global_client.token_summary, zd.global_client },
      { zd.api_token.delete, zd.api_token, 1 },
      { world["iterator:"].next, world["iterator:"] },
      { world["zendesk.doctor"].examine, zd },
    } do
      assert.equal(CLOSED, hostile.outcome(table.unpack(call)))
    end
  end)

  it("still says what it was, and may be closed again", function()
    assert.equal("https://acme.zendesk.com", zd:origin())
    assert.equal("access_token", zd:describe().credential.kind)
    assert.matches("closed", tostring(zd))
    assert.is_true(zd:close())
  end)
end)

describe("a closed app", function()
  it("raises for every call, and may be closed again", function()
    local world = new_world()
    local app = world["app:"]
    app:close()
    app:close()
    for _, method in ipairs {
      "client_credentials", "authorize_url", "exchange", "refresh", "login",
    } do
      assert.equal("raises: the app is closed", hostile.outcome(app[method], app, "canary"))
    end
    assert.equal("raises: option 'app': an open app of zendesk.oauth.new expected",
      hostile.outcome(world["zendesk.auth"].authorization_code, { app = app }))
  end)
end)

describe("a stopped sandbox", function()
  it("raises for every order, and may be stopped again", function()
    local box = new_world()["box:"]
    box:stop()
    box:stop()
    for _, verb in ipairs { "requests", "stats", "reset", "clear_faults", "clear_requests" } do
      assert.equal("raises: the sandbox has been stopped", hostile.outcome(box[verb], box))
    end
  end)
end)

describe("finalisers that come back", function()
  it("may use, close and make objects of every kind", function()
    local world, driver = new_world()
    local outcomes = {}
    setmetatable({}, { __gc = function()
      local zd, app = world["zd:"], world["app:"]
      for _, call in ipairs {
        { zd.get, zd, 7 }, { zd.close, zd }, { zd.get, zd, "/x" },
        { app.close, app }, { app.refresh, app, "canary" },
        { world["iterator:"].close, world["iterator:"] },
        { world["lock:"].release, world["lock:"] },
        { world["zendesk.json"].decode, "[" },
      } do
        outcomes[#outcomes + 1] = hostile.outcome(table.unpack(call))
      end
    end })
    collectgarbage()
    collectgarbage()
    assert.same({
      "raises: path: string expected, got number", "fine", CLOSED, "fine",
      "raises: the app is closed", "fine", "fine",
      "decode: expected a value or ']' at byte 2, where the text ends",
    }, outcomes)
    assert.equal(0, #driver.requests)
  end)
end)
