-- `make install`: what it copies is enough to run from anywhere; `make uninstall` takes it away.

local paths = require "spec.support.paths"
local process = require "spec.support.process"

local function make(target, root, prefix, ...)
  local result = process.make(target, {
    variables = { "PREFIX=" .. prefix, "DESTDIR=" .. root, ... },
  })
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

  it("installs a command that is run by the Lua that is named", function()
    local root, remove = process.temporary_directory()
    assert(os.execute("ln -s \"$(command -v lua5.4)\" " .. process.quote(root .. "/mylua")))
    local function first_line(...)
      make("install", root, "/usr", ...)
      return process.read_file(root .. "/usr/bin/zendesk"):match "^[^\n]*"
    end
    assert.equal("#!/usr/bin/env lua5.4", first_line())
    assert.equal("#!" .. root .. "/mylua", first_line("LUA=" .. root .. "/mylua"))
    local result = process.run({ root .. "/usr/bin/zendesk", "--version" }, { cwd = root })
    assert.equal(("zendesk %s\n"):format(require "zendesk"._VERSION), result.stdout)
    remove()
  end)

  it("takes PREFIX from the environment as well, and makes folders that all can enter", function()
    local root, remove = process.temporary_directory()
    local result = process.run({ "sh", "-c", "umask 077 && make install BUILD=$ZENDESK_BUILD" }, {
      env = {
        MAKEFLAGS = false, DESTDIR = root .. "/stage", PREFIX = "/opt", ZENDESK_BUILD = paths.build,
      },
    })
    assert.equal("", result.stderr)
    local closed = process.run({ "find", root .. "/stage/opt", "!", "-perm", "-a=rX" })
    assert.same({ status = 0, stdout = "", stderr = "" }, closed)
    remove()
  end)

  it("installs a command that runs through a symbolic link, and says what is missing", function()
    local root, remove = process.temporary_directory()
    make("install", root, "/it's here")
    local installed = process.quote(root .. "/it's here/bin/zendesk")
    local function run(commands)
      return process.run({ "sh", "-c", commands }, {
        cwd = root, env = { LUA_PATH = ";;", LUA_CPATH = ";;", LUA_PATH_5_4 = false },
      })
    end
    local linked = run(("ln -s %s link && ./link --version"):format(installed))
    assert.equal("", linked.stderr)
    assert.equal(("zendesk %s\n"):format(require "zendesk"._VERSION), linked.stdout)
    local alone = run(("cp %s alone && ./alone --version"):format(installed))
    assert.same({ status = 1, stdout = "",
      stderr = "zendesk: module 'zendesk.core' not found; in a checkout, run make\n" }, alone)
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

describe("a checkout", function()
  it("may lie anywhere where Lua can look for modules", function()
    local root, remove = process.temporary_directory()
    local tree = root .. "/it's a $HOME"
    assert(os.execute("mkdir -p " .. process.quote(tree .. "/lua")))
    local result = process.run({
      "make", "-f", paths.root .. "/Makefile", "docs", "LUA=printenv LUA_PATH #",
    }, { cwd = tree, env = { MAKEFLAGS = false, MAKELEVEL = false } })
    assert.equal("", result.stderr)
    assert.equal(("%s/lua/?.lua;%s/lua/?/init.lua;%s/?.lua;;\n"):format(tree, tree, tree),
      result.stdout)
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
