--- What to do about a credential: pure decisions of the renewal.
--
-- Nothing here reads a clock, a store or a network; the renewal (auth/renewal.lua)
-- brings the facts and carries out what is decided.

local expiry = require "zendesk.oauth.expiry"

local decide = {}

-- After a failed renewal ahead of time the token still works: how long to leave
-- the server alone before the next try.
local FIRST_PAUSE = 5
local LONGEST_PAUSE = 60

local LONGEST_QUESTION = 3

--- Before a call: go on with the token in hand, or renew it first.
---@param current zendesk.token_set? the set in memory
---@param now number the server's time
---@param paused boolean a renewal failed a moment ago
---@return "use"|"renew" action
---@return "first"|"due"|"expired"? reason
function decide.before_call(current, now, paused)
  if not current then return "renew", "first" end
  local state = expiry.state(current, now)
  if state == "fresh" or (state == "due" and paused) then return "use" end
  return "renew", state
end

--- After a 401: the token in hand is used when it is not the one that failed.
---@param current zendesk.token_set?
---@param used string the token that was refused
---@param now number
---@return "use"|"renew"
function decide.after_401(current, used, now)
  if current and current.access_token ~= used and expiry.state(current, now) ~= "expired" then
    return "use"
  end
  return "renew"
end

--- Which set is the login, inside the lock: what is stored, unless memory holds its successor,
--- which could not be saved, or which the store has lost again (a replica that lags behind, a
--- backup, a write of somebody whose lock had ended).
---@param stored zendesk.token_set?
---@param current zendesk.token_set? in memory
---@param unsaved ("successor"|"login")? when `current` is in no store: a new login replaces
--- whatever is there
---@param replaced table<string, true> the access tokens in whose place this process has put others
---@return zendesk.token_set? base
---@return ("successor"|"login")? unsaved as before, or corrected
function decide.base(stored, current, unsaved, replaced)
  if not stored or unsaved == "login" then return current, unsaved end
  if current and replaced[stored.access_token] then return current, unsaved or "successor" end
  if unsaved and stored.access_token == current.access_token then return current, unsaved end
  -- Somebody logged in anew.
  return stored, nil
end

--- Inside the lock: is there still something to do?
---@param base zendesk.token_set? the login, see `decide.base`
---@param current zendesk.token_set? what this process had when it asked for the lock
---@param rejected string? the token that a 401 refused
---@param now number
---@return "use"|"renew"|"missing"
function decide.in_lock(base, current, rejected, now)
  if not base then return "missing" end
  if base.access_token == rejected then return "renew" end
  local state = expiry.state(base, now)
  if state == "fresh" then return "use" end
  -- Somebody else's token that is merely due: it was renewed for a shorter life than
  -- this process would ask for, or a moment ago; either way it works.
  local theirs = current ~= nil and base.access_token ~= current.access_token
  if state == "due" and theirs then return "use" end
  return "renew"
end

--- After invalid_grant, with the store read again: somebody was faster, or it is true.
---@param tried zendesk.token_set the set whose refresh token was refused
---@param stored zendesk.token_set? what the store holds now
---@param replaced table<string, true> the access tokens in whose place this process has put others
---@return "adopt"|"believe"
function decide.after_invalid_grant(tried, stored, replaced)
  if not stored or stored.refresh_token == tried.refresh_token then return "believe" end
  return replaced[stored.access_token] and "believe" or "adopt"
end

--- Whether a call can go on with the token in hand although its renewal failed.
---@param current zendesk.token_set?
---@param rejected string? the token that a 401 refused
---@param now number
---@return boolean
function decide.can_go_on(current, rejected, now)
  return current ~= nil and current.access_token ~= rejected
    and expiry.state(current, now) ~= "expired"
end

--- Seconds until a renewal ahead of time is tried again.
---@param failures integer failed renewals in a row, at least 1
---@param retry_after number? what the server asked for
---@return number
function decide.pause(failures, retry_after)
  return math.max(math.min(FIRST_PAUSE * 2 ^ (failures - 1), LONGEST_PAUSE), retry_after or 0)
end

--- How long to wait for the lock where a call could do without: half of the time that it has.
---@param now number
---@param deadline number? of the call
---@return number? seconds nil: as long as ever
function decide.lock_patience(now, deadline)
  return deadline and math.max((deadline - now) / 2, 0) or nil
end

--- Until when the server may be asked for a better estimate of a new token's end. The token is good
--- meanwhile, so the call that waits for it keeps the better part of its time.
---@param now number
---@param deadline number? of the call
---@return number
function decide.ask_until(now, deadline)
  local left = math.max((deadline or math.huge) - now, 0)
  return now + math.min(LONGEST_QUESTION, left / 2)
end

return decide
