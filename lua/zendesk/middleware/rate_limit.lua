-- rate_limit: keeps what the replies say about limits, and holds requests back before the wall:
-- "wait" slows down, "raise" returns an error that says when to come back. Not part of the pipeline
-- with "off".

local errors = require "zendesk.errors"
local limits = require "zendesk.limits"

local rate_limit = {}

---@class zendesk.LimitState
---@field name string
---@field limit integer|nil
---@field remaining integer as the last reply said
---@field resets_at number moment of the driver's clock
---@field in_flight integer requests under way that the last reply cannot have counted
---@field slot number moment up to which the pace is given away

-- Endpoints that are remembered. An account has a dozen such limits.
local MOST_STATES = 64

local function new_state(name)
  return { name = name, limit = nil, remaining = 0, resets_at = 0, in_flight = 0, slot = 0 }
end

-- Takes what a reply says. A reply that left before another one may arrive after it: within a
-- window, what remains only shrinks.
local function learn(state, found, now)
  local resets_at = now + found.resets_in
  local same_window = now < state.resets_at and math.abs(resets_at - state.resets_at) < 2
  state.limit = found.limit or state.limit
  state.remaining = same_window and math.min(state.remaining, found.remaining) or found.remaining
  state.resets_at = resets_at
end

local function evict(self, now)
  if self.count < MOST_STATES then return end
  for key, state in pairs(self.endpoints) do
    if state.resets_at <= now and state.in_flight == 0 then
      self.endpoints[key] = nil
      self.count = self.count - 1
    end
  end
  if self.count >= MOST_STATES then self.endpoints, self.count = {}, 0 end
end

local function endpoint_state(self, key, name, now)
  local state = self.endpoints[key]
  if not state then
    evict(self, now)
    state = new_state(name)
    self.endpoints[key] = state
    self.count = self.count + 1
  end
  return state
end

-- Keeps others from the wall that one call has just met.
local function learn_refusal(self, call, err, now)
  local key = limits.scope(nil, call.method, call.path)
  local refusal = { limit = nil, remaining = 0, resets_in = err.retry_after }
  learn(endpoint_state(self, key, "retry-after", now), refusal, now)
end

local function observe(self, call, response, err)
  local now = self.driver:now()
  if err and err.status == 429 and err.retry_after then learn_refusal(self, call, err, now) end
  local account = limits.account(function(name) return response:header(name) end)
  if account then learn(self.account, account, now) end
  for _, found in ipairs(limits.endpoints(response.headers)) do
    local key = limits.scope(found.name, call.method, call.path)
    learn(endpoint_state(self, key, found.name, now), found, now)
  end
end

-- The states that a call is counted in.
local function states_of(self, call)
  local states = { self.account }
  states[#states + 1] = self.endpoints[limits.scope(nil, call.method, call.path)]
  local exact = limits.scope("per-", call.method, call.path)
  if self.endpoints[exact] ~= states[2] then states[#states + 1] = self.endpoints[exact] end
  return states
end

-- The longest that any limit asks for, and which one that is.
local function pressure(states, now)
  local longest, tightest = 0, nil
  for _, state in ipairs(states) do
    local wait = limits.pace(state.limit, state.remaining - state.in_flight, state.resets_at - now)
    if wait > longest then longest, tightest = wait, state end
  end
  return longest, tightest
end

local function report(transport, call, state, wait, now)
  if not transport.observed then return end
  local event = require "zendesk.middleware.events".base(call, "rate_limit")
  event.wait, event.name, event.limit, event.remaining = wait, state.name, state.limit,
    state.remaining
  event.retry_at = transport.driver:time() + (state.resets_at - now)
  transport._emit(event)
end

local function held_back(transport, call, state, wait, obstacle)
  local seconds = math.ceil(wait)
  return errors.new("rate_limit",
    ("held back: the limit '%s' has %d requests left%s"):format(state.name, state.remaining,
      obstacle or ""), {
      code = "held_back", retry_after = math.max(1, seconds), sent = false, retryable = true,
      retry_at = transport.driver:time() + wait, method = call.method,
      path = errors.clean_path(call.path), remedy = ("wait %d s"):format(math.max(1, seconds)),
    })
end

-- At the wall, everybody waits for the next window. Before it, each call takes the next place in an
-- even pace, so that calls side by side do not all wait for the same moment.
local function moment_for(state, wait, now)
  if state.remaining - state.in_flight <= 0 then return now + wait end
  state.slot = math.max(state.slot, now) + wait
  return math.min(state.slot, state.resets_at)
end

local function wait_for_place(transport, call, self)
  -- After a wait the picture may be another one, but a call waits for one window, not for ever.
  for _ = 1, 3 do
    local now = transport.driver:now()
    local wait, state = pressure(states_of(self, call), now)
    if not state then return true end
    if transport.rate_limit == "raise" then
      if state.remaining - state.in_flight > 0 then return true end
      report(transport, call, state, wait, now)
      return nil, held_back(transport, call, state, wait)
    end
    local moment = moment_for(state, wait, now)
    if moment >= call.deadline then
      return nil, held_back(transport, call, state, moment - now,
        ", and the deadline comes before its window ends")
    end
    report(transport, call, state, moment - now, now)
    local ok, kind, message = transport:sleep(moment - now)
    call.timeout = nil
    if not ok then return nil, errors.new(kind, message, { sent = false }) end
    if state.remaining - state.in_flight > 0 then return true end
  end
  return true
end

-- One call among those under way, however it ends: a coroutine that was dropped, or died, closes
-- nothing.
local Place = {}

function Place:__close()
  if self.left then return end
  self.left = true
  for _, state in ipairs(self) do state.in_flight = state.in_flight - 1 end
end

Place.__gc = Place.__close

local function take_place(states)
  for _, state in ipairs(states) do state.in_flight = state.in_flight + 1 end
  return setmetatable(states, Place)
end

local function counted(next, call, states)
  local _ <close> = take_place(states)
  return next(call)
end

---@param next function
---@param transport zendesk.Transport
---@return function
function rate_limit.wrap(next, transport)
  local self = {
    driver = transport.driver, account = new_state "account", endpoints = {}, count = 0,
  }
  return function(call)
    local ok, err = wait_for_place(transport, call, self)
    if not ok then return nil, nil, err end
    local value, response
    value, response, err = counted(next, call, states_of(self, call))
    if response then observe(self, call, response, err) end
    return value, response, err
  end
end

return rate_limit
