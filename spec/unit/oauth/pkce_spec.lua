local pkce = require "zendesk.oauth.pkce"

describe("pkce", function()
  it("makes the challenge of RFC 7636's example", function()
    assert.equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      pkce.challenge "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
  end)

  it("makes words of the shortest length that the RFC allows, of its alphabet", function()
    local word = assert(pkce.random_word())
    assert.equal(43, #word)
    assert.truthy(word:match "^[%w_-]+$")
  end)

  it("makes another word every time", function()
    local seen = {}
    for _ = 1, 200 do
      local word = pkce.random_word()
      assert.is_nil(seen[word])
      seen[word] = true
    end
  end)
end)
