-- The event loop: one thread, one listening socket on 127.0.0.1, any number of kept connections,
-- timers for late replies. It knows nothing of Zendesk.

local socket = require "socket"
local connection = require "zendesk.sandbox.connection"

-- select() cannot watch descriptors from FD_SETSIZE on.
local MAX_CONNECTIONS = socket._SETSIZE - 24
-- LuaSocket goes on waiting after a signal, so Ctrl-C is only seen between two waits.
local IDLE = 0.25

local Server = {}
Server.__index = Server

local server = {}

---@param options { port?: integer, handle: function, watch?: table, on_watch?: function }
---  `watch` is anything with `getfd`; `on_watch` is called whenever it is readable
---@return table|nil server, string? message
function server.new(options)
  local listener, message = socket.bind("127.0.0.1", options.port or 0, 512)
  if not listener then return nil, message end
  listener:settimeout(0)
  local _, port = listener:getsockname()
  return setmetatable({
    port = math.tointeger(tonumber(port)),
    connections = 0,
    accepted = 0,
    _listener = listener,
    _handle = options.handle,
    _watch = options.watch,
    _on_watch = options.on_watch,
    _by_socket = {},
    _timers = {},
    _running = true,
  }, Server)
end

---Ends the loop after the present step.
function Server:stop()
  self._running = false
end

local function after(self, seconds, action)
  local timers, due = self._timers, socket.gettime() + seconds
  local at = #timers + 1
  while at > 1 and timers[at - 1].due > due do at = at - 1 end
  table.insert(timers, at, { due = due, action = action })
end

local function run_timers(self)
  local timers, now = self._timers, socket.gettime()
  while timers[1] and timers[1].due <= now do
    table.remove(timers, 1).action()
  end
end

local function accept(self)
  while true do
    local client = self._listener:accept()
    if not client then return end
    self.accepted = self.accepted + 1
    if self.connections >= MAX_CONNECTIONS then
      client:close()
    else
      local schedule = function(seconds, action) after(self, seconds, action) end
      self._by_socket[client] = connection.new(client, self._handle, schedule)
      self.connections = self.connections + 1
    end
  end
end

local function interests(self)
  local readers, writers = { self._listener, self._watch }, {}
  local n, m = #readers, 0
  for sock, conn in pairs(self._by_socket) do
    if conn.closed then
      self._by_socket[sock] = nil
      self.connections = self.connections - 1
    else
      if conn:wants_read() then
        n = n + 1
        readers[n] = sock
      end
      if conn:wants_write() then
        m = m + 1
        writers[m] = sock
      end
    end
  end
  return readers, writers
end

local function patience(self)
  local first = self._timers[1]
  return first and math.min(math.max(first.due - socket.gettime(), 0), IDLE) or IDLE
end

---Waits for one round of events and works on them.
function Server:step()
  local readers, writers = interests(self)
  local readable, writable = socket.select(readers, writers, patience(self))
  for _, sock in ipairs(writable) do
    local conn = self._by_socket[sock]
    if conn and not conn.closed then conn:writable() end
  end
  for _, sock in ipairs(readable) do
    local conn = self._by_socket[sock]
    if conn then
      if not conn.closed then conn:readable() end
    elseif sock == self._listener then
      accept(self)
    else
      self._on_watch()
    end
  end
  run_timers(self)
end

---Runs until `stop`.
function Server:run()
  while self._running do self:step() end
  self:close()
end

function Server:close()
  for _, conn in pairs(self._by_socket) do
    conn:flush()
    conn:close()
  end
  self._by_socket = {}
  self._listener:close()
end

return server
