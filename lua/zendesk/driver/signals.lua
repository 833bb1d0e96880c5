-- signals: what a task of the scheduler waits for when another one is to tell it to go on.

local arguments = require "zendesk.arguments"
local queue = require "zendesk.driver.queue"
local timers = require "zendesk.driver.timers"

local signals = {}

---@class zendesk.Signal
local Signal = {}
Signal.__index = Signal
Signal.__name = "zendesk.Signal"

---@param scheduler table
---@return zendesk.Signal
function signals.new(scheduler)
  return setmetatable({
    _scheduler = scheduler, _fired = false, _waiters = queue.new(),
    _group = nil, -- whose end it tells of
  }, Signal)
end

---Wakes all who wait, in the order in which they came.
function Signal:fire()
  arguments.self(self, Signal, "signal:fire")
  if self._fired then return end
  self._fired = true
  local waiters = self._waiters:list()
  self._waiters = queue.new()
  for _, task in ipairs(waiters) do self._scheduler.wake(task, "fired") end
end

---Waits until the signal is fired.
---@param deadline number|nil a moment of the driver's clock
---@return true|nil fired
---@return string|nil reason "timeout"; "cancelled", also where nobody is left who could fire it
function Signal:wait(deadline)
  arguments.self(self, Signal, "signal:wait")
  deadline = timers.deadline(deadline)
  if self._fired then return true end
  local scheduler = self._scheduler
  local task = scheduler.current()
  if not task then
    return scheduler.run(function() return self._fired end, deadline, self._group)
  end
  if task._cancelled then return nil, "cancelled" end
  local waiters = self._waiters
  local place = waiters:push(task)
  local reason = scheduler.park(task, deadline)
  if reason == "fired" then return true end
  waiters:remove(task, place)
  return nil, reason
end

return signals
