-- blocking: the driver of plain scripts. A wait steps the engine until it is over.
--
-- All instances of a Lua state share one engine: one set of connections, one descriptor, one trust
-- store. Inside a coroutine that zendesk.all owns, a wait parks that coroutine instead, and the
-- scheduler steps the engine for everybody. In any other coroutine a wait blocks: a generator
-- inside a task works, and the other tasks' transfers go on meanwhile.

local core = require "zendesk.core"

local min = math.min
local monotonic = core.monotonic

---@class zendesk.drivers.blocking
local blocking = {}

-- libcurl's own timers end a poll early; this only bounds a poll that nothing ends.
local LONGEST_STEP = 60

-- While retired engines are left, a poll of one is no longer than this: the others have a turn.
local SHORT_STEP = 0.01

-- One per Lua state, made on first use.
local engine

-- Engines that have seen memory run out while calls were under way, or nil. libcurl 7.88 may leave
-- something in such an engine that the next transfer would wait for. So new calls go to a new one;
-- those under way end where they are, each by its own time limit at the latest.
local retired

-- driver/scheduler.lua, once it is loaded: a script without zendesk.all does not pay for it.
local scheduler

-- The driver of all blocking instances. `alone`: while a call waits, no other code runs.
local shared = { alone = true }

---@class zendesk.driver.blocking: zendesk.Driver
local Blocking = {}
Blocking.__index = Blocking
Blocking.__name = "zendesk.driver.blocking"

setmetatable(shared, Blocking)

-- nil, kind and message where there is no memory for one.
local function get_engine()
  if engine then return engine end
  local made, kind, message = core.engine { events = false }
  engine = made
  return made, kind, message
end

-- Each finished transfer is reported once; those of parked tasks wake them.
local function drain(from)
  local finished = from:next()
  while finished do
    if scheduler then scheduler.finished(finished) end
    finished = from:next()
  end
end

-- Moves the retired engines on and lets go of those that have nothing left to do.
local function step_retired(seconds)
  for index = #retired, 1, -1 do
    local old = retired[index]
    local left = old:step(min(seconds, SHORT_STEP))
    drain(old)
    if left == 0 then table.remove(retired, index):close() end
  end
  if #retired == 0 then retired = nil end
end

-- Polls and moves all transfers on. Returns how many are still under way.
local function step(seconds)
  if not retired then return engine:step(seconds) end
  step_retired(seconds)
  if engine then engine:step(retired and min(seconds, SHORT_STEP) or 0) end
  return blocking.running()
end

---Wakes the tasks whose transfers have ended. For the scheduler: a task may end another one's.
---@package
function blocking.drain()
  if engine then drain(engine) end
end

---Polls and moves all transfers on, for at most `seconds`. For the scheduler.
---@param seconds number
---@package
function blocking.step(seconds)
  local ready, _, message = get_engine()
  if not ready and not retired then error("not enough memory: " .. message, 0) end
  step(seconds > LONGEST_STEP and LONGEST_STEP or seconds)
  blocking.drain()
end

---The number of transfers under way. For the scheduler.
---@return integer
---@package
function blocking.running()
  local count = engine and engine:running() or 0
  if not retired then return count end
  for _, old in ipairs(retired) do count = count + old:running() end
  return count
end

---Lets the scheduler take part. For driver/scheduler.lua.
---@param module table
---@package
function blocking.attach(module)
  scheduler = module
  shared.alone = false
end

function Blocking.submit(_, account, request)
  if engine then return engine:submit(account, request) end
  local made, kind, message = get_engine()
  if not made then return nil, kind, message end
  return made:submit(account, request)
end

-- Submits and waits, while nobody else runs: gives status, head and value of the usual reply, a
-- success with JSON that comes at once; otherwise what `submit` would have.
function Blocking.call(self, account, request)
  if retired then return self:submit(account, request) end
  if not engine then
    local made, kind, message = get_engine()
    if not made then return nil, kind, message end
  end
  return engine:call(account, request, LONGEST_STEP)
end

-- In a task, or in a coroutine inside of a cancelled one. Returns "block" where it is neither.
local function await_beside_others(transfer, deadline)
  local task = scheduler.current()
  if task then return task:_await(transfer, deadline) end
  if not scheduler.is_cancelled() then return "block" end
  transfer:cancel()
  return nil, "cancelled"
end

function Blocking.await(_, transfer, deadline)
  if scheduler then
    local done, reason = await_beside_others(transfer, deadline)
    if done ~= "block" then return done, reason end
  end
  while not transfer:done() do
    local wait = LONGEST_STEP
    if deadline then
      wait = min(deadline - monotonic(), LONGEST_STEP)
      if wait <= 0 then
        transfer:cancel()
        return nil, "timeout"
      end
    end
    if step(wait) == 0 then break end -- none is left, so this one is done
  end
  if scheduler then blocking.drain() end
  return true
end

function Blocking.sleep(_, seconds)
  require "zendesk.arguments".check("seconds", seconds, "duration")
  local until_then = monotonic() + seconds
  if scheduler then return scheduler.sleep(until_then) end
  local left = seconds
  while left > 0 do
    blocking.step(left)
    left = until_then - monotonic()
  end
  return true
end

Blocking.now = monotonic

Blocking.time = core.time

function Blocking.signal()
  return require "zendesk.driver.scheduler".signal()
end

function Blocking.spawn(_, f, ...)
  require "zendesk.arguments".check("f", f, "function")
  return require "zendesk.driver.scheduler".spawn(f, ...)
end

---A task that goes, with its call, when nobody holds it any more. For pages that are fetched ahead.
---@package
function Blocking.spawn_loosely(_, f, ...)
  return require "zendesk.driver.scheduler".spawn_loosely(f, ...)
end

---After a lack of memory: the next call has an engine of its own.
function Blocking.recover()
  local old = engine
  if not old then return end
  if old:running() > 0 then
    retired = retired or {}
    retired[#retired + 1] = old
  else
    drain(old)
    old:close()
  end
  engine = nil
end

---Ends every running transfer of this Lua state as closed. The next call starts afresh.
function Blocking.close()
  local all = retired or {}
  all[#all + 1] = engine
  engine, retired = nil, nil
  for _, each in ipairs(all) do each:close() end
  if scheduler then scheduler.closed() end
end

---The driver that all blocking instances of this Lua state share.
---@return zendesk.Driver
function blocking.shared()
  return shared
end

return blocking
