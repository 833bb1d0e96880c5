-- launch: one run of one client: pinned to its core, in an environment without surprises.

local cjson = require "cjson"
local clients = require "bench.lib.clients"
local process = require "spec.support.process"

local launch = {}

-- What would give one client another trust, another proxy or other options than the rest.
local CLEARED = {
  "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_OPTIONS",
  "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
  "no_proxy", "NO_PROXY", "LUA_INIT", "LUA_INIT_5_4",
}

local function environment(setup, group, client)
  local env = clients.environment(setup, client)
  for _, name in ipairs(CLEARED) do env[name] = false end
  if group.server then
    env.BENCH_CA = not group.default_trust and setup.server.ca_file or false
    env.BENCH_HTTP2 = group.transport == "h2" and "1" or false
    env.NODE_EXTRA_CA_CERTS = setup.server.ca_file -- Node.js brings a trust store of its own
  end
  return env
end

local function join(...)
  local words = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #words + 1, words) end
  return words
end

local function count_of(client, group)
  if group.exact then return group.count end
  return math.max(10, math.floor(group.count * client.share))
end

---The words that run a client, pinned.
---@param setup bench.Setup
---@param group bench.Group
---@param client bench.Client
---@param count integer
---@param checker string[]|nil words between the pin and the client: valgrind
---@return string[] argv
---@return table env
function launch.command(setup, group, client, count, checker)
  local call = {
    work = group.work, count = count, in_flight = group.in_flight, file = group.file,
    base_url = group.server and setup.server.base_urls[group.server],
    ca_file = group.server and not group.default_trust and setup.server.ca_file or nil,
  }
  local command = client.command(setup, call)
  if group.work == "cold" then
    command = join({ setup.bin .. "/spawn", "cold", tostring(count) }, command)
  end
  -- A thousand connections are more than a shell allows by default.
  local limit = { "sh", "-c", 'ulimit -n 4096 2>/dev/null; exec "$@"', "sh" }
  return join(group.default_trust and setup.trust or {}, limit, setup.client_pin, checker or {},
    command),
    environment(setup, group, client)
end

-- Times per operation; the rest as it is.
local function sample_of(line, connections)
  local sample = cjson.decode(line)
  sample.total_wall = sample.wall
  if sample.bytes then sample.rate = sample.bytes / sample.cpu end
  sample.wall, sample.cpu = sample.wall / sample.count, sample.cpu / sample.count
  sample.connections = connections
  return sample
end

---@param setup bench.Setup
---@param group bench.Group
---@param client bench.Client
---@return table|nil sample
---@return string|nil problem
function launch.run(setup, group, client)
  local argv, env = launch.command(setup, group, client, count_of(client, group))
  local before = group.server and setup.server:accepted()
  local result = process.run(argv, { env = env, timeout = 300 })
  local after = group.server and setup.server:accepted()
  local line = result.stdout:match "({[^\n]*})%s*$"
  if result.status ~= 0 or not line then
    return nil, ("exit %d: %s"):format(result.status, result.stderr:match "([^\n]+)" or "")
  end
  return sample_of(line, before and after - before)
end

return launch
