-- tasks: coroutines that driver/scheduler.lua owns, and the lines in which they stand.
--
-- A task is parked while it waits and stands in a line when it can go on; each turn is one resume.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local outcome = require "zendesk.driver.outcome"
local queue = require "zendesk.driver.queue"
local timers = require "zendesk.driver.timers"

local note, result_of = outcome.note, outcome.of

local tasks = {
  held = {}, -- those that have been spawned and not ended
  signal = nil, -- makes one; the scheduler's
}

-- What an owned coroutine yields; nobody else can have it.
local PARKED = {}

local clock = timers.new()

-- Those that have begun and can go on, and those that are yet to begin; in both, who came first is
-- first.
local ready = queue.new()
local fresh = queue.new()

local running -- the task that was resumed last and has not come back; see around

---@class zendesk.Task
---@field package _state "new"|"ready"|"parked"|"running"|"done"
---@field package _reason string|nil why the last wait ended
---@field package _results table|nil what the function returned, or { raised = … }
local Task = {}
Task.__index = Task
Task.__name = "zendesk.Task"

local function enqueue(task)
  task._state = "ready"
  local line = task._begun and ready or fresh
  task._place = line:push(task)
  task._line = line
end

local function leave_line(task)
  if task._line then task._line:remove(task, task._place) end
  task._line = nil
end

local function unpark(task, reason)
  task._reason, task._state = reason, "ready"
  if task._timer then clock:remove(task._timer) end
  task._timer = nil
end

local function wake(task, reason)
  if task._state ~= "parked" then return end
  unpark(task, reason)
  enqueue(task)
end

-- [an owned coroutine only] Waits until somebody wakes the task.
local function park(task, deadline)
  task._state, task._reason = "parked", nil
  if deadline then task._timer = clock:add(deadline, task) end
  coroutine.yield(PARKED)
  return task._reason
end

-- `given`: the arguments, with their number in `n`.
local function new(f, given)
  return setmetatable({
    _thread = coroutine.create(xpcall), _state = "new", _begun = false, _cancelled = false,
    _f = f, _arguments = given, _reason = nil, _timer = nil, _line = nil, _place = nil,
    _joined = nil, _on_end = nil, _results = nil, _outer = nil, _group = nil, _index = nil,
  }, Task)
end

-- Not so where memory ran out on the way into the coroutine, or out of it: that is raised in who
-- resumed the task, and the task is lost.
local function is_on(task)
  local status = coroutine.status(task._thread)
  return status == "running" or status == "normal"
end

-- The task in which this happens, in whatever coroutine; nil in none.
local function around()
  while running and not is_on(running) do
    tasks.held[running] = nil
    running = running._outer
  end
  return running
end

local function finish(task, results)
  tasks.held[task] = nil
  task._state, task._results, task._f, task._arguments = "done", results, nil, nil
  if task._joined then task._joined:fire() end
  if task._on_end then task._on_end(task) end
end

-- Nobody runs any more, also when what follows raises for lack of memory.
local function after_resume(task, ok, ...)
  running, task._outer = task._outer, nil
  if ... == PARKED then return end
  if not ok then
    finish(task, result_of(task._thread, false, ...)) -- for lack of memory, or of stack
  elseif coroutine.status(task._thread) == "dead" then
    finish(task, result_of(task._thread, ...))
  else
    enqueue(task) -- a plain coroutine.yield: somebody else's turn
  end
end

local function first_turn(task)
  task._begun = true
  local f, given = task._f, task._arguments
  task._f, task._arguments = nil, nil
  return coroutine.resume(task._thread, f, note, table.unpack(given, 1, given.n))
end

local function resume(task)
  -- It may have ended, or gone on, since it was put into the queue.
  if task._state ~= "ready" and task._state ~= "new" then return end
  leave_line(task)
  task._outer = around()
  running, task._state = task, "running"
  if task._begun then
    after_resume(task, coroutine.resume(task._thread))
  else
    after_resume(task, first_turn(task))
  end
end

---Keeps the task, which is about to begin, until its end.
---@param task zendesk.Task
function tasks.hold(task)
  tasks.held[task] = true
end

-- What a dropped task has yet to close is closed.
local Fate = {
  __gc = function(fate)
    if coroutine.status(fate.thread) == "suspended" then coroutine.close(fate.thread) end
  end,
}

---Lets the task, which is about to begin, go when nobody holds it any more.
---@param task zendesk.Task
function tasks.loosen(task)
  task._fate = setmetatable({ thread = task._thread }, Fate)
end

---Waits for the end of the task. Raises what the task has raised.
---@param deadline number|nil a moment of the driver's clock
---@return any ... what the function returned; nil, "timeout" or nil, "cancelled" without an end
function Task:wait(deadline)
  arguments.self(self, Task, "task:wait")
  deadline = timers.deadline(deadline)
  if not self._results then
    self._joined = self._joined or tasks.signal()
    local ok, reason = self._joined:wait(deadline)
    if not ok then return nil, reason end
  end
  return outcome.give(self._results)
end

---True when the function has returned or raised.
---@return boolean
function Task:is_done()
  arguments.self(self, Task, "task:is_done")
  return self._state == "done"
end

---Cancels the task: its wait, and every later one, ends with "cancelled". It is unwound before this
---returns, unless it is the one that runs. A task that has not begun never does.
function Task:cancel()
  arguments.self(self, Task, "task:cancel")
  if self._state == "done" then return end
  self._cancelled = true
  local lost = self._state == "running" and not is_on(self)
  if lost then coroutine.close(self._thread) end
  leave_line(self)
  if lost or not self._begun then
    return finish(self, table.pack(nil, errors.new("cancelled", "the task was cancelled")))
  end
  if self._state == "parked" then unpark(self, "cancelled") end
  resume(self)
end

---Whether the task has been cancelled.
---@return boolean
function Task:is_cancelled()
  arguments.self(self, Task, "task:is_cancelled")
  return self._cancelled
end

function Task:__tostring()
  return ("%s (%s)"):format(Task.__name, self._state)
end

-- For driver/scheduler.lua, which lets the tasks of `ready` and `fresh` run.
tasks.Task, tasks.clock, tasks.ready, tasks.fresh = Task, clock, ready, fresh
tasks.new, tasks.enqueue, tasks.park, tasks.wake = new, enqueue, park, wake
tasks.around, tasks.resume = around, resume

return tasks
