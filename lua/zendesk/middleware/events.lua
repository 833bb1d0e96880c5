-- events: tells `on_event` what happens. Plain tables, no credentials: never a header value other
-- than traceparent and request ids, never a body, never a query.

local errors = require "zendesk.errors"

local events = {}

---Makes the function that reports events. It never raises: what the handler raises is reported once
---as a warning, and swallowed.
---@param handler fun(event: zendesk.Event)|nil
---@param time fun(): number seconds since 1970
---@return fun(event: table) emit
function events.emitter(handler, time)
  if not handler then return function() end end
  -- Coroutines inside of the handler: a handler that makes a call would report that call to itself.
  local inside = setmetatable({}, { __mode = "k" })
  local complained = false
  local function deliver(event)
    local thread = coroutine.running()
    if inside[thread] then return true end
    inside[thread] = true
    local ok, problem = pcall(handler, event)
    inside[thread] = nil
    return ok, problem
  end
  return function(event)
    event.time = event.time or time()
    local ok, problem = deliver(event)
    if ok or complained then return end
    complained = true
    deliver {
      type = "warning", code = "handler_raised", time = time(),
      message = "on_event raised: " .. errors.clean(errors.words(problem)),
    }
  end
end

local function base(call, kind)
  return {
    type = kind, call = call.number, method = call.method, path = errors.clean_path(call.path),
    attempt = call.attempts or 1, traceparent = call.traceparent,
  }
end

events.base = base

---Reports each request that is sent, and how it ended.
---@param next function
---@param transport zendesk.Transport
---@return function
function events.wrap(next, transport)
  local emit = transport._emit
  return function(call)
    emit(base(call, "request"))
    local value, response, err = next(call)
    local event = base(call, "response")
    if response then
      event.status, event.request_id = response.status, response.request_id
      event.timings, event.size = response:timings(), response.size
    end
    if err then event.kind, event.code = err.kind, err.code end
    emit(event)
    return value, response, err
  end
end

return events
