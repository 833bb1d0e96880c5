-- retry: what happens after the first attempt of a call has failed. Loaded when one has. The
-- decisions are in zendesk.retry_policy.

local call_of = require "zendesk.call"
local errors = require "zendesk.errors"
local retry_policy = require "zendesk.retry_policy"

local retry = {}

local AMBIGUOUS_REMEDY = "look whether it was carried out before you repeat it"

-- Gives the error what the caller needs to decide.
local function settle(err, call, verdict)
  err.attempts = call.attempts
  if verdict == "ambiguous" then
    err.ambiguous = true
    err.remedy = err.remedy or AMBIGUOUS_REMEDY
  elseif verdict == "repeat" then
    err.retryable = true
  end
  return err
end

local function report(transport, call, err, wait)
  if not transport.observed then return end
  local event = require "zendesk.middleware.events".base(call, "retry")
  event.wait, event.kind, event.status, event.code = wait, err.kind, err.status, err.code
  event.request_id, event.retry_after = err.request_id, err.retry_after
  transport._emit(event)
end

-- Seconds to wait before another attempt; nil where there is none, with what stands in the way.
local function next_wait(transport, call, err)
  local policy = call.retry or transport.retry
  if call.attempts >= policy.attempts then return nil end
  if err.kind == "rate_limit" and transport.rate_limit == "raise" then return nil end
  local wait = retry_policy.wait(call.attempts, policy, err.retry_after, transport.random())
  if transport.driver:now() + wait >= call.deadline then
    return nil, ("the deadline leaves no time to wait %.1f s and repeat"):format(wait)
  end
  if not retry_policy.draw(transport.budget, err) then
    return nil, "too many calls of this instance have failed lately: it does not repeat"
  end
  return wait
end

local function interrupted(call, err, kind, message)
  return errors.new(kind, message, {
    method = call.method, path = errors.clean_path(call.path), cause = err, sent = err.sent,
    attempts = call.attempts,
  })
end

-- A DELETE in doubt that is repeated and finds nothing was carried out the first time. That the
-- token endpoint was not found says nothing of the record.
local function was_deleted(call, err, in_doubt)
  local is_gone = (err.status == 404 or err.status == 410) and err.kind ~= "oauth"
  return in_doubt and call.method == "DELETE" and is_gone
end

---Carries a failed call on: until it succeeds, or may not be repeated, or there is no time left.
---@param next function
---@param transport zendesk.Transport
---@param call table
---@param err zendesk.Error of the first attempt
---@return any value
---@return zendesk.Response|nil response
---@return zendesk.Error|nil err
function retry.run(next, transport, call, err)
  local repeatable, in_doubt = call_of.is_repeatable(transport, call), false
  call.attempts = call.attempts or 1
  local value, response
  while true do
    local verdict = retry_policy.verdict(err, repeatable)
    if err.retry_after then err.retry_at = transport.driver:time() + err.retry_after end
    if verdict ~= "repeat" then return nil, nil, settle(err, call, verdict) end
    local wait, obstacle = next_wait(transport, call, err)
    if not wait then
      err.remedy = obstacle or err.remedy
      return nil, nil, settle(err, call, verdict)
    end
    in_doubt = in_doubt or (err.sent == true and err.kind ~= "rate_limit")
    report(transport, call, err, wait)
    local ok, kind, message = transport:sleep(wait)
    if not ok then return nil, nil, interrupted(call, err, kind, message) end
    call.attempts = call.attempts + 1
    value, response, err = next(call)
    if not err then return value, response end
    if was_deleted(call, err, in_doubt) then return true, response end
  end
end

return retry
