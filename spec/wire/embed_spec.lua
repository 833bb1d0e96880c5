-- A program with Lua and the module inside (make embed), away from this tree.

local core = require "zendesk.core"
local latency_server = require "spec.support.latency_server"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"
local zendesk = require "zendesk"

local TOKEN = "canary-in-the-account"
local BUILD = paths.build .. "/embed_spec"
local HOST = BUILD .. "/embed/host"

-- A sanitizer of this run is not in the host.
local function make(target, variables)
  local made = process.make(target, { build = "/embed_spec", variables = variables })
  assert.equal(0, made.status, made.stdout .. made.stderr)
end

-- How libcurl was linked there; ends in ":" and the reason where it is shared.
local function linked()
  return (process.read_file(BUILD .. "/embed/curl.linked"))
end

-- The shared libraries that a program asks for, " libm.so.6 libc.so.6 ".
local function needed(program)
  local result = process.run { "readelf", "-d", program }
  assert.equal(0, result.status, result.stderr)
  local names = {}
  for name in result.stdout:gmatch "%(NEEDED%)[^%[]*%[([^%]]+)%]" do names[#names + 1] = name end
  return " " .. table.concat(names, " ") .. " "
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

  it("needs no Lua, no libcurl and no OpenSSL of the system", function()
    if linked():find "^libcurl is linked shared" then return pending(linked()) end
    local names = needed(HOST)
    for _, library in ipairs { "lua", "curl", "ssl", "crypto" } do
      assert.not_matches(" lib" .. library .. "[%d.-]*%.so", names)
    end
    -- What was said of the others is so.
    for name in linked():match("shared: ([^\n]*)"):gmatch "%S+" do
      assert.matches(" lib" .. name:gsub("%p", "%%%0") .. "%.so", names)
    end
    for name in linked():match("archives: ([^\n]*)"):gmatch "%S+" do
      assert.not_matches(" lib" .. name:gsub("%p", "%%%0") .. "%.so", names)
    end
  end)

  it("speaks TLS, and refuses a certificate that nobody vouches for", function()
    local tls <close> = tls_server.start { upstream = server.base_url }
    local result = run(server.base_url, ([[
      local options = { base_url = %q, access_token = "canary-of-the-script" }
      local _, err = assert(require "zendesk".new(options)):get "/any"
      options.ca_file = %q
      print(err.kind, assert(assert(require "zendesk".new(options)):get "/any").ok)
    ]]):format(tls.base_url, tls.ca_file))
    assert.equal("", result.stderr)
    assert.equal("tls\ttrue\n", result.stdout)
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
      .. "$(pkg-config --variable=libdir lua5.4)/liblua5.4.a $(cat '%s/embed/curl.libs') -lm -ldl")
      :format(program, BUILD, BUILD, BUILD) }
    assert.equal(0, built.status, built.stderr)
    local result = process.run({ program, quick.base_url }, { timeout = 200 })
    assert.equal("", result.stderr)
    assert.matches("^%d+ allocations, 0 failures\n$", result.stdout)
    assert.equal(0, result.status)
  end)
end)

describe("how libcurl gets into a host #slow", function()
  local folder, remove

  before_each(function() folder, remove = process.temporary_directory() end)
  after_each(function() remove() end)

  -- What tools/link_curl.lua says and writes.
  local function ask(env)
    local result = process.run({ "lua5.4", "tools/link_curl.lua", folder }, { env = env })
    assert.equal(0, result.status, result.stderr)
    local said = process.read_file(folder .. "/curl.linked")
    assert.equal("  " .. said:gsub("\n(.)", "\n  %1"), result.stdout)
    return said, process.read_file(folder .. "/curl.libs")
  end

  -- A compiler with an answer of its own: a line of shell, in which "$@" is the command line.
  local function compiler(line)
    process.write_file(folder .. "/cc", "#!/bin/sh\n" .. line .. "\nexec cc \"$@\"\n")
    assert(os.execute("chmod +x '" .. folder .. "/cc'"))
    return folder .. "/cc"
  end

  it("stays outside where that is asked for", function()
    local said, libraries = ask { EMBED_CURL = "shared" }
    assert.equal("libcurl is linked shared: EMBED_CURL=shared\n", said)
    assert.matches("%-lcurl", libraries)
  end)

  it("stays outside where there is no archive of it, and that is said", function()
    local said, libraries = ask {
      CC = compiler 'case "$1" in -print-file-name=libcurl.a) echo libcurl.a; exit;; esac',
    }
    assert.equal("libcurl is linked shared: there is no libcurl.a\n", said)
    assert.matches("%-lcurl", libraries)
  end)

  it("stays outside where the archive asks for what is not installed, and that is said", function()
    local said, libraries = ask { CC = compiler [[
      case "$*" in *"-o "*) echo "ld: cannot find -lnghttp2: No such file" >&2; exit 1;; esac]] }
    assert.equal("libcurl is linked shared: libcurl.a cannot be linked: "
      .. "ld: cannot find -lnghttp2: No such file\n", said)
    assert.matches("%-lcurl", libraries)
  end)

  it("comes with the shared libraries that are named", function()
    local said, libraries = ask { EMBED_SHARED = "z crypto" }
    if said:find "^libcurl is linked shared" then return pending(said) end
    assert.matches("archives: curl ", said)
    assert.matches("shared:.* z", said)
    assert.matches("shared:.* crypto", said)
    assert.matches("/libcurl%.a .*%-lz%f[%s]", libraries .. " ")
    assert.matches("%-lcrypto%f[%s]", libraries .. " ")
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
