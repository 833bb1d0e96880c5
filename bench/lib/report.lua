-- report: the page and the chart of a run. Pure functions over what was measured.

local bars = require "bench.lib.bars"
local chart = require "bench.lib.chart"
local clients = require "bench.lib.clients"
local plan = require "bench.lib.plan"
local text = require "bench.lib.text"

local report = {}

local HEADS = { plain = "HTTP/1.1", tls = "TLS 1.3, HTTP/1.1", h2 = "TLS 1.3, HTTP/2" }

local function spread(summary, format)
  if summary.count < 2 then return format(summary.median) end
  return ("%s (%s – %s)"):format(format(summary.median), format(summary.low),
    format(summary.high))
end

local function megabytes(kb) return text.number(kb / 1024) .. " MB" end

local function cell(results, group, client, field, format)
  local summary = results:summary(group, client, field)
  return summary and spread(summary, format) or "–"
end

local function ratio_cell(results, group, client, field)
  local ratio = results:ratio(group, client, "floor", field)
  return ratio and spread(ratio, text.ratio) or "–"
end

-- The clients that a list of groups has samples of, in the order of bench.lib.clients.
local function measured(results, groups)
  local list = {}
  for _, client in ipairs(clients.list) do
    for _, group in ipairs(groups) do
      if results:median(group, client.name, "wall") then
        list[#list + 1] = client
        break
      end
    end
  end
  return list
end

local function groups_of(work, transports)
  local list = {}
  for index, transport in ipairs(transports) do list[index] = work .. "/" .. transport end
  return list
end

-- One column pair for each transport: the time, and the same against the floor.
local function comparison(results, work, transports, field)
  local groups, header, rows = groups_of(work, transports), { "" }, {}
  for _, transport in ipairs(transports) do
    header[#header + 1], header[#header + 2] = HEADS[transport], "× floor"
  end
  for _, client in ipairs(measured(results, groups)) do
    local row = { client.label }
    for _, group in ipairs(groups) do
      row[#row + 1] = cell(results, group, client.name, field, text.seconds)
      row[#row + 1] = ratio_cell(results, group, client.name, field)
    end
    rows[#rows + 1] = row
  end
  return text.table(header, rows)
end

local function walk_table(results, transport)
  local rows = {}
  local group, short = "walk/" .. transport, "short_walk/" .. transport
  for _, client in ipairs(measured(results, { group, short })) do
    local from = results:median(group, client.name, "wall") and group or short
    rows[#rows + 1] = {
      client.label .. (from == short and " (a tenth of the pages)" or ""),
      cell(results, from, client.name, "wall", text.seconds),
      cell(results, from, client.name, "cpu", text.seconds),
      cell(results, from, client.name, "rss_kb", megabytes),
    }
  end
  return text.table({ HEADS[transport], "wall, a page", "CPU, a page", "peak memory" }, rows)
end

-- Times of 2,000 creations: levels below 100 in flight make fewer and are scaled.
local function create_table(results, transport)
  local header, rows = { HEADS[transport] }, {}
  local groups = {}
  for index, in_flight in ipairs(plan.IN_FLIGHT) do
    header[#header + 1] = in_flight .. " in flight"
    groups[index] = ("create%d/%s"):format(in_flight, transport)
  end
  table.move({ "CPU at 100", "connections at 100" }, 1, 2, #header + 1, header)
  local function scaled(seconds) return text.seconds(seconds * plan.CREATIONS) end
  for _, client in ipairs(measured(results, groups)) do
    local row = { client.label }
    for index, group in ipairs(groups) do
      row[index + 1] = cell(results, group, client.name, "wall", scaled)
    end
    local most = groups[#groups]
    row[#row + 1] = cell(results, most, client.name, "cpu", scaled)
    row[#row + 1] = cell(results, most, client.name, "connections", text.number)
    rows[#rows + 1] = row
  end
  return text.table(header, rows)
end

local function decode_table(results)
  local rows = {}
  local function rate(bytes) return text.number(bytes / 1e6) .. " MB/s" end
  for _, client in ipairs(measured(results, { "decode/page" })) do
    rows[#rows + 1] = {
      client.label, cell(results, "decode/page", client.name, "rate", rate),
      cell(results, "decode/tokens", client.name, "rate", rate),
    }
  end
  return text.table({ "", "page of 100 tickets", "page of 100 tokens" }, rows)
end

local function growth_table(results, prefix, steps, what)
  local header, row = { what }, { "CPU for each" }
  for _, step in ipairs(steps) do
    local summary = results:summary(prefix .. step, "ours", "cpu")
    if summary then
      header[#header + 1], row[#row + 1] = tostring(step), spread(summary, text.seconds)
    end
  end
  return text.table(header, { row })
end

local function connect_table(results)
  local rows = {}
  for _, each in ipairs { { "fresh", "full handshake" }, { "resumed", "resumed" } } do
    rows[#rows + 1] = {
      each[2], cell(results, "connect/" .. each[1], "ours", "cpu", text.seconds),
      cell(results, "connect/" .. each[1], "ours", "wall", text.seconds),
    }
  end
  return text.table({ "", "CPU", "wall" }, rows)
end

local function absent_lines(results)
  local lines = {}
  for _, client in ipairs(clients.list) do
    local reason = results.reasons[client.name]
    if reason then lines[#lines + 1] = ("- %s: absent: %s"):format(client.label, reason) end
  end
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or "All took part.\n"
end

local ALL = { "plain", "tls", "h2" }

local function sections(results)
  local function creations()
    local parts = {}
    for index, transport in ipairs(ALL) do parts[index] = create_table(results, transport) end
    return table.concat(parts, "\n")
  end
  return {
    { "Small GET: CPU of a request", comparison(results, "get", ALL, "cpu") },
    { "Small GET: wall of a request", comparison(results, "get", ALL, "wall") },
    { "Token POST: CPU of a request", comparison(results, "post", ALL, "cpu") },
    { "Token POST: wall of a request", comparison(results, "post", ALL, "wall") },
    { "Page of 100 tickets, 250 KB: CPU", comparison(results, "page", ALL, "cpu") },
    { "Walk of 1,000 pages, 100,000 tickets",
      walk_table(results, "plain") .. "\n" .. walk_table(results, "tls") },
    { "2,000 token creations, 50 ms each: wall (levels below 100 make a part and are scaled)",
      creations() },
    { "Decoding alone", decode_table(results) },
    { "Cold start: from the start of the process to the first reply (TLS with default trust)",
      comparison(results, "cold", { "plain", "tls" }, "wall") },
    { "A new TLS connection and a small GET on it, default trust", connect_table(results) },
    { "Growth: records of one list",
      growth_table(results, "records/", plan.RECORDS, "records") },
    { "Growth: instances that take turns",
      growth_table(results, "instances/", plan.INSTANCES, "instances") },
  }
end

---@class bench.Occasion
---@field date string
---@field machine string
---@field rounds integer
---@field notes string[]|nil what the reader should know about this run

---@param results bench.Results
---@param occasion bench.Occasion
---@return string markdown
function report.page(results, occasion)
  local rows, counts = bars.rows(results)
  local parts = {
    "# Measured\n", ("%s, on %s. Medians of %d alternating rounds, the middle half of them in "
      .. "brackets; ratios are taken round by round."):format(occasion.date, occasion.machine,
      occasion.rounds) .. "\n",
  }
  for _, note in ipairs(occasion.notes or {}) do parts[#parts + 1] = note .. "\n" end
  local kept, counted = counts.yes or 0, counts["by instructions"]
  parts[#parts + 1] = ("## Promises: %d of %d kept\n"):format(kept + (counted or 0), #rows)
  if counted then
    parts[#parts + 1] = "A time that is missed by less than a twentieth is decided by "
      .. "instructions: at most 1.30 times the floor's.\n"
  end
  parts[#parts + 1] = text.table({ "promise", "limit", "measured", "met" }, rows)
  for _, section in ipairs(sections(results)) do
    parts[#parts + 1] = "## " .. section[1] .. "\n"
    parts[#parts + 1] = section[2]
  end
  parts[#parts + 1] = "## Absent\n"
  parts[#parts + 1] = absent_lines(results)
  return table.concat(parts, "\n")
end

local CHARTS = {
  { "Small GET over HTTP/1.1: CPU", "get/plain", "cpu" },
  { "Token POST over TLS: CPU", "post/tls", "cpu" },
  { "Page of 100 tickets, 250 KB: CPU", "page/plain", "cpu" },
  { "Walk of 1,000 pages: wall of a page", "walk/plain", "wall" },
  { "2,000 token creations, 100 in flight, TLS: wall", "create100/tls", "total_wall" },
  { "Cold start over TLS, default trust: wall", "cold/tls", "wall" },
}

---@param results bench.Results
---@param occasion bench.Occasion
---@return string svg
function report.chart(results, occasion)
  local list = {}
  for _, each in ipairs(CHARTS) do
    local title, group, field = each[1], each[2], each[3]
    local drawn = {}
    for _, client in ipairs(measured(results, { group })) do
      local value = results:median(group, client.name, field)
      drawn[#drawn + 1] = {
        label = client.label, value = value, text = text.seconds(value),
        strong = client.name == "ours",
      }
    end
    table.sort(drawn, function(a, b) return a.value < b.value end)
    if #drawn > 0 then list[#list + 1] = { title = title, bars = drawn } end
  end
  return chart.svg("Measured on " .. occasion.date .. "; shorter is better", list)
end

return report
