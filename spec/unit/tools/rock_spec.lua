-- tools/rock: what LuaRocks is run in. `make rock` is the test of the rest.

local process = require "spec.support.process"

describe("tools/rock", function()
  it("has the source where git reads this checkout for the user's own settings alone", function()
    local directory, remove = process.temporary_directory()
    process.write_file(directory .. "/.gitconfig", "[safe]\n  directory = *\n")
    local luarocks = directory .. "/luarocks"
    process.write_file(luarocks, '#!/bin/sh\necho "$1" in "$PWD"; test -f zendesk-scm-1.rockspec\n')
    assert(os.execute("chmod +x " .. process.quote(luarocks)))
    local result = process.run({ "tools/rock", directory .. "/tree" }, {
      env = {
        HOME = directory, GIT_TEST_ASSUME_DIFFERENT_OWNER = "1", LUAROCKS = luarocks, LUA = "true",
      },
    })
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
    remove()
  end)
end)
