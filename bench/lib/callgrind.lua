-- callgrind: user-space instructions, which no load of the machine changes. What one operation
-- costs is the difference of two runs, so that the start is not counted.

local launch = require "bench.lib.launch"
local process = require "spec.support.process"

local callgrind = {}

-- Whose code it is, by the file that it was loaded from. The first two are "own": they depend on
-- this project and on the compiler alone, not on how often libcurl was woken.
local PARTS = {
  { "module", "/core%.so$" }, { "lua", "/lua5%.4$" }, { "lua", "/liblua5%.4" },
  { "libcurl", "/libcurl" }, { "tls", "/libssl" }, { "tls", "/libcrypto" },
  { "http2", "/libnghttp2" }, { "libc", "/libc%.so" },
}

callgrind.PARTS = { "module", "lua", "libcurl", "tls", "http2", "libc", "other" }

local function part_of(object)
  for _, part in ipairs(PARTS) do
    if object:find(part[2]) then return part[1] end
  end
  return "other"
end

local function finished(sums)
  sums.total, sums.own = 0, sums.module + sums.lua
  for _, part in ipairs(callgrind.PARTS) do sums.total = sums.total + sums[part] end
  return sums
end

---Adds up what callgrind wrote: the cost of each line by the file that it belongs to. A line that
---follows `calls=` is the callee's cost once more.
---@param profile string
---@return table<string, integer> sums by the names of PARTS, and total and own
function callgrind.sums(profile)
  local names, sums = {}, {}
  for _, part in ipairs(callgrind.PARTS) do sums[part] = 0 end
  local part, callee = "other", false
  for line in profile:gmatch "[^\n]+" do
    local kind, number, name = line:match "^(c?ob)=(%(%d+%))%s*(.*)"
    if kind then
      if name ~= "" then names[number] = part_of(name) end
      if kind == "ob" then part = names[number] end
    elseif line:find "^calls=" then
      callee = true
    elseif line:find "^[%d+*-]" then
      local cost = not callee and math.tointeger(tonumber(line:match "(%d+)%s*$")) or 0
      sums[part] = sums[part] + cost
      callee = false
    end
  end
  return finished(sums)
end

local function run(setup, group, client, count)
  local folder, remove = process.temporary_directory()
  local words, env = launch.command(setup, group, client, count, {
    "valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" .. folder .. "/profile",
  })
  local result = process.run(words, { env = env, timeout = 600 })
  local profile = process.read_file(folder .. "/profile")
  remove()
  if result.status ~= 0 or not profile then
    return nil, result.stderr:match "[^\n]+" or "valgrind wrote nothing"
  end
  return callgrind.sums(profile)
end

---What one operation costs.
---@param setup bench.Setup
---@param group bench.Group
---@param client bench.Client
---@param few integer operations of one run
---@param many integer and of the other
---@return table<string, number>|nil each by the names of callgrind.sums
---@return string|nil problem
function callgrind.each(setup, group, client, few, many)
  local before, problem = run(setup, group, client, few)
  if not before then return nil, problem end
  local after
  after, problem = run(setup, group, client, many)
  if not after then return nil, problem end
  local each = {}
  for name, sum in pairs(after) do each[name] = (sum - before[name]) / (many - few) end
  return each
end

return callgrind
