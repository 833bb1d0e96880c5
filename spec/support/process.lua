-- Runs other programs for specs: a Lua script in its own interpreter, a command to its end, a
-- server in the background. Nothing started here outlives its test: each has a time limit and a
-- stop.
local paths = require "spec.support.paths"
local socket = require "socket"

local process = {}

--- Quotes one word for the shell.
function process.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

local quote = process.quote

local function quoted(words)
  local list = {}
  for index, word in ipairs(words) do list[index] = quote(word) end
  return table.concat(list, " ")
end

--- A fresh directory. `remove()` deletes it with all that is in it.
function process.temporary_directory()
  local pipe = assert(io.popen("mktemp -d", "r"))
  local path = pipe:read "l"
  pipe:close()
  assert(path and #path > 4, "mktemp gave no directory")
  return path, function() os.execute("rm -rf " .. quote(path)) end
end

function process.read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local content = file:read "a"
  file:close()
  return content
end

function process.write_file(path, content)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
end

-- Children keep the environment of the run: the coverage, sanitizer and path variables. A value of
-- false removes a variable. A preloaded sanitizer is for the C module, hence for Lua alone: it
-- hangs some programs (curl).
local function environment_prefix(argv, env)
  local removed, set = { "env" }, {}
  if argv[1] ~= "lua5.4" then table.move({ "-u", "LD_PRELOAD" }, 1, 2, 2, removed) end
  for name, value in pairs(env or {}) do
    if value == false then
      table.move({ "-u", name }, 1, 2, #removed + 1, removed)
    else
      set[#set + 1] = name .. "=" .. value
    end
  end
  return quoted(removed) .. " " .. quoted(set)
end

--- Runs a command to its end.
---@param argv string[]
---@param options? { env?: table, stdin?: string, timeout?: number, cwd?: string }
---@return { status: integer, stdout: string, stderr: string }
function process.run(argv, options)
  options = options or {}
  local directory, remove = process.temporary_directory()
  process.write_file(directory .. "/in", options.stdin or "")
  local command = ("cd %s && %s timeout -k 5 %d %s <%s >%s 2>%s"):format(
    quote(options.cwd or paths.root), environment_prefix(argv, options.env),
    math.ceil(options.timeout or 60), quoted(argv),
    quote(directory .. "/in"), quote(directory .. "/out"), quote(directory .. "/err"))
  local _, how, code = os.execute(command)
  local result = {
    status = how == "exit" and code or 128 + code,
    stdout = process.read_file(directory .. "/out"),
    stderr = process.read_file(directory .. "/err"),
  }
  remove()
  return result
end

--- The variables that let a child find the modules of this tree.
function process.lua_environment(extra)
  local env = { LUA_PATH = paths.lua_path, LUA_CPATH = paths.lua_cpath }
  -- LUA_PATH_5_4 would win over LUA_PATH.
  env.LUA_PATH_5_4, env.LUA_CPATH_5_4 = false, false
  for name, value in pairs(extra or {}) do env[name] = value end
  return env
end

--- Runs Lua source text in its own interpreter; `...` in it is options.args.
---@param source string
---@param options? { env?: table, stdin?: string, timeout?: number, cwd?: string, args?: string[] }
function process.run_lua(source, options)
  options = options or {}
  local directory, remove = process.temporary_directory()
  local script = directory .. "/script.lua"
  process.write_file(script, source)
  local result = process.run_lua_file(script, options)
  remove()
  return result
end

--- The same for a script file.
function process.run_lua_file(script, options)
  options = options or {}
  return process.run({ "lua5.4", script, table.unpack(options.args or {}) }, {
    env = process.lua_environment(options.env),
    stdin = options.stdin,
    timeout = options.timeout,
    cwd = options.cwd,
  })
end

--- Runs a target of this tree's Makefile on the build in use, or on `options.build` below it.
--- BUILD stays as it was given: make takes no path with spaces, and the checkout's may have some.
---@param target string
---@param options? { build?: string, variables?: string[], timeout?: number }
function process.make(target, options)
  options = options or {}
  local build = (os.getenv "ZENDESK_BUILD" or "build") .. (options.build or "")
  local argv = { "make", "--no-print-directory", "BUILD=" .. build }
  table.move(options.variables or {}, 1, #(options.variables or {}), #argv + 1, argv)
  argv[#argv + 1] = target
  -- A make that runs the specs must not lend its options to the one that they run.
  local env = { MAKEFLAGS = false, MFLAGS = false, MAKELEVEL = false }
  return process.run(argv, { timeout = options.timeout or 400, env = env })
end

local background = {}
background.__index = background

--- Starts a command in the background. Its standard input is a pipe from this process, so that a
--- child that watches it ends with us. `wait_for(pattern)` waits for a match in what it printed.
---@param argv string[]
---@param options? { env?: table, timeout?: number, cwd?: string }
function process.start(argv, options)
  options = options or {}
  local directory, remove = process.temporary_directory()
  local inner = ("echo $$ >%s; exec %s timeout -k 5 %d %s"):format(
    quote(directory .. "/pid"), environment_prefix(argv, options.env),
    math.ceil(options.timeout or 300), quoted(argv))
  local command = ("cd %s && sh -c %s >%s 2>%s"):format(
    quote(options.cwd or paths.root), quote(inner), quote(directory .. "/out"),
    quote(directory .. "/err"))
  return setmetatable({
    directory = directory,
    _remove = remove,
    _stdin = assert(io.popen(command, "w")),
  }, background)
end

function background:output() return process.read_file(self.directory .. "/out") or "" end
function background:errors() return process.read_file(self.directory .. "/err") or "" end

--- Writes to the child's standard input.
function background:write(text)
  self._stdin:write(text)
  self._stdin:flush()
end

--- Waits until the output matches; returns the captures. Fails the test after `seconds` (30).
function background:wait_for(pattern, seconds)
  local give_up = socket.gettime() + (seconds or 30)
  repeat
    local output = self:output()
    if output:find(pattern) then return output:match(pattern) end
    socket.sleep(0.01)
  until socket.gettime() > give_up
  error(("no %q in the output:\n%s\nerrors:\n%s"):format(pattern, self:output(), self:errors()), 2)
end

--- Sends a signal to the child ("TERM", "KILL", "INT", …).
function background:signal(name)
  local pid = process.read_file(self.directory .. "/pid")
  if pid then os.execute(("kill -%s %d 2>/dev/null"):format(name, tonumber(pid))) end
end

--- Ends the child and forgets its files. Idempotent. Returns its exit status as a shell counts.
function background:stop()
  if not self._stdin then return self.status end
  self:signal "TERM"
  local _, how, code = self._stdin:close()
  self.status = how == "exit" and code or 128 + (code or 0)
  self._stdin = nil
  self._remove()
  return self.status
end

background.__close = background.stop
background.__gc = background.stop

return process
