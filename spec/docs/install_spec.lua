-- `make install`: what it copies is enough to run from anywhere; `make uninstall` takes it away.

local process = require "spec.support.process"

local function make(target, root, prefix)
  local result = process.make(target, { variables = { "PREFIX=" .. prefix, "DESTDIR=" .. root } })
  assert.equal("", result.stderr)
  assert.equal(0, result.status)
end

local function files_below(root)
  local listing = process.run({ "find", ".", "-type", "f" }, { cwd = root })
  local files = {}
  for path in listing.stdout:gmatch "%.([^\n]+)" do files[#files + 1] = path end
  return files
end

describe("make install", function()
  it("puts a module that works below DESTDIR and PREFIX", function()
    local root, remove = process.temporary_directory()
    make("install", root, "/opt/with space")
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

  it("installs a command that finds its module", function()
    local root, remove = process.temporary_directory()
    make("install", root, "/opt/with space")
    local result = process.run({ root .. "/opt/with space/bin/zendesk", "--version" }, {
      cwd = root, env = { LUA_PATH = false, LUA_CPATH = false },
    })
    assert.equal("", result.stderr)
    assert.equal(("zendesk %s\n"):format(require "zendesk"._VERSION), result.stdout)
    remove()
  end)

  it("installs no file that only the tree needs", function()
    local root, remove = process.temporary_directory()
    make("install", root, "/usr")
    local others = {}
    for _, path in ipairs(files_below(root)) do
      if not path:find "^/usr/share/lua/5%.4/zendesk/.*%.lua$" then others[#others + 1] = path end
    end
    table.sort(others)
    assert.same({
      "/usr/bin/zendesk",
      "/usr/lib/lua/5.4/zendesk/core.so",
      "/usr/share/bash-completion/completions/zendesk",
      "/usr/share/man/man1/zendesk.1",
      "/usr/share/zsh/site-functions/_zendesk",
    }, others)
    remove()
  end)

  it("is undone by make uninstall, which leaves what is not its own", function()
    local root, remove = process.temporary_directory()
    make("install", root, "/usr")
    process.write_file(root .. "/usr/share/lua/5.4/zendesk/mine.lua", "return 1")
    make("uninstall", root, "/usr")
    assert.same({ "/usr/share/lua/5.4/zendesk/mine.lua" }, files_below(root))
    assert.equal(0, process.run({ "test", "-d", root .. "/usr/bin" }).status)
    assert.not_equal(0, process.run({ "test", "-d", root .. "/usr/lib/lua/5.4/zendesk" }).status)
    remove()
  end)
end)

describe("the manual page", function()
  it("has every command and option of the command line", function()
    local page = process.read_file "docs/zendesk.1":gsub("\\%-", "-")
    local help = process.run_lua_file("bin/zendesk", { args = { "--help" } })
    assert.equal("", help.stderr)
    local options, commands = help.stdout:match "\nOptions:\n(.-)\n\nCommands:\n(.-)\n\n"
    local count = 0
    for option in options:gmatch "(%-%-%w[%w-]*)" do
      if option ~= "--help" then
        assert.truthy(page:find(option, 1, true), option)
        count = count + 1
      end
    end
    for command in ("\n" .. commands):gmatch "\n   (%l+) " do
      assert.truthy(page:find("%.B.-%f[%w]" .. command .. "%f[%W]"), command)
      count = count + 1
    end
    assert.is_true(count > 9)
  end)
end)
