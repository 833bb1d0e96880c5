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

  it("hints at where an option belongs", function()
    local new = { subdomain = true, ca_file = true, access_token = true }
    assert.equal(" (did you mean 'ca_file'?)", nearest.hint("cacert", new))
    assert.matches("zendesk.auth.client_credentials", nearest.hint("client_id", new), 1, true)
    assert.matches("always verified", nearest.hint("verify", new), 1, true)
    assert.equal("", nearest.hint("client_id", { timeout = true }))
    assert.matches("into option 'query'", nearest.hint("status", { query = true }), 1, true)
    assert.equal(" (did you mean 'page_size'?)",
      nearest.hint("per_page", { query = true, page_size = true }))
    assert.equal("", nearest.hint(1, { query = true }))
  end)

  it("takes the first in the alphabet among equals", function()
    assert.equal("abca", nearest.find("abc", { abcb = true, abca = true, abcc = true }))
  end)

  it("does not measure a word of a megabyte", function()
    assert.is_nil(nearest.find(("x"):rep(2 ^ 20), known))
  end)
end)
