-- retry_policy: may a request be sent again, and when? Pure functions.

local retry_policy = {}

local min = math.min

-- Statuses that mean trouble of the moment: Zendesk's, and from 520 on those of its edge
-- (Cloudflare), which says so that it got no answer or cannot reach Zendesk. They can follow a
-- request that was carried out.
local MOMENTARY = { [500] = true, [502] = true, [503] = true, [504] = true, [530] = true }
for status = 520, 527 do MOMENTARY[status] = true end

-- The server does not know the method, or not this version of HTTP: nothing was carried out. Any
-- other status from 500 on leaves that open.
local NOT_CARRIED_OUT = { [501] = true, [505] = true }

-- With these kinds a reply was lost on our side, after the server had given it.
local LOST = { decode = true, too_large = true, memory = true, cancelled = true, closed = true }

-- The database gave the transaction up, nothing was carried out: Zendesk's codes for 409 and 503.
local ROLLED_BACK = { DatabaseConflict = true, DatabaseDeadlock = true }

-- CURLE_SSL_CONNECT_ERROR: the handshake broke off. A certificate that is not trusted is another
-- code, and does not get better.
local HANDSHAKE_BROKEN = 35

---What may be done after a failure.
---@param err zendesk.Error
---@param repeatable boolean sending the request twice is the same as sending it once
---@return "repeat"|"ambiguous"|"final"
function retry_policy.verdict(err, repeatable)
  local kind, status = err.kind, err.status
  if kind == "rate_limit" then return status and "repeat" or "final" end
  if ROLLED_BACK[err.code or ""] and (status == 409 or status == 503) then return "repeat" end
  if kind == "tls" then
    return err.curl_code == HANDSHAKE_BROKEN and not err.sent and "repeat" or "final"
  end
  local momentary = MOMENTARY[status or 0] or kind == "transport" or kind == "timeout"
  if momentary and (repeatable or err.sent == false) then return "repeat" end
  if repeatable then return "final" end
  local broken = (status or 0) >= 500 and not NOT_CARRIED_OUT[status]
  local in_doubt = momentary or broken or (err.sent and LOST[kind])
  return in_doubt and "ambiguous" or "final"
end

---Seconds before the next attempt: what Retry-After asks for, and a random part of a span that
---doubles with each attempt ("full jitter"), so that callers who failed together do not come back
---together.
---@param attempt integer how often the request has been sent
---@param policy table base, cap
---@param retry_after number|nil
---@param random number between 0 and 1
---@return number
function retry_policy.wait(attempt, policy, retry_after, random)
  -- 2^1024 is infinite; the cap is reached long before 2^32.
  local span = min(policy.cap, policy.base * 2 ^ min(attempt - 1, 32))
  if retry_after then return retry_after + random * min(span, policy.base) end
  return random * span
end

---Takes a repetition from the budget. A 429 that says when to come back costs nothing: waiting for
---that moment is no load.
---@param budget zendesk.RetryBudget
---@param err zendesk.Error
---@return boolean
function retry_policy.draw(budget, err)
  if err.kind == "rate_limit" and err.retry_after then return true end
  if budget.tokens < 1 then return false end
  budget.tokens = budget.tokens - 1
  return true
end

return retry_policy
