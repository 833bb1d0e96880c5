-- request: the pipeline of a call.
--
--   retry → rate_limit → auth → events → exchange
--
-- A middleware is `function(next, transport) return function(call) … end end`; what it returns is
-- value, response, err: a value on success, an err on failure, a response in both cases where there
-- was one. They are put together once for each instance, and only those that it needs; `retry` is
-- put to use when an attempt has failed. A successful call costs one table beside its response.

local call_of = require "zendesk.call"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local exchange = require "zendesk.exchange"
local options_of = require "zendesk.options"

local build, OPTIONS = call_of.build, call_of.OPTIONS
local find, min = string.find, math.min
local quick = exchange.quick

local request = {}

-- A repetition costs one token, a success gives a part of one back: in an outage the repetitions of
-- an instance sink to a tenth of its successes instead of multiplying its load by `attempts`.
local CAPACITY = exchange.CAPACITY
local REFUND = 0.1

---@class zendesk.RetryBudget
---@field tokens number

---@class zendesk.Transport
---@field driver zendesk.Driver
---@field account zendesk.core.Account
---@field provider zendesk.Provider|nil
---@field retry table settings of retry
---@field rate_limit "off"|"wait"|"raise"
---@field observed boolean somebody listens to events
---@field budget zendesk.RetryBudget
---@field random fun(): number
---@field start nil|fun(self: zendesk.Transport, call: zendesk.Call): zendesk.Task begins a call:
---the task's `wait` returns what `send` would have; nil where the driver cannot
local Transport = {}
Transport.__index = Transport
Transport.__name = "zendesk.Transport"

-- What comes after the first attempt: more of them, or a part of the budget back.
local function conclude(self, call, value, response, err)
  if err then
    return require "zendesk.middleware.retry".run(self._attempt, self, call, err)
  end
  self.budget.tokens = min(CAPACITY, self.budget.tokens + REFUND)
  return value, response
end

local function finish(self, call, value, response, err)
  if err or self.budget.tokens < CAPACITY then
    value, response, err = self._conclude(self, call, value, response, err)
  end
  if call.owned then call.body:close() end
  if err then return nil, err end
  return value, response
end

local function run(self, call)
  if self.observed then
    self._calls = self._calls + 1
    call.number = self._calls
  end
  return finish(self, call, self._handler(call))
end

---Goes on with a call that exchange.quick has begun.
---@param method string
---@param path string
---@param json any
---@param transfer any
---@param head any
---@param value any
---@return any value
---@return zendesk.Response|zendesk.Error response
---@package
function Transport:_resume(method, path, json, transfer, head, value)
  local given = json ~= nil and { json = json } or nil
  local call, err = build(self, method, path, given, OPTIONS)
  if not call then return nil, err end
  -- The engine has refused it: a path that is to be rewritten, or misuse.
  if not transfer and head == "config" then return run(self, call) end
  return finish(self, call, exchange.go_on(self, call, transfer, head, value))
end

-- The methods that the short way takes, without a body and with one. A POST may be the creation of
-- a ticket, which has a key.
local READS = { GET = true, HEAD = true, DELETE = true, PUT = true, PATCH = true, OPTIONS = true }
local WRITES = { POST = true, PUT = true, PATCH = true, DELETE = true, OPTIONS = true }
local KEYED_PATH = "/api/v2/tickets"

-- The JSON of options that hold nothing else.
local function only_json(given)
  local name, json = next(given)
  if name == "json" and next(given, name) == nil and not getmetatable(given) then return json end
  return nil
end

---Makes a call. What only a wrong program can cause is raised at its line.
---@param method string
---@param path string
---@param given zendesk.CallOptions|nil
---@return any value true where the reply has no body; a string where it is not JSON; nil on failure
---@return zendesk.Response|zendesk.Error response
function Transport:request(method, path, given)
  if self._straight and self.driver.alone and type(path) == "string" then
    if given == nil then
      if READS[method] then return quick(self, method, path) end
    elseif WRITES[method] and type(given) == "table"
      and not (method == "POST" and find(path, KEYED_PATH, 1, true)) then
      local json = only_json(given)
      if json ~= nil then return quick(self, method, path, json) end
    end
  end
  if self._closed then errors.raise(2, "the instance is closed") end
  if given ~= nil and type(given) ~= "table" then
    errors.raise(2, "options: table expected, got %s", type(given))
  end
  local call, err = build(self, method, path, given, OPTIONS)
  if not call then return nil, err end
  return run(self, call)
end

---Sends a record, with nothing else to be said about it, to a path of the library's own. The record
---comes back; compressed it would hardly be shorter, and a secret is not to be compressed beside
---what somebody else may have chosen.
---@param method string
---@param path string
---@param json any
---@return any value
---@return zendesk.Response|zendesk.Error response
function Transport:write(method, path, json)
  if self._straight and self.driver.alone then
    return quick(self, method, path, json, true)
  end
  return self:request(method, path, { json = json })
end

---The same, with everything in one table. It is read, and neither kept nor changed.
---@param call zendesk.Call
---@return any value
---@return zendesk.Response|zendesk.Error response
function Transport:send(call)
  if self._closed then errors.raise(2, "the instance is closed") end
  local built, err = build(self, call.method, call.path, call, call_of.FIELDS)
  if not built then return nil, err end
  return run(self, built)
end

---The path on the account's own origin that an address stands for.
---@param address string
---@return string|nil path
---@return string|nil problem
function Transport:resolve(address)
  return core.resolve(self._origin, address)
end

---@return string origin "https://acme.zendesk.com"
function Transport:origin()
  return self._origin
end

---@return number seconds of the driver's monotonic clock
function Transport:now()
  return self.driver:now()
end

---@return number seconds since 1970
function Transport:time()
  return self.driver:time()
end

---Reports an event. Never raises.
---@param event table
function Transport:emit(event)
  self._emit(event)
end

---Sleeps, unless the task is cancelled or the instance closed meanwhile.
---@param seconds number
---@return true|nil, string|nil reason "cancelled" or "closed"
function Transport:sleep(seconds)
  if self._closed then return nil, "closed" end
  local driver = self.driver
  if not driver.signal then return driver:sleep(seconds) end
  self._closing = self._closing or driver:signal()
  local _, reason = self._closing:wait(driver:now() + seconds)
  if self._closed then return nil, "closed" end
  if reason == "cancelled" then return nil, reason end
  return true
end

---@return boolean
function Transport:is_closed()
  return self._closed
end

---Ends the calls under way with an error of kind "closed"; later ones raise. Idempotent.
function Transport:close()
  if self._closed then return end
  self._closed, self._straight = true, false
  local running = {}
  for _, transfer in pairs(self._under_way) do running[#running + 1] = transfer end
  for _, transfer in ipairs(running) do transfer:cancel() end
  if self.driver.wakeup then self.driver:wakeup() end
  if self._closing then self._closing:fire() end
  if not self._lent then self.account:close() end
end

-- ---------------------------------------------------------------------------------------------
-- Putting it together

-- Only with a driver that can run something beside the caller.
local function start(self, call)
  if self._closed then errors.raise(2, "the instance is closed") end
  return self.driver:spawn(self.send, self, call)
end

-- Whether a call runs no code of the host's while it is under way.
local function is_straight(self, middlewares)
  return not self.observed and self.rate_limit == "off" and not middlewares
    and (not self.provider or self.provider.static == true)
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

-- Inside of the host's middlewares, the handler has concluded by itself.
local function as_it_is(_, _, value, response, err)
  return value, response, err
end

local function nothing() end

-- The engine has the same default, and need not be told.
local function unless_default(name, given)
  local value = given[name]
  return value ~= options_of.DEFAULTS[name] and value or nil
end

-- What a failure needs is loaded before there is one: `require` opens files, and a process that has
-- no descriptor left must still get its error.
local function load_what_failures_need()
  require "zendesk.error_reply"
  require "zendesk.middleware.retry"
  require "zendesk.response_text"
  require "zendesk.retry_after"
end

---@class zendesk.TransportOptions
---@field account zendesk.core.Account
---@field driver zendesk.Driver
---@field provider zendesk.Provider|nil
---@field options table|nil timeout, connect_timeout, deadline, max_body, retry, rate_limit
---@field account_options table|nil what a provider needs to reach the same account
---@field emit (fun(event: table))|nil
---@field observed boolean|nil false: `emit` is there, but nobody listens
---@field lent boolean|nil the account is the host's and stays open
---@field middlewares function[]|nil put around the others, the first one outermost
---@field random (fun(): number)|nil for the jitter of retries

---Makes the transport of an instance.
---@param fields zendesk.TransportOptions
---@return zendesk.Transport
function request.new(fields)
  load_what_failures_need()
  local given, defaults = fields.options or {}, options_of.DEFAULTS
  local settings, err = options_of.retry(given.retry, options_of.RETRY_DEFAULTS)
  if not settings then errors.raise(2, "%s", err.message) end
  local timeout, deadline = given.timeout or defaults.timeout, given.deadline or defaults.deadline
  local observed = fields.emit ~= nil
  if fields.observed ~= nil then observed = fields.observed end
  local self = setmetatable({
    driver = fields.driver,
    account = fields.account,
    provider = fields.provider,
    retry = settings,
    rate_limit = given.rate_limit or "off",
    observed = observed,
    budget = { tokens = CAPACITY },
    random = fields.random or math.random,
    start = fields.driver.spawn and start or nil,
    _account_options = fields.account_options or {},
    _emit = fields.emit or nothing,
    _origin = fields.account:origin(),
    _timeout = timeout,
    _first_timeout = min(timeout, deadline), -- of an attempt that has the whole deadline
    _connect_timeout = unless_default("connect_timeout", given),
    _deadline = deadline,
    _max_body = unless_default("max_body", given),
    _under_way = setmetatable({}, { __mode = "kv" }), -- a dropped task takes its call along
    _calls = 0,
    _straight = false,
    _reading = false,
    _writing = false,
    _closing = nil,
    _lent = fields.lent or false,
    _closed = false,
    _attempt = nil,
    _handler = nil,
    _conclude = nil,
  }, Transport)
  self._straight = is_straight(self, fields.middlewares)
  self._attempt = compose_attempt(self)
  self._handler, self._conclude = self._attempt, conclude
  if fields.middlewares then
    self._handler, self._conclude = compose_handler(self, fields.middlewares), as_it_is
  end
  return self
end

return request
