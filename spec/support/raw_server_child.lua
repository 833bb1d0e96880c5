-- The process behind raw_server.lua: `lua5.4 raw_server_child.lua DIRECTORY PORT`. Reads the script
-- from DIRECTORY, prints its port, logs what it sees into DIRECTORY, ends when its standard input
-- does. One coroutine per connection; a step waits by yielding a socket or a time.

local socket = require "socket"

local directory, port = arg[1], arg[2]
local script = assert(loadfile(directory .. "/script", "t", {}))()
local standard_input = { getfd = function() return 0 end, dirty = function() return false end }

local function append(name, text)
  local file = assert(io.open(directory .. "/" .. name, "ab"))
  file:write(text)
  file:close()
end

-- A connection's received bytes that no step has taken yet are kept in `pending`.
local function receive_more(connection)
  while true do
    local data, message, partial = connection.socket:receive(65536)
    data = data or partial
    if data and #data > 0 then
      connection.pending = connection.pending .. data
      return true
    end
    if message ~= "timeout" then return false end
    coroutine.yield { read = connection.socket }
  end
end

local function take(connection, size)
  while #connection.pending < size do
    if not receive_more(connection) then return nil end
  end
  local bytes = connection.pending:sub(1, size)
  connection.pending = connection.pending:sub(size + 1)
  return bytes
end

local function take_headers(connection)
  while true do
    local _, stop = connection.pending:find("\r\n\r\n", 1, true)
    if stop then return take(connection, stop) end
    if not receive_more(connection) then return nil end
  end
end

local function log_request(bytes) append("requests", #bytes .. "\n" .. bytes) end

local function send(connection, bytes)
  local position = 1
  while position <= #bytes do
    local last, message, partial = connection.socket:send(bytes, position)
    position = (last or partial or position - 1) + 1
    if message and message ~= "timeout" then return false end
    if message then coroutine.yield { write = connection.socket } end
  end
  return true
end

local function sleep(seconds) coroutine.yield { at = socket.gettime() + seconds } end

-- A step returns "gone" when the client has left, "end" to stop the list, "again" to restart it.
local steps = {}

function steps.read_headers(connection)
  local headers = take_headers(connection)
  if not headers then return "gone" end
  log_request(headers)
end

function steps.read(connection)
  local headers = take_headers(connection)
  if not headers then return "gone" end
  local size = tonumber(headers:lower():match "\r\ncontent%-length:%s*(%d+)") or 0
  local body = take(connection, size)
  if not body then return "gone" end
  log_request(headers .. body)
end

function steps.read_bytes(connection, size)
  if not take(connection, size) then return "gone" end
end

function steps.send(connection, bytes)
  if not send(connection, bytes) then return "gone" end
end

function steps.send_times(connection, bytes, count)
  for _ = 1, count do
    if not send(connection, bytes) then return "gone" end
  end
end

function steps.drip(connection, bytes, seconds)
  for index = 1, #bytes do
    if not send(connection, bytes:sub(index, index)) then return "gone" end
    sleep(seconds)
  end
end

function steps.reply(connection, status, body, headers)
  local lines = { ("HTTP/1.1 %d Scripted"):format(status), "Content-Length: " .. #body }
  for name, value in pairs(headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  if not (headers and headers["Content-Type"]) then
    lines[#lines + 1] = "Content-Type: application/json"
  end
  return steps.send(connection, table.concat(lines, "\r\n") .. "\r\n\r\n" .. body)
end

function steps.sleep(_, seconds) sleep(seconds) end

function steps.hold(connection)
  repeat until not receive_more(connection)
  return "gone"
end

function steps.again() return "again" end
function steps.close() return "end" end

function steps.reset(connection)
  connection.socket:setoption("linger", { on = true, timeout = 0 })
  return "end"
end

local function serve(connection, list)
  local index = 1
  while index <= #list do
    local step = list[index]
    local outcome = steps[step[1]](connection, table.unpack(step, 2))
    if outcome == "gone" then append("gone", ".") end
    if outcome == "gone" or outcome == "end" then break end
    index = outcome == "again" and 1 or index + 1
  end
  connection.socket:close()
end

local listener = assert(socket.bind("127.0.0.1", port, 128))
listener:settimeout(0)
print("port " .. select(2, listener:getsockname()))
io.stdout:flush()

local jobs = {} -- coroutine → what it waits for
local accepted = 0

local function accept()
  local client = listener:accept()
  if not client then return end
  client:settimeout(0)
  client:setoption("tcp-nodelay", true)
  accepted = accepted + 1
  append("connections", ".")
  local list = script[math.min(accepted, #script)]
  local connection = { socket = client, pending = "" }
  jobs[coroutine.create(function() serve(connection, list) end)] = {}
end

-- Runs every job whose wait is over and returns the sockets and the time to wait for next.
local function run_ready(ready)
  local now = socket.gettime()
  for job, wait in pairs(jobs) do
    local due = (wait.read and ready[wait.read]) or (wait.write and ready[wait.write])
      or (wait.at and wait.at <= now) or next(wait) == nil
    if due then
      local ok, next_wait = coroutine.resume(job)
      assert(ok, next_wait)
      jobs[job] = coroutine.status(job) ~= "dead" and next_wait or nil
    end
  end
end

local function interests()
  local read, write, soonest = { standard_input, listener }, {}, nil
  for _, wait in pairs(jobs) do
    if wait.read then read[#read + 1] = wait.read end
    if wait.write then write[#write + 1] = wait.write end
    if wait.at and (not soonest or wait.at < soonest) then soonest = wait.at end
    if next(wait) == nil then soonest = 0 end
  end
  return read, write, soonest and math.max(0, soonest - socket.gettime())
end

while true do
  local read, write, timeout = interests()
  local readable, writable = socket.select(read, write, timeout)
  if readable[standard_input] then break end
  if readable[listener] then accept() end
  for waiting in pairs(writable) do readable[waiting] = true end
  run_ready(readable)
end
