-- A driver whose time is made up: coroutines run in turn, and when all of them wait the clock jumps
-- to the next moment at which one goes on. Keeps the contract of zendesk.Driver, transfers apart.

local virtual = {}
virtual.__index = virtual

local PARKED = {}

-- Starts at an ordinary moment; monotonic and wall clock differ, so that a mix-up shows.
function virtual.new()
  return setmetatable({
    seconds = 1000, epoch = 1795600000, _tasks = {}, _parked = {}, _order = 0,
  }, virtual)
end

function virtual:now() return self.seconds end
function virtual:time() return self.epoch end

-- Sets the wall clock, as a person or NTP would; the monotonic one does not notice.
function virtual:set_wall_clock(by) self.epoch = self.epoch + by end

function virtual:advance(seconds)
  self.seconds = self.seconds + seconds
  self.epoch = self.epoch + seconds
end

local function current(self)
  return self._tasks[coroutine.running()]
end

local function resume(self, task, reason)
  self._parked[task] = nil
  task.reason = reason
  local results = table.pack(coroutine.resume(task.thread))
  if coroutine.status(task.thread) == "dead" then
    task.results = results
    if not results[1] then task.failed = results[2] end
    task.over = true
  end
end

local function by_order(a, b) return a.order < b.order end

-- One turn for everybody who can go on; returns whether anybody did.
local function turn(self)
  local ready = {}
  for task in pairs(self._parked) do
    if task.until_true() then ready[#ready + 1] = task end
  end
  table.sort(ready, by_order)
  for _, task in ipairs(ready) do
    if self._parked[task] then resume(self, task, "done") end
  end
  return #ready > 0
end

local function earliest(self, limit)
  local moment = limit
  for task in pairs(self._parked) do
    if task.deadline and (not moment or task.deadline < moment) then moment = task.deadline end
  end
  return moment
end

local function expire(self)
  local late = {}
  for task in pairs(self._parked) do
    if task.deadline and task.deadline <= self.seconds then late[#late + 1] = task end
  end
  table.sort(late, by_order)
  for _, task in ipairs(late) do
    if self._parked[task] then resume(self, task, "timeout") end
  end
end

-- Waits until a condition holds: true, or nil and why not.
function virtual:wait_until(condition, deadline)
  local task = current(self)
  if task then
    if task.cancelled then return nil, "cancelled" end
    if condition() then return true end
    self._order = self._order + 1
    task.until_true, task.deadline, task.order = condition, deadline, self._order
    self._parked[task] = true
    coroutine.yield(PARKED)
    if task.cancelled then return nil, "cancelled" end
    if task.reason == "timeout" then return nil, "timeout" end
    return true
  end
  while not condition() do
    if deadline and self.seconds >= deadline then return nil, "timeout" end
    if not turn(self) then
      local moment = earliest(self, deadline)
      if not moment then return nil, "cancelled" end
      if moment > self.seconds then self:advance(moment - self.seconds) end
      expire(self)
    end
  end
  return true
end

local function never() return false end

function virtual:sleep(seconds)
  local _, why = self:wait_until(never, self.seconds + seconds)
  if why == "cancelled" then return nil, why end
  return true
end

function virtual:signal()
  local signal, driver = { fired = false }, self
  function signal.fire(this) this.fired = true end
  function signal.wait(this, deadline)
    return driver:wait_until(function() return this.fired end, deadline)
  end
  return signal
end

function virtual:spawn(f, ...)
  local driver, arguments = self, table.pack(...)
  local task = { over = false, order = 0 }
  task.thread = coroutine.create(function() return f(table.unpack(arguments, 1, arguments.n)) end)
  self._tasks[task.thread] = task
  function task.wait(this, deadline)
    local ok, why = driver:wait_until(function() return this.over end, deadline)
    if not ok then return nil, why end
    if this.failed then error(this.failed, 0) end
    return table.unpack(this.results, 2, this.results.n)
  end
  function task.cancel(this)
    this.cancelled = true
    if driver._parked[this] then resume(driver, this, "cancelled") end
  end
  resume(self, task, "start")
  return task
end

-- Runs functions side by side to their end; their first results, in order.
function virtual:all(functions)
  local tasks, results = {}, {}
  for index, f in ipairs(functions) do tasks[index] = self:spawn(f) end
  for index, task in ipairs(tasks) do results[index] = table.pack(task:wait()) end
  return results
end

return virtual
