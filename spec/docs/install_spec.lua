-- `make install`: what it copies is enough to run from anywhere.

local process = require "spec.support.process"

local function install(root, prefix)
  return process.make("install", { variables = { "PREFIX=" .. prefix, "DESTDIR=" .. root } })
end

describe("make install", function()
  it("puts a module that works below DESTDIR and PREFIX", function()
    local root, remove = process.temporary_directory()
    local result = install(root, "/opt/with space")
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
    local lib = root .. "/opt/with space"
    local script = [[
      local zendesk = require "zendesk"
      local box <close> = assert(zendesk.sandbox.start {})
      local zd <close> = assert(zendesk.new {
        base_url = box.base_url, email = box.email, api_token = box.api_token,
      })
      print(assert(zd:whoami()).email, package.searchpath("zendesk", package.path))
    ]]
    process.write_file(root .. "/script.lua", script)
    local called = process.run({ "lua5.4", "script.lua" }, {
      cwd = root,
      env = {
        LUA_PATH = ("%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;"):format(lib, lib),
        LUA_CPATH = lib .. "/lib/lua/5.4/?.so;;",
      },
    })
    assert.equal("", called.stderr)
    assert.equal("admin@example.com\t" .. lib .. "/share/lua/5.4/zendesk/init.lua\n",
      called.stdout)
    remove()
  end)

  it("installs the C module, and no file that only the tree needs", function()
    local root, remove = process.temporary_directory()
    install(root, "/usr")
    local listing = process.run { "find", root, "-type", "f" }
    assert.truthy(listing.stdout:find("/usr/lib/lua/5.4/zendesk/core.so", 1, true))
    for path in listing.stdout:gmatch "[^\n]+" do
      local known = path:find("/usr/share/lua/5.4/zendesk/.*%.lua$")
        or path:find("/usr/lib/lua/5.4/zendesk/core%.so$")
      assert.truthy(known, path)
    end
    remove()
  end)
end)
