-- A Zendesk on loopback, for trying and testing without an account. It is a server of its own that
-- keeps OAuth clients, tokens, users and tickets, checks credentials and scopes as Zendesk does,
-- and can be told to fail, to wait and to move its clock.
--
--   local box <close> = assert(require("zendesk.sandbox").start())
--   local zd = zendesk.new {
--     base_url = box.base_url, email = box.email, api_token = box.api_token,
--   }

local box = require "zendesk.sandbox.box"
local clock = require "zendesk.sandbox.clock"
local process = require "zendesk.sandbox.process"
local random = require "zendesk.sandbox.random"
local service = require "zendesk.sandbox.service"

local EMAIL, API_TOKEN = "admin@example.com", "test-api-token"

local OPTIONS = {
  port = "number", clock = "number", email = "string", api_token = "string", switches = "table",
  seed = "table", lua = "string", key = "string",
}

local ATTACHED = { port = "number", key = "string", email = "string", api_token = "string" }

---@class zendesk.sandbox.Options
---@field port? integer 0, the default of `start`, takes a free one; `serve` takes 8484
---@field clock? number epoch seconds at which the sandbox's clock starts; the real time by default
---@field email? string of the account's admin, "admin@example.com"
---@field api_token? string of the account, "test-api-token"
---@field switches? table<string, any> as for `box:set`
---@field seed? table as for `box:seed`
---@field lua? string the interpreter to run; the one that runs this script by default
---@field key? string the control key; random by default

-- What a range says: option → predicate and words.
local RANGES = {
  port = {
    function(port) return math.tointeger(port) and port >= 0 and port <= 65535 end,
    "an integer from 0 to 65535",
  },
  clock = {
    function(start) return start >= 0 and clock.is_second(start) end, "seconds since 1970",
  },
  key = { function(key) return key:find "^[%w_-]+$" end, "letters, digits, _ and -" },
}

local function check(options, known)
  if options == nil then options = {} end
  if type(options) ~= "table" then
    error(("options must be a table, not a %s"):format(type(options)), 3)
  end
  local copy = {}
  for name, value in next, options do
    local wanted = known[name]
    if not wanted then
      error(('unknown option "%s"'):format(tostring(name):gsub("%c+", " ")), 3)
    end
    if type(value) ~= wanted then error(("option %s must be a %s"):format(name, wanted), 3) end
    local range = RANGES[name]
    if range and not range[1](value) then
      error(("option %s must be %s"):format(name, range[2]), 3)
    end
    copy[name] = math.type(value) == "float" and math.tointeger(value) or value
  end
  return copy
end

local function complete(settings)
  settings.email = settings.email or EMAIL
  settings.api_token = settings.api_token or API_TOKEN
  settings.key = settings.key or random.hex(32)
  return settings
end

---@class zendesk.sandbox
local sandbox = {}

---Starts a sandbox in a process of its own. It ends with `box:stop()`, with the box, or with this
---process.
---@param options? zendesk.sandbox.Options
---@return zendesk.sandbox.Box|nil box
---@return zendesk.Error|nil err kind "config": a port that is taken, an interpreter that there is
---none of; "timeout", "transport"
function sandbox.start(options)
  local settings = complete(check(options, OPTIONS))
  local pipe, port, misuse = process.start(settings)
  if misuse then error("sandbox: " .. misuse, 2) end
  if not pipe then return nil, port --[[@as zendesk.Error]] end
  return box.new {
    port = port, key = settings.key, email = settings.email, api_token = settings.api_token,
    pipe = pipe,
  }
end

---Controls a sandbox that another process has started.
---@param fields { port: integer, key: string, email?: string, api_token?: string }
---@return zendesk.sandbox.Box
function sandbox.attach(fields)
  fields = check(fields, ATTACHED)
  if not (fields.port and fields.key) then error("attach needs port and key", 2) end
  return box.new {
    port = fields.port, key = fields.key, email = fields.email or EMAIL,
    api_token = fields.api_token or API_TOKEN,
  }
end

local BANNER = [[
A Zendesk is listening on http://127.0.0.1:%d (Ctrl-C ends it)

  export ZENDESK_BASE_URL=http://127.0.0.1:%d
  export ZENDESK_EMAIL=%s
  export ZENDESK_API_TOKEN=%s

  curl -u "$ZENDESK_EMAIL/token:$ZENDESK_API_TOKEN" $ZENDESK_BASE_URL/api/v2/users/me

Control from another Lua: require("zendesk.sandbox").attach { port = %d, key = "%s" }
]]

-- What is not said cannot be used: nobody else knows the port and the key.
local function say(running, settings)
  local ok, message = io.write(BANNER:format(running.port, running.port, settings.email,
    settings.api_token, running.port, settings.key))
  if ok then ok, message = io.flush() end
  if ok then return end
  running:close()
  error("cannot write the output: " .. message, 3)
end

---Runs a sandbox in this process until it is interrupted, and says how to use it.
---@param options? zendesk.sandbox.Options
function sandbox.serve(options)
  local settings = complete(check(options, OPTIONS))
  settings.port = settings.port or 8484
  local running, message = service.new(settings)
  if not running then error(message, 2) end
  say(running, settings)
  service.run(running)
end

return sandbox
