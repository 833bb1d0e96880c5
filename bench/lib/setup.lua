-- setup: what every measurement needs: the server on one core, the clients on another.

local certificates = require "bench.servers.certificates"
local machine = require "bench.lib.machine"
local nginx = require "bench.servers.nginx"
local paths = require "spec.support.paths"
local process = require "spec.support.process"

local setup = {}

-- The first two cores that this process may use.
local function pins()
  local status = process.read_file "/proc/self/status" or ""
  local cores = {}
  for first, last in (status:match "Cpus_allowed_list:%s*(%S+)" or "0"):gmatch "(%d+)%-?(%d*)" do
    for core = tonumber(first), tonumber(last) or tonumber(first) do
      cores[#cores + 1] = ("%d"):format(core)
    end
  end
  if #cores < 2 or process.run({ "taskset", "-c", cores[1], "true" }).status ~= 0 then
    return {}, {}, "Server and clients share one core: times are not comparable."
  end
  return { "taskset", "-c", cores[1] }, { "taskset", "-c", cores[2] }
end

---@param pages integer of the lists that the server has
---@return bench.Setup
function setup.start(pages)
  local server_pin, client_pin, note = pins()
  local server = nginx.start { pages = pages, pin = server_pin }
  local trust, reason = certificates.private_trust(server.directory)
  local notes = { note }
  if not trust then notes[#notes + 1] = "Not measured, default trust: " .. reason .. "." end
  return {
    bin = paths.build .. "/bench", npm = paths.build .. "/bench/npm", client_pin = client_pin,
    server = server, trust = trust, notes = notes, cores = machine.cores(),
  }
end

return setup
