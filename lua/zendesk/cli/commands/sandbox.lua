-- sandbox: a Zendesk on loopback, for trying and testing.

local failure = require "zendesk.cli.failure"
local shared = require "zendesk.cli.parser".shared
local terminal = require "zendesk.cli.terminal"
local zendesk = require "zendesk"

local sandbox = {}

local function port(text)
  local number = shared.digits(text)
  if number and number <= 65535 then return number end
  return nil, ("'%s' is no number of a port: 0 to 65535 are"):format(text)
end

function sandbox.define(root)
  local command = root:command("sandbox",
    "Run a Zendesk on loopback; with a command: run that in one and end it.")
  command:option "--port" :argname "PORT" :convert(port)
    :description "8484; with a command any free one."
  command:argument("command", "For example: sandbox -- zendesk whoami"):args "*"
end

local CREDENTIALS = {
  "ZENDESK_SUBDOMAIN", "ZENDESK_PROFILE", "ZENDESK_OAUTH_TOKEN", "ZENDESK_OAUTH_CLIENT_ID",
  "ZENDESK_OAUTH_CLIENT_SECRET",
}

-- The command in the environment of the sandbox, and none of the real account's.
local function command_line(box, words)
  local parts = { "env" }
  for _, name in ipairs(CREDENTIALS) do parts[#parts + 1] = "-u " .. name end
  parts[#parts + 1] = terminal.quote("ZENDESK_BASE_URL=" .. box.base_url)
  parts[#parts + 1] = terminal.quote("ZENDESK_EMAIL=" .. box.email)
  parts[#parts + 1] = terminal.quote("ZENDESK_API_TOKEN=" .. box.api_token)
  for _, word in ipairs(words) do parts[#parts + 1] = terminal.quote(word) end
  return table.concat(parts, " ")
end

-- That a port is taken is raised with the caller's line; a protected call has none.
local function serve(options)
  local ok, message = pcall(zendesk.sandbox.serve, options)
  if not ok then error(message, 0) end
end

function sandbox.run(cli)
  local words = cli.args.command
  if #words == 0 then return serve { port = cli.args.port } end
  local box <close>, err = zendesk.sandbox.start { port = cli.args.port }
  if not box then failure.raise("failed", err.message) end
  local _, how, code = os.execute(command_line(box, words))
  return how == "exit" and code or 128 + code
end

return sandbox
