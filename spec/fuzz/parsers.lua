-- The fuzzer of the parsers in Lua: changes texts by chance, keeps those that reach lines in an
-- order that none before them did, and changes them again. A finding is printed, kept beside the
-- build, and ends the run with 1.
--
--   lua spec/fuzz/parsers.lua SECONDS DIRECTORY [SEED]         (make fuzz)

local core = require "zendesk.core"
local mutate = require "spec.fuzz.mutate"
local targets = require "spec.fuzz.targets"

local parsers = {}

-- Texts that are kept of a target; the first ones are the seeds and stay.
local MOST_KEPT = 2000

--- The texts that a target begins with: separated by lines of four dashes.
---@param name string
---@return string[]
function parsers.seeds(name)
  local file <close> = assert(io.open("spec/fuzz/corpus/lua/" .. name .. ".txt", "rb"))
  local seeds = {}
  for text in (file:read "a" .. "----\n"):gmatch "(.-)\n?%-%-%-%-\n" do seeds[#seeds + 1] = text end
  return seeds
end

-- Runs a target and says whether it came by lines in a new order.
local function run(target, text, known)
  local last, is_new = 0, false
  debug.sethook(function(_, line)
    local edge = last << 20 ~ line
    last = line
    if not known[edge] then
      known[edge] = true
      is_new = true
    end
  end, "l")
  local ok, problem = xpcall(target, debug.traceback, text)
  debug.sethook()
  return ok, problem, is_new
end

---@class zendesk.spec.Fuzzed
---@field runs integer
---@field kept integer texts at the end
---@field finding string|nil the text that failed
---@field problem string|nil

--- Feeds one target until `is_over()`.
---@param name string
---@param random fun(low: integer, high: integer?): integer
---@param is_over fun(runs: integer): boolean
---@return zendesk.spec.Fuzzed
function parsers.run(name, random, is_over)
  local target, known, kept, runs = targets[name], {}, parsers.seeds(name), 0
  local result = { runs = 0, kept = 0, finding = nil, problem = nil }
  local seeds = #kept
  while not is_over(runs) do
    runs = runs + 1
    local text = kept[runs]
    if runs > seeds then
      text = mutate.text(random, kept[random(#kept)], kept[random(#kept)])
    end
    local ok, problem, is_new = run(target, text, known)
    if not ok then
      result.finding, result.problem = text, problem
      break
    end
    if is_new and runs > seeds and #kept < MOST_KEPT then kept[#kept + 1] = text end
  end
  result.runs, result.kept = runs, #kept
  return result
end

--- The names of all targets, sorted.
---@return string[]
function parsers.names()
  local names = {}
  for name in pairs(targets) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function main(seconds, directory, seed)
  math.randomseed(seed)
  local names, failed = parsers.names(), 0
  for _, name in ipairs(names) do
    local stop = core.monotonic() + seconds / #names
    local result = parsers.run(name, math.random, function() return core.monotonic() >= stop end)
    if result.finding then
      failed = failed + 1
      local path = ("%s/lua_%s.finding"):format(directory, name)
      local file <close> = assert(io.open(path, "wb"))
      file:write(result.finding)
      print(("fuzz lua %s: FAILED with %q (seed %d, kept in %s)\n%s"):format(name, result.finding,
        seed, path, result.problem))
    else
      print(("fuzz lua %s: %d inputs in %.0fs, %d kept, nothing found"):format(name, result.runs,
        seconds / #names, result.kept))
    end
  end
  print(("fuzzers in Lua: %d passed, %d failed"):format(#names - failed, failed))
  return failed == 0
end

if arg and arg[0] and arg[0]:find "spec/fuzz/parsers%.lua$" then
  local seconds = assert(tonumber(arg[1]), "how many seconds?")
  if not main(seconds, arg[2] or ".", math.tointeger(tonumber(arg[3])) or os.time()) then
    os.exit(1, true)
  end
end

return parsers
