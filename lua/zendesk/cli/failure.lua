-- failure: how a command ends that did not work: one line for a person or one JSON object for a
-- program on standard error, and an exit status that says what kind of failure it was.

local terminal = require "zendesk.cli.terminal"

local failure = {}

---What the exit statuses mean.
failure.STATUS = {
  ok = 0,
  failed = 1,       -- it did not work, or something was found (doctor, tokens audit)
  usage = 2,        -- the command line, or a value of the configuration, cannot be right
  auth = 3,         -- no credential, a refused one, or one that may not do this
  not_found = 4,
  rate_limit = 5,
  unreachable = 6,  -- network, time limits, 5xx: try later
  ambiguous = 7,    -- it may have been carried out: look before doing it again
  interrupted = 130,
  broken_pipe = 141,
}

local STATUS_OF_KIND = {
  config = "usage", encode = "usage", usage = "usage",
  auth = "auth", forbidden = "auth", oauth = "auth", reauthorize = "auth",
  not_found = "not_found", rate_limit = "rate_limit",
  transport = "unreachable", tls = "unreachable", timeout = "unreachable", server = "unreachable",
}

-- Fields of an error that a program can use; `body` may hold anything and stays out.
local SHOWN = {
  "kind", "message", "remedy", "status", "code", "details", "method", "path", "request_id",
  "retry_after", "retryable", "ambiguous", "attempts", "missing_scopes",
}

local Failure = {}
Failure.__index = Failure
Failure.__name = "zendesk.cli.Failure"

function Failure:__tostring()
  local line = "zendesk: " .. self.message
  return self.remedy and line .. "; " .. self.remedy or line
end

---Ends the command.
---@param kind string "usage", "auth", "not_found", "failed"
---@param message string
---@param remedy string|nil what to do now
function failure.raise(kind, message, remedy)
  error(setmetatable({ kind = kind, message = message, remedy = remedy }, Failure), 0)
end

-- Raised by argparse, with the usage of the command that was meant.
---@param message string
---@param usage string
function failure.usage(message, usage)
  error(setmetatable({ kind = "usage", message = message, usage = usage }, Failure), 0)
end

---Ends the command because standard output takes no more.
---@param message string|nil of the system
function failure.output(message)
  local broken = tostring(message):find("Broken pipe", 1, true) ~= nil
  error(setmetatable({
    kind = broken and "broken_pipe" or "failed",
    message = "cannot write the output: " .. tostring(message),
  }, Failure), 0)
end

local function is_failure(value)
  return getmetatable(value) == Failure or type(value) == "table" and type(value.kind) == "string"
end

---A message handler for xpcall: what is no failure of a command is a value that the library
---refuses, Ctrl-C, or a bug.
---@param value any
---@return any
function failure.traced(value)
  if is_failure(value) then return value end
  local text = tostring(value)
  -- The standalone interpreter turns SIGINT into this error.
  if text:find("interrupted!", 1, true) then
    return setmetatable({ kind = "interrupted", message = "interrupted" }, Failure)
  end
  if (os.getenv "ZENDESK_DEBUG" or "") ~= "" then text = debug.traceback(text, 2) end
  local message, refused = text:gsub("^.-zendesk: ", "")
  return setmetatable({ kind = refused > 0 and "usage" or "failed", message = message }, Failure)
end

---The exit status of a failure.
---@param err table
---@return integer
function failure.status_of(err)
  if err.ambiguous then return failure.STATUS.ambiguous end
  return failure.STATUS[STATUS_OF_KIND[err.kind] or err.kind] or failure.STATUS.failed
end

-- A command line that could not be parsed is looked through: what is behind `--` is for somebody
-- else, and behind `request` --json has the body.
local function output_of(arguments)
  local output, is_request = "auto", false
  for place, word in ipairs(arguments) do
    if word == "--" then break end
    if word == "--json" and not is_request then return "json" end
    is_request = is_request or word == "request"
    if word == "--output" then word = "--output=" .. (arguments[place + 1] or "") end
    output = word:match "^%-%-output=(.*)" or output
  end
  return output
end

local function wants_json(given, arguments)
  local output = given and given.output or output_of(arguments)
  if output == "json" or output == "table" then return output == "json" end
  return not terminal.is(1) and not terminal.is(2)
end

local function as_json(err, status)
  local encode = require "zendesk".json.encode
  local shown = { exit_status = status }
  for _, name in ipairs(SHOWN) do shown[name] = err[name] end
  return encode(terminal.valid { error = shown })
    or encode { error = { exit_status = status, kind = terminal.valid(err.kind) } }
end

---Says what went wrong.
---@param err table
---@param given table|nil the parsed command line, where it could be parsed
---@param arguments string[] the command line
---@return integer status
function failure.report(err, given, arguments)
  local status = failure.status_of(err)
  if status == failure.STATUS.broken_pipe then return status end
  if status == failure.STATUS.interrupted then
    if terminal.is(2) then io.stderr:write "\n" end
    return status
  end
  if wants_json(given, arguments) then
    io.stderr:write(as_json(err, status), "\n")
  else
    if err.usage then io.stderr:write(err.usage, "\n\n") end
    io.stderr:write(terminal.paint(2, "red", terminal.clean(tostring(err))), "\n")
  end
  return status
end

return failure
