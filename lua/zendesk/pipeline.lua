-- pipeline: the way of every call but the plainest ones, and of all that fail.
--
--   retry → rate_limit → auth → events → exchange
--
-- A middleware is `function(next, transport) return function(call) … end end`; what it returns is
-- value, response, err: a value on success, an err on failure, a response in both cases where there
-- was one. They are put together once for each instance, and only those that it needs; `retry` is
-- put to use when an attempt has failed. A successful call costs one table beside its response.

local call_of = require "zendesk.call"
local exchange = require "zendesk.exchange"
local retry = require "zendesk.middleware.retry"

-- What a failure needs is loaded before there is one: `require` opens files, and a process that has
-- no descriptor left must still get its error.
require "zendesk.ascii"
require "zendesk.error_reply"
require "zendesk.response_text"
require "zendesk.retry_after"

local build, OPTIONS, FIELDS = call_of.build, call_of.OPTIONS, call_of.FIELDS
local min = math.min

local pipeline = {}

-- A repetition costs one token of the budget, a success gives a part of one back: in an outage the
-- repetitions of an instance sink to a tenth of its successes instead of multiplying its load by
-- `attempts`.
local REFUND = 0.1

-- What comes after the first attempt: more of them, or a part of the budget back.
local function conclude(self, call, value, response, err)
  if err then return retry.run(self._attempt, self, call, err) end
  local budget = self.budget
  budget.tokens = min(budget.capacity, budget.tokens + REFUND)
  return value, response
end

-- Inside of the host's middlewares, the handler has concluded by itself.
local function as_it_is(_, _, value, response, err)
  return value, response, err
end

-- What happens to a call once for each attempt.
local function compose_attempt(self)
  local attempt = exchange.new(self)
  if self.observed then attempt = require "zendesk.middleware.events".wrap(attempt, self) end
  if self.provider and not self.provider.static then
    attempt = require "zendesk.middleware.auth".wrap(attempt, self)
  end
  if self.rate_limit ~= "off" then
    attempt = require "zendesk.middleware.rate_limit".wrap(attempt, self)
  end
  return attempt
end

-- What the host puts around a whole call.
local function compose_handler(self, extra)
  local handler = function(call)
    return conclude(self, call, self._attempt(call))
  end
  for index = #extra, 1, -1 do handler = extra[index](handler, self) end
  return handler
end

local function compose(self)
  self._attempt = compose_attempt(self)
  self._handler, self._conclude = self._attempt, conclude
  if self._middlewares then
    self._handler, self._conclude = compose_handler(self, self._middlewares), as_it_is
  end
  return self._handler
end

local function finish(self, call, value, response, err)
  local budget = self.budget
  if err or budget.tokens < budget.capacity then
    value, response, err = self._conclude(self, call, value, response, err)
  end
  if call.owned then call.body:close() end
  if err then return nil, err end
  return value, response
end

local function run(self, call)
  if self.observed then
    local numbers = self._numbers
    numbers.last = numbers.last + 1
    call.number = numbers.last
  end
  local handler = self._handler or compose(self)
  return finish(self, call, handler(call))
end

---Makes a call: see Transport:request.
---@param self zendesk.Transport
---@param method string
---@param path string
---@param given zendesk.CallOptions|nil
---@return any value
---@return zendesk.Response|zendesk.Error response
function pipeline.call(self, method, path, given)
  local call, err = build(self, method, path, given, OPTIONS)
  if not call then return nil, err end
  return run(self, call)
end

---Makes a call of which one table says all.
---@param self zendesk.Transport
---@param given zendesk.Call
---@return any value
---@return zendesk.Response|zendesk.Error response
function pipeline.send(self, given)
  local call, err = build(self, given.method, given.path, given, FIELDS)
  if not call then return nil, err end
  return run(self, call)
end

---Sends a record: see Transport:write.
---@param self zendesk.Transport
---@param method string
---@param path string
---@param json any
---@return any value
---@return zendesk.Response|zendesk.Error response
function pipeline.write(self, method, path, json)
  local call, err = call_of.record(self, method, path, json)
  if not call then return nil, err end
  return run(self, call)
end

---Goes on with a call that the short way of zendesk.request has begun.
---@param self zendesk.Transport
---@param method string
---@param path string
---@param json any
---@param brief boolean|nil as Transport:write has it
---@param transfer any see exchange.go_on
---@param head any
---@param value any
---@return any value
---@return zendesk.Response|zendesk.Error response
function pipeline.resume(self, method, path, json, brief, transfer, head, value)
  local given = json ~= nil and { json = json } or nil
  local call, err = build(self, method, path, given, OPTIONS)
  if not call then return nil, err end
  call.brief = brief
  -- The engine has refused it: a path that is to be rewritten, or misuse.
  if not transfer and head == "config" then return run(self, call) end
  if not self._handler then compose(self) end
  return finish(self, call, exchange.go_on(self, call, transfer, head, value))
end

return pipeline
