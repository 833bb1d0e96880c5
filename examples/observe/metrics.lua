-- A page of metrics for Prometheus (text format 0.0.4) of an instance's events.

local metrics = {}
metrics.__index = metrics

-- Upper bounds of the histogram, in seconds.
local BOUNDS = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 }

local FAMILIES = {
  { "zendesk_requests_total", "counter", "Requests sent, by the status of the reply." },
  { "zendesk_request_duration_seconds", "histogram", "Time from a request to its reply." },
  { "zendesk_retries_total", "counter", "Requests repeated, by what had gone wrong." },
  { "zendesk_rate_limit_waits_total", "counter", "Requests held back before a limit." },
  { "zendesk_wait_seconds_total", "counter", "Seconds waited, by reason." },
  { "zendesk_refreshes_total", "counter", "Access tokens renewed." },
  { "zendesk_warnings_total", "counter", "Warnings." },
}

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

-- {method="GET",status="200"}, from names and values in order.
local function labels_of(pairs_in_order)
  local parts = {}
  for index, pair in ipairs(pairs_in_order) do
    parts[index] = ('%s="%s"'):format(pair[1], tostring(pair[2]):gsub('[\\"\n]', ESCAPES))
  end
  return #parts > 0 and "{" .. table.concat(parts, ",") .. "}" or ""
end

local function add(self, family, pairs_in_order, amount)
  local samples = self._samples[family]
  local labels = labels_of(pairs_in_order)
  samples[labels] = (samples[labels] or 0) + amount
end

local function observe(self, pairs_in_order, seconds)
  local labels = labels_of(pairs_in_order)
  local histogram = self._histograms[labels]
  if not histogram then
    histogram = { labels = pairs_in_order, sum = 0, count = 0 }
    self._histograms[labels] = histogram
  end
  histogram.sum, histogram.count = histogram.sum + seconds, histogram.count + 1
  for index, bound in ipairs(BOUNDS) do
    histogram[index] = (histogram[index] or 0) + (seconds <= bound and 1 or 0)
  end
end

local takers = {}

function takers.request(self, event)
  self._started[event.call] = event.time
end

function takers.response(self, event)
  local path = event.path:gsub("/%d+", "/{id}") -- a label for each ticket would be too many
  local labels = {
    { "method", event.method }, { "route", path }, { "status", event.status or event.kind },
  }
  local seconds = event.timings and event.timings.total or event.time - self._started[event.call]
  add(self, "zendesk_requests_total", labels, 1)
  observe(self, labels, math.max(seconds, 0))
end

function takers.retry(self, event)
  add(self, "zendesk_retries_total", { { "reason", event.kind } }, 1)
  add(self, "zendesk_wait_seconds_total", { { "reason", "retry" } }, event.wait)
end

function takers.rate_limit(self, event)
  add(self, "zendesk_rate_limit_waits_total", { { "limit", event.name } }, 1)
  add(self, "zendesk_wait_seconds_total", { { "reason", "rate_limit" } }, event.wait)
end

function takers.refresh(self, event)
  add(self, "zendesk_refreshes_total", { { "grant", event.grant } }, 1)
end

function takers.warning(self, event)
  add(self, "zendesk_warnings_total", { { "code", event.code or "none" } }, 1)
end

--- Takes an event; to be called in `on_event`.
function metrics:take(event)
  local take = takers[event.type]
  if take then take(self, event) end
end

local function sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function number(value)
  return math.type(value) == "integer" and ("%d"):format(value) or ("%.9g"):format(value)
end

local function histogram_lines(self, family, lines)
  for _, key in ipairs(sorted(self._histograms)) do
    local histogram = self._histograms[key]
    local function bucket(bound, count)
      local labels = table.move(histogram.labels, 1, #histogram.labels, 1, {})
      labels[#labels + 1] = { "le", bound }
      lines[#lines + 1] = ("%s_bucket%s %d"):format(family, labels_of(labels), count)
    end
    for index, bound in ipairs(BOUNDS) do bucket(number(bound), histogram[index]) end
    bucket("+Inf", histogram.count)
    lines[#lines + 1] = ("%s_sum%s %s"):format(family, key, number(histogram.sum))
    lines[#lines + 1] = ("%s_count%s %d"):format(family, key, histogram.count)
  end
end

--- The page as it is served: Content-Type text/plain; version=0.0.4.
---@return string
function metrics:page()
  local lines = {}
  for _, family in ipairs(FAMILIES) do
    local name, kind, help = table.unpack(family)
    lines[#lines + 1] = ("# HELP %s %s"):format(name, help)
    lines[#lines + 1] = ("# TYPE %s %s"):format(name, kind)
    if kind == "histogram" then histogram_lines(self, name, lines) end
    local samples = self._samples[name]
    for _, labels in ipairs(sorted(samples)) do
      lines[#lines + 1] = ("%s%s %s"):format(name, labels, number(samples[labels]))
    end
  end
  return table.concat(lines, "\n")
end

function metrics.new()
  local self = setmetatable({ _samples = {}, _histograms = {}, _started = {} }, metrics)
  for _, family in ipairs(FAMILIES) do self._samples[family[1]] = {} end
  return self
end

return metrics
