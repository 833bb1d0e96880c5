local core = require "zendesk.core"
local fake_driver = require "spec.support.fake_driver"
local zendesk = require "zendesk"

describe("zd:whoami", function()
  local driver, zd

  before_each(function()
    driver = fake_driver.new()
    zd = assert(zendesk.new {
      subdomain = "acme", email = "a@example.com", api_token = "test-api-token", driver = driver,
    })
  end)

  it("gives the user that the credential acts as", function()
    driver:reply { body = { user = { id = 7, name = "A" } } }
    local user, response = zd:whoami()
    assert.equal(7, user.id)
    assert.equal(200, response.status)
    assert.equal("/api/v2/users/me", driver.requests[1].path)
  end)

  it("takes an anonymous user for a refusal", function()
    for _, id in ipairs { core.null, "absent" } do
      driver:reply { headers = { ["X-Request-Id"] = "r-1" },
        body = { user = { id = id ~= "absent" and id or nil, name = "Anonymous user" } } }
      local user, err = zd:whoami()
      assert.is_nil(user)
      assert.equal("auth", err.kind)
      assert.equal("anonymous", err.code)
      assert.equal("r-1", err.request_id)
      assert.matches("check email and api_token", err.remedy, 1, true)
    end
  end)

  it("does not send somebody with an OAuth token to email and api_token", function()
    for _, credential in ipairs { { access_token = "t" }, { auth = function() return "t" end } } do
      credential.subdomain, credential.driver = "acme", driver
      driver:reply { body = { user = { name = "Anonymous user" } } }
      local _, err = assert(zendesk.new(credential)):whoami()
      assert.matches("^the access token is expired", err.remedy)
    end
    driver:reply { body = { user = { name = "Anonymous user" } } }
    assert.matches("no credential", select(2, zd:whoami { auth = false }).remedy, 1, true)
  end)

  it("returns the errors of the call", function()
    driver:reply { status = 401, body = { error = "Couldn't authenticate you" } }
    assert.equal("auth", select(2, zd:whoami()).kind)
  end)

  it("shows other users, too", function()
    driver:reply { body = { user = { id = 8 } } }
    assert.equal(8, zd.user:show(8).id)
    assert.equal("/api/v2/users/8", driver.requests[1].path)
  end)
end)
