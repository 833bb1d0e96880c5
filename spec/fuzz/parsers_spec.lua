-- The fuzzer of the parsers in Lua in short: every seed, and some changes of them, the same ones in
-- every run. `make fuzz` goes on for longer and by chance.

local parsers = require "spec.fuzz.parsers"

local ROUNDS = 600

describe("changed texts", function()
  for _, name in ipairs(parsers.names()) do
    it(("are read or refused by %s, and nothing is raised"):format(name), function()
      math.randomseed(20261125)
      local result = parsers.run(name, math.random, function(runs) return runs >= ROUNDS end)
      assert.is_nil(result.finding, result.problem)
      assert.equal(ROUNDS, result.runs)
    end)
  end
end)
