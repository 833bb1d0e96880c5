local core = require "zendesk.core"
local jwt = require "zendesk.oauth.jwt"

local function token(payload)
  local header = core.base64url '{"alg":"RS256","typ":"at+jwt"}'
  return header .. "." .. core.base64url(payload) .. ".c2ln"
end

describe("jwt.expiry", function()
  it("reads exp", function()
    assert.equal(1795601800, jwt.expiry(token '{"exp":1795601800,"sub":"1"}'))
  end)

  it("drops the fraction of an exp that has one", function()
    assert.equal(1795601800, jwt.expiry(token '{"exp":1795601800.9}'))
  end)

  it("has no answer for an opaque token", function()
    assert.is_nil(jwt.expiry "abcdef0123456789")
    assert.is_nil(jwt.expiry(""))
    assert.is_nil(jwt.expiry(nil))
  end)

  it("has no answer where the claim is missing or no time", function()
    for _, payload in ipairs {
      "{}", '{"exp":null}', '{"exp":"1795601800"}', '{"exp":-1}', '{"exp":1e300}', "[1]", "7",
      "not json", "",
    } do
      assert.is_nil(jwt.expiry(token(payload)), payload)
    end
  end)

  it("has no answer for something that only looks like a JWT", function()
    assert.is_nil(jwt.expiry "a.b.c")
    assert.is_nil(jwt.expiry "one.two.three.four")
    assert.is_nil(jwt.expiry(("x"):rep(70000)))
  end)
end)
