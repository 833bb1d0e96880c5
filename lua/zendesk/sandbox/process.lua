-- Starts the server as a process of its own and makes sure that it ends with this one. The child's
-- standard input is a pipe from here: it carries the configuration as one line, and its end, for
-- whatever reason, ends the child. Closing the pipe (pclose) also waits for the child, so no zombie
-- is left. The child reports its port by calling back to a listener on loopback.

local socket = require "socket"
local errors = require "zendesk.errors"
local json = require "zendesk.sandbox.json"

local START_TIMEOUT = 20
local PATIENCE = 0.2

local process = {}

---The interpreter that runs this script: the lowest index of `arg`, else Debian's name for it.
---@param arguments? table
---@return string
function process.interpreter(arguments)
  local index = 0
  while arguments and arguments[index - 1] do index = index - 1 end
  return index < 0 and arguments[index] or "lua5.4"
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function command_line(lua)
  local chunk = ("package.path=%q package.cpath=%q require('zendesk.sandbox.child')")
    :format(package.path, package.cpath)
  return ("exec %s -e %s >/dev/null"):format(quote(lua), quote(chunk))
end

-- A byte into the pipe fails once nobody is at its other end (LuaSocket has SIGPIPE ignored).
local function is_alive(pipe)
  return pipe:write "\n" and pipe:flush()
end

-- The report of a caller, if it knows the key.
local function read_report(caller, key)
  caller:settimeout(1)
  local line = caller:receive "*l"
  caller:close()
  local report = line and json.decode(line)
  return type(report) == "table" and report.key == key and report or nil
end

-- Waits for the call of the child; strangers that do not know the key are turned away.
local function await_report(listener, pipe, key)
  local deadline = socket.gettime() + START_TIMEOUT
  listener:settimeout(PATIENCE)
  while socket.gettime() < deadline do
    local caller = listener:accept()
    local report = caller and read_report(caller, key)
    if report then return report end
    if not is_alive(pipe) then return { ended = true } end
  end
  return {}
end

-- The error of a child that has not reported a port.
local function failure_of(report, lua)
  local kind, option, why = "timeout", nil, "no sign of life; see standard error"
  if report.error then
    kind, option, why = "config", "port", report.error
  elseif report.ended then
    kind, option, why = "config", "lua", "it has ended; see standard error"
  end
  return errors.new(kind, ("the sandbox did not start with %s: %s"):format(lua, why), {
    option = option,
  })
end

local function launch(lua, listener, options)
  local _, home = listener:getsockname()
  local settings, problem = json.try_encode {
    home = math.tointeger(tonumber(home)), options = options,
  }
  if not settings then return nil, nil, problem end
  local pipe, reason = io.popen(command_line(lua), "w")
  if not pipe then
    return nil, errors.new("config", "cannot start " .. lua .. ": " .. tostring(reason), {
      option = "lua",
    })
  end
  pipe:write(settings, "\n")
  pipe:flush()
  local report = await_report(listener, pipe, options.key)
  if report.port then return pipe, report.port end
  pipe:close()
  if report.misuse then return nil, nil, report.error end
  return nil, failure_of(report, lua)
end

---Starts a child.
---@param options table options of the server, with its `key`
---@return file*|nil pipe close it to end the child
---@return integer|zendesk.Error|nil port or what went wrong
---@return string|nil misuse what is wrong with the options
function process.start(options)
  local lua = options.lua or process.interpreter(rawget(_G, "arg"))
  local listener, message = socket.bind("127.0.0.1", 0)
  if not listener then
    return nil, errors.new("transport", "cannot listen on 127.0.0.1: " .. tostring(message))
  end
  local pipe, port, misuse = launch(lua, listener, options)
  listener:close()
  return pipe, port, misuse
end

return process
