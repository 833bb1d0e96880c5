-- The control object that `sandbox.start` gives: what a test says to the sandbox and asks it. It
-- speaks plain HTTP over LuaSocket, never through the client that is being tested.

local socket = require "socket"
local clock = require "zendesk.sandbox.clock"
local json = require "zendesk.sandbox.json"

local TIMEOUT = 60

---@class zendesk.sandbox.Box
---@field base_url string for `zendesk.new{ base_url = … }`
---@field port integer
---@field email string of the account's admin
---@field api_token string of the account
---@field stopped boolean
---@field key string the control key, for `sandbox.attach` in another process
local Box = {}
Box.__index = Box

---@alias zendesk.sandbox.Kind
---| "clients" | "global_clients" | "tokens" | "api_tokens" | "users" | "tickets" | "lists"

---@class zendesk.sandbox.Seen a request that has arrived
---@field method string
---@field path string
---@field query string raw
---@field headers table<string, string> lower-case names
---@field body string
---@field status? integer nil when the connection was dropped

---@class zendesk.sandbox.Fault
---@field path? string Lua pattern
---@field method? string
---@field times? number how often it happens: 1, beside `every` always; `math.huge` for always
---@field skip? integer lets so many matching requests pass first
---@field every? integer 100 means each hundredth of the matching requests
---@field status? integer the reply's status, 200 to 599; the request is not carried out
---@field headers? table<string, string> added to the reply; "" takes one away
---@field body? string
---@field carry_out? boolean carries the request out although `status` is answered
---@field delay? number seconds until the reply leaves, a day at most
---@field drop? "before"|"after" closes without a reply, before or after carrying the request out
---@field reset? boolean drops with RST instead of FIN
---@field truncate? integer closes after so many bytes of the body

local function read_reply(sock)
  local status_line, reason = sock:receive "*l"
  if not status_line then return nil, reason end
  local status = tonumber(status_line:match "^HTTP/1%.1 (%d+)")
  local length = 0
  while true do
    local line, broken = sock:receive "*l"
    if not line then return nil, broken end
    if line == "" then break end
    length = tonumber(line:lower():match "^content%-length: (%d+)") or length
  end
  if length == 0 then return status, "" end
  local body, broken = sock:receive(length)
  if not body then return nil, broken end
  return status, body
end

local function send(self, bytes)
  if not self._socket then
    local sock, message = socket.connect("127.0.0.1", self.port)
    if not sock then return nil, message end
    sock:settimeout(TIMEOUT)
    sock:setoption("tcp-nodelay", true)
    self._socket = sock
  end
  local ok, message = self._socket:send(bytes)
  if not ok then return nil, message end
  return read_reply(self._socket)
end

local function request_bytes(self, verb, body)
  return table.concat({
    "POST /__sandbox/" .. verb .. " HTTP/1.1", "Host: 127.0.0.1", "X-Sandbox-Key: " .. self.key,
    "Content-Type: application/json", "Content-Length: " .. #body, "", body,
  }, "\r\n")
end

-- Raises at the line of whoever called the method that calls a function that calls this.
local function check_self(self, verb)
  if getmetatable(self) ~= Box then error(("call it with a colon: box:%s(…)"):format(verb), 4) end
end

-- One control call; raises where the sandbox refuses, at the line of the test.
local function call(self, verb, arguments)
  check_self(self, verb)
  if self.stopped then error("the sandbox has been stopped", 3) end
  local body, problem = json.try_encode(arguments or {})
  if not body then error("sandbox: " .. problem, 3) end
  local status, text = send(self, request_bytes(self, verb, body))
  if not status then
    if self._socket then self._socket:close() end
    self._socket = false
    error("the sandbox does not answer: " .. tostring(text), 3)
  end
  local value = json.decode(text)
  if status == 200 then return value end
  error("sandbox: " .. (type(value) == "table" and tostring(value.error) or text), 3)
end

local function expect(self, verb, name, value, wanted)
  check_self(self, verb)
  if type(value) ~= wanted then
    error(("%s must be a %s, not a %s"):format(name, wanted, type(value)), 3)
  end
end

---The requests that the sandbox has seen, in order, newest last (the last 10,000).
---@return zendesk.sandbox.Seen[]
function Box:requests()
  local list = call(self, "requests").requests
  for _, entry in ipairs(list) do
    if entry.status == json.null then entry.status = nil end
  end
  return setmetatable(list, nil)
end

---Forgets the requests seen so far.
function Box:clear_requests()
  call(self, "clear_requests")
end

---Counters since the start: `requests`, `tokens_issued`, `refreshes`, `grants`, `statuses`, ….
---@return table
function Box:stats()
  return call(self, "stats").stats
end

---Orders a failure. What `path` and `method` leave out matches everything.
---@param rule zendesk.sandbox.Fault
function Box:fail(rule)
  expect(self, "fail", "the fault", rule, "table")
  local copy = {}
  for name, value in next, rule do copy[name] = value end
  if copy.times == math.huge then copy.times = -1 end
  call(self, "fail", copy)
end

---Takes back what `fail` has ordered.
function Box:clear_faults()
  call(self, "clear_faults")
end

---Moves the sandbox's clock, forward or (with a negative number) back.
---@param seconds number
---@return number now epoch seconds by the sandbox's clock
function Box:advance(seconds)
  expect(self, "advance", "seconds", seconds, "number")
  if not clock.is_second(seconds) then error("seconds must be less than 8,000 years", 2) end
  return call(self, "advance", { seconds = seconds }).now
end

---Sets a switch; docs/testing-with-the-sandbox.md has the table of them.
---@param switch string
---@param value any
function Box:set(switch, value)
  expect(self, "set", "the switch", switch, "string")
  call(self, "set", { switch = switch, value = value })
end

---Adds records: for each kind a number, or an array of records with the fields to set. Gives back
---what was made, with secrets and tokens in full; for a number the first and last id.
---@param what table<zendesk.sandbox.Kind, integer|table[]|table<string, any>>
---@return table
function Box:seed(what)
  expect(self, "seed", "the seed", what, "table")
  local made = call(self, "seed", what) -- no tail call: an error names the line of the test
  return made
end

---Puts everything back to how it was at the start.
function Box:reset()
  call(self, "reset")
end

---Ends the sandbox and waits for its process. May be called twice.
function Box:stop()
  if getmetatable(self) ~= Box then error("call it with a colon: box:stop(…)", 2) end
  if self.stopped then return end
  self.stopped = true
  -- Told to end rather than left to notice: a process in the background of this one may hold a copy
  -- of the pipe, and closing ours would wait for it.
  if self._pipe then pcall(send, self, request_bytes(self, "stop", "{}")) end
  if self._socket then self._socket:close() end
  -- When the Lua state closes, the pipe's own finaliser may have run first.
  if io.type(self._pipe) == "file" then self._pipe:close() end
end

Box.__close = Box.stop
Box.__gc = Box.stop

function Box:__tostring()
  return "zendesk.sandbox " .. self.base_url .. (self.stopped and " (stopped)" or "")
end

local box = {}

---@param fields { port: integer, key: string, email: string, api_token: string, pipe?: file* }
---@return zendesk.sandbox.Box
function box.new(fields)
  return setmetatable({
    base_url = "http://127.0.0.1:" .. fields.port,
    port = fields.port,
    key = fields.key,
    email = fields.email,
    api_token = fields.api_token,
    stopped = false,
    _pipe = fields.pipe,
    _socket = false,
  }, Box)
end

return box
