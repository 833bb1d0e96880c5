--- A provider made of a function: `function(reason) return token, expires_at end`.
--
-- For tokens that live in somebody else's vault. The function is asked for the
-- first token ("first"), when the last one is about to end ("due", "expired"), and
-- after Zendesk refused it ("rejected"). Calls that come together ask it once, and share what comes
-- of it. What it raises is its reason for giving none.

local arguments = require "zendesk.arguments"
local decide = require "zendesk.auth.decide"
local errors = require "zendesk.errors"
local flight = require "zendesk.auth.flight"
local token_set = require "zendesk.oauth.token_set"
local vault = require "zendesk.oauth.vault"

local from_function = {}

---@alias zendesk.auth.token_function
---| fun(reason: "first"|"due"|"expired"|"rejected"): string?, number|any

---@class zendesk.auth.function_provider: zendesk.Provider
---@field kind "function"
---@field static false
---@field private _function zendesk.auth.token_function
---@field private _asking table? while the function is asked: what for, a signal, what came of it
local Provider = {}
Provider.__index = Provider
Provider.__name = "zendesk.auth.function"

--- A provider that asks a function.
---@param f zendesk.auth.token_function
---@return zendesk.auth.function_provider
function from_function.new(f)
  arguments.check("f", f, "function")
  local self = setmetatable({ kind = "function", static = false, _function = f, _asking = nil },
    Provider)
  vault.keep(self, { current = nil, credential = nil })
  return self
end

local function failed(why)
  return errors.from_reason(why, "auth", "the token function gave no token")
end

local function accept(self, token, expires_at, now)
  if type(token) ~= "string" then return nil, failed(expires_at) end
  if not token_set.is_token(token) then
    return nil, failed "what it returned cannot be sent in a header"
  end
  if expires_at ~= nil and type(expires_at) ~= "number" then
    return nil, failed("its second result is a " .. type(expires_at)
      .. ", not the epoch seconds at which the token ends")
  end
  local state = vault.of(self)
  state.current = { access_token = token, issued_at = math.floor(now), expires_at = expires_at }
  state.credential = {
    token = token, expires_at = expires_at, generation = token_set.fingerprint(token),
  }
  return state.credential
end

-- With a driver that has no signals one thing goes on at a time, and nobody waits.
local function signal_of(driver)
  if driver.signal then return driver:signal() end
  return { fire = function() end }
end

-- The function may wait (it may make calls of its own), so others queue behind it.
local function ask(self, context, reason, rejected)
  local asking = {
    rejected = rejected, signal = signal_of(context.driver), thread = coroutine.running(),
  }
  self._asking = asking
  local _ <close> = setmetatable({}, { __close = function()
    self._asking = nil
    asking.signal:fire()
  end })
  local ran, token, expires_at = pcall(self._function, reason)
  if not ran then token, expires_at = nil, token end
  asking.credential, asking.err = accept(self, token, expires_at, context.driver:time())
  return asking.credential, asking.err
end

local function of_itself()
  return errors.new("auth", "the token function made a call that needs its own token", {
    remedy = "make such calls with another instance, or with the option auth = false", sent = false,
  })
end

local function wait(asking, context)
  -- It would wait for itself until the deadline.
  if asking.thread == coroutine.running() then return nil, of_itself() end
  local ok, why = asking.signal:wait(context.deadline)
  if ok then return true end
  return nil, errors.new(why == "timeout" and "timeout" or "cancelled",
    "the token function did not answer in time", { sent = false })
end

-- The last result is true where another call has asked.
local function renewed(self, context, reason, rejected)
  while self._asking do
    local asking = self._asking
    local ok, err = wait(asking, context)
    if not ok then return nil, err, true end
    if asking.err then return nil, flight.copy_error(asking.err), true end
    local given = asking.credential
    -- An answer to another question may be the very token that was refused.
    if given and (asking.rejected == rejected or given.token ~= rejected) then return given end
  end
  return ask(self, context, reason, rejected)
end

--- The token for a call.
---@param context zendesk.auth.context
---@return zendesk.auth.credential?
---@return zendesk.Error? err
function Provider:get(context)
  local state = vault.of(self)
  local action, reason = decide.before_call(state.current, context.driver:time(), false)
  if action == "use" then return state.credential end
  local credential, err, by_another = renewed(self, context, reason, nil)
  if credential then return credential end
  if not decide.can_go_on(state.current, nil, context.driver:time()) then return nil, err end
  if not by_another then
    context.emit { type = "warning", code = "renewal_failed", err = err, message = err.message }
  end
  return state.credential
end

--- Asks again, after a 401 refused the token.
---@param context zendesk.auth.context
---@param used zendesk.auth.credential
---@return zendesk.auth.credential?
---@return zendesk.Error? err
function Provider:renew(context, used)
  local state = vault.of(self)
  if decide.after_401(state.current, used.token, context.driver:time()) == "use" then
    return state.credential
  end
  local credential, err = renewed(self, context, "rejected", used.token)
  if credential and credential.token == used.token then
    return nil, errors.new("auth", "the token function gave the same token again that Zendesk has "
      .. "just refused", { status = 401, code = "invalid_token" })
  end
  return credential, err
end

--- What can be told about the credential; no secrets.
---@return table
function Provider:describe()
  arguments.self(self, Provider, "provider:describe")
  local current = vault.of(self).current
  return { kind = self.kind, ends_at = current and current.expires_at }
end

function Provider.__tostring()
  return Provider.__name
end

return from_function
