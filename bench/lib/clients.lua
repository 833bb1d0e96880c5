-- clients: who takes part, how each is started, and why one is absent.

local process = require "spec.support.process"

local clients = {}

---@class bench.Setup
---@field bin string folder of the compiled clients
---@field npm string folder with node_modules
---@field client_pin string[] first words that pin a client to its core
---@field server table

---@class bench.Call
---@field work string
---@field base_url string
---@field count integer
---@field in_flight integer|nil
---@field file string|nil for decode

---@class bench.Client
---@field name string
---@field label string
---@field share number how much of a plan's count it is given: slow ones have enough of fewer
---@field http2 boolean it speaks HTTP/2
---@field command fun(setup: bench.Setup, call: bench.Call): string[]
---@field rocks boolean|nil it needs what LuaRocks has installed
---@field probe nil|fun(setup: bench.Setup): string[] ends with 0 where the client can run

local PYTHON = "/usr/bin/python3" -- Debian's, which has Debian's requests

local function contract(call)
  return call.work, call.base_url, tostring(call.count), tostring(call.in_flight or 1)
end

local function compiled(name)
  return function(setup, call) return { setup.bin .. "/" .. name, contract(call) } end
end

local function script(interpreter, file)
  return function(_, call) return { interpreter, "bench/clients/" .. file, contract(call) } end
end

local function requires(...)
  local lines = {}
  for index, name in ipairs { ... } do lines[index] = ("require %q"):format(name) end
  local source = table.concat(lines, " ")
  return function() return { "lua5.4", "-e", source } end
end

local function npm(name)
  return function(setup)
    return { "node", "-e", "require(process.argv[1])", setup.npm .. "/node_modules/" .. name }
  end
end

local function ours(_, call)
  local file = call.work == "cold" and "ours_cold.lua" or "ours.lua"
  return script("lua5.4", file)(nil, call)
end

local CURL_PATHS = {
  get = "/api/v2/users/me", cold = "/api/v2/users/me", page = "/api/v2/tickets",
  post = "/api/v2/oauth/tokens",
}

-- The command is started anew for each call.
local function curl(setup, call)
  local words = {
    "curl", "-sS", "--fail", "-H", "Authorization: Bearer test-token",
    call.base_url .. CURL_PATHS[call.work],
  }
  if call.work == "post" then
    table.move({ "-X", "POST", "-H", "Content-Type: application/json", "-d",
      '{"token": {"client_id": 223443, "scopes": ["tickets:read"]}}' }, 1, 6, #words + 1, words)
  end
  if call.ca_file then table.move({ "--cacert", call.ca_file }, 1, 2, #words + 1, words) end
  if call.work == "cold" then return words end
  local spawn = { setup.bin .. "/spawn", call.work, tostring(call.count) }
  return table.move(words, 1, #words, #spawn + 1, spawn)
end

local function decoder(interpreter, file, library)
  return function(_, call)
    return { interpreter, "bench/clients/" .. file, library, call.file, tostring(call.count) }
  end
end

---@type bench.Client[]
clients.list = {
  { name = "floor", label = "C on libcurl, no JSON", share = 1, http2 = true,
    command = compiled "floor" },
  { name = "ours", label = "zendesk for Lua", share = 1, http2 = true, command = ours },
  { name = "c_cjson", label = "C on libcurl + lua-cjson", share = 1, http2 = true,
    command = compiled "c_cjson", probe = requires "cjson" },
  { name = "luacurl", label = "Lua-cURL + lua-cjson", share = 0.5, http2 = true,
    command = script("lua5.4", "luacurl.lua"), probe = requires("cURL", "cjson"), rocks = true },
  { name = "luasocket", label = "LuaSocket/LuaSec + lua-cjson", share = 0.1, http2 = false,
    command = script("lua5.4", "luasocket.lua"), probe = requires("socket", "ssl", "cjson") },
  { name = "undici", label = "undici", share = 0.5, http2 = true,
    command = script("node", "undici.mjs"), probe = npm "undici" },
  { name = "node_zendesk", label = "node-zendesk", share = 0.35, http2 = false,
    command = script("node", "node_zendesk.mjs"), probe = npm "node-zendesk" },
  { name = "requests", label = "Python requests", share = 0.2, http2 = false,
    command = script(PYTHON, "python_requests.py"),
    probe = function() return { PYTHON, "-c", "import requests" } end },
  { name = "curl", label = "curl command", share = 0.01, http2 = true, command = curl,
    probe = function() return { "curl", "--version" } end },
  -- One-sided work: memory, and decoding alone.
  { name = "ours_memory", label = "zendesk for Lua", share = 1, http2 = true,
    command = script("lua5.4", "ours_memory.lua") },
  { name = "decode_ours", label = "zendesk for Lua", share = 1,
    command = decoder("lua5.4", "decode.lua", "ours") },
  { name = "decode_cjson", label = "lua-cjson", share = 1,
    command = decoder("lua5.4", "decode.lua", "cjson"), probe = requires "cjson" },
  { name = "decode_v8", label = "V8, JSON.parse", share = 1,
    command = decoder("node", "decode.mjs", "v8"),
    probe = function() return { "node", "--version" } end },
}

clients.by_name = {}
for _, client in ipairs(clients.list) do clients.by_name[client.name] = client end

-- The line that says what went wrong: the last one that is not empty, without what follows.
local function reason_of(result)
  local line = (result.stderr .. result.stdout):match "module '([^\n']+)' not found"
  if line then return ("Lua 5.4 finds no module '%s'"):format(line) end
  line = result.stderr:match "Error: ([^\n]+)" or result.stderr:match "([^\n]+)%s*$"
  return (line or "no reason given"):gsub("%S*/%S*", "…")
end

---The variables that a client needs beside those of all.
---@param setup bench.Setup
---@param client bench.Client
---@return table env
function clients.environment(setup, client)
  local env = process.lua_environment { BENCH_NPM = setup.npm }
  if client.rocks then
    local rocks = setup.bin .. "/rocks"
    env.LUA_PATH = rocks .. "/share/lua/5.4/?.lua;" .. env.LUA_PATH
    env.LUA_CPATH = rocks .. "/lib/lua/5.4/?.so;" .. env.LUA_CPATH
  end
  return env
end

---Asks each client once whether it can run.
---@param setup bench.Setup
---@return table<string, string> reasons by the names of those that are absent
function clients.absent(setup)
  local reasons = {}
  for _, client in ipairs(clients.list) do
    if client.probe then
      local result = process.run(client.probe(setup), { env = clients.environment(setup, client) })
      if result.status ~= 0 then reasons[client.name] = reason_of(result) end
    end
  end
  return reasons
end

return clients
