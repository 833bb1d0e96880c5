-- The programs of tools/ that need an argument say so where there is none.

local process = require "spec.support.process"

describe("without an argument", function()
  for _, name in ipairs {
    "check_static_symbols", "check_symbols", "copy_source", "coverage", "deb", "deb_test",
    "debian_chroot", "install", "release", "rock", "run_fuzzers", "setup", "setup_npm",
    "versions_test",
  } do
    it(("tools/%s says how it is called"):format(name), function()
      local result = process.run { "tools/" .. name }
      assert.equal(2, result.status)
      assert.matches(("usage: tools/%s "):format(name), result.stderr, 1, true)
    end)
  end
end)
