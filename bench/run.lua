-- The bench: `make bench` runs it. Measures the module, its peers and the floor on the same work
-- and writes a page and a chart.
--   lua5.4 bench/run.lua FOLDER full|quick [PATTERN]   PATTERN: of the groups to measure, all else

local instructions = require "bench.lib.instructions"
local machine = require "bench.lib.machine"
local paths = require "spec.support.paths"
local plan = require "bench.lib.plan"
local process = require "spec.support.process"
local report = require "bench.lib.report"
local results_of = require "bench.lib.results"
local rounds = require "bench.lib.rounds"
local setup_of = require "bench.lib.setup"
local socket = require "socket"
local clients = require "bench.lib.clients"

local folder, quick, only = arg[1], arg[2] == "quick", arg[3] or ""
local size = plan.SIZES[quick and "quick" or "full"]
local began = socket.gettime()

local function say(format, ...)
  io.stderr:write(("%5.0f s  "):format(socket.gettime() - began), format:format(...), "\n")
end

local function module_size(results)
  local stripped = os.tmpname()
  local result = process.run {
    "strip", "-o", stripped, paths.build .. "/lib/zendesk/core.so",
  }
  local bytes = result.status == 0 and #process.read_file(stripped)
  os.remove(stripped)
  if bytes then results:add("module", "ours", { kb = bytes / 1024 }) end
end

-- What does not depend on the moment.
local function count(setup, results)
  module_size(results)
  if process.run({ "valgrind", "--version" }).status ~= 0 then
    table.insert(setup.notes, "Not measured, instructions: valgrind is absent.")
  elseif not quick then
    say "instructions"
    instructions.compare(setup, results)
    instructions.growth(setup, results, size)
  end
end

local function measure(setup, results)
  results.reasons = clients.absent(setup)
  for name, reason in pairs(results.reasons) do say("%s is absent: %s", name, reason) end
  local served = setup.server.directory
  local groups = plan.groups(size, {
    page = served .. "/tickets-http/1.json", tokens = served .. "/tokens-http/1.json",
  })
  local any = false
  for _, group in ipairs(groups) do
    if group.id:find(only) then
      any = true
      say("%s", group.id)
      rounds.run(setup, group, results)
    end
  end
  if not any then
    error(("ONLY=%s: no group has such a name; bench/lib/plan.lua has them all"):format(only), 0)
  end
  if only == "" then count(setup, results) end
end

local setup = setup_of.start(size.pages)
local results = results_of.new()
do
  local _ <close> = setup.server
  measure(setup, results)
end

local occasion = {
  date = (os.date("!%d %B %Y"):gsub("^0", "")), machine = machine.words(), rounds = size.rounds,
  notes = setup.notes,
}
if quick then
  table.insert(occasion.notes, "A quick run: few rounds, small counts; it shows that all works, "
    .. "and its figures say little.")
end
local page = report.page(results, occasion)
assert(os.execute("mkdir -p " .. process.quote(folder)))
process.write_file(folder .. "/latest.md", page)
process.write_file(folder .. "/latest.svg", report.chart(results, occasion))
io.stdout:write(page)
say("written: %s/latest.md, %s/latest.svg", folder, folder)
