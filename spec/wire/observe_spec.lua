-- examples/observe.lua: its spans hang together, its metrics count what the server has seen, and
-- neither holds a secret.

local account_of = require "spec.support.account"
local cjson = require "cjson"
local metrics_of = require "examples.observe.metrics"
local process = require "spec.support.process"
local spans_of = require "examples.observe.spans"

-- Reads a page with a reader that is not ours (Debian: python3-prometheus-client).
local READER = [[
import sys
from prometheus_client.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(family.type, sample.name, sample.value, sorted(sample.labels.items()))
]]

-- The interpreter that has it: Debian's packages are of no use to another one that comes first.
local function reader()
  for _, python in ipairs { "python3", "/usr/bin/python3" } do
    if process.run({ python, "-c", "import prometheus_client" }).status == 0 then return python end
  end
  return nil
end

-- What a program that is run without an account must not find.
local NO_ACCOUNT = {
  ZENDESK_SUBDOMAIN = false, ZENDESK_BASE_URL = false, ZENDESK_OAUTH_TOKEN = false,
  ZENDESK_OAUTH_CLIENT_ID = false, ZENDESK_OAUTH_CLIENT_SECRET = false, ZENDESK_EMAIL = false,
  ZENDESK_API_TOKEN = false,
}

local function observed(environment)
  local directory, remove = process.temporary_directory()
  local env = {}
  for name, value in pairs(NO_ACCOUNT) do env[name] = value end
  for name, value in pairs(environment) do env[name] = value end
  local result = process.run_lua_file("examples/observe.lua", {
    args = { directory .. "/spans", directory .. "/metrics" }, env = env, timeout = 60,
  })
  assert.equal("", result.stderr)
  assert.equal(0, result.status)
  local spans = process.read_file(directory .. "/spans")
  local page = process.read_file(directory .. "/metrics")
  remove()
  return spans, page
end

local function spans_in(text)
  local export = cjson.decode(text)
  return export.resourceSpans[1].scopeSpans[1].spans
end

local function attributes_of(span)
  local found = {}
  for _, attribute in ipairs(span.attributes) do
    local value = attribute.value
    found[attribute.key] = value.stringValue or value.doubleValue
      or math.tointeger(tonumber(value.intValue))
  end
  return found
end

local function sum_of(page, family)
  local sum = 0
  for value in page:gmatch("\n" .. family .. "{[^\n]*} (%S+)") do sum = sum + tonumber(value) end
  return sum
end

local function events_of(spans, name)
  local count = 0
  for _, span in ipairs(spans) do
    for _, event in ipairs(span.events) do
      if event.name == name then count = count + 1 end
    end
  end
  return count
end

-- One trace; each span but the first hangs below another one, and inside of its time.
local function check_tree(spans)
  local by_id, roots = {}, 0
  for _, span in ipairs(spans) do
    assert.matches("^%x+$", span.spanId)
    assert.equal(16, #span.spanId)
    assert.equal(32, #span.traceId)
    assert.equal(spans[1].traceId, span.traceId)
    assert.is_nil(by_id[span.spanId], "an id that is there twice")
    by_id[span.spanId] = span
  end
  for _, span in ipairs(spans) do
    local started, ended = tonumber(span.startTimeUnixNano), tonumber(span.endTimeUnixNano)
    assert.is_true(started <= ended)
    local parent = by_id[span.parentSpanId]
    if span.parentSpanId then
      assert(parent, "a parent that is not there")
      assert.is_true(tonumber(parent.startTimeUnixNano) <= started)
      assert.is_true(ended <= tonumber(parent.endTimeUnixNano))
    else
      roots = roots + 1
    end
  end
  assert.equal(1, roots)
end

local function requests_of(spans)
  local list = {}
  for _, span in ipairs(spans) do
    if span.kind == 3 then list[#list + 1] = attributes_of(span) end
  end
  return list
end

describe("examples/observe.lua", function()
  local account = account_of.use()

  local function basic()
    local box = account.box
    return {
      ZENDESK_BASE_URL = box.base_url, ZENDESK_EMAIL = box.email, ZENDESK_API_TOKEN = box.api_token,
    }
  end

  it("runs without an account, and shows the retries of a bad day", function()
    local text, page = observed {}
    local spans = spans_in(text)
    check_tree(spans)
    local requests = requests_of(spans)
    assert.equal(6, #requests) -- two for the user, four for three pages
    assert.equal(6, sum_of(page, "zendesk_requests_total"))
    assert.equal(6, sum_of(page, "zendesk_request_duration_seconds_count"))
    assert.equal(2, sum_of(page, "zendesk_retries_total"))
    assert.equal(2, events_of(spans, "retry"))
    assert.equal(503, requests[1]["http.response.status_code"])
    assert.equal(1, requests[2]["http.request.resend_count"])
  end)

  it("counts what the server has seen, which is told of the trace", function()
    account.box:seed { tickets = 120 }
    local text, page = observed(basic())
    local spans = spans_in(text)
    check_tree(spans)
    local seen = account.box:requests()
    assert.equal(#seen, sum_of(page, "zendesk_requests_total"))
    assert.equal(#seen, #requests_of(spans))
    local traceparent = ("00-%s-%s-01"):format(spans[1].traceId, spans[1].spanId)
    for _, request in ipairs(seen) do assert.equal(traceparent, request.headers.traceparent) end
  end)

  it("shows a token that is renewed, and none of its letters", function()
    local client = account.box:seed {
      clients = { { identifier = "observed", kind = "confidential" } },
    }.clients[1]
    local text, page = observed {
      ZENDESK_BASE_URL = account.box.base_url, ZENDESK_OAUTH_CLIENT_ID = "observed",
      ZENDESK_OAUTH_CLIENT_SECRET = client.secret,
    }
    assert.equal(1, sum_of(page, "zendesk_refreshes_total"))
    assert.equal(1, events_of(spans_in(text), "refresh"))
    local secrets = { client.secret }
    for _, request in ipairs(account.box:requests()) do
      secrets[#secrets + 1] = (request.headers.authorization or ""):match "^Bearer (.*)$"
    end
    assert.is_true(#secrets >= 2)
    for _, secret in ipairs(secrets) do
      assert.is_nil(text:find(secret, 1, true))
      assert.is_nil(page:find(secret, 1, true))
    end
  end)

  it("gives no letter of Basic credentials away", function()
    local text, page = observed(basic())
    for _, secret in ipairs { account.box.api_token, account.box.email } do
      assert.is_nil(text:find(secret, 1, true))
      assert.is_nil(page:find(secret, 1, true))
    end
  end)
end)

describe("the page of metrics", function()
  local function filled()
    local metrics = metrics_of.new()
    local base = { call = 1, method = "GET", path = "/api/v2/tickets/35", attempt = 1 }
    local function take(kind, time, more)
      local event = { type = kind, time = time }
      for name, value in pairs(base) do event[name] = value end
      for name, value in pairs(more or {}) do event[name] = value end
      metrics:take(event)
    end
    take("rate_limit", 1, { name = 'of\n"search"\\', wait = 2.5 })
    take("request", 4)
    take("response", 4.75, { kind = "transport" })
    take("retry", 4.75, { kind = "transport", wait = 0.25 })
    take("request", 5)
    take("response", 6, { status = 200, timings = { total = 0.75 } })
    take("refresh", 6, { grant = "refresh_token" })
    take("warning", 6)
    take("progress", 6)
    return metrics:page() .. "\n"
  end

  it("counts by route, waits apart, and escapes what a label may not hold", function()
    local page = filled()
    assert.equal(2, sum_of(page, "zendesk_requests_total"))
    local failed = '{method="GET",route="/api/v2/tickets/{id}",status="transport"} 1'
    assert.matches(failed, page, 1, true)
    assert.matches([[{limit="of\n\"search\"\\"} 1]], page, 1, true)
    assert.matches('zendesk_wait_seconds_total{reason="rate_limit"} 2.5\n', page, 1, true)
    assert.matches('zendesk_wait_seconds_total{reason="retry"} 0.25\n', page, 1, true)
  end)

  it("is what Prometheus' own client library reads", function()
    local python = reader()
    if not python then return pending "python3-prometheus-client is not installed" end
    local result = process.run({ python, "-c", READER }, { stdin = filled() })
    assert.equal("", result.stderr)
    for _, line in ipairs {
      "counter zendesk_requests_total 1.0 [('method', 'GET'), ('route', '/api/v2/tickets/{id}'), "
        .. "('status', '200')]",
      [=[counter zendesk_rate_limit_waits_total 1.0 [('limit', 'of\n"search"\\')]]=],
      "histogram zendesk_request_duration_seconds_count 1.0 [('method', 'GET'), ('route', "
        .. "'/api/v2/tickets/{id}'), ('status', '200')]",
      "histogram zendesk_request_duration_seconds_bucket 0.0 [('le', '0.5'), ('method', 'GET'), ",
      "histogram zendesk_request_duration_seconds_bucket 1.0 [('le', '+Inf'), ('method', 'GET'), ",
    } do
      assert.is_truthy(result.stdout:find(line, 1, true), line .. " is not in\n" .. result.stdout)
    end
  end)
end)

describe("the spans", function()
  it("are a trace of their own where the caller has none", function()
    local spans = spans_of.new "service"
    spans.origin = "https://acme.zendesk.com"
    for number = 1, 2 do
      local event = { call = number, method = "GET", path = "/x", attempt = 1, time = number }
      for kind, more in pairs { request = {}, rate_limit = { name = "account", wait = 1 } } do
        event.type = kind
        for name, value in pairs(more) do event[name] = value end
        spans:take(event)
      end
      event.type, event.kind = "response", "timeout"
      spans:take(event)
    end
    local list = spans:export().resourceSpans[1].scopeSpans[1].spans
    assert.equal(4, #list)
    assert.not_equal(list[1].traceId, list[3].traceId)
    assert.is_nil(list[1].parentSpanId)
    assert.equal(list[1].spanId, list[2].parentSpanId)
    assert.same({ code = 2, message = "timeout" }, list[2].status)
    assert.equal("timeout", attributes_of(list[2])["error.type"])
    assert.equal(443, attributes_of(list[2])["server.port"])
    assert.equal(2, events_of(list, "rate_limit"))
  end)
end)
