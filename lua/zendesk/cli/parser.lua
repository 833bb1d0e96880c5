-- parser: the command line as argparse sees it. Each group of commands adds its own.

local argparse = require "argparse"
local failure = require "zendesk.cli.failure"

local parser = {}

-- In the order of the help.
local GROUPS = {
  "login", "logout", "whoami", "doctor", "request", "download", "clients", "tokens", "sandbox",
  "completion",
}

local DESCRIPTION = "Zendesk from the command line: logins, any API call, OAuth clients and tokens."

-- argparse wraps paragraphs, each of which has to be one line.
local EPILOG = ([[
Credentials come from --profile or ZENDESK_PROFILE, else from the environment (ZENDESK_SUBDOMAIN
with ZENDESK_OAUTH_TOKEN, or ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET, or
ZENDESK_EMAIL and ZENDESK_API_TOKEN), else from the profile "default", which `zendesk login` makes.

Exit status: 0 done; 1 failed, or something was found; 2 usage; 3 credential; 4 not found; 5 rate
limit; 6 not reachable, try later; 7 may have been carried out, look first; 130 interrupted; 141
nobody reads the output any more.]])
  :gsub("([^\n])\n([^\n])", "%1 %2")

-- All that was asked for; that it could be written is not taken for granted.
local function finish(text)
  local ok, message = io.stdout:write(text, "\n")
  if ok then ok, message = io.stdout:flush() end
  if not ok then failure.output(message) end
  os.exit(0, true)
end

local function print_version() finish("zendesk " .. require "zendesk"._VERSION) end

local function print_help_of(command)
  command._options[command._help_option_idx]:action(function() finish(command:get_help()) end)
  for _, each in ipairs(command._commands) do print_help_of(each) end
end

local function add_globals(root)
  root:option "--profile" :argname "NAME" :description "Use this profile."
  root:option "--output" :argname "FORMAT" :default "auto" :choices { "auto", "json", "table" }
    :description "json, table, or auto: table on a terminal, else json."
  root:flag "--json" :description "The same as --output=json."
  root:flag "-q --quiet" :description "No warnings, notes and progress."
  root:flag "-V --version" :description "Print the version." :action(print_version)
end

---The parser, with every command.
---@return table argparse's
function parser.new()
  local root = argparse("zendesk", DESCRIPTION, EPILOG)
    :command_target "group" :require_command(false) :help_max_width(80)
  add_globals(root)
  for _, name in ipairs(GROUPS) do
    require("zendesk.cli.commands." .. name).define(root)
  end
  print_help_of(root)
  function root.error(at, message) failure.usage(message, at:get_usage()) end
  return root
end

---@param arguments string[]
---@return table given
function parser.parse(arguments)
  local root = parser.new()
  local given = root:parse(arguments)
  if not given.group then finish(root:get_help()) end
  if given.json then given.output = "json" end
  return given
end

---The function of a command.
---@param given table
---@return fun(cli: zendesk.cli.Context): integer|nil
function parser.command(given)
  local group = require("zendesk.cli.commands." .. given.group)
  return group[given.action or "run"]
end

---Options that several commands have.
parser.shared = {}

---@param command table argparse's
function parser.shared.dry_run(command)
  return command:flag "-n --dry-run" :description "Say what would be done, and do nothing."
end

---@param command table argparse's
function parser.shared.yes(command)
  return command:flag "-y --yes" :description "Do not ask."
end

---@param command table argparse's
---@param shown string|nil what --show-secret does, where it is not the usual thing
function parser.shared.secret_out(command, shown)
  command:option "--out" :argname "FILE"
    :description "Write the secret to this new file, for its owner alone."
  command:flag "--show-secret"
    :description(shown or "Print the secret where the output is no terminal.")
end

local SECONDS = { [""] = 1, s = 1, m = 60, h = 3600, d = 86400, w = 604800 }

---Reads a length of time: 90d, 12h, 30m, 45s, or seconds.
---@param text string
---@return integer|nil seconds
---@return string|nil message
function parser.shared.duration(text)
  local digits, unit = text:match "^(%d+)([smhdw]?)$"
  if digits and #digits < 10 then return math.tointeger(tonumber(digits)) * SECONDS[unit] end
  return nil, ("'%s' is no length of time: 90d, 12h, 30m or 45s is one"):format(text)
end

---Reads digits, as far as 64 bits hold them.
---@param text string
---@return integer|nil
function parser.shared.digits(text)
  return text:find "^%d+$" and math.tointeger(tonumber(text)) or nil
end

---Reads a whole number above 0.
---@param text string
---@return integer|nil
---@return string|nil message
function parser.shared.count(text)
  local number = parser.shared.digits(text)
  if number and number > 0 then return number end
  return nil, ("'%s' is no number above 0"):format(text)
end

return parser
