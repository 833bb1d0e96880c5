-- Watches a program's calls: spans for OpenTelemetry (OTLP/JSON, what a collector takes at
-- /v1/traces) and a page of metrics for Prometheus. Both are made of `on_event` alone.
--   lua examples/observe.lua spans.json metrics.txt

local account = require "examples.account"
local json = require "zendesk.json"
local metrics = require "examples.observe.metrics".new()
local spans = require "examples.observe.spans".new "ticket_exporter"

local zd <close>, box = account.open {
  seed = { tickets = 250 },
  on_event = function(event)
    spans:take(event)
    metrics:take(event)
  end,
}
spans.origin = zd:origin()
if box then -- a sandbox can be told to be as a bad day is
  box:fail { path = "/users/me", status = 503 }
  box:fail { path = "/tickets", skip = 1, status = 429, headers = { ["Retry-After"] = "1" } }
end

-- The trace around the calls: yours, where the program has one already. Zendesk is told of it.
local job = spans:begin "export tickets"
local headers = { traceparent = job.traceparent }

print("As", assert(zd:whoami { headers = headers }).email)
local count = 0
for _ in zd:each("/api/v2/tickets", { headers = headers, page_size = 100 }) do count = count + 1 end
print("Tickets", count)
job:finish()

local function write(path, text)
  local file <close> = path and assert(io.open(path, "w"))
  return assert((file or io.stdout):write(text, "\n"))
end
write(arg[1], assert(json.encode(spans:export())))
write(arg[2], metrics:page())
