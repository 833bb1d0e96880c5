-- Spans of an instance's events, in the shape of OTLP/JSON (opentelemetry.io/docs/specs/otlp) with
-- the attributes that OpenTelemetry's conventions for HTTP clients name. Each call is a span, each
-- request that it has sent is one below it; retries, waits and renewed tokens are its events.

local json = require "zendesk.json"

local spans = {}
spans.__index = spans

local INTERNAL, CLIENT, ERROR = 1, 3, 2

-- Random, of so many hexadecimal digits, and never zero.
local function new_id(digits)
  return ("%016x%016x"):format(math.random(0) | 1, math.random(0)):sub(1, digits)
end

local function nanoseconds(seconds)
  return ("%d"):format(math.floor(seconds * 1e9))
end

local function attribute(name, value)
  local kind = math.type(value) == "integer" and "intValue"
    or type(value) == "number" and "doubleValue" or "stringValue"
  -- 64-bit integers are texts in OTLP/JSON.
  return { key = name, value = { [kind] = kind == "intValue" and ("%d"):format(value) or value } }
end

local function attributes(pairs_in_order)
  local list = json.array {}
  for _, pair in ipairs(pairs_in_order) do
    if pair[2] ~= nil then list[#list + 1] = attribute(pair[1], pair[2]) end
  end
  return list
end

local function new_span(self, name, kind, started, parent)
  local span = {
    traceId = parent and parent.traceId or new_id(32), spanId = new_id(16),
    parentSpanId = parent and parent.spanId, name = name, kind = kind,
    startTimeUnixNano = nanoseconds(started), endTimeUnixNano = nanoseconds(started),
    attributes = json.array {}, events = json.array {}, status = {},
  }
  self._spans[#self._spans + 1] = span
  return span
end

-- W3C Trace Context: 00-<trace>-<parent>-<flags>.
local function parent_of(traceparent)
  local trace, parent = (traceparent or ""):match "^00%-(%x+)%-(%x+)%-%x%x$"
  return trace and { traceId = trace, spanId = parent }
end

local Job = {}
Job.__index = Job

function Job:finish()
  self._span.endTimeUnixNano = nanoseconds(self._spans:_now())
  self._spans._job = nil
end

-- The events bring the time along, in parts of a second.
function spans:_now()
  return self._latest or os.time()
end

--- A span around calls that belong together; `traceparent` is the header that ties them to it.
function spans:begin(name)
  local span = new_span(self, name, INTERNAL, self:_now(), nil)
  self._job = span
  return setmetatable({
    traceparent = ("00-%s-%s-01"):format(span.traceId, span.spanId), _span = span, _spans = self,
  }, Job)
end

local function route(path)
  return (path:gsub("/%d+", "/{id}"))
end

function spans:_call_of(event)
  local call = self._calls[event.call]
  if not call then
    local name = ("%s %s"):format(event.method, route(event.path))
    call = new_span(self, name, INTERNAL, event.time, parent_of(event.traceparent))
    self._calls[event.call] = call
  end
  return call
end

local takers = {}

function takers.request(self, event)
  local call = self:_call_of(event)
  local span = new_span(self, event.method, CLIENT, event.time, call)
  span.attributes = attributes {
    { "http.request.method", event.method }, { "url.full", (self.origin or "") .. event.path },
    { "url.template", route(event.path) }, { "server.address", self:_server() },
    { "server.port", self:_port() },
    { "http.request.resend_count", event.attempt > 1 and event.attempt - 1 or nil },
  }
  self._attempts[event.call] = span
end

function takers.response(self, event)
  local call, span = self:_call_of(event), self._attempts[event.call]
  local problem = event.kind and (event.status and ("%d"):format(event.status) or event.kind)
  for _, each in ipairs(attributes {
    { "http.response.status_code", event.status }, { "error.type", problem },
    { "http.response.body.size", event.size },
    { "zendesk.request_id", event.request_id },
  }) do
    span.attributes[#span.attributes + 1] = each
  end
  -- A call is as its last request was.
  call.status = problem and { code = ERROR, message = event.code or event.kind } or {}
  span.status = call.status
  span.endTimeUnixNano, call.endTimeUnixNano = nanoseconds(event.time), nanoseconds(event.time)
end

local function note(self, event, name, pairs_in_order)
  local span = event.call and self:_call_of(event) or self._job
  if not span then return end
  span.events[#span.events + 1] = {
    name = name, timeUnixNano = nanoseconds(event.time), attributes = attributes(pairs_in_order),
  }
end

function takers.retry(self, event)
  note(self, event, "retry", {
    { "error.type", event.kind }, { "http.response.status_code", event.status },
    { "zendesk.wait", event.wait + 0.0 },
  })
end

function takers.rate_limit(self, event)
  note(self, event, "rate_limit", {
    { "zendesk.limit", event.name }, { "zendesk.remaining", event.remaining },
    { "zendesk.wait", event.wait + 0.0 },
  })
end

-- It belongs to no single call: others wait for the new token, too.
function takers.refresh(self, event)
  note(self, event, "refresh", {
    { "zendesk.grant", event.grant }, { "zendesk.reason", event.reason },
  })
end

--- Takes an event; to be called in `on_event`.
function spans:take(event)
  self._latest = event.time
  local take = takers[event.type]
  if take then take(self, event) end
end

function spans:_server()
  return (self.origin or ""):match "^%a+://([^:/]+)"
end

function spans:_port()
  local digits = (self.origin or ""):match ":(%d+)$"
  return math.tointeger(tonumber(digits)) or 443
end

--- Everything so far, for json.encode.
function spans:export()
  return { resourceSpans = { {
    resource = { attributes = attributes { { "service.name", self.service } } },
    scopeSpans = { { scope = { name = "zendesk" }, spans = self._spans } },
  } } }
end

--- `origin` may be set later: the address of the account is known once there is an instance.
function spans.new(service)
  return setmetatable({
    service = service, origin = nil, _spans = {}, _calls = {}, _attempts = {}, _job = nil,
    _latest = nil,
  }, spans)
end

return spans
