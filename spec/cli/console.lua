-- console: the command line as a person or a program meets it, for the specs of this folder: run to
-- its end with pipes, or typed on a terminal that tmux provides.

local busted = require "busted"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local socket = require "socket"

local console = {}

local ACCOUNT = {
  "ZENDESK_SUBDOMAIN", "ZENDESK_BASE_URL", "ZENDESK_EMAIL", "ZENDESK_API_TOKEN",
  "ZENDESK_OAUTH_TOKEN", "ZENDESK_OAUTH_CLIENT_ID", "ZENDESK_OAUTH_CLIENT_SECRET",
  "ZENDESK_PROFILE", "ZENDESK_CA_FILE", "ZENDESK_DEBUG", "NO_COLOR", "XDG_CONFIG_HOME",
}

---The environment of a command: this tree's modules, a home of its own, no account but the one of
---`more`.
---@param home string
---@param more table|nil
---@return table
function console.environment(home, more)
  local env = process.lua_environment {
    HOME = home, PATH = paths.root .. "/bin:" .. os.getenv "PATH", LC_ALL = "C.UTF-8",
  }
  for _, name in ipairs(ACCOUNT) do env[name] = false end
  for name, value in pairs(more or {}) do env[name] = value end
  return env
end

---What gives a command the admin of a sandbox.
---@param box zendesk.sandbox.Box
---@return table
function console.admin(box)
  return {
    ZENDESK_BASE_URL = box.base_url, ZENDESK_EMAIL = box.email,
    ZENDESK_API_TOKEN = box.api_token,
  }
end

---Runs a command with pipes.
---@param words string[] behind `zendesk`
---@param options { env: table, stdin: string?, cwd: string? }
---@return { status: integer, stdout: string, stderr: string }
function console.run(words, options)
  local argv = { "lua5.4", paths.root .. "/bin/zendesk" }
  table.move(words, 1, #words, 3, argv)
  return process.run(argv, options)
end

---For a block of specs in pipes: a sandbox, which begins each spec afresh, and a home for all.
---@return { box: zendesk.sandbox.Box, home: string } fields are there while specs run
---@return fun(words: string[], options: { env: table?, stdin: string? }?): table zendesk runs a
---command as the sandbox's admin, or with another account
function console.session()
  local its, remove = { box = nil, home = nil }, nil
  busted.setup(function()
    its.box = assert(sandbox.start())
    its.home, remove = process.temporary_directory()
  end)
  busted.teardown(function()
    its.box:stop()
    remove()
  end)
  busted.before_each(function()
    its.box:reset()
    its.box:clear_requests()
  end)
  return its, function(words, options)
    options = options or {}
    local env = console.environment(its.home, options.env or console.admin(its.box))
    return console.run(words, { env = env, stdin = options.stdin, cwd = its.home })
  end
end

-- Wide and long enough that nothing is wrapped or scrolled away.
local COLUMNS, LINES = 240, 400
local PATIENCE = 60

---@class Terminal
local Terminal = {}
Terminal.__index = Terminal

-- Asks the server of the terminal. A plain pipe, since the screen is looked at many times.
local function tmux(self, ...)
  local words = { "exec tmux -u -S", process.quote(self._socket) }
  for _, word in ipairs { ... } do words[#words + 1] = process.quote(word) end
  local pipe = assert(io.popen(table.concat(words, " ") .. " 2>&1"))
  local text = pipe:read "a"
  pipe:close()
  return text
end

---A terminal, in which one command after the other can be typed.
---@param env table
---@param cwd string a folder of its own: the terminal's sockets are in it
---@return Terminal
function console.terminal(env, cwd)
  return setmetatable({ _env = env, _cwd = cwd, _socket = cwd .. "/tmux0", _count = 0 }, Terminal)
end

---Begins a command. What it prints is followed by a line with its exit status.
---@param command string
function Terminal:start(command)
  self:close()
  self._count = self._count + 1
  self._socket = ("%s/tmux%d"):format(self._cwd, self._count) -- the old server may still be ending
  -- Ctrl-C is for the command; this shell goes on and tells how it ended.
  local shown = ("trap : INT; { %s\n}; printf '\\n[exit %%d]\\n' $?; exec sleep 600")
    :format(command)
  local result = process.run({
    "tmux", "-u", "-S", self._socket, "-f", "/dev/null", "new-session", "-d", "-x",
    tostring(COLUMNS), "-y", tostring(LINES), "sh", "-c", shown,
  }, { env = self._env, cwd = self._cwd })
  if result.status ~= 0 then error("tmux: " .. result.stderr, 2) end
end

---What is on the screen.
---@param with_colours boolean|nil with the sequences that make them
---@return string
function Terminal:screen(with_colours)
  local text = tmux(self, "capture-pane", "-p", with_colours and "-Je" or "-J")
  return (text:gsub(" +\n", "\n"):gsub("%s+$", ""))
end

---Waits until a function gives something that is true.
---@param look fun(): any
---@return any
function console.wait_until(look)
  local give_up = socket.gettime() + PATIENCE
  repeat
    local seen = look()
    if seen then return seen end
    socket.sleep(0.05)
  until socket.gettime() > give_up
  return nil
end

---Waits until a text is on the screen.
---@param plain string
---@return string screen
function Terminal:wait_for(plain)
  local seen = console.wait_until(function()
    local screen = self:screen()
    return screen:find(plain, 1, true) and screen
  end)
  return seen or error(("no %q on the screen:\n%s"):format(plain, self:screen()), 2)
end

---Types a line.
---@param text string
function Terminal:type(text)
  tmux(self, "send-keys", "-l", text)
  tmux(self, "send-keys", "Enter")
end

---Presses a key: C-c, Enter.
---@param key string
function Terminal:press(key) tmux(self, "send-keys", key) end

---Waits for the end of the command.
---@return string text what it has printed
---@return integer status
function Terminal:finish()
  local screen = self:wait_for "\n[exit "
  local text, status = screen:match "^(.-)\n*\n%[exit (%d+)%]"
  return text, tonumber(status)
end

---Runs a command to its end. Each answer is typed when its question is on the screen.
---@param command string
---@param answers { [1]: string, [2]: string }[]|nil
---@return string text
---@return integer status
function Terminal:run(command, answers)
  self:start(command)
  for _, answer in ipairs(answers or {}) do
    self:wait_for(answer[1])
    self:type(answer[2])
  end
  return self:finish()
end

---Ends the terminal and what runs in it.
function Terminal:close() tmux(self, "kill-server") end

Terminal.__close = Terminal.close

return console
