-- docs/cli.md is typed into a terminal from its first line to its last, in a sandbox, and what
-- comes out is compared with what the page shows. `…` on the page stands for any text of a line, a
-- line of it alone for any lines; the ports of the sandbox and of the login are as on the page.

local blocks = require "tools.readme_blocks"
local console = require "spec.cli.console"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local socket = require "socket"

local PAGE = "docs/cli.md"
local SANDBOX_PORT, LOGIN_PORT = "8484", "8765"

local function free_port()
  local probe = assert(socket.bind("127.0.0.1", 0))
  local _, port = probe:getsockname()
  probe:close()
  return tostring(port)
end

-- What the page takes for granted: a ticket that is there, and a token of long ago.
local SEED = {
  tickets = { { subject = "My printer is on fire" } },
  clients = { { id = 223443, identifier = "old_export", name = "Old export", kind = "public" } },
  tokens = { {
    id = 1234, client_id = 223443, scopes = { "read" }, created_at = "2024-01-15T08:00:00Z",
    used_at = "2025-03-31T08:00:00Z",
  } },
}

-- The commands of a block, each with the lines that follow it.
local function commands_of(block)
  local list = {}
  for line in block.text:gmatch "([^\n]*)\n" do
    local command = line:match "^%$ (.*)$"
    if command then
      list[#list + 1] = { command = command, lines = {} }
    else
      table.insert(list[#list].lines, line)
    end
  end
  return list
end

local function pattern_of(lines)
  local text = table.concat(lines, "\n"):gsub("%p", "%%%0")
  text = ("\n" .. text .. "\n"):gsub("\n…\n", "\n.-\n"):gsub("…", "[^\n]+")
  return "^" .. text .. "$"
end

local function matches(lines, actual)
  return ("\n" .. actual .. "\n"):find(pattern_of(lines)) ~= nil
end

describe("#pty #slow the commands of " .. PAGE, function()
  local box, home, remove, terminal, login_port

  setup(function()
    box = assert(sandbox.start { seed = SEED, switches = { consent = "allow" } })
    home, remove = process.temporary_directory()
    login_port = free_port()
    local env = console.admin(box)
    env.BROWSER = "curl --silent --location --output /dev/null" -- a person who says yes
    terminal = console.terminal(console.environment(home, env), home)
  end)

  teardown(function()
    terminal:close()
    box:stop()
    remove()
  end)

  -- What a person does while a command runs, by how the command ends.
  local function answers_to(command)
    if command:find "^zendesk clients delete mistake$" then return { { "[y/N]", "n" } } end
    if command:find "^zendesk clients rotate" then return { { "[y/N]", "y" } } end
    if command:find "tokens prune %-%-unused%-for 90d$" then return { { "[y/N]", "y" } } end
    if command:find "%-%-client%-credentials$" then
      return { { "Secret of", process.read_file(home .. "/nightly.new"):match "%x+" } }
    end
    if command:find "^zendesk sandbox %-%-port" then return { { "Control from", "\3" } } end
    return {}
  end

  local function play(command)
    local text = terminal:run((command:gsub(LOGIN_PORT, login_port)), answers_to(command))
    return (text:gsub(":" .. box.port, ":" .. SANDBOX_PORT):gsub(login_port, LOGIN_PORT))
  end

  for _, block in ipairs(blocks.read(PAGE)) do
    if block.language == "console" then
      it(("do at line %d what it shows"):format(block.line), function()
        for _, step in ipairs(commands_of(block)) do
          local actual = play(step.command)
          if not matches(step.lines, actual) then
            assert.equal(table.concat(step.lines, "\n"), actual)
          end
        end
      end)
    end
  end
end)
