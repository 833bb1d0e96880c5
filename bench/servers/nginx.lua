-- nginx: the server of the bench, pinned to a core that no client uses.
--
--   local server <close> = nginx.start { pages = 1000, core = 0 }
--   … server.base_urls.plain …, server.ca_file, server:accepted() …

local certificates = require "bench.servers.certificates"
local config = require "bench.servers.config"
local pages = require "bench.servers.pages"
local process = require "spec.support.process"
local socket = require "socket"

local nginx = {}
local server = {}
server.__index = server

local ECHO_MODULES = {
  "/usr/lib/nginx/modules/ngx_http_echo_module.so",
  "/usr/lib64/nginx/modules/ngx_http_echo_module.so",
}

local function first_file(candidates)
  for _, path in ipairs(candidates) do
    local file = io.open(path, "rb")
    if file then
      file:close()
      return path
    end
  end
  return nil
end

-- All at once, so that no port is given twice.
local function free_ports()
  local ports, listeners = {}, {}
  for index, each in ipairs(config.SERVERS) do
    listeners[index] = assert(socket.bind("127.0.0.1", 0))
    local _, port = listeners[index]:getsockname()
    ports[each.name] = math.tointeger(tonumber(port))
  end
  for _, listener in ipairs(listeners) do listener:close() end
  return ports
end

function server:_nginx(prefix, ...)
  local command = table.move(prefix, 1, #prefix, 1, {})
  local words = {
    first_file { "/usr/sbin/nginx", "/usr/local/sbin/nginx" } or "nginx",
    "-e", "error.log", "-p", self.directory, "-c", "nginx.conf", ...,
  }
  table.move(words, 1, #words, #command + 1, command)
  return process.run(command, { cwd = self.directory })
end

-- Another process can take a port between the look and the bind, so a few sets are tried.
function server:_listen(prefix, echo_module)
  local root = process.run({ "id", "-u" }).stdout:match "^0\n" ~= nil
  local message
  for _ = 1, 5 do
    self.ports = free_ports()
    process.write_file(self.directory .. "/nginx.conf", config.text {
      ports = self.ports, echo_module = echo_module,
      -- The workers of a root nginx would lose the right to read the folder.
      user = root and "user root;" or "",
    })
    local result = self:_nginx(prefix)
    if result.status == 0 then return end
    message = result.stderr
  end
  error("nginx does not start: " .. message, 0)
end

---@param options { pages: integer, pin: string[] } pin: first words that pin it to its core
function nginx.start(options)
  local echo_module = first_file(ECHO_MODULES)
  if not echo_module then error("nginx's echo module is missing: tools/setup bench", 0) end
  local directory, remove = process.temporary_directory()
  local self = setmetatable({
    directory = directory, ca_file = directory .. "/ca.pem", base_urls = {}, _remove = remove,
  }, server)
  certificates.make(directory)
  self:_listen(options.pin, echo_module)
  for _, each in ipairs(config.SERVERS) do
    local scheme = each.listen:find "^ssl" and "https" or "http"
    self.base_urls[each.name] = ("%s://127.0.0.1:%d"):format(scheme, self.ports[each.name])
  end
  pages.write(directory, { http = self.base_urls.plain, https = self.base_urls.tls },
    options.pages)
  os.execute(("sync -f %s"):format(process.quote(directory))) -- what is on disk disturbs nobody
  return self
end

---How many connections it has accepted up to now, those of this question not counted.
---@return integer
function server:accepted()
  self._asked = (self._asked or 0) + 1
  local connection = assert(socket.connect("127.0.0.1", self.ports.plain))
  connection:send "GET /bench/status HTTP/1.0\r\n\r\n"
  local reply = connection:receive "*a"
  connection:close()
  return math.tointeger(reply:match "requests%s+(%d+)") - self._asked
end

function server:stop()
  if not self._remove then return end
  local pid = tonumber(process.read_file(self.directory .. "/nginx.pid") or "")
  self:_nginx({}, "-s", "stop")
  local give_up = socket.gettime() + 10
  while pid and os.execute(("kill -0 %d 2>/dev/null"):format(pid)) and socket.gettime() < give_up do
    socket.sleep(0.01)
  end
  self._remove()
  self._remove = nil
end

server.__close = server.stop
server.__gc = server.stop

return nginx
