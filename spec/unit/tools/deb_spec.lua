-- tools/deb: what Debian's tools are told. `make deb_test` is the test of the package; the commands
-- that build it are stand-ins here.

local process = require "spec.support.process"

local RECORD = '#!/bin/sh\necho "${0##*/}:${DEB_BUILD_PROFILES:-}" >>"${0%/*}/record"\n'

-- The profiles that each tool is run with.
local function profiles(env)
  local directory, remove = process.temporary_directory()
  process.write_file(directory .. "/dpkg-checkbuilddeps", RECORD)
  process.write_file(directory .. "/dpkg-buildpackage", RECORD .. "touch ../made.deb\n")
  assert(os.execute(("chmod +x '%s'/dpkg-*"):format(directory)))
  env.PATH = directory .. ":" .. os.getenv "PATH"
  local result = process.run({ "tools/deb", directory .. "/deb" }, { env = env })
  assert.same({ status = 0, stdout = "made.deb\n", stderr = "" }, result)
  local record = process.read_file(directory .. "/record")
  remove()
  return record
end

describe("tools/deb", function()
  it("asks for what the tests need where it runs them, and only there", function()
    local function both(text)
      return ("dpkg-checkbuilddeps:%s\ndpkg-buildpackage:%s\n"):format(text, text)
    end
    assert.equal(both "", profiles { DEB_BUILD_OPTIONS = false, DEB_BUILD_PROFILES = false })
    assert.equal(both "nocheck",
      profiles { DEB_BUILD_OPTIONS = "parallel=2 nocheck", DEB_BUILD_PROFILES = false })
    assert.equal(both "stage1 nocheck",
      profiles { DEB_BUILD_OPTIONS = "nocheck", DEB_BUILD_PROFILES = "stage1" })
  end)
end)
