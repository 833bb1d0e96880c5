-- request: the transport of an instance, and the short way of a plain call that works. Every other
-- call, and what becomes of one that fails, is for zendesk.pipeline.

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local Response = require "zendesk.response".class
local options_of = require "zendesk.options"

local find, min = string.find, math.min
local setmetatable = setmetatable

local request = {}

-- What the budget for repetitions holds when nothing has failed for long.
local CAPACITY = 20

---@class zendesk.RetryBudget
---@field tokens number a repetition costs one
---@field capacity number

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

-- zendesk.pipeline, once it is loaded. A script of one plain call that works does without. Else it
-- is there before the second call, and not only when something has failed: `require` opens files,
-- and a process may have no descriptor left by then. For a first call that fails, one is kept.
local pipeline
local spare = io and io.open "/dev/null"

local function get_pipeline()
  if pipeline then return pipeline end
  local file = spare
  spare = nil -- first: an interrupt may come between the two
  if file then file:close() end
  pipeline = require "zendesk.pipeline"
  return pipeline
end

local begun = false

local function begin()
  if begun then get_pipeline() end
  begun = true
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

-- Makes a call of which only method, path and JSON are said, while nobody else runs. There is no
-- table of it until it has taken an unusual turn.
local function quick(self, method, path, json, brief)
  -- The request is taken for the time of the call: a finaliser may make another one meanwhile.
  local fields
  if json == nil then
    fields = self._reading or new_request(self)
    self._reading = false
  else
    fields = self._writing or new_request(self)
    self._writing = false
    fields[JSON], fields[BRIEF] = json, brief
  end
  fields[METHOD], fields[PATH] = method, path
  local driver = self.driver
  local status, head, value = driver:call(self.account, fields)
  if status and not value and driver.alone and driver:await(status) then
    -- It has taken more than a step: a connection was to be made, or the reply is long.
    local taken, lines, reply = status:take()
    if taken then status, head, value = taken, lines, reply end
  end
  if json == nil then
    self._reading = fields
  else
    fields[JSON], self._writing = false, fields -- the value is the caller's alone again
  end
  if value and status and self.budget.tokens >= CAPACITY then
    return value, setmetatable({ status = status, _head = head }, Response)
  end
  return get_pipeline().resume(self, method, path, json, brief, status, head, value)
end

-- The methods that the short way takes, without a body and with one. A POST may be the creation of
-- a ticket, which has a key.
local READS = { GET = true, HEAD = true, DELETE = true, PUT = true, PATCH = true, OPTIONS = true }
local WRITES = { POST = true, PUT = true, PATCH = true, DELETE = true, OPTIONS = true }
local KEYED_PATH = "/api/v2/tickets"

-- The JSON of options that hold nothing else. A text is looked at on the long way.
local function only_json(given)
  local name, json = next(given)
  local alone = name == "json" and next(given, name) == nil and not getmetatable(given)
  return alone and type(json) ~= "string" and json or nil
end

---Makes a call. What only a wrong program can cause is raised at its line.
---@param method string
---@param path string
---@param given zendesk.CallOptions|nil
---@return any value true where the reply has no body; a string where it is not JSON; nil on failure
---@return zendesk.Response|zendesk.Error response
function Transport:request(method, path, given)
  if not pipeline then begin() end
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
  return get_pipeline().call(self, method, path, given)
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
  if not pipeline then begin() end
  if self._straight and self.driver.alone then
    return quick(self, method, path, json, true)
  end
  if self._closed then errors.raise(2, "the instance is closed") end
  return get_pipeline().write(self, method, path, json)
end

---The same, with everything in one table. It is read, and neither kept nor changed.
---@param call zendesk.Call
---@return any value
---@return zendesk.Response|zendesk.Error response
function Transport:send(call)
  if self._closed then errors.raise(2, "the instance is closed") end
  return get_pipeline().send(self, call)
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

-- Why a sleep has ended early.
local function interrupted(self, reason)
  if self._closed then return nil, "closed", "the instance was closed" end
  local driver = self.driver
  if driver.is_closed and driver:is_closed() then return nil, "closed", "the driver was closed" end
  return nil, reason or "cancelled", "the task was cancelled"
end

---Sleeps, unless the task is cancelled, or the instance or its driver closed meanwhile.
---@param seconds number
---@return true|nil
---@return string|nil reason "cancelled" or "closed"
---@return string|nil message
function Transport:sleep(seconds)
  if self._closed then return interrupted(self) end
  local driver = self.driver
  if not driver.signal then
    local ok, reason = driver:sleep(seconds)
    if ok and not self._closed then return true end
    return interrupted(self, reason)
  end
  self._closing = self._closing or driver:signal()
  local fired, reason = self._closing:wait(driver:now() + seconds)
  if fired or reason == "cancelled" or self._closed then return interrupted(self, reason) end
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
  for _, stranger in pairs(self._strangers or {}) do stranger:close() end
  if not self._lent then self.account:close() end
end

-- ---------------------------------------------------------------------------------------------
-- Putting it together

-- Only with a driver that can run something beside the caller. Who drops the task drops the call.
local function start(self, call)
  if self._closed then errors.raise(2, "the instance is closed") end
  local driver = self.driver
  return (driver.spawn_loosely or driver.spawn)(driver, self.send, self, call)
end

-- Whether a call runs no code of the host's while it is under way.
local function is_straight(self, middlewares)
  return not self.observed and self.rate_limit == "off" and not middlewares
    and (not self.provider or self.provider.static == true)
end

local function nothing() end

-- The engine has the same default, and need not be told.
local function unless_default(name, given)
  local value = given[name]
  return value ~= options_of.DEFAULTS[name] and value or nil
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
---@field numbers { last: integer }|nil shared by transports whose calls are numbered together

---Makes the transport of an instance.
---@param fields zendesk.TransportOptions
---@return zendesk.Transport
function request.new(fields)
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
    budget = { tokens = CAPACITY, capacity = CAPACITY },
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
    _numbers = fields.numbers or { last = 0 },
    _straight = false,
    _reading = false,
    _writing = false,
    _closing = nil,
    _lent = fields.lent or false,
    _closed = false,
    _middlewares = fields.middlewares,
    _strangers = nil, -- of zendesk.download, by origin
    _attempt = nil, -- zendesk.pipeline makes these
    _handler = nil,
    _conclude = nil,
  }, Transport)
  self._straight = is_straight(self, fields.middlewares)
  return self
end

return request
