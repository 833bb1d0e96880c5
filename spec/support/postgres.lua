-- postgres: a PostgreSQL server of its own for specs. Lives in a temporary folder, listens on a
-- socket in that folder only, and ends with `stop`, or by itself after ten minutes.
--
--   local server = postgres.start()
--   local connection = server:connect()   -- LuaSQL
--   … server.source, server:execute(sql), server:kill_connections(), server:restart()
--   server:stop()

local process = require "spec.support.process"
local socket = require "socket"

local postgres = {}

local Server = {}
Server.__index = Server

local LIFETIME = 600
local USER = "specs"

local function command_output(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a":gsub("%s+$", "")
  pipe:close()
  return output
end

-- Debian keeps the server's programs out of the PATH.
local function program_folder()
  local found = command_output [[
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V -r) \
      $(pg_config --bindir 2>/dev/null); do
      [ -x "$folder/initdb" ] && echo "$folder" && break
    done]]
  assert(found ~= "", "PostgreSQL's server is not installed: make setup")
  return found
end

-- PostgreSQL refuses to run as root.
local function prefix()
  if command_output "id -u" ~= "0" then return {} end
  return { "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups" }
end

local function command(self, program, ...)
  local argv = { table.unpack(self._prefix) }
  argv[#argv + 1] = self._programs .. "/" .. program
  for _, word in ipairs { ... } do argv[#argv + 1] = word end
  return argv
end

local function run(self, program, ...)
  local result = process.run(command(self, program, ...), { cwd = self._folder, timeout = 120 })
  if result.status ~= 0 then error(program .. " failed: " .. result.stderr .. result.stdout, 3) end
end

-- Durability is the server's own business and not under test; without it a start takes a second.
local function launch(self)
  self._process = process.start(command(self, "postgres", "-D", self._folder .. "/data",
    "-k", self._folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60",
    "-c", "log_min_messages=panic"), { timeout = LIFETIME, cwd = self._folder })
  local give_up = socket.gettime() + 60
  local connection, message
  repeat
    socket.sleep(0.05)
    connection, message = self:connect()
  until connection or socket.gettime() > give_up
  if not connection then
    error(("PostgreSQL does not answer: %s\n%s"):format(message, self._process:errors()), 3)
  end
  connection:close()
end

--- Makes a cluster and starts its server.
function postgres.start()
  local folder, remove = process.temporary_directory()
  local self = setmetatable({
    _folder = folder, _remove = remove, _programs = program_folder(), _prefix = prefix(),
    _luasql = require "luasql.postgres".postgres(),
    source = ("host=%s user=%s dbname=postgres connect_timeout=10"):format(folder, USER),
  }, Server)
  if self._prefix[1] then
    assert(os.execute("chown postgres " .. process.quote(folder)), "cannot give the folder away")
  end
  run(self, "initdb", "-D", folder .. "/data", "-U", USER, "-A", "trust", "-E", "UTF8",
    "--locale=C", "--no-sync")
  launch(self)
  return self
end

--- A new LuaSQL connection; or nil, message.
function Server:connect()
  return self._luasql:connect(self.source)
end

--- Runs statements and gives the first row of the last one, nil when it has none.
function Server:execute(statements)
  local connection = assert(self:connect())
  local result = assert(connection:execute(statements))
  local row = type(result) ~= "number" and result:fetch({}, "n") or nil
  if type(result) ~= "number" then result:close() end
  connection:close()
  return row
end

--- Ends all connections from the server's side.
function Server:kill_connections()
  self:execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    .. "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
end

local function halt(self, mode)
  process.run(command(self, "pg_ctl", "stop", "-D", self._folder .. "/data", "-m", mode),
    { cwd = self._folder })
  self._process:stop()
end

--- Stops the server, keeping its data. "immediate" is a crash.
function Server:halt(mode)
  halt(self, mode or "fast")
end

--- Starts it again.
function Server:resume()
  launch(self)
end

--- Ends the server and deletes its data. Idempotent.
function Server:stop()
  if not self._folder then return end
  halt(self, "immediate")
  self._remove()
  self._folder = nil
end

return postgres
