-- A TCP server that plays scripted bytes, for faults that no well-behaved server can be asked for.
--
--   local server <close> = raw.start {
--     { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" }, { "reset" } },
--     { { "read" }, { "reply", 200, '{"ok":true}' } },
--   }
--   … server.base_url … ; server:requests() → the raw requests in order; server:connections() → n
--
-- One list of steps per connection in the order of accepting; the last list also serves every later
-- connection. Connections are served side by side. A list that ends closes its connection.
--   { "read" }                 one whole request, with the body that Content-Length announces
--   { "read_headers" }         up to the blank line only; the body stays unread
--   { "read_bytes", n }        n bytes
--   { "send", bytes }          as they are
--   { "send_times", bytes, n } the same bytes n times, or until the client goes
--   { "drip", bytes, seconds } one byte every so many seconds
--   { "reply", status, body, headers? }  a whole HTTP/1.1 reply with Content-Length
--   { "sleep", seconds }
--   { "hold" }                 until the client closes
--   { "again" }                starts the list anew (keep-alive)
--   { "close" }                orderly            { "reset" }   with a TCP RST
-- Runs in a child process that ends with this one.

local paths = require "spec.support.paths"
local process = require "spec.support.process"

local raw_server = {}
local server = {}
server.__index = server

local function literal(value)
  if type(value) ~= "table" then return ("%q"):format(value) end
  local parts = {}
  for key, item in pairs(value) do
    parts[#parts + 1] = ("[%s]=%s"):format(literal(key), literal(item))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- Starts a server on a free port of 127.0.0.1 (or options.port).
---@param connections table[][] one list of steps per connection
---@param options? { port?: integer, timeout?: number }
function raw_server.start(connections, options)
  options = options or {}
  local directory, remove = process.temporary_directory()
  process.write_file(directory .. "/script", "return " .. literal(connections))
  local child = process.start({
    "lua5.4", paths.root .. "/spec/support/raw_server_child.lua", directory,
    tostring(options.port or 0),
  }, { env = process.lua_environment(), timeout = options.timeout })
  local port = math.tointeger(child:wait_for "port (%d+)\n")
  return setmetatable({
    port = port,
    base_url = "http://127.0.0.1:" .. port,
    _child = child,
    _directory = directory,
    _remove = remove,
  }, server)
end

--- The requests that were read so far: raw strings, in the order in which they were complete.
function server:requests()
  local list = {}
  local log = process.read_file(self._directory .. "/requests") or ""
  local position = 1
  while position <= #log do
    local _, header_end, size = log:find("^(%d+)\n", position)
    list[#list + 1] = log:sub(header_end + 1, header_end + size)
    position = header_end + size + 1
  end
  return list
end

--- How many connections were accepted.
function server:connections()
  return #(process.read_file(self._directory .. "/connections") or "")
end

--- How many connections the client has ended (seen by "read", "hold" or a failed send).
function server:gone()
  return #(process.read_file(self._directory .. "/gone") or "")
end

function server:stop()
  if not self._child then return end
  self._child:stop()
  self._child = nil
  self._remove()
end

server.__close = server.stop
server.__gc = server.stop

return raw_server
