-- A server that takes its time: answers every request after a delay and serves a thousand
-- connections at once. Runs in a child process that ends with this one.
--
--   local server <close> = latency_server.start { delay = 0.05 }
--   … server.base_url … ; server:count() → { open = connections, served = requests }

local paths = require "spec.support.paths"
local process = require "spec.support.process"
local socket = require "socket"

local latency_server = {}
local server = {}
server.__index = server

--- Starts a server on a free port of 127.0.0.1.
---@param options { delay: number, timeout?: number, body?: string }
function latency_server.start(options)
  local child = process.start({
    "lua5.4", paths.root .. "/spec/support/latency_server_child.lua", tostring(options.delay),
    options.body or '{"ok":true}',
  }, { env = process.lua_environment(), timeout = options.timeout })
  local port = math.tointeger(child:wait_for "port (%d+)\n")
  return setmetatable({
    port = port, base_url = "http://127.0.0.1:" .. port, _child = child,
  }, server)
end

--- What the server sees now; the connection that asks is not counted.
---@return { open: integer, served: integer }
function server:count()
  local connection = assert(socket.connect("127.0.0.1", self.port))
  assert(connection:send "GET /count HTTP/1.1\r\nConnection: close\r\n\r\n")
  local reply = assert(connection:receive "*a")
  connection:close()
  local open, served = reply:match '"open":(%d+),"served":(%d+)'
  return { open = math.tointeger(open) - 1, served = math.tointeger(served) }
end

function server:stop()
  if not self._child then return end
  self._child:stop()
  self._child = nil
end

server.__close = server.stop
server.__gc = server.stop

return latency_server
