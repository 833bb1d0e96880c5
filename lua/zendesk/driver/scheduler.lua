-- scheduler: ordinary code side by side on one thread.
--
-- A task is a coroutine that this file owns. When a call inside a task has to wait, the driver
-- parks the task here and others run. Only owned coroutines are ever yielded: a coroutine of the
-- user's inside a task (a generator, say) cannot be, and its waits block in place:
--   * for a transfer, it steps the engine until that one is done; the other transfers move on;
--   * for a signal or a sleep, which others may have to bring about, it runs the other tasks.
--
-- Order: tasks start in the order given; those that can go on do so in the order in which they
-- became able to, one turn each.

local arguments = require "zendesk.arguments"
local blocking = require "zendesk.driver.blocking"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local queue = require "zendesk.driver.queue"
local signals = require "zendesk.driver.signals"
local timers = require "zendesk.driver.timers"

local monotonic = core.monotonic
local max = math.max

local scheduler = {}

-- What an owned coroutine yields; nobody else can have it.
local PARKED = {}

-- Every run inside of a run costs C stack, of which Lua has 200 levels. Below SHALLOW, tasks may
-- begin; below DEEPEST, those that have begun go on, since what everybody waits for may be theirs.
local SHALLOW = 12
local DEEPEST = 30

-- Tasks by the transfer they wait for. Weak: a spawned task that nobody holds any more may go.
local waiting = setmetatable({}, { __mode = "kv" })

local clock = timers.new()

-- Those that have begun and can go on, and those that are yet to begin; in both, who came first is
-- first.
local ready = queue.new()
local fresh = queue.new()

local depth = 0 -- runs inside of runs
local running -- the task that was resumed last and has not come back; see task_around

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
  line:push(task)
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
local function new_task(f, given)
  return setmetatable({
    _thread = coroutine.create(f), _state = "new", _begun = false, _cancelled = false,
    _arguments = given, _reason = nil, _timer = nil, _joined = nil, _on_end = nil, _results = nil,
    _outer = nil, _group = nil, _index = nil,
  }, Task)
end

-- Not so where memory ran out on the way into the coroutine, or out of it: that is raised in who
-- resumed the task, and the task is lost.
local function is_on(task)
  local status = coroutine.status(task._thread)
  return status == "running" or status == "normal"
end

-- The task in which this happens, in whatever coroutine; nil in none.
local function task_around()
  while running and not is_on(running) do running = running._outer end
  return running
end

local function finish(task, results)
  task._state, task._results, task._arguments = "done", results, nil
  if task._joined then task._joined:fire() end
  if task._on_end then task._on_end(task) end
end

-- Nobody runs any more, also when what follows raises for lack of memory.
local function after_resume(task, ok, ...)
  running, task._outer = task._outer, nil
  if ... == PARKED then return end
  if not ok then
    finish(task, { raised = (...), traceback = debug and debug.traceback(task._thread) })
  elseif coroutine.status(task._thread) == "dead" then
    finish(task, table.pack(...))
  else
    enqueue(task) -- a plain coroutine.yield: somebody else's turn
  end
end

local function first_turn(task)
  task._begun = true
  local given = task._arguments
  task._arguments = nil
  return coroutine.resume(task._thread, table.unpack(given, 1, given.n))
end

local function resume(task)
  -- It may have ended, or gone on, since it was put into the queue.
  if task._state ~= "ready" and task._state ~= "new" then return end
  task._outer = task_around()
  running, task._state = task, "running"
  if task._begun then
    after_resume(task, coroutine.resume(task._thread))
  else
    after_resume(task, first_turn(task))
  end
end

-- Turns between two looks at the network, while many tasks can go on: a server is to have the
-- requests of the first ones before the last one has had its turn. A look costs more the more
-- transfers there are, so it is due after a part of them.
local FEWEST_TURNS, PARTS = 8, 25

local function turns()
  return max(FEWEST_TURNS, blocking.running() // PARTS)
end

-- One turn for each task that is in the line now. Those that come meanwhile have the next one.
local function run_line(line)
  local left = turns()
  for _ = 1, line:size() do
    local task = line:pop()
    if not task then return end -- a run inside of this one has taken it
    resume(task)
    left = left - 1
    if left == 0 then
      if blocking.running() > 0 then blocking.step(0) end
      left = turns()
    end
  end
end

local function run_ready()
  if depth <= DEEPEST then run_line(ready) end
  if depth <= SHALLOW then run_line(fresh) end
end

local function can_run()
  return (depth <= DEEPEST and ready:size() > 0) or (depth <= SHALLOW and fresh:size() > 0)
end

local function ring(now)
  local task = clock:due(now)
  while task do
    task._timer = nil
    wake(task, "timeout")
    task = clock:due(now)
  end
end

local function poll_time(limit)
  if can_run() then return 0 end
  local now, wait = monotonic(), math.huge
  if limit then wait = limit - now end
  local next_timer = clock:next()
  if next_timer and next_timer - now < wait then wait = next_timer - now end
  return wait > 0 and wait or 0
end

-- Whether anything at all can still happen by itself.
local function is_stuck()
  return not can_run() and not clock:next() and blocking.running() == 0
end

-- Also when a signal's handler raises in the middle of a run (Ctrl-C does).
local leave = setmetatable({}, { __close = function() depth = depth - 1 end })

-- Runs everybody until `is_over()`, the deadline, or the end of the task that this happens in.
local function run(is_over, deadline)
  local around = task_around()
  depth = depth + 1
  local _ <close> = leave
  while not is_over() do
    if around and around._cancelled then return nil, "cancelled" end
    if deadline and monotonic() >= deadline then return nil, "timeout" end
    run_ready()
    if is_over() then return true end
    blocking.drain()
    if not deadline and is_stuck() then return nil, "cancelled" end
    blocking.step(poll_time(deadline))
    ring(monotonic())
  end
  return true
end

---The task whose coroutine is running; nil in the main program and in coroutines of the user's.
---@return zendesk.Task|nil
function scheduler.current()
  local task = task_around()
  return task and task._thread == coroutine.running() and task or nil
end

---Whether the code that runs now is inside of a cancelled task, in whatever coroutine. For the
---driver.
---@return boolean
function scheduler.is_cancelled()
  local task = task_around()
  return task ~= nil and task._cancelled
end

---A transfer has ended. For the driver.
---@param transfer zendesk.core.Transfer
function scheduler.finished(transfer)
  local task = waiting[transfer]
  if not task then return end
  waiting[transfer] = nil
  wake(task, "done")
end

-- A wait of an owned coroutine for a transfer. For the driver.
function Task:_await(transfer, deadline)
  if self._cancelled then
    transfer:cancel()
    return nil, "cancelled"
  end
  if transfer:done() then return true end
  waiting[transfer] = self
  local reason = park(self, deadline)
  waiting[transfer] = nil
  if reason == "done" then return true end
  transfer:cancel()
  return nil, reason
end

local function never() return false end
---Sleeps until a moment of the driver's clock. For the driver.
---@param moment number
---@return true|nil, string|nil reason "cancelled"
function scheduler.sleep(moment)
  local task = scheduler.current()
  if not task then
    local _, verdict = run(never, moment)
    if verdict == "cancelled" then return nil, verdict end
    return true
  end
  if task._cancelled then return nil, "cancelled" end
  local reason = park(task, moment)
  if reason == "cancelled" then return nil, reason end
  return true
end

---A signal is fired once and stays fired: who waits later does not wait.
---@return zendesk.Signal
function scheduler.signal()
  return signals.new(scheduler)
end

---Starts a function as a task. It runs at once, until its first wait.
---@param f function
---@param ... any its arguments
---@return zendesk.Task
function scheduler.spawn(f, ...)
  local task = new_task(f, table.pack(...))
  resume(task)
  if task._state == "parked" then blocking.step(0) end -- a request begun is a request sent
  return task
end

---Waits for the end of the task. Raises what the task has raised.
---@param deadline number|nil a moment of the driver's clock
---@return any ... what the function returned; nil, "timeout" or nil, "cancelled" without an end
function Task:wait(deadline)
  arguments.self(self, Task, "task:wait")
  deadline = timers.deadline(deadline)
  if not self._results then
    self._joined = self._joined or scheduler.signal()
    local ok, reason = self._joined:wait(deadline)
    if not ok then return nil, reason end
  end
  local results = self._results
  if results.n then return table.unpack(results, 1, results.n) end
  return error(results.raised, 0)
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
  if lost or not self._begun then
    return finish(self, table.pack(nil, errors.new("cancelled", "the task was cancelled")))
  end
  if self._state == "parked" then unpark(self, "cancelled") end -- and is in no line
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

-- For driver/group.lua and driver/signals.lua.
scheduler.new_task, scheduler.enqueue = new_task, enqueue
scheduler.park, scheduler.wake, scheduler.run = park, wake, run

blocking.attach(scheduler)

return scheduler
