-- exchange: one request on the wire, and what became of it. The last of the pipeline.

local errors = require "zendesk.errors"
local new_response = require "zendesk.response".new

local exchange = {}

local MESSAGES = {
  timeout = "the deadline was reached", cancelled = "the task was cancelled",
  closed = "the instance was closed",
}

-- RFC 9110, section 15.4: what a GET follows.
local MOVED = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

-- CURLE_PEER_FAILED_VERIFICATION
local UNTRUSTED = 60
local OWN_AUTHORITY = "where a company's proxy or an own server signs with its own authority, the "
  .. "option ca_file or the environment's ZENDESK_CA_FILE names the PEM file of that authority"

local function failed(self, call, kind, message, sent, curl_code)
  if self._closed and (kind == "cancelled" or kind == "closed") then
    kind, message = "closed", MESSAGES.closed
  end
  if kind == "memory" and self.driver.recover then self.driver:recover() end
  return errors.new(kind, message or MESSAGES[kind] or kind, {
    method = call.method, path = errors.clean_path(call.path), sent = sent, curl_code = curl_code,
    attempts = call.attempts or 1, remedy = curl_code == UNTRUSTED and OWN_AUTHORITY or nil,
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
  if call.file and MOVED[status] and response:header "location" then return "", response end
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
    -- A handler of events, or a provider, may have closed it since.
    if self._closed then return nil, nil, failed(self, call, "closed", nil, false) end
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

---Goes on from what the short way (request.lua) has begun, with the table of the whole call.
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
