-- scheduler: ordinary code side by side on one thread.
--
-- A task is a coroutine that this file owns. When a call inside a task has to wait, the driver
-- parks the task here and others run. Only owned coroutines are ever yielded: a coroutine of the
-- user's inside a task (a generator, say) cannot be, nor can a task in what C calls (string.gsub,
-- say), and such a wait blocks in place:
--   * for a transfer, it steps the engine until that one is done; the other transfers move on;
--   * for a signal or a sleep, which others may have to bring about, it runs the other tasks.
--
-- Order: tasks start in the order given; those that can go on do so in the order in which they
-- became able to, one turn each.

local blocking = require "zendesk.driver.blocking"
local core = require "zendesk.core"
local signals = require "zendesk.driver.signals"
local tasks = require "zendesk.driver.tasks"

local monotonic = core.monotonic
local max = math.max
local Task, clock, ready, fresh = tasks.Task, tasks.clock, tasks.ready, tasks.fresh
local task_around, resume, park, wake = tasks.around, tasks.resume, tasks.park, tasks.wake

local scheduler = {}

-- Every run inside of a run costs C stack, of which Lua has 200 levels. Below SHALLOW, tasks may
-- begin; below DEEPEST, those that have begun go on, since what everybody waits for may be theirs,
-- and those begin of the very group that the run waits for: many generators may have one each.
local SHALLOW = 12
local DEEPEST = 30

-- Tasks by the transfer they wait for. Weak: a loose task that nobody holds any more may go.
local waiting = setmetatable({}, { __mode = "kv" })

local depth = 0 -- runs inside of runs

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

-- Those of a group that are yet to begin.
local function fresh_of(group)
  local found = {}
  for _, task in ipairs(fresh:list()) do
    if task._group == group then found[#found + 1] = task end
  end
  return found
end

local function run_ready(group)
  if depth > DEEPEST then return end
  run_line(ready)
  if depth <= SHALLOW then
    run_line(fresh)
  elseif group then
    for _, task in ipairs(fresh_of(group)) do resume(task) end
  end
end

local function can_run(group)
  if depth > DEEPEST then return false end
  if ready:size() > 0 then return true end
  if depth <= SHALLOW then return fresh:size() > 0 end
  return group ~= nil and #fresh_of(group) > 0
end

local function ring(now)
  local task = clock:due(now)
  while task do
    task._timer = nil
    wake(task, "timeout")
    task = clock:due(now)
  end
end

local function poll_time(group, limit)
  if can_run(group) then return 0 end
  local now, wait = monotonic(), math.huge
  if limit then wait = limit - now end
  local next_timer = clock:next()
  if next_timer and next_timer - now < wait then wait = next_timer - now end
  return wait > 0 and wait or 0
end

-- Whether anything at all can still happen by itself.
local function is_stuck(group)
  return not can_run(group) and not clock:next() and blocking.running() == 0
end

-- Also when a signal's handler raises in the middle of a run, or on its way in (Ctrl-C does).
local Leave = { __close = function(place) depth = place.depth end }

-- Runs everybody until `is_over()`, the deadline, or the end of the task that this happens in.
-- `group`: the one whose end is waited for.
local function run(is_over, deadline, group)
  local around = task_around()
  local place <close> = setmetatable({ depth = depth }, Leave)
  depth = place.depth + 1
  while not is_over() do
    if around and around._cancelled then return nil, "cancelled" end
    if deadline and monotonic() >= deadline then return nil, "timeout" end
    run_ready(group)
    if is_over() then return true end
    blocking.drain()
    if not deadline and is_stuck(group) then return nil, "cancelled" end
    blocking.step(poll_time(group, deadline))
    ring(monotonic())
  end
  return true
end

---The task that can be parked here; nil in the main program, in coroutines of the user's, and where
---C is in between: in what string.gsub or table.sort calls, and in a finaliser.
---@return zendesk.Task|nil
function scheduler.current()
  local task = task_around()
  if not task or task._thread ~= coroutine.running() then return nil end
  return coroutine.isyieldable() and task or nil
end

---The task in which this is, in whatever coroutine.
---@return zendesk.Task|nil
scheduler.around = task_around

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

---Every engine has been closed. Transfers of before a fork are not done: those tasks are the other
---process's. For the driver.
function scheduler.closed()
  for transfer in pairs(waiting) do
    if transfer:done() then scheduler.finished(transfer) end
  end
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

local function start(task)
  resume(task)
  if task._state == "parked" then blocking.step(0) end -- a request begun is a request sent
  return task
end

---Starts a function as a task. It runs at once, until its first wait.
---@param f function
---@param ... any its arguments
---@return zendesk.Task
function scheduler.spawn(f, ...)
  local task = tasks.new(f, table.pack(...))
  tasks.hold(task)
  return start(task)
end

---The same, for a task that goes, with its call, when nobody holds it any more.
---@param f function
---@param ... any its arguments
---@return zendesk.Task
function scheduler.spawn_loosely(f, ...)
  local task = tasks.new(f, table.pack(...))
  tasks.loosen(task)
  return start(task)
end

tasks.signal = scheduler.signal

-- For driver/group.lua and driver/signals.lua.
scheduler.new_task, scheduler.enqueue = tasks.new, tasks.enqueue
scheduler.park, scheduler.wake, scheduler.run = park, wake, run

blocking.attach(scheduler)

return scheduler
