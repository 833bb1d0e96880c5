-- signals: what a task of the scheduler waits for when another one is to tell it to go on.

local arguments = require "zendesk.arguments"
local timers = require "zendesk.driver.timers"

local signals = {}

---@class zendesk.Signal
local Signal = {}
Signal.__index = Signal
Signal.__name = "zendesk.Signal"

---@param scheduler table
---@return zendesk.Signal
function signals.new(scheduler)
  return setmetatable({ _scheduler = scheduler, _fired = false, _waiters = {} }, Signal)
end

---Wakes all who wait, in the order in which they came.
function Signal:fire()
  arguments.self(self, Signal, "signal:fire")
  if self._fired then return end
  self._fired = true
  local waiters = self._waiters
  self._waiters = {}
  for _, task in ipairs(waiters) do self._scheduler.wake(task, "fired") end
end

local function forget(list, item)
  for index, candidate in ipairs(list) do
    if candidate == item then return table.remove(list, index) end
  end
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
    return scheduler.run(function() return self._fired end, deadline)
  end
  if task._cancelled then return nil, "cancelled" end
  self._waiters[#self._waiters + 1] = task
  local reason = scheduler.park(task, deadline)
  if reason == "fired" then return true end
  forget(self._waiters, task)
  return nil, reason
end

return signals
