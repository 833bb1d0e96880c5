-- loop_tasks: what coroutines of an event loop wait with and for: waits, signals, tasks.
-- driver/loop.lua parks and wakes them.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local outcome = require "zendesk.driver.outcome"
local timers = require "zendesk.driver.timers"

local running = coroutine.running

local loop_tasks = {}

-- Tasks by their coroutines. Of all drivers: a task of one may wait for a call of another.
local tasks = setmetatable({}, { __mode = "k" })

---@class zendesk.driver.Wait
---@field reason "done"|"fired"|"timeout"|"cancelled"|nil why it is over
---@field thread thread|nil the coroutine, for the port
local Wait = {}
Wait.__index = Wait

---@class zendesk.driver.Task: zendesk.Task
---@field package _results table|nil what the function returned, or { raised = … }
local Task = {}
Task.__index = Task
Task.__name = "zendesk.Task"

---@class zendesk.driver.Signal: zendesk.Signal
local Signal = {}
Signal.__index = Signal
Signal.__name = "zendesk.Signal"

-- ---------------------------------------------------------------------------------------------
-- Waits

---One wait of one coroutine, for a transfer, a signal, or only a moment.
---@param driver zendesk.driver.Loop
---@param kind "transfer"|"signal"|nil
---@param object any
---@return zendesk.driver.Wait
function loop_tasks.wait(driver, kind, object)
  return setmetatable({
    reason = nil, thread = nil, _driver = driver, _timer = nil, _task = nil,
    _transfer = kind == "transfer" and object or nil,
    _signal = kind == "signal" and object or nil,
  }, Wait)
end

-- However a wait ends (its coroutine may be closed, its park may raise), nothing stays behind.
function Wait:__close()
  local driver = self._driver
  driver._parked[self] = nil
  if self._timer then driver._clock:remove(self._timer) end
  if self._task then self._task._wait = nil end
  if self._signal then self._signal._waits[self] = nil end
  local transfer = self._transfer
  if not transfer then return end
  driver._waiting[transfer] = nil
  if self.reason == "done" then return end
  transfer:cancel()
  driver:_settle()
end

-- A coroutine that dies of this is not unwound: so its wait is ended before.
local function refuse_stranger(wait)
  wait:__close()
  errors.raise(4, "the coroutine was resumed while it waited for Zendesk; inside of a generator, "
    .. "make the calls in a task of driver:spawn; zendesk.all and zendesk.map take the option "
    .. "'driver'")
end

---Suspends the running coroutine until the wait is over. The caller closes it.
---@param deadline number|nil
function Wait:park(deadline)
  local driver, task = self._driver, tasks[running()]
  if task then
    if task._cancelled then
      self.reason = "cancelled"
      return
    end
    task._wait, self._task = self, task
  end
  if deadline then self._timer = driver._clock:add(deadline, self) end
  driver._parked[self] = true
  driver:_settle()
  driver._port:park(self)
  if not self.reason then refuse_stranger(self) end
end

-- ---------------------------------------------------------------------------------------------
-- Signals

---@param driver zendesk.driver.Loop
---@return zendesk.driver.Signal
function loop_tasks.signal(driver)
  return setmetatable({
    _driver = driver, _fired = false, _waits = setmetatable({}, driver._weak), _next = 1,
  }, Signal)
end

---Wakes all who wait, in the order in which they came. A signal stays fired.
function Signal:fire()
  arguments.self(self, Signal, "signal:fire")
  if self._fired then return end
  self._fired = true
  local waits = {}
  for wait in pairs(self._waits) do waits[#waits + 1] = wait end
  table.sort(waits, function(a, b) return a._place < b._place end)
  for _, wait in ipairs(waits) do self._driver:_wake(wait, "fired") end
  self._driver:_settle()
end

---@param deadline number|nil a moment of driver:now()
---@return true|nil fired
---@return "timeout"|"cancelled"|nil reason
function Signal:wait(deadline)
  arguments.self(self, Signal, "signal:wait")
  deadline = timers.deadline(deadline)
  if self._fired then return true end
  local driver = self._driver
  if driver:is_closed() then errors.raise(2, "the driver is closed") end
  local wait <close> = loop_tasks.wait(driver, "signal", self)
  wait._place, self._next = self._next, self._next + 1
  self._waits[wait] = true
  wait:park(deadline)
  if wait.reason == "fired" then return true end
  return nil, wait.reason
end

-- ---------------------------------------------------------------------------------------------
-- Tasks

---A task that is yet to begin.
---@param driver zendesk.driver.Loop
---@param f function
---@param given table its arguments, with their number in `n`
---@return zendesk.driver.Task
function loop_tasks.new(driver, f, given)
  return setmetatable({
    _driver = driver, _f = f, _arguments = given, _cancelled = false, _wait = nil,
    _results = nil, _over = loop_tasks.signal(driver), _on_end = nil, _group = nil, _index = nil,
  }, Task)
end

local function finish(task, results)
  task._results, task._f, task._arguments = results, nil, nil
  task._over:fire()
  if task._on_end then task._on_end(task) end
end

-- For driver/loop.lua: in a coroutine of the loop, until its first wait.
function Task:_begin()
  local f, given = self._f, self._arguments
  if not f then return end -- cancelled before
  self._f = nil
  self._driver._port:start(function()
    local thread = running()
    tasks[thread] = self
    local results = outcome.of(thread, xpcall(f, outcome.note, table.unpack(given, 1, given.n)))
    tasks[thread] = nil
    finish(self, results)
  end)
end

---What runs tasks for zendesk.all and zendesk.map.
---@param driver zendesk.driver.Loop
---@return { new_task: function, enqueue: function, signal: function }
function loop_tasks.crew(driver)
  return {
    new_task = function(f, given) return loop_tasks.new(driver, f, given) end,
    enqueue = function(task)
      driver._work:push(task)
      driver:_settle()
    end,
    signal = function() return loop_tasks.signal(driver) end,
  }
end

---Waits for the end of the task. Raises what the task has raised.
---@param deadline number|nil a moment of driver:now()
---@return any ... what the function returned; nil, "timeout" or nil, "cancelled" without an end
function Task:wait(deadline)
  arguments.self(self, Task, "task:wait")
  deadline = timers.deadline(deadline)
  if not self._results then
    local ok, reason = self._over:wait(deadline)
    if not ok then return nil, reason end
  end
  return outcome.give(self._results)
end

---@return boolean
function Task:is_done()
  arguments.self(self, Task, "task:is_done")
  return self._results ~= nil
end

---@return boolean
function Task:is_cancelled()
  arguments.self(self, Task, "task:is_cancelled")
  return self._cancelled
end

---Ends the wait of the task, and every later one, with "cancelled", at the loop's next turn. A task
---that has not begun never does.
function Task:cancel()
  arguments.self(self, Task, "task:cancel")
  if self._results then return end
  self._cancelled = true
  if self._f then
    return finish(self, table.pack(nil, errors.new("cancelled", "the task was cancelled")))
  end
  local wait = self._wait
  if not wait then return end
  wait._driver:_wake(wait, "cancelled")
  wait._driver:_settle()
end

function Task:__tostring()
  return ("%s (%s)"):format(Task.__name, self._results and "done" or "running")
end

return loop_tasks
