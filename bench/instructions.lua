-- Instruction counts against the baseline: `make bench-instructions` runs it. Exits 1 where an
-- operation takes over 3 % more than was written down, or cost does not grow straight.
--   lua5.4 bench/instructions.lua BASELINE [renew]

local baseline = require "bench.lib.baseline"
local callgrind = require "bench.lib.callgrind"
local instructions = require "bench.lib.instructions"
local machine = require "bench.lib.machine"
local plan = require "bench.lib.plan"
local process = require "spec.support.process"
local results_of = require "bench.lib.results"
local setup_of = require "bench.lib.setup"

local path, renew = arg[1], arg[2] == "renew"
local versions = machine.versions()

local function count_all(setup)
  local counts = {}
  for index, operation in ipairs(instructions.operations(setup)) do
    local each = instructions.count(setup, operation)
    counts[index] = { name = operation.name, count = each.own, each = each }
  end
  return counts
end

-- What many may take more than few: how often libcurl is woken differs from run to run.
local GROWTH = 1.05

-- Cost grows straight on every machine, whatever the baseline was taken with.
local function check_growth(results)
  local failed = 0
  for _, each in ipairs { { "growth/records", "a record", "total" },
    { "growth/instances", "a request among instances", "own" } } do
    local ratio = results:ratio(each[1], "many", "few", each[3]).median
    local straight = ratio <= GROWTH
    print(("%-26s many against few: %.3f%s"):format(each[2], ratio,
      straight and "" or "  NOT STRAIGHT"))
    if not straight then failed = failed + 1 end
  end
  return failed
end

local COLUMNS = { "total", table.unpack(callgrind.PARTS) }

local function heads()
  local words = ""
  for _, name in ipairs(COLUMNS) do words = words .. ("%10s"):format(name) end
  return words
end

local function parts(each)
  local words = ""
  for _, name in ipairs(COLUMNS) do words = words .. ("%10.0f"):format(each[name]) end
  return words
end

local function compare(counts)
  local before = baseline.read(process.read_file(path) or "")
  local difference = baseline.difference(before, versions)
  local failed = 0
  print(("%-22s %10s %9s"):format("", "own", "change") .. heads())
  for _, each in ipairs(counts) do
    local change, regression = baseline.compare(before, each.name, each.count)
    print(("%-22s %10.0f %9s"):format(each.name, each.count,
      change and ("%+.1f %%"):format(change * 100) or "new") .. parts(each.each)
      .. (regression and "  MORE" or ""))
    if regression then failed = failed + 1 end
  end
  if not difference then return failed end
  print(("Reported only, other versions than the baseline's: %s"):format(difference))
  return 0
end

local setup = setup_of.start(100)
local growth = results_of.new()
local counts
do
  local _ <close> = setup.server
  counts = count_all(setup)
  instructions.growth(setup, growth, { records = 10000, instances = plan.SIZES.full.instances })
end
if renew then process.write_file(path, baseline.write(versions, counts)) end
local failed = compare(counts) + check_growth(growth)
if failed > 0 then os.exit(1, true) end
