-- measure: what every Lua client of the bench has in common: its arguments, its clocks, and the one
-- line of JSON that it prints.

local measure = {}

measure.GET = "/api/v2/users/me"
measure.TOKENS = "/api/v2/oauth/tokens"
measure.TICKETS = "/api/v2/tickets"

---@class bench.Job
---@field work string
---@field base_url string
---@field count integer
---@field in_flight integer
---@field ca_file string|nil

---@return bench.Job
function measure.arguments()
  return {
    work = arg[1], base_url = arg[2], count = math.tointeger(arg[3]),
    in_flight = math.tointeger(arg[4]) or 1, ca_file = os.getenv "BENCH_CA",
  }
end

local function status_field(name)
  local file = assert(io.open "/proc/self/status")
  local text = file:read "a"
  file:close()
  return math.tointeger(text:match(name .. ":%s*(%d+)"))
end

---@return integer peak resident memory in KB
function measure.peak_kb() return status_field "VmHWM" end

---@return integer resident memory in KB
function measure.resident_kb() return status_field "VmRSS" end

-- os.clock is the CPU time of the whole process, user and system.
---@param clock fun(): number seconds
---@return { wall: number, cpu: number }
function measure.now(clock)
  return { wall = clock(), cpu = os.clock() }
end

---Prints the line.
---@param job bench.Job
---@param clock fun(): number
---@param start { wall: number, cpu: number }
---@param extra table<string, number>|nil
function measure.report(job, clock, start, extra)
  local finish = measure.now(clock)
  local line = ('"work":"%s","count":%d,"wall":%.6f,"cpu":%.6f,"rss_kb":%d'):format(
    job.work, job.count, finish.wall - start.wall, finish.cpu - start.cpu, measure.peak_kb())
  for name, value in pairs(extra or {}) do
    line = line .. (',"%s":%.17g'):format(name, value)
  end
  print("{" .. line .. "}")
end

---Calls `once` one time to open the connection, then `count` times against the clock.
---@param job bench.Job
---@param clock fun(): number
---@param once fun()
function measure.repeated(job, clock, once)
  once()
  local start = measure.now(clock)
  for _ = 1, job.count do once() end
  measure.report(job, clock, start)
end

return measure
