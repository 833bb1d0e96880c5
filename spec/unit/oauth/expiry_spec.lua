local core = require "zendesk.core"
local expiry = require "zendesk.oauth.expiry"

local NOW = 1795600000

local function jwt_with(exp)
  return core.base64url "{}" .. "." .. core.base64url(('{"exp":%d}'):format(exp)) .. ".s"
end

describe("where an expiry comes from", function()
  it("is first of all the reply", function()
    local at, from = expiry.from_reply({ access_token = jwt_with(NOW + 9), expires_in = 1800 }, NOW)
    assert.equal(NOW + 1800, at)
    assert.equal("reply", from)
  end)

  it("is the JWT where the reply leaves it out", function()
    local at, from = expiry.from_reply({ access_token = jwt_with(NOW + 900) }, NOW)
    assert.equal(NOW + 900, at)
    assert.equal("jwt", from)
  end)

  it("is unknown where neither tells", function()
    assert.is_nil(expiry.from_reply({ access_token = "opaque" }, NOW))
  end)

  it("takes digits for a number, and nothing else for one", function()
    assert.equal(NOW + 60, (expiry.from_reply({ access_token = "t", expires_in = "60" }, NOW)))
    for _, value in ipairs { 0, -1, 0 / 0, math.huge, "soon", true, core.null, {} } do
      assert.is_nil(expiry.from_reply({ access_token = "t", expires_in = value }, NOW))
    end
  end)

  it("is not a JWT's exp that lies before the issue", function()
    assert.is_nil(expiry.from_reply({ access_token = jwt_with(NOW - 1) }, NOW))
  end)

  it("is thirty minutes by default when there is a refresh token", function()
    local at, from = expiry.assumed(true, NOW, 7200)
    assert.equal(NOW + 1800, at)
    assert.equal("default", from)
  end)

  it("is what was asked for when that is shorter than the default", function()
    local at, from = expiry.assumed(true, NOW, 300)
    assert.equal(NOW + 300, at)
    assert.equal("requested", from)
  end)

  it("is never without a refresh token", function()
    local at, from = expiry.assumed(false, NOW, 1800)
    assert.is_nil(at)
    assert.equal("never", from)
  end)
end)

describe("when a token is renewed", function()
  local function set(life) return { issued_at = NOW, expires_at = NOW + life } end

  it("is five minutes ahead for a token of thirty", function()
    assert.equal(NOW + 1500, expiry.renew_at(set(1800)))
  end)

  it("is a minute ahead for a token of five", function()
    assert.equal(NOW + 240, expiry.renew_at(set(300)))
  end)

  it("is never more than five minutes ahead", function()
    assert.equal(NOW + 172800 - 300, expiry.renew_at(set(172800)))
  end)

  it("is a minute ahead where the issue is not known", function()
    assert.equal(NOW - 60, expiry.renew_at { expires_at = NOW })
  end)

  it("is never for a token that does not end", function()
    assert.is_nil(expiry.renew_at { issued_at = NOW })
  end)

  it("leaves every life, however short, a moment in which the token is fresh", function()
    for _, life in ipairs { 1, 2, 5, 60, 299, 300, 301, 1800 } do
      assert.equal("fresh", expiry.state(set(life), NOW), life)
    end
  end)

  it("goes from fresh over due to expired", function()
    assert.equal("fresh", expiry.state(set(1800), NOW + 1499))
    assert.equal("due", expiry.state(set(1800), NOW + 1500))
    assert.equal("due", expiry.state(set(1800), NOW + 1799))
    assert.equal("expired", expiry.state(set(1800), NOW + 1800))
    assert.equal("fresh", expiry.state({ issued_at = NOW }, NOW + 10 ^ 9))
  end)
end)
