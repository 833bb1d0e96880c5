-- A real TLS server: nginx on a free port of 127.0.0.1, in front of the test's plain HTTP server.
--
--   local tls <close> = tls_server.start { upstream = "http://127.0.0.1:8080" }
--   … tls.base_url ("https://localhost:PORT"), tls.ca_file …
--
-- Options: upstream     plain HTTP base URL to pass requests to; without it every path answers
--                       200 {"ok":true}
--          certificate  "good" (default), "expired", "self_signed", "wrong_host"
--          http2        true to offer HTTP/2 (default: HTTP/1.1 only)
--          protocols    nginx's ssl_protocols, default "TLSv1.2 TLSv1.3"
--          directives   more nginx lines for the server block
-- `tls:renew()` puts a new certificate in place and reloads; `tls:stop()` ends the server.

local process = require "spec.support.process"
local socket = require "socket"

local tls_server = {}
local server = {}
server.__index = server

local function openssl(directory, ...)
  local result = process.run({ "openssl", ... }, { cwd = directory })
  if result.status ~= 0 then error("openssl " .. (...) .. ": " .. result.stderr, 2) end
end

local authority_config = [[
[ca]
default_ca = test
[test]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
]]

local function new_key(directory, name)
  openssl(directory, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
    "-out", name .. ".key")
end

local function make_authority(directory)
  process.write_file(directory .. "/ca.conf", authority_config)
  process.write_file(directory .. "/index", "")
  new_key(directory, "ca")
  openssl(directory, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Test authority",
    "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", "ca.pem")
end

local hosts = { wrong_host = "DNS:elsewhere.example.com" }
local default_hosts = "DNS:localhost,IP:127.0.0.1,IP:::1"

-- Certificates go through `openssl ca` because only it can date one into the past.
local function make_certificate(directory, kind)
  local names = hosts[kind] or default_hosts
  new_key(directory, "server")
  if kind == "self_signed" then
    openssl(directory, "req", "-x509", "-new", "-key", "server.key", "-subj", "/CN=localhost",
      "-days", "30", "-addext", "subjectAltName=" .. names, "-out", "server.pem")
    return
  end
  process.write_file(directory .. "/names", "subjectAltName=" .. names .. "\n")
  openssl(directory, "req", "-new", "-key", "server.key", "-subj", "/CN=localhost",
    "-out", "server.csr")
  local from, to = "20200101000000Z", os.date("!%Y%m%d%H%M%SZ", os.time() + 30 * 86400)
  if kind == "expired" then to = "20200201000000Z" end
  openssl(directory, "ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem",
    "-keyfile", "ca.key", "-in", "server.csr", "-startdate", from, "-enddate", to,
    "-extfile", "names", "-out", "server.pem")
end

local nginx_config = [[
$user
pid nginx.pid;
error_log error.log warn;
worker_processes 1;
daemon on;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 200m;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:$port ssl $http2;
    ssl_certificate server.pem;
    ssl_certificate_key server.key;
    ssl_protocols $protocols;
    $directives
    location / { $location }
  }
}
]]

local location_to_upstream = [[
proxy_pass %s;
proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header Connection "";
proxy_buffering off;
]]

local function free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return math.tointeger(tonumber(port))
end

local function running_as_root()
  return process.run({ "id", "-u" }).stdout:match "^0\n" ~= nil
end

local function nginx_program()
  for _, path in ipairs { "/usr/sbin/nginx", "/usr/local/sbin/nginx" } do
    if process.read_file(path) then return path end
  end
  return "nginx"
end

function server:_nginx(...)
  return process.run({ nginx_program(), "-e", "error.log", "-p", self._directory, "-c",
    "nginx.conf", ... }, { cwd = self._directory })
end

-- Another process can take the port between the look and the bind, so a few ports are tried.
function server:_start(options)
  local message
  for _ = 1, 5 do
    self.port = free_port()
    local values = {
      -- The workers of a root nginx would lose the right to read the test's directory.
      user = running_as_root() and "user root;" or "",
      port = tostring(self.port),
      http2 = options.http2 and "http2" or "",
      protocols = options.protocols or "TLSv1.2 TLSv1.3",
      directives = options.directives or "",
      location = options.upstream and location_to_upstream:format(options.upstream)
        or 'default_type application/json; return 200 "{\\"ok\\":true}";',
    }
    local config = nginx_config:gsub("%$(%l[%l%d]*)", values)
    process.write_file(self._directory .. "/nginx.conf", config)
    local result = self:_nginx()
    if result.status == 0 then return end
    message = result.stderr
  end
  error("nginx does not start: " .. message, 3)
end

function tls_server.start(options)
  options = options or {}
  local directory, remove = process.temporary_directory()
  local self = setmetatable({ _directory = directory, _remove = remove }, server)
  make_authority(directory)
  make_certificate(directory, options.certificate or "good")
  self:_start(options)
  self.ca_file = directory .. "/ca.pem"
  self.base_url = "https://localhost:" .. self.port
  return self
end

--- A new key and certificate ("good" or another kind) for the connections from now on.
function server:renew(kind)
  make_certificate(self._directory, kind or "good")
  local result = self:_nginx("-s", "reload")
  assert(result.status == 0, result.stderr)
end

function server:error_log() return process.read_file(self._directory .. "/error.log") or "" end

function server:stop()
  if not self._directory then return end
  local pid = tonumber(process.read_file(self._directory .. "/nginx.pid") or "")
  self:_nginx("-s", "stop")
  -- The master is not our child; it has left when its pid is gone.
  local give_up = socket.gettime() + 10
  while pid and os.execute(("kill -0 %d 2>/dev/null"):format(pid)) and socket.gettime() < give_up do
    socket.sleep(0.01)
  end
  self._directory = nil
  self._remove()
end

server.__close = server.stop
server.__gc = server.stop

return tls_server
