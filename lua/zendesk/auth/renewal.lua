--- Renews a credential once, however many calls want it.
--
-- Among the coroutines of a process every call that needs a renewal waits for the same
-- one (see auth/flight.lua). Among processes the lock beside the store decides. A
-- renewal ahead of time that fails is a warning; the call goes on with the token that
-- still works.

local decide = require "zendesk.auth.decide"
local errors = require "zendesk.errors"
local expiry = require "zendesk.oauth.expiry"
local flight = require "zendesk.auth.flight"
local token_set = require "zendesk.oauth.token_set"
local vault = require "zendesk.oauth.vault"

-- How often, and how patiently, a pair that could not be saved is offered to the store again.
local SAVE_PAUSE = 5
local SAVE_PATIENCE = 1

local renewal = {}
renewal.__index = renewal
renewal.__name = "zendesk.auth.renewal"

---@class zendesk.auth.credential
---@field token string
---@field expires_at number? on the server's clock
---@field generation string a fingerprint of the token, for events

---@class zendesk.auth.context what a call gives to its provider
---@field driver table
---@field deadline number?
---@field emit fun(event: table)
---@field base_url string
---@field account_options table? ca_file, ca_path, proxy

---Renews inside the lock; the last result is false when somebody else's successor was found.
---@alias zendesk.auth.renew
---| fun(turn: zendesk.auth.turn, base: zendesk.token_set?): zendesk.token_set?, any, boolean?

---@class zendesk.auth.strategy
---@field locks boolean whether a renewal must not happen without the lock
---@field waits boolean whether a renewal kills the old token, so that calls wait for it
---@field renew zendesk.auth.renew

---@class zendesk.auth.renewal
---@field private _keeper zendesk.auth.keeper
---@field private _strategy zendesk.auth.strategy
---@field private _flights table<table, zendesk.auth.flight> by driver
---@field private _failures integer
---@field private _paused_until number
---@field private _save_after number
---@field private _ended { refused: string, err: zendesk.Error }? a login that is over
---@field private _held { until_time: number, err: zendesk.Error }? by a Retry-After

--- A renewal of the login that a keeper keeps.
---@param keeper zendesk.auth.keeper
---@param client zendesk.oauth.client
---@param strategy zendesk.auth.strategy
---@return zendesk.auth.renewal
function renewal.new(keeper, client, strategy)
  local self = setmetatable({
    _keeper = keeper, _strategy = strategy,
    _flights = setmetatable({}, { __mode = "k" }),
    _failures = 0, _paused_until = 0, _save_after = 0, _ended = nil, _held = nil,
  }, renewal)
  -- It holds the client's secret.
  vault.keep(self, client)
  return self
end

local function server_time(self, driver)
  return vault.of(self).endpoint:time(driver)
end

local function unsaved_error(err)
  return errors.new("store", "the newest tokens are in memory only: " .. err.message, {
    code = err.code, cause = err,
    remedy = "make the store writable and call provider:flush() before the process ends; "
      .. "otherwise a person has to log in again",
  })
end

local function take(self, set)
  vault.of(self).endpoint:hint(set.clock_skew)
  self._keeper:use(set)
end

local function report(turn, set, reason)
  turn.emit {
    type = "refresh", grant = set.grant, reason = reason, scope = set.scope,
    generation = token_set.fingerprint(set.access_token),
    expires_at = set.expires_at, expires_from = set.expires_from,
  }
end

local function mark_ended(self, base, err)
  if err.kind == "reauthorize" and base and base.refresh_token then
    self._ended = { refused = token_set.fingerprint(base.refresh_token), err = err }
  end
end

-- A refresh token that was refused and confirmed is not sent a second time by this process.
local function ended_error(self, base)
  local ended = self._ended
  if not ended or not base or not base.refresh_token then return nil end
  if token_set.fingerprint(base.refresh_token) == ended.refused then return ended.err end
  self._ended = nil
end

local function hold(self, driver, err)
  if not err.retry_after then return end
  self._held = { until_time = driver:now() + err.retry_after, err = err }
end

-- Until the moment that the server has named, calls without a token have its answer again.
local function held_error(self, driver)
  local held = self._held
  local left = held and held.until_time - driver:now() or 0
  if left < 0.01 then return nil end
  local err = flight.copy_error(held.err)
  err.retry_after = math.ceil(left)
  if err.kind == "rate_limit" then err.remedy = ("wait %d s"):format(err.retry_after) end
  return err
end

-- [lock held, or not needed] Decides on fresh facts, and renews when that is still right.
local function renew_in_lock(self, turn, reason, rejected)
  local keeper, before = self._keeper, self._keeper:current()
  local base, err = keeper:base()
  if err then
    if self._strategy.locks then return nil, err end
    turn.emit { type = "warning", code = "store", err = err, message = err.message }
    base = before
  end
  if base then vault.of(self).endpoint:hint(base.clock_skew) end
  local action = decide.in_lock(base, before, rejected, server_time(self, turn.driver))
  if action == "use" then
    take(self, base)
    return true
  end
  err = ended_error(self, base) or held_error(self, turn.driver)
  if err then return nil, err end
  local set, renewed
  set, err, renewed = self._strategy.renew(turn, base)
  if not set then
    mark_ended(self, base, err)
    hold(self, turn.driver, err)
    return nil, err
  end
  if renewed then report(turn, set, reason) end
  return true
end

local function fly(self, turn, reason, rejected)
  local works = decide.can_go_on(self._keeper:current(), rejected, server_time(self, turn.driver))
  local patience
  if works or not self._strategy.locks then
    patience = decide.lock_patience(turn.driver:now(), turn.deadline)
  end
  local lock <close>, err = self._keeper:lock(turn.driver, patience, turn.emit)
  if not lock then
    if self._strategy.locks or err.kind == "cancelled" then return nil, err end
    turn.emit { type = "warning", code = "store", err = err, message = err.message }
  end
  return renew_in_lock(self, turn, reason, rejected)
end

local function launch(self, context, reason, rejected)
  local driver, flights = context.driver, self._flights
  local launched = flight.new(driver)
  local turn = {
    keeper = self._keeper, client = vault.of(self), driver = driver, emit = context.emit,
    flight = launched, deadline = context.deadline,
  }
  flights[driver] = launched
  launched:begin(function() return fly(self, turn, reason, rejected) end, function()
    if flights[driver] == launched then flights[driver] = nil end
  end)
  return launched
end

local function land(self, driver)
  local under_way = self._flights[driver]
  if under_way then under_way:land() end
end

-- Told once for each flight, whoever waited for it.
local function notice(self, failed, context)
  if failed.noticed then return end
  failed.noticed = true
  self._failures = self._failures + 1
  local err = failed.err
  local pause = decide.pause(self._failures, err.retry_after)
  self._paused_until = context.driver:now() + pause
  context.emit {
    type = "warning", code = "renewal_failed", err = err, retry_in = pause,
    message = "the access token could not be renewed ahead of time, the present one is used on: "
      .. err.message,
  }
end

local function after_failure(self, failed, err, context, rejected)
  if err ~= failed.err then return nil, err end -- it goes on, or was given up
  local current = self._keeper:current()
  if decide.can_go_on(current, rejected, server_time(self, context.driver)) then
    notice(self, failed, context)
    return self._keeper:credential()
  end
  return nil, flight.copy_error(err)
end

local function renewed(self, context, reason, rejected)
  local keeper, driver = self._keeper, context.driver
  local under_way = self._flights[driver]
  local works = decide.can_go_on(keeper:current(), rejected, server_time(self, driver))
  if under_way and works and not self._strategy.waits then return keeper:credential() end
  under_way = under_way or launch(self, context, reason, rejected)
  local ok, err = under_way:wait(context.deadline)
  if not ok then return after_failure(self, under_way, err, context, rejected) end
  self._failures, self._paused_until = 0, 0
  return keeper:credential()
end

-- The first call of a process finds a stored token that is good without taking the lock. One that
-- is due is kept in hand: it works on, should its renewal fail.
local function peek(self, driver)
  local stored = self._keeper:load()
  if not stored then return nil end
  vault.of(self).endpoint:hint(stored.clock_skew)
  local state = expiry.state(stored, server_time(self, driver))
  if state ~= "expired" then take(self, stored) end
  return state == "fresh" and self._keeper:credential() or nil
end

local function save_unsaved(self, driver, patience, emit)
  local lock <close>, err = self._keeper:lock(driver, patience, emit)
  if not lock then return nil, unsaved_error(err) end
  local ok
  ok, err = self._keeper:save_again()
  if not ok then return nil, unsaved_error(err) end
  return true
end

local function offer_to_store(self, context)
  local now = context.driver:now()
  if now < self._save_after then return end
  self._save_after = now + SAVE_PAUSE
  local patience = math.min(SAVE_PATIENCE, (context.deadline or math.huge) - now)
  local ok, err = save_unsaved(self, context.driver, math.max(patience, 0), context.emit)
  if not ok then
    context.emit { type = "warning", code = "store", err = err, message = err.message }
  end
end

--- The credential for a call; renewed ahead of time.
---@param context zendesk.auth.context
---@return zendesk.auth.credential?
---@return zendesk.Error? err
function renewal:get(context)
  local keeper, driver = self._keeper, context.driver
  local paused = driver:now() < self._paused_until
  local action, reason = decide.before_call(keeper:current(), server_time(self, driver), paused)
  if action == "use" then
    if keeper:unsaved() then offer_to_store(self, context) end
    return keeper:credential()
  end
  local found = reason == "first" and peek(self, driver)
  if found then return found end
  return renewed(self, context, reason, nil)
end

--- Another credential after a 401: the one that somebody else has renewed, or a new one.
---@param context zendesk.auth.context
---@param used zendesk.auth.credential the one that was refused
---@return zendesk.auth.credential?
---@return zendesk.Error? err
function renewal:renew(context, used)
  local current = self._keeper:current()
  if decide.after_401(current, used.token, server_time(self, context.driver)) == "use" then
    return self._keeper:credential()
  end
  return renewed(self, context, "rejected", used.token)
end

--- Makes a new login the one in use, whatever is stored.
---@param set zendesk.token_set
---@param driver table
---@return true?
---@return zendesk.Error? err kind "store"; the login is in use even so
function renewal:adopt(set, driver)
  -- A refresh of the old login must not end after this and take its place.
  land(self, driver)
  self._ended, self._failures, self._paused_until = nil, 0, 0
  self._keeper:offer(set, true)
  return save_unsaved(self, driver)
end

--- Ends what is under way and saves what could not be saved. To be called before a process
--- ends: an unsaved pair is lost with it.
---@param driver table
---@return true?
---@return zendesk.Error? err
function renewal:flush(driver)
  land(self, driver)
  local unsaved = self._keeper:unsaved()
  -- A token that can be asked for at any time is no loss, unless somebody brought it.
  if not unsaved or (unsaved == "successor" and not self._strategy.locks) then return true end
  return save_unsaved(self, driver)
end

--- What is known of the login, without its secrets.
---@return table?
function renewal:describe()
  local current = self._keeper:current()
  return current and token_set.describe(current)
end

function renewal:__tostring()
  return ("%s (%s)"):format(renewal.__name, self._keeper.key)
end

return renewal
