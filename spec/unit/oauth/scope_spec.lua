local scope = require "zendesk.oauth.scope"

describe("scope", function()
  it("takes a string or an array and gives words separated by spaces", function()
    assert.equal("tickets:read users:read", scope.join "tickets:read  users:read")
    assert.equal("tickets:read users:read", scope.join { "tickets:read", "users:read" })
    assert.equal("read write", scope.join { "read write" })
  end)

  it("is nothing when there are no words, so that the server decides", function()
    assert.is_nil(scope.join(nil))
    assert.is_nil(scope.join "")
    assert.is_nil(scope.join {})
  end)

  it("names a word once", function()
    assert.equal("read", scope.join "read read")
  end)

  it("has one spelling for every order", function()
    assert.equal(scope.canonical "write read", scope.canonical { "read", "write" })
  end)

  it("knows the published words", function()
    for _, word in ipairs { "read", "write", "impersonate", "tickets:read", "hc:write", "zis:read",
      "tickets" } do
      assert.is_true((scope.check_word(word)), word)
    end
  end)

  it("suggests what was meant", function()
    local known, meant = scope.check_word "ticket:read"
    assert.is_false(known)
    assert.equal("tickets:read", meant)
    assert.equal("users:write", select(2, scope.check_word "user:writ"))
    assert.equal("read", select(2, scope.check_word "reads"))
  end)

  it("lets a word pass that it has never heard of", function()
    local known, meant = scope.check_word "quantum_flux:read"
    assert.is_false(known)
    assert.is_nil(meant)
  end)

  it("makes one warning event for each unknown word, with the suggestion", function()
    local events = scope.warnings { "tickets:read", "ticket:read", "quantum_flux:read" }
    assert.equal(2, #events)
    assert.equal("warning", events[1].type)
    assert.equal("unknown_scope", events[1].code)
    assert.equal("tickets:read", events[1].suggestion)
    assert.truthy(events[1].message:find "did you mean \"tickets:read\"")
    assert.is_nil(events[2].suggestion)
  end)
end)
