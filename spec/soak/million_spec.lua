-- The long run (make soak) in short: spec/soak/million.lua checks itself.

local process = require "spec.support.process"

describe("twenty thousand calls to a server that fails one in a hundred #slow", function()
  it("are all accounted for, and leave nothing behind", function()
    local result = process.make("soak", { variables = { "REQUESTS=20000" }, timeout = 300 })
    assert.equal(0, result.status, result.stdout .. result.stderr)
    assert.equal("", result.stderr)
    assert.matches("Every outcome is accounted for", result.stdout, 1, true)
    assert.matches(" 0 of them twice", result.stdout, 1, true)
  end)
end)
