local nearest = require "zendesk.nearest"

describe("nearest", function()
  it("counts insertions, deletions and substitutions", function()
    assert.equal(0, nearest.distance("scope", "scope"))
    assert.equal(5, nearest.distance("", "scope"))
    assert.equal(5, nearest.distance("scope", ""))
    assert.equal(1, nearest.distance("scope", "scopes"))
    assert.equal(2, nearest.distance("subdomian", "subdomain"))
    assert.equal(3, nearest.distance("kitten", "sitting"))
  end)

  local known = { subdomain = true, timeout = true, retry = true, email = true }

  it("finds the word that was meant", function()
    assert.equal("subdomain", nearest.find("subdomian", known))
    assert.equal("subdomain", nearest.find("sub_domain", known))
    assert.equal("timeout", nearest.find("Timeout", known))
    assert.equal("retry", nearest.find("retrys", known))
  end)

  it("finds nothing where nothing is near", function()
    assert.is_nil(nearest.find("password", known))
    assert.is_nil(nearest.find("", known))
    assert.is_nil(nearest.find("x", {}))
  end)

  it("knows what other libraries call it, where that is a word here", function()
    assert.equal("access_token", nearest.find("token", { access_token = true, email = true }))
    assert.equal("page_size", nearest.find("Per_Page", { page_size = true }))
    assert.is_nil(nearest.find("token", known))
  end)

  it("takes the first in the alphabet among equals", function()
    assert.equal("abca", nearest.find("abc", { abcb = true, abca = true, abcc = true }))
  end)

  it("does not measure a word of a megabyte", function()
    assert.is_nil(nearest.find(("x"):rep(2 ^ 20), known))
  end)
end)
