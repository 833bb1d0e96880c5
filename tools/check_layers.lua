-- Proves the floors of the house (make check): includes of csrc/ and requires of lua/ point to the
-- same floor or a lower one, the core knows no Lua, the binding no libcurl, files and functions
-- stay small. Prints one line per finding; exits 1 when there is one.

local MAX_FILE_LINES = 350
local MAX_FUNCTION_LINES = 60

-- From the bottom up; a name is a Lua pattern for the whole module name.
local CORE_FLOORS = {
  { "status", "version" },
  { "secret", "buf", "clock", "global", "digest", "quiet" },
  { "url.*", "path", "headers", "goaway", "json.*", "watch", "trust", "file.*" },
  { "account", "credential", "route", "reply" },
  { "transfer.*" },
  { "engine.*" },
}
local BIND_FLOORS = {
  { "lzd", "lsupport", "zendesk" },
  { "laccount", "lbody", "ljson.*", "ldigest", "lfile", "lurl" },
  { "ltransfer.*", "lrequest" },
  { "lengine.*" },
  { "lmodule", "lhost" },
}
-- What is not named stands on the ground floor, with errors and the C module: it requires nothing
-- from above.
local LUA_FLOORS = {
  {},
  { "options", "arguments", "limits", "json", "query" },
  { "beside", "call", "download", "exchange", "request", "request_.*", "response", "response_.*",
    "resource", "pipeline", "pages", "pages%..*", "middleware%..*" },
  { "driver", "driver%..*", "store", "store%..*", "oauth", "oauth%..*", "auth", "auth%..*",
    "resources%..*", "lifecycle%..*", "sandbox", "sandbox%..*" },
  { "environment", "instance", "doctor", "doctor%..*" },
  { "init" },
  { "cli", "cli%..*" },
}
-- The command line is a user of the library like any other: this is what it may require.
local PUBLIC = { init = true, progress = true }

local LUA_HEADERS = {
  ["lua.h"] = true, ["lauxlib.h"] = true, ["lualib.h"] = true, ["luaconf.h"] = true,
}

local findings = 0
local function report(format, ...)
  findings = findings + 1
  print(format:format(...))
end

local function list_files(command)
  local files, pipe = {}, assert(io.popen(command))
  for path in pipe:lines() do files[#files + 1] = path end
  pipe:close()
  table.sort(files)
  return files
end

local function floor_of(name, floors)
  for number, patterns in ipairs(floors) do
    for _, pattern in ipairs(patterns) do
      if name:find("^" .. pattern .. "$") then return number end
    end
  end
  return #floors[1] == 0 and 1 or nil
end

-- `from` and `to` are module names.
local function check_arrow(path, number, from, to, floors)
  local here, there = floor_of(from, floors), floor_of(to, floors)
  if not here or not there then
    report("%s:%d: %s has no floor in tools/check_layers.lua", path, number, here and to or from)
  elseif there > here then
    report("%s:%d: arrow upwards, from %s (floor %d) to %s (floor %d)", path, number, from, here,
      to, there)
  end
end

-- Bases of quoted includes: "../core/buf.h" in csrc/bind → "core", "buf".
local function check_include(path, number, line)
  local folder, from = path:match "^csrc/(%w+)/([%w_]+)%.[ch]$"
  if not folder then return end
  local system = line:match '^%s*#%s*include%s*<(.-)>'
  local quoted = line:match '^%s*#%s*include%s*"(.-)"'
  local header = system or quoted
  if not header then return end
  if folder == "core" and LUA_HEADERS[header] then
    report("%s:%d: the core knows no Lua", path, number)
  elseif folder == "bind" and header:find "^curl/" then
    report("%s:%d: the binding knows no libcurl", path, number)
  end
  if not quoted then return end
  local to_folder = quoted:match "(%w+)/[%w_]+%.h$" or folder
  local to = quoted:match "([%w_]+)%.h$"
  if to_folder == folder then
    check_arrow(path, number, from, to, folder == "core" and CORE_FLOORS or BIND_FLOORS)
  elseif folder == "core" then
    report("%s:%d: the core includes nothing from %s", path, number, to_folder)
  end
end

local function check_require(path, number, line)
  local name = path:match "^lua/zendesk/(.*)%.lua$"
  if not name or name:find "^_meta/" or line:find "^%s*%-%-" then return end
  local from = name:gsub("/init$", ""):gsub("/", ".")
  for to in line:gmatch 'require%s*%(?%s*"zendesk%.?([%w_%.]*)"' do
    if to == "" then to = "init" end
    check_arrow(path, number, from, to, LUA_FLOORS)
    if from:find "^cli" and not to:find "^cli" and not PUBLIC[to] then
      report("%s:%d: the command line stands on the public API, not on %s", path, number, to)
    end
  end
end

local function check_lines(path, check)
  local number = 0
  for line in io.lines(path) do
    number = number + 1
    check(path, number, line)
  end
  if number > MAX_FILE_LINES then
    report("%s: %d lines (at most %d)", path, number, MAX_FILE_LINES)
  end
end

-- clang-format puts the brace that ends a function, and only that, alone into the first column.
local function check_c_functions(path)
  local start, number = nil, 0
  for line in io.lines(path) do
    number = number + 1
    if line:find "^[%a_].*%(" and not line:find ";%s*$" then start = start or number end
    if line == "}" and start then
      if number - start + 1 > MAX_FUNCTION_LINES then
        report("%s:%d: a function of %d lines (at most %d)", path, start, number - start + 1,
          MAX_FUNCTION_LINES)
      end
      start = nil
    elseif line:find "^};" or line:find ";%s*$" and line:find "^[%a_]" then
      start = nil
    end
  end
end

local function check_lua_functions(path)
  local listing = assert(io.popen(("luac5.4 -l -p '%s' 2>&1"):format(path)))
  for line in listing:lines() do
    local first, last = line:match "^function <.*:(%d+),(%d+)>"
    if first and last - first + 1 > MAX_FUNCTION_LINES then
      report("%s:%s: a function of %d lines (at most %d)", path, first, last - first + 1,
        MAX_FUNCTION_LINES)
    end
  end
  listing:close()
end

-- The amalgamation that static hosts and the rock build holds every file.
local function check_amalgamation()
  local included = {}
  for line in io.lines "csrc/onezd.c" do
    local path = line:match '^#include "(.-)"'
    if path then included["csrc/" .. path] = true end
  end
  for _, path in ipairs(list_files "find csrc/core csrc/bind -name '*.c'") do
    if not included[path] then report("csrc/onezd.c: %s is missing", path) end
  end
end

check_amalgamation()
for _, path in ipairs(list_files "find csrc -name '*.[ch]'") do
  check_lines(path, check_include)
  check_c_functions(path)
end
for _, path in ipairs(list_files "find lua -name '*.lua'") do
  check_lines(path, check_require)
  check_lua_functions(path)
end
local others = "find spec examples tools bench -name node_modules -prune -o -type f "
  .. [[\( -name '*.lua' -o -name '*.c' -o -name '*.h' \) -print]]
for _, path in ipairs(list_files(others)) do
  check_lines(path, function() end)
end

os.exit(findings == 0)
