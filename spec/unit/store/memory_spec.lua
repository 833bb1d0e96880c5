local store = require "zendesk.store"
local store_suite = require "spec.support.store_suite"

describe("the store in memory", function()
  store_suite { open = store.memory, reset = function() end }

  it("shares nothing with another one", function()
    local one, two = store.memory(), store.memory()
    assert(one:save("key", { access_token = "test-access-token" }))
    assert.is_nil(two:load "key")
  end)

  it("forgets its content when it is collected", function()
    local weak = setmetatable({ store.memory() }, { __mode = "v" })
    assert(weak[1]:save("key", { access_token = "test-access-token" }))
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak[1])
  end)
end)
