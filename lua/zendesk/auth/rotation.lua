--- The refresh of a login that rotates: the old pair is dead when the new one comes.
--
-- Runs inside the store's lock. The order is what keeps a login alive: a note
-- that a refresh is under way is saved first, then the refresh is sent, then the
-- new pair is saved, and only then anything else is asked. Whatever ends this
-- process in between, the next one finds either a pair that works or the note
-- that tells why it does not.

local decide = require "zendesk.auth.decide"
local errors = require "zendesk.errors"
local grants = require "zendesk.oauth.grants"
local timestamp = require "zendesk.timestamp"
local token_set = require "zendesk.oauth.token_set"

local rotation = {}

-- A refresh that lost against somebody else's is tried once more with theirs.
local ROUNDS = 2

local LOG_IN = "a person has to log in again (app:login or provider:login)"

---@class zendesk.auth.turn what one renewal works with
---@field keeper zendesk.auth.keeper
---@field client zendesk.oauth.client
---@field driver table
---@field emit fun(event: table)
---@field flight zendesk.auth.flight
---@field deadline number? of the call that began it

--- Why a login has ended, as far as what is known of it tells.
---@param base zendesk.token_set the set whose refresh token was refused
---@param now number
---@return string
function rotation.reason(base, now)
  if base.pending and base.pending.since then
    return ("a refresh was sent at %s and its reply never arrived, so the tokens that it made are "
      .. "lost"):format(timestamp.format(base.pending.since))
  end
  if base.refresh_expires_at and now >= base.refresh_expires_at then
    return "the refresh token ended on " .. timestamp.format_date(base.refresh_expires_at)
  end
  return "Zendesk does not accept the refresh token any more: it was revoked, or used by a program "
    .. "that does not share this store"
end

--- The error that ends a login.
---@param reason string
---@param cause zendesk.Error?
---@return zendesk.Error
function rotation.ended(reason, cause)
  cause = cause or {}
  return errors.new("reauthorize", "the login has ended: " .. reason, {
    code = cause.code, status = cause.status, request_id = cause.request_id, remedy = LOG_IN,
  })
end

--- The error of a login that nobody has made yet.
---@return zendesk.Error
function rotation.missing()
  return errors.new("reauthorize", "nobody has logged in yet: the store holds no login for this "
    .. "account, client, scope and key", { code = "no_login", remedy = LOG_IN })
end

local function with_note(base, now)
  local noted = token_set.copy(base)
  -- The first lost refresh is the one that counts.
  noted.pending = { since = base.pending and base.pending.since or math.floor(now) }
  return noted
end

-- A store that cannot take the note will not take the new pair either. Nothing has been sent
-- yet, so the login is still whole; only when the stored pair is dead anyway (the one in
-- memory could not be saved before) is there nothing to protect.
local function note_refresh(turn, base, now)
  local ok, err = turn.keeper:write(with_note(base, now))
  if ok or turn.keeper:unsaved() then return true end
  return nil, errors.new("store", "the token was not refreshed, because the store cannot be "
    .. "written and the new tokens would be lost: " .. err.message, {
    code = err.code, cause = err, remedy = err.remedy or "make the store writable; the login is "
      .. "untouched",
  })
end

local function warn_unsaved(turn, err)
  turn.emit {
    type = "warning", code = "store", err = err,
    message = "the new tokens are in memory only, since saving them failed: " .. err.message
      .. "; they are saved again at the next chance, and are lost if the process ends before",
  }
end

local function keep(turn, set, replaced)
  local ok, err = turn.keeper:put(set, replaced)
  if not ok then warn_unsaved(turn, err) end
  -- Asked only now: the pair is safe, and the answer is only a better estimate.
  if grants.complete(turn.client, { driver = turn.driver, deadline = turn.deadline }, set) then
    turn.keeper:put(set, replaced)
  end
end

local function take_note_back(turn, base)
  -- Best effort: a note too many costs a clearer message, nothing else.
  turn.keeper:write(base)
end

-- invalid_grant is believed only when the store still holds what was refused.
local function refused(turn, base, err)
  local stored, load_err = turn.keeper:load()
  if load_err then return nil, load_err end
  if turn.keeper:judge(base, stored) == "adopt" then return stored end
  -- An older note says what this one does. Whoever made it may be about to save after all.
  if stored and not base.pending then take_note_back(turn, base) end
  local now = turn.client.endpoint:time(turn.driver)
  return nil, rotation.ended(rotation.reason(base, now), err)
end

local function refresh_once(turn, base)
  local now = turn.client.endpoint:time(turn.driver)
  local ok, err = note_refresh(turn, base, now)
  if not ok then return nil, err end
  ok, err = turn.flight:send()
  if not ok then
    take_note_back(turn, base)
    return nil, err
  end
  local set
  set, err = grants.refresh_token(turn.client, { driver = turn.driver }, base, {})
  if set then
    keep(turn, set, base.access_token)
    return set, nil, true
  end
  -- With a 429 it is not about the login, whatever the body says.
  if err.kind == "oauth" and err.code == "invalid_grant" then return refused(turn, base, err) end
  if not err.ambiguous then take_note_back(turn, base) end
  return nil, err
end

--- [lock held] The successor of a login.
---@param turn zendesk.auth.turn
---@param base zendesk.token_set
---@return zendesk.token_set?
---@return zendesk.Error? err
---@return boolean? refreshed false when somebody else's successor was found
function rotation.renew(turn, base)
  for _ = 1, ROUNDS do
    if not base.refresh_token then
      return nil, rotation.ended("the token has no refresh token, so it cannot be renewed")
    end
    local set, err, refreshed = refresh_once(turn, base)
    if not set or refreshed then return set, err, refreshed end
    turn.keeper:use(set)
    local now = turn.client.endpoint:time(turn.driver)
    if decide.can_go_on(set, base.access_token, now) then return set, nil, false end
    base = set
  end
  return nil, rotation.ended "the refresh tokens in the store are refused one after the other"
end

return rotation
