-- loop: what the adapters for event loops share. It keeps the engine and the host's loop in step,
-- wakes who waits, and has the tasks and signals. An adapter gives a port to the loop:
--
--   port:watch(fd, what)  look for "r", "w" or "rw" on a descriptor from now on, or "none" for no
--                         more; what is seen is told by driver:ready(fd, what). libcurl may have
--                         closed it already: that is no error, and "none" follows
--   port:handled(fd)      optional: what was seen is dealt with; to look earlier is of no use
--   port:arm(seconds)     the only timer, set anew by each call, 0 for the next turn of the loop,
--                         nil to stop it; it calls driver:ready()
--   port:park(wait)       suspends the running coroutine until port:wake(wait); wait.reason is
--                         set by then
--   port:wake(wait)
--   port:start(f)         runs f in a coroutine of the loop
--   port:close()
--
-- Everything is done in slices of a millisecond, between which the loop has its turn: a hundred
-- replies that arrive together do not hold up the host. What waits is held strongly until its wait
-- ends: a coroutine of an event loop belongs to the loop.

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local queue = require "zendesk.driver.queue"
local timers = require "zendesk.driver.timers"

local monotonic = core.monotonic
local running = coroutine.running

local loop = {}

local SLICE = 0.001 -- seconds of work before the host's loop has a turn

---@class zendesk.driver.Loop: zendesk.Driver
local Loop = {}
Loop.__index = Loop
Loop.__name = "zendesk.driver.Loop"

---@class zendesk.driver.Task: zendesk.Task
local Task = {}
Task.__index = Task
Task.__name = "zendesk.Task"

---@class zendesk.driver.Signal: zendesk.Signal
local Signal = {}
Signal.__index = Signal
Signal.__name = "zendesk.Signal"

---@class zendesk.driver.Wait
---@field reason "done"|"fired"|"timeout"|"cancelled"|nil why it is over
---@field thread thread|nil the coroutine, for the port
local Wait = {}
Wait.__index = Wait

local settle -- tells the loop what the engine and the waits want now

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
  settle(driver)
end

local function new_wait(self, kind, object)
  return setmetatable({
    reason = nil, thread = nil, _driver = self, _timer = nil, _task = nil,
    _transfer = kind == "transfer" and object or nil,
    _signal = kind == "signal" and object or nil,
  }, Wait)
end

local function wake(self, wait, reason)
  if not wait or wait.reason then return end
  wait.reason = reason
  self._work:push(wait)
end

-- The transfers that have ended wake their coroutines.
local function collect(self)
  local engine = self._engine
  local transfer = engine:next()
  while transfer do
    wake(self, self._waiting[transfer], "done")
    transfer = engine:next()
  end
end

-- The moment at which driver:ready() has something to do.
local function due(self)
  if self._work:size() > 0 then return 0 end
  local moment = self._clock:next()
  local engine = self._engine
  local seconds = engine:running() > 0 and engine:timeout()
  if not seconds then return moment end
  local engines = monotonic() + seconds
  return moment and moment < engines and moment or engines
end

-- A timer that comes too early is harmless and left as it is; one that nobody needs would keep the
-- loop alive.
function settle(self)
  local engine, port = self._engine, self._port
  if not engine then return end
  collect(self)
  local fd, what = engine:watches()
  while fd do
    if what == "none" then self._seen[fd] = nil end -- the number may mean another socket soon
    port:watch(fd, what)
    fd, what = engine:watches()
  end
  local moment = due(self)
  if moment and self._armed and self._armed <= moment then return end
  if not moment and not self._armed then return end
  self._armed = moment
  port:arm(moment and math.max(moment - monotonic(), 0))
end

-- A descriptor on which something was seen, or a wait that is over. Returns what its coroutine has
-- raised.
local function do_one(self, item)
  if math.type(item) == "integer" then
    local what = self._seen[item]
    self._seen[item] = nil
    if what then
      self._engine:ready(item, what)
      if self._port.handled then self._port:handled(item) end
    end
  elseif self._parked[item] then
    local ok, problem = pcall(self._port.wake, self._port, item)
    if not ok then return problem end
  end
  return nil
end

-- What a coroutine raises is raised in the end, in the loop's callback.
local function work(self)
  local stop, problem = monotonic() + SLICE, nil
  repeat
    local item = self._work:pop()
    if not item then break end
    problem = do_one(self, item) or problem
  until not self._engine or monotonic() >= stop
  settle(self)
  if problem then error(problem, 0) end
end

local function ring(self)
  local now = monotonic()
  local wait = self._clock:due(now)
  while wait do
    wait._timer = nil
    wake(self, wait, "timeout")
    wait = self._clock:due(now)
  end
end

---For the port: something was seen on a descriptor, or, without arguments, the timer is due.
---@param fd integer|nil
---@param what "r"|"w"|"rw"|nil
function Loop:ready(fd, what)
  local engine = self._engine
  if not engine then return end
  if fd then
    if not self._seen[fd] then self._work:push(fd) end
    self._seen[fd] = what
    if self._armed ~= 0 then
      self._armed = 0
      self._port:arm(0)
    end
    return
  end
  self._armed = nil
  local seconds = engine:timeout()
  if seconds and seconds <= 0 then engine:ready() end
  ring(self)
  collect(self)
  work(self)
end

---Tells those whose transfers were cancelled from outside.
function Loop:wakeup()
  settle(self)
end

-- Suspends the running coroutine until it is woken. The caller closes the wait.
local function park(self, wait, deadline)
  local task = self._tasks[running()]
  if task then
    if task._cancelled then
      wait.reason = "cancelled"
      return
    end
    task._wait, wait._task = wait, task
  end
  if deadline then wait._timer = self._clock:add(deadline, wait) end
  self._parked[wait] = true
  settle(self)
  self._port:park(wait)
end

local function check_open(self)
  if not self._engine then errors.raise(3, "the driver is closed") end
  return self._engine
end

function Loop:submit(account, request)
  local transfer, kind, message = check_open(self):submit(account, request)
  settle(self)
  return transfer, kind, message
end

function Loop:await(transfer, deadline)
  if transfer:done() then return true end
  check_open(self)
  local wait <close> = new_wait(self, "transfer", transfer)
  self._waiting[transfer] = wait
  park(self, wait, deadline)
  if wait.reason == "done" then return true end
  return nil, wait.reason
end

function Loop:sleep(seconds)
  check_open(self)
  local wait <close> = new_wait(self)
  park(self, wait, monotonic() + seconds)
  if wait.reason == "timeout" then return true end
  return nil, "cancelled"
end

Loop.now = monotonic

Loop.time = core.time

function Loop:signal()
  return setmetatable({ _driver = self, _fired = false, _waits = {}, _next = 1 }, Signal)
end

---Wakes all who wait, in the order in which they came. A signal stays fired.
function Signal:fire()
  if self._fired then return end
  self._fired = true
  local waits = {}
  for wait in pairs(self._waits) do waits[#waits + 1] = wait end
  table.sort(waits, function(a, b) return a._place < b._place end)
  for _, wait in ipairs(waits) do wake(self._driver, wait, "fired") end
  settle(self._driver)
end

---@param deadline number|nil a moment of driver:now()
---@return true|nil fired
---@return "timeout"|"cancelled"|nil reason
function Signal:wait(deadline)
  if self._fired then return true end
  check_open(self._driver)
  local wait <close> = new_wait(self._driver, "signal", self)
  wait._place, self._next = self._next, self._next + 1
  self._waits[wait] = true
  park(self._driver, wait, deadline)
  if wait.reason == "fired" then return true end
  return nil, wait.reason
end

---Starts a function in a coroutine of the loop.
---@param f function
---@param ... any
---@return zendesk.Task
function Loop:spawn(f, ...)
  check_open(self)
  local task = setmetatable({
    _driver = self, _cancelled = false, _wait = nil, _results = nil, _over = self:signal(),
  }, Task)
  local arguments = table.pack(...)
  self._port:start(function()
    self._tasks[running()] = task
    local results = table.pack(pcall(f, table.unpack(arguments, 1, arguments.n)))
    self._tasks[running()] = nil
    task._results = results
    task._over:fire()
  end)
  return task
end

---Waits for the end of the task. Raises what the task has raised.
---@param deadline number|nil a moment of driver:now()
---@return any ... what the function returned; nil, "timeout" or nil, "cancelled" without an end
function Task:wait(deadline)
  if not self._results then
    local ok, reason = self._over:wait(deadline)
    if not ok then return nil, reason end
  end
  local results = self._results
  if results[1] then return table.unpack(results, 2, results.n) end
  return error(results[2], 0)
end

---@return boolean
function Task:is_done() return self._results ~= nil end

---@return boolean
function Task:is_cancelled() return self._cancelled end

---Ends the wait of the task, and every later one, with "cancelled", at the loop's next turn.
function Task:cancel()
  self._cancelled = true
  wake(self._driver, self._wait, "cancelled")
  settle(self._driver)
end

---Ends every transfer under way as closed and every other wait as cancelled, and gives back what
---the driver has of the loop. Idempotent.
function Loop:close()
  local engine, port = self._engine, self._port
  if not engine then return end
  settle(self)
  self._engine = nil
  port:close() -- before the descriptors are
  engine:close()
  local waits, problem = {}, nil
  for wait in pairs(self._parked) do waits[#waits + 1] = wait end
  for _, wait in ipairs(waits) do
    wait.reason = wait.reason or wait._transfer and "done" or "cancelled"
    if self._parked[wait] then
      local ok, raised = pcall(port.wake, port, wait)
      if not ok then problem = problem or raised end
    end
  end
  if problem then error(problem, 0) end
end

Loop.__close = Loop.close

---Makes the driver of a port.
---@param port table
---@return zendesk.driver.Loop
function loop.new(port)
  return setmetatable({
    _port = port, _engine = core.engine { events = true }, _armed = nil,
    _waiting = {}, _parked = {}, _seen = {}, _work = queue.new(), _clock = timers.new(),
    _tasks = setmetatable({}, { __mode = "k" }),
  }, Loop)
end

return loop
