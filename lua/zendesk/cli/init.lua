-- cli: the command line, `zendesk`. It stands on the public API alone: every command in commands/
-- is a few lines over `require "zendesk"`, and what they share is in the files beside this one.

local failure = require "zendesk.cli.failure"
local terminal = require "zendesk.cli.terminal"

local cli = {}

-- A command line without argparse says what to install, and not where Lua has looked for it.
local function has_argparse()
  if pcall(require, "argparse") then return true end
  io.stderr:write("zendesk: the command line needs argparse: luarocks install argparse\n"
    .. "(Debian: apt-get install lua-argparse)\n")
  return false
end

-- What is still in the buffers can fail too: a full disk, a reader that has gone.
local function flush()
  local ok, message = io.stdout:flush()
  if not ok then failure.output(message) end
end

---Runs a command line.
---@param arguments string[] as in the global `arg`
---@return integer status for os.exit; see zendesk.cli.failure
function cli.main(arguments)
  terminal.hold_closed()
  if not has_argparse() then return failure.STATUS.failed end
  local given
  local ok, result = xpcall(function()
    local parser = require "zendesk.cli.parser"
    given = parser.parse(arguments)
    local status = parser.command(given)(require "zendesk.cli.context".new(given))
    flush()
    return status
  end, failure.traced)
  terminal.clear_progress()
  if ok then return result or failure.STATUS.ok end
  return failure.report(result, given, arguments)
end

return cli
