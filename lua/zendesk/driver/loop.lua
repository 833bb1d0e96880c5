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
--   port:is_inside()      optional: whether the loop runs the code that asks, or "perhaps"
--   port:close()
--   port.keeps            optional: true where the loop itself keeps the coroutines that wait in it
--   port.driver           is set by loop.new
--
-- Everything is done in slices of a millisecond, between which the loop has its turn: a hundred
-- replies that arrive together do not hold up the host. What waits is held strongly until its wait
-- ends, unless the port keeps it: then a coroutine that the loop has dropped goes, with its call.
--
-- After a lack of memory libcurl 7.88 may leave something in an engine that the next transfer would
-- wait for. It is retired then: new calls go to a fresh engine, those under way end where they are,
-- each by its own time limit at the latest.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local loop_tasks = require "zendesk.driver.loop_tasks"
local queue = require "zendesk.driver.queue"
local timers = require "zendesk.driver.timers"

local monotonic = core.monotonic

---@class zendesk.drivers.loop
local loop = {}

local SLICE = 0.001 -- seconds of work before the host's loop has a turn
local FARTHEST = 86400 -- seconds to the timer: a loop has a limit of its own

-- Drivers that have not been closed.
local open = setmetatable({}, { __mode = "k" })

---@class zendesk.driver.Loop: zendesk.Driver
local Loop = {}
Loop.__index = Loop
Loop.__name = "zendesk.driver.Loop"

local settle -- tells the loop what the engine and the waits want now

local function wake(self, wait, reason)
  if not wait or wait.reason then return end
  wait.reason = reason
  self._work:push(wait)
end

-- The transfers that have ended wake their coroutines.
local function collect(self, engine)
  for transfer in engine.next, engine do wake(self, self._waiting[transfer], "done") end
end

-- The port hears of every change of a watch.
local function tell_watches(self, engine)
  for fd, what in engine.watches, engine do
    local none = what == "none"
    if none then self._seen[fd] = nil end -- the number may mean another socket soon
    self._owner[fd] = not none and engine or nil
    self._port:watch(fd, what)
  end
end

-- Retired engines go when all that was under way on them has ended.
local function release_retired(self)
  local engines = self._engines
  for index = #engines, 2, -1 do
    local engine = engines[index]
    if engine:running() == 0 then
      table.remove(engines, index)
      for fd, owner in pairs(self._owner) do
        if owner == engine then
          self._seen[fd], self._owner[fd] = nil, nil
          self._port:watch(fd, "none") -- before the engine closes it
        end
      end
      engine:close()
    end
  end
end

-- The moment at which driver:ready() has something to do.
local function due(self)
  if self._work:size() > 0 then return 0 end
  local moment = self._clock:next()
  for _, engine in ipairs(self._engines) do
    local seconds = engine:running() > 0 and engine:timeout()
    local at = seconds and monotonic() + seconds
    if at and not (moment and moment < at) then moment = at end
  end
  return moment
end

-- A timer that comes too early is harmless and left as it is; one that nobody needs would keep the
-- loop alive.
function settle(self)
  if not self._engine then return end
  for _, engine in ipairs(self._engines) do
    collect(self, engine)
    tell_watches(self, engine)
  end
  if #self._engines > 1 then release_retired(self) end
  local moment = due(self)
  if moment and self._armed and self._armed <= moment then return end
  if not moment and not self._armed then return end
  self._armed = moment
  self._port:arm(moment and math.min(math.max(moment - monotonic(), 0), FARTHEST))
end

-- A descriptor that one engine has closed may be another's in a moment: the port is told before.
local function move_on(self, engine, fd, what)
  engine:ready(fd, what)
  if #self._engines > 1 then tell_watches(self, engine) end
end

local function handle_seen(self, fd)
  local what, engine = self._seen[fd], self._owner[fd]
  self._seen[fd] = nil
  if not (what and engine) then return end
  move_on(self, engine, fd, what)
  if self._port.handled then self._port:handled(fd) end
end

-- A descriptor on which something was seen, a task that is to begin, or a wait that is over.
-- Returns what a coroutine has raised.
local function do_one(self, item)
  local ok, problem = true
  if math.type(item) == "integer" then
    handle_seen(self, item)
  elseif item._begin then
    ok, problem = pcall(item._begin, item)
  elseif self._parked[item] then
    ok, problem = pcall(self._port.wake, self._port, item)
  end
  return not ok and problem or nil
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
  if not self._engine then return end
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
  for _, engine in ipairs(self._engines) do
    local seconds = engine:timeout()
    if seconds and seconds <= 0 then move_on(self, engine) end
    collect(self, engine)
  end
  ring(self)
  work(self)
end

---Tells those whose transfers were cancelled from outside.
function Loop:wakeup()
  settle(self)
end

-- For loop_tasks.
Loop._wake, Loop._settle = wake, settle

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
  local wait <close> = loop_tasks.wait(self, "transfer", transfer)
  self._waiting[transfer] = wait
  wait:park(deadline)
  if wait.reason == "done" then return true end
  return nil, wait.reason
end

function Loop:sleep(seconds)
  arguments.self(self, Loop, "driver:sleep")
  arguments.check("seconds", seconds, "duration")
  check_open(self)
  local wait <close> = loop_tasks.wait(self)
  wait:park(monotonic() + seconds)
  if wait.reason == "timeout" then return true end
  return nil, "cancelled"
end

Loop.now, Loop.time = monotonic, core.time

---A signal is fired once and stays fired: who waits later does not wait.
---@return zendesk.Signal
function Loop:signal()
  arguments.self(self, Loop, "driver:signal")
  return loop_tasks.signal(self)
end

---Starts a function in a coroutine of the loop.
---@param f function
---@param ... any
---@return zendesk.Task
function Loop:spawn(f, ...)
  arguments.self(self, Loop, "driver:spawn")
  arguments.check("f", f, "function")
  check_open(self)
  local task = loop_tasks.new(self, f, table.pack(...))
  task:_begin()
  return task
end

---What runs tasks for zendesk.all and zendesk.map.
---@return { new_task: function, enqueue: function, signal: function }
function Loop:crew()
  check_open(self)
  return loop_tasks.crew(self)
end

---After a lack of memory: the engine is retired. Where there is none for a new one either, it stays
---until the next call that fails tries again.
function Loop:recover()
  if not self._engine then return end
  local fresh = core.engine { events = true }
  if not fresh then return end
  table.insert(self._engines, 1, fresh)
  self._engine = fresh
  settle(self)
end

---Ends every transfer under way as closed and every other wait as cancelled, and gives back what
---the driver has of the loop. Idempotent.
function Loop:close()
  arguments.self(self, Loop, "driver:close")
  local engines, port = self._engines, self._port
  if not self._engine then return end
  settle(self)
  self._engine, self._engines, open[self] = nil, {}, nil
  port:close() -- before the descriptors are
  for _, engine in ipairs(engines) do engine:close() end
  local waits, problem = {}, nil
  for wait in pairs(self._parked) do -- before any goes on: one may fire what another waits for
    wait.reason = wait.reason or wait._transfer and "done" or "cancelled"
    waits[#waits + 1] = wait
  end
  for _, wait in ipairs(waits) do
    if self._parked[wait] then
      local ok, raised = pcall(port.wake, port, wait)
      if not ok then problem = problem or raised end
    end
  end
  if problem then error(problem, 0) end
end

Loop.__close = Loop.close

---@return boolean
function Loop:is_closed()
  arguments.self(self, Loop, "driver:is_closed")
  return not self._engine
end

---The driver of the loop that runs the code which asks; outside of every loop, the only one that is
---open.
---@return zendesk.driver.Loop|nil
function loop.current()
  local likely
  for driver in pairs(open) do
    local port = driver._port
    local inside = port.is_inside and port:is_inside()
    if inside == true then return driver end
    if inside then likely = driver end
  end
  local only = next(open)
  return likely or not next(open, only) and only or nil
end

---Makes the driver of a port.
---@param port table
---@return zendesk.driver.Loop|nil
---@return zendesk.Error|nil err kind "memory"
function loop.new(port)
  local engine, kind, message = core.engine { events = true }
  if not engine then return nil, errors.new(kind, message) end
  local weak = port.keeps and { __mode = "k" } or nil
  local driver = setmetatable({
    _port = port, _engine = engine, _engines = { engine }, _armed = nil, _weak = weak,
    _waiting = setmetatable({}, weak), _parked = setmetatable({}, weak), _seen = {}, _owner = {},
    _work = queue.new(), _clock = timers.new(),
  }, Loop)
  port.driver, open[driver] = driver, true
  return driver
end

return loop
