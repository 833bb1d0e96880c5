-- exchange: one request on the wire, and what became of it. The last of the pipeline.

local errors = require "zendesk.errors"
local response_of = require "zendesk.response"

local new_response, Response = response_of.new, response_of.class
local setmetatable = setmetatable

local exchange = {}

---What the budget for repetitions holds when nothing has failed for long.
local CAPACITY = 20

exchange.CAPACITY = CAPACITY

local MESSAGES = {
  timeout = "the deadline was reached", cancelled = "the task was cancelled",
  closed = "the instance was closed",
}

local function failed(self, call, kind, message, sent, curl_code)
  if self._closed and (kind == "cancelled" or kind == "closed") then
    kind, message = "closed", MESSAGES.closed
  end
  if kind == "memory" and self.driver.recover then self.driver:recover() end
  return errors.new(kind, message or MESSAGES[kind] or kind, {
    method = call.method, path = errors.clean_path(call.path), sent = sent, curl_code = curl_code,
    attempts = call.attempts or 1,
  })
end

local function refused(self, call, response, transfer)
  local text = transfer:body()
  response.text = text
  if text:find "^%s*[%[{\"]" then response.value = transfer:json() end
  call.now, call.scheme = self.driver:time(), self.account:scheme()
  local err = errors.from_response(response, call)
  err.attempts = call.attempts or 1
  return nil, response, err
end

local function undecodable(call, response, problem)
  return errors.new("decode", problem, {
    status = response.status, request_id = response.request_id, method = call.method,
    path = errors.clean_path(call.path), sent = true, attempts = call.attempts or 1,
  })
end

local function classify(self, call, transfer, status)
  local response = new_response(status, transfer:head(), call.attempts)
  if self.observed or call.timings then
    response._timings, response.size = transfer:timings(), transfer:size()
  end
  if (status < 200 or status > 299) and status ~= 304 then
    return refused(self, call, response, transfer)
  end
  if call.raw then return transfer:body(), response end
  local value, problem = require "zendesk.response_text".decode(transfer, not call.accept)
  if value == nil then return nil, response, undecodable(call, response, problem) end
  return value, response
end

-- Any reply but the usual one, and no reply at all.
local function conclude(self, call, transfer, done, reason)
  local status, kind, message, sent, curl_code = transfer:outcome()
  local value, response, err
  if not done then
    err = failed(self, call, reason, nil, sent ~= false)
  elseif not status then
    err = failed(self, call, kind, message, sent, curl_code)
  else
    value, response, err = classify(self, call, transfer, status)
  end
  transfer:close() -- its handle serves the next call
  return value, response, err
end

-- Seconds for this attempt: a wait may have used up a part of the call's.
local function time_for(self, call)
  local left = call.deadline - self.driver:now()
  local limit = call.limit or self._timeout
  return left < limit and left or limit
end

-- What becomes of a request that is on its way, or done.
local function follow(self, call, transfer, usual)
  local driver = self.driver
  local done, reason
  call.timeout = nil -- another attempt has less
  if driver.alone then
    done, reason = driver:await(transfer)
  else
    local under_way = self._under_way
    under_way[call] = transfer -- for whoever closes the instance meanwhile
    done, reason = driver:await(transfer)
    under_way[call] = nil
  end
  if done and usual then
    -- A success with JSON, in one step.
    local status, head, value = transfer:take()
    if status then return value, new_response(status, head, call.attempts) end
  end
  return conclude(self, call, transfer, done, reason)
end

---The last of the pipeline. The transfer's own time limit lies before the call's deadline, so that
---nobody else has to watch the clock.
---@param self zendesk.Transport
---@return function
function exchange.new(self)
  local driver, account = self.driver, self.account
  local observed = self.observed
  return function(call)
    if not call.timeout then
      call.timeout = time_for(self, call)
      if call.timeout <= 0 then return nil, nil, failed(self, call, "timeout", nil, false) end
    end
    local usual = not observed and call.plain ~= false
    local transfer, head, value
    if usual and driver.alone then
      transfer, head, value = driver:call(account, call)
      if transfer and value then return value, new_response(transfer, head, call.attempts) end
    else
      transfer, head, value = driver:submit(account, call)
    end
    if not transfer then return nil, nil, failed(self, call, head, value, false) end
    return follow(self, call, transfer, usual)
  end
end

-- ---------------------------------------------------------------------------------------------
-- The short way

-- Places in the request of a short call, which is a list.
local METHOD, PATH, JSON, BRIEF = 1, 2, 6, 7

-- There are two of them, for calls without and with a body, and each serves one call after the
-- other: a table for each call would cost more than what it holds.
local function new_request(self)
  return { "", "", self._first_timeout, self._connect_timeout or false, self._max_body or false }
end

---Makes a call of which only method, path and JSON are said, while nobody else runs. There is no
---table of it until it has taken an unusual turn; then the transport's `_resume` goes on.
---@param self zendesk.Transport
---@param method string
---@param path string
---@param json any nil: no body
---@param brief boolean|nil true: compression of the reply is not worth asking for
---@return any value
---@return zendesk.Response|zendesk.Error response
function exchange.quick(self, method, path, json, brief)
  -- The request is taken for the time of the call: a finaliser may make another one meanwhile.
  local request
  if json == nil then
    request = self._reading or new_request(self)
    self._reading = false
  else
    request = self._writing or new_request(self)
    self._writing = false
    request[JSON], request[BRIEF] = json, brief
  end
  request[METHOD], request[PATH] = method, path
  local status, head, value = self.driver:call(self.account, request)
  if json == nil then
    self._reading = request
  else
    request[JSON], self._writing = false, request -- the value is the caller's alone again
  end
  if value and status and self.budget.tokens >= CAPACITY then
    return value, setmetatable({ status = status, _head = head }, Response)
  end
  return self:_resume(method, path, json, status, head, value)
end

---Goes on from what exchange.quick has begun, with the table of the whole call.
---@param self zendesk.Transport
---@param call table
---@param transfer any what driver:call gave: a status or a transfer; nil where nothing was sent
---@param head any header lines; the kind of the failure; when the transfer began, or nil: just now
---@param value any value, or the message of the failure
---@return any value
---@return zendesk.Response|nil response
---@return zendesk.Error|nil err
function exchange.go_on(self, call, transfer, head, value)
  if not transfer then return nil, nil, failed(self, call, head, value, false) end
  if value then return value, new_response(transfer, head) end
  if head then call.deadline = head + self._deadline end
  return follow(self, call, transfer, true)
end

return exchange
