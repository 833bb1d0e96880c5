-- A program with Lua and the module inside (make embed), away from this tree.

local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

local TOKEN = "canary-in-the-account"
local BUILD = paths.build .. "/embed_spec"
local HOST = BUILD .. "/embed/host"

-- A sanitizer of this run is not in the host.
local function make(target, variables)
  local made = process.make(target, { build = "/embed_spec", variables = variables })
  assert.equal(0, made.status, made.stdout .. made.stderr)
end

local function run(base_url, script, directory)
  return process.run({ HOST, base_url, script }, {
    stdin = TOKEN .. "\n", cwd = directory, timeout = 30,
    env = { LUA_PATH = "", LUA_CPATH = "", LUA_PATH_5_4 = false, LUA_CPATH_5_4 = false },
  })
end

describe("a static host #slow", function()
  local server

  setup(function()
    make "embed"
    server = raw_server.start { { { "read" }, { "reply", 200, '{"ok":true}' }, { "again" } } }
  end)

  teardown(function() server:stop() end)

  it("runs from an empty folder and needs no file of the library", function()
    local directory, remove = process.temporary_directory()
    local result = run(server.base_url, [[
      assert(not io.open "lua" and package.searchpath("zendesk", package.path) == nil)
      print(assert(zd:get "/api/v2/any").ok, require "zendesk"._VERSION)
    ]], directory)
    remove()
    assert.equal("", result.stderr)
    assert.equal("true\t" .. core._VERSION .. "\n", result.stdout)
    assert.equal(0, result.status)
    local requests = server:requests()
    assert.matches("\r\nAuthorization: Bearer " .. TOKEN:gsub("%-", "%%-") .. "\r\n",
      requests[#requests])
  end)

  it("has every module of the library inside", function()
    local names = {}
    local pipe = io.popen("cd '" .. paths.root .. "/lua' && find zendesk -name '*.lua'")
    for path in pipe:lines() do
      if not path:find "/_meta/" then
        names[#names + 1] = path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      end
    end
    pipe:close()
    local result = run(server.base_url, ([[
      for name in ("%s"):gmatch "%%S+" do
        assert(package.preload[name], name)
        local text = debug.getinfo(package.preload[name], "S")
        assert(text.what == "C")
      end
      for _, name in ipairs { "zendesk.oauth", "zendesk.doctor", "zendesk.driver.group" } do
        assert(require(name))
      end
      print "all"
    ]]):format(table.concat(names, " ")))
    assert.equal("", result.stderr)
    assert.equal("all\n", result.stdout)
  end)

  it("lends the credential: the script has its use and no way to it", function()
    local result = run(server.base_url, [[
      assert(zd:get "/api/v2/any")
      local word, seen, found = "canary" .. "-in-", {}, 0
      local function look(value)
        if type(value) == "string" then
          if value ~= word and value:find(word, 1, true) then found = found + 1 end
          return
        end
        local kind = type(value)
        if seen[value] or kind ~= "table" and kind ~= "function" and kind ~= "userdata"
          and kind ~= "thread" then return end
        seen[value] = true
        look(debug.getmetatable(value))
        if kind == "table" then
          for name, item in next, value do look(name) look(item) end
        elseif kind == "function" then
          for index = 1, 255 do
            local name, item = debug.getupvalue(value, index)
            if not name then break end
            look(item)
          end
        elseif kind == "userdata" then
          for index = 1, 5 do look((debug.getuservalue(value, index))) end
          look(tostring(value))
        end
      end
      look(debug.getregistry()) look(_G)
      for level = 1, 20 do
        if not debug.getinfo(level) then break end
        for index = 1, 200 do
          local name, item = debug.getlocal(level, index)
          if not name then break end
          look(item)
        end
      end
      look(tostring(zd)) look(zd:describe())
      local clean = found
      control = word .. "found"
      seen = {}
      look(_G)
      print(clean, found)
    ]])
    assert.equal("", result.stderr)
    assert.equal("0\t1\n", result.stdout)
  end)

  it("tells what is wrong with an account without the secret", function()
    local result = run("https://user@acme.zendesk.com", "print(zd)")
    assert.equal(1, result.status)
    assert.matches("base_url", result.stderr)
    assert.not_matches("canary", result.stderr)
  end)

  it("defines the symbols of its header and no other", function()
    local result = process.run { "tools/check_static_symbols", BUILD .. "/embed/zendesk.o" }
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
  end)

  it("leaves libcurl's initialisation to the host where it says so", function()
    -- gdb is not needed: a host that has not called it is seen by the flag of libcurl alone, so the
    -- object is asked whether it refers to the function at all.
    local object = BUILD .. "/no_init.o"
    local compiled = process.run {
      "sh", "-c", ("cc -std=c99 -Icsrc $(pkg-config --cflags lua5.4 libcurl) -DZD_STATIC "
        .. "-DZD_NO_CURL_GLOBAL_INIT -c -o '%s' csrc/onezd.c && nm -u '%s'"):format(object, object),
    }
    assert.equal(0, compiled.status, compiled.stderr)
    assert.matches("curl_multi_init", compiled.stdout)
    assert.not_matches("curl_global_init", compiled.stdout)
    local usual = process.run { "nm", "-u", BUILD .. "/embed/zendesk.o" }
    assert.matches("curl_global_init", usual.stdout)
  end)

  it("keeps to the host's allocator, wherever that fails", function()
    local quick <close> = latency_server.start { delay = 0 }
    local program = BUILD .. "/allocator"
    local built = process.run { "sh", "-c", ("cc -std=c99 -Wall -Wextra -Werror -g -DZD_STATIC "
      .. "-Icsrc -Iexamples/embed $(pkg-config --cflags lua5.4) -o '%s' spec/embed/allocator.c "
      .. "'%s/embed/bundle.c' '%s/embed/zendesk.o' "
      .. "$(pkg-config --variable=libdir lua5.4)/liblua5.4.a -lcurl -lcrypto -lm -ldl")
      :format(program, BUILD, BUILD) }
    assert.equal(0, built.status, built.stderr)
    local result = process.run({ program, quick.base_url }, { timeout = 200 })
    assert.equal("", result.stderr)
    assert.matches("^%d+ allocations, 0 failures\n$", result.stdout)
    assert.equal(0, result.status)
  end)
end)

describe("an account of the host's", function()
  it("survives the instances that use it", function()
    local server <close> = raw_server.start {
      { { "read" }, { "reply", 200, '{"ok":true}' }, { "again" } },
    }
    local account <close> = assert(core.account {
      base_url = server.base_url, access_token = TOKEN,
    })
    for _ = 1, 2 do
      local zd <close> = assert(zendesk.new { account = account })
      assert.is_true(assert(zd:get "/any").ok)
    end
    assert.equal("bearer", account:scheme())
  end)
end)
