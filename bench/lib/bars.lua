-- bars: what the module promises about speed and memory, and how each promise is judged. Data and
-- pure functions over what was measured.

local text = require "bench.lib.text"

local bars = {}

---@class bench.Promise
---@field words string
---@field limit number
---@field at_least boolean|nil the value has to reach the limit instead of staying below it
---@field timed boolean|nil wall or CPU: it depends on the moment
---@field instructions string|nil the group whose instruction count decides where `timed` is just
---missed: at most MOST_INSTRUCTIONS times the floor's
---@field format fun(value: number): string
---@field value fun(results: bench.Results): number|nil nil: not measured

local NAMES = { plain = "plain HTTP", tls = "TLS", h2 = "HTTP/2" }
local TRANSPORTS = { "plain", "tls", "h2" }

local function ratio_of(group, client, other, field)
  return function(results)
    local ratio = results:ratio(group, client, other, field)
    return ratio and ratio.median
  end
end

local function median_of(group, client, field, factor)
  return function(results)
    local value = results:median(group, client, field)
    return value and value * (factor or 1)
  end
end

-- How many times as fast.
local function speed_of(group, client, other)
  return function(results)
    local ratio = results:ratio(group, other, client, "cpu")
    return ratio and ratio.median
  end
end

local function difference(group, client, other_group, other, field)
  return function(results)
    local value, against = results:median(group, client, field),
      results:median(other_group, other, field)
    return value and against and (value - against) / 1024
  end
end

local function unit(name)
  return function(value) return text.number(value) .. " " .. name end
end

local function count(value) return ("%d"):format(value) end

local MB = 1 / 1024

local function add(list, words, limit, format, value, more)
  local promise = { words = words, limit = limit, format = format, value = value }
  for name, field in pairs(more or {}) do promise[name] = field end
  list[#list + 1] = promise
end

local TIMED = { timed = true }

local MOST_INSTRUCTIONS = 1.30

local function counted(work, transport)
  return "instructions/" .. work .. "/" .. transport
end

local function requests(list)
  local works = { { "get", "small GET" }, { "post", "token POST" } }
  for _, work in ipairs(works) do
    for _, transport in ipairs(TRANSPORTS) do
      local group = work[1] .. "/" .. transport
      add(list, ("%s, %s: CPU against the floor"):format(work[2], NAMES[transport]), 1.15,
        text.ratio, ratio_of(group, "ours", "floor", "cpu"),
        { timed = true, instructions = counted(work[1], transport) })
    end
  end
  for _, work in ipairs(works) do
    for _, transport in ipairs(TRANSPORTS) do
      add(list, ("%s, %s: user-space instructions against the floor"):format(work[2],
        NAMES[transport]), MOST_INSTRUCTIONS, text.ratio,
        ratio_of(counted(work[1], transport), "ours", "floor", "total"))
    end
  end
  add(list, "1,000 requests with POSTs, 4xx and raised errors: connections", 1, count,
    median_of("mixed/plain", "ours", "connections"))
end

local function decoding(list)
  for _, transport in ipairs(TRANSPORTS) do
    add(list, ("page of 250 KB, %s: CPU against C with lua-cjson"):format(NAMES[transport]), 0.60,
      text.ratio, ratio_of("page/" .. transport, "ours", "c_cjson", "cpu"), TIMED)
  end
  for _, name in ipairs { "page", "tokens" } do
    local what = name == "page" and "a page of tickets" or "a list of tokens"
    add(list, ("decoding %s: speed against lua-cjson"):format(what), 2.0, text.ratio,
      speed_of("decode/" .. name, "decode_ours", "decode_cjson"),
      { at_least = true, timed = true })
    add(list, ("decoding %s: speed against JSON.parse"):format(what), 0.9, text.ratio,
      speed_of("decode/" .. name, "decode_ours", "decode_v8"), { at_least = true, timed = true })
  end
end

local function walks(list)
  for _, each in ipairs { { "plain", 16 }, { "tls", 18 } } do
    local transport, most = each[1], each[2]
    local group, name = "walk/" .. transport, NAMES[transport]
    add(list, ("walk of 1,000 pages, %s: wall against node-zendesk"):format(name), 0.60,
      text.ratio, ratio_of(group, "ours", "node_zendesk", "wall"), TIMED)
    add(list, ("walk of 1,000 pages, %s: peak memory above the floor"):format(name), 5,
      unit "MB", difference(group, "ours", group, "floor", "rss_kb"))
    add(list, ("walk of 1,000 pages, %s: peak memory"):format(name), most, unit "MB",
      median_of(group, "ours", "rss_kb", MB))
    add(list, ("walk of 1,000 pages, %s: peak memory above that of 100 pages"):format(name), 1,
      unit "MB", difference(group, "ours", "short_walk/" .. transport, "ours", "rss_kb"))
  end
  add(list, "100,000 tokens streamed: peak memory", 13, unit "MB",
    median_of("tokens/stream", "ours", "rss_kb", MB))
  add(list, "100,000 tokens kept: Lua heap for each", 900, unit "bytes",
    median_of("tokens/keep", "ours", "bytes_each"))
end

local function creations(list)
  add(list, "2,000 creations, 100 in flight, HTTP/2: wall", 1.10, text.seconds,
    median_of("create100/h2", "ours", "total_wall"),
    { timed = true, instructions = counted("post", "h2") })
  add(list, "2,000 creations, 100 in flight, HTTP/2: connections", 1, count,
    median_of("create100/h2", "ours", "connections"))
  add(list, "2,000 creations, 100 in flight, TLS: wall against the floor", 1.10, text.ratio,
    ratio_of("create100/tls", "ours", "floor", "total_wall"),
    { timed = true, instructions = counted("post", "tls") })
  add(list, "2,000 creations, 100 in flight, TLS: CPU against the floor", 1.30, text.ratio,
    ratio_of("create100/tls", "ours", "floor", "cpu"),
    { timed = true, instructions = counted("post", "tls") })
end

local function starts(list)
  add(list, "new TLS connection, default trust: CPU", 0.002, text.seconds,
    median_of("connect/fresh", "ours", "cpu"), TIMED)
  add(list, "cold start, plain HTTP: wall against the floor", 1.25, text.ratio,
    ratio_of("cold/plain", "ours", "floor", "wall"), TIMED)
  add(list, "cold start, TLS with default trust: wall", 0.012, text.seconds,
    median_of("cold/tls", "ours", "wall"), TIMED)
end

local function memory(list)
  add(list, "idle instance: memory", 10, unit "KB",
    median_of("memory/idle", "ours_memory", "kb_each"))
  add(list, "instance with an open TLS connection: memory", 90, unit "KB",
    median_of("memory/connected", "ours_memory", "kb_each"))
  add(list, "1,000 instances with a call under way each: descriptors", 1050, count,
    median_of("memory/crowd", "ours_memory", "most_descriptors"))
  add(list, "1,000 instances used and dropped: descriptors held", 29, count,
    median_of("memory/dropped", "ours_memory", "descriptors"))
  add(list, "1,000 instances used and dropped: growth", 6, unit "MB",
    median_of("memory/dropped", "ours_memory", "growth_kb", MB))
  add(list, "shared object, stripped", 150, unit "KB", median_of("module", "ours", "kb"))
end

local function growth(list)
  add(list, "100,000 records against 1,000: instructions for each", 1.05, text.ratio,
    ratio_of("growth/records", "many", "few", "total"))
  add(list, "1,000 instances against one: instructions in the module and Lua for a request", 1.05,
    text.ratio, ratio_of("growth/instances", "many", "few", "own"))
end

---@return bench.Promise[]
function bars.list()
  local list = {}
  requests(list)
  decoding(list)
  walks(list)
  creations(list)
  starts(list)
  memory(list)
  growth(list)
  return list
end

local function decided(promise, results)
  local ratio = promise.instructions and results
    and ratio_of(promise.instructions, "ours", "floor", "total")(results)
  if not ratio then return "just missed" end
  return ratio <= MOST_INSTRUCTIONS and "by instructions" or "no"
end

---Whether a value keeps a promise. What depends on the moment and is missed by less than a
---twentieth is decided by a count of instructions, which does not.
---@param promise bench.Promise
---@param value number|nil
---@param results bench.Results|nil where the counts are
---@return "yes"|"by instructions"|"no"|"just missed"|"not measured"
function bars.verdict(promise, value, results)
  if not value then return "not measured" end
  local short = promise.at_least and promise.limit / value or value / promise.limit
  if short <= 1 then return "yes" end
  return promise.timed and short < 1.05 and decided(promise, results) or "no"
end

---@param results bench.Results
---@return string[][] rows promise, limit, measured, met
---@return table<string, integer> counts by verdict
function bars.rows(results)
  local rows, counts = {}, {}
  for _, promise in ipairs(bars.list()) do
    local value = promise.value(results)
    local verdict = bars.verdict(promise, value, results)
    counts[verdict] = (counts[verdict] or 0) + 1
    rows[#rows + 1] = {
      promise.words, (promise.at_least and "≥ " or "≤ ") .. promise.format(promise.limit),
      value and promise.format(value) or "–", verdict,
    }
  end
  return rows, counts
end

return bars
