-- blocking: the driver of plain scripts. A wait steps the engine until it is over.
--
-- All instances of a Lua state share one engine: one set of connections, one descriptor, one trust
-- store. Inside a coroutine that zendesk.all owns, a wait parks that coroutine instead, and the
-- scheduler steps the engine for everybody. In any other coroutine a wait blocks: a generator
-- inside a task works, and the other tasks' transfers go on meanwhile.

local core = require "zendesk.core"

local min = math.min
local monotonic = core.monotonic

local blocking = {}

-- libcurl's own timers end a poll early; this only bounds a poll that nothing ends.
local LONGEST_STEP = 60

-- One per Lua state, made on first use.
local engine

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
local function drain()
  local finished = engine:next()
  while finished do
    if scheduler then scheduler.finished(finished) end
    finished = engine:next()
  end
end

---Wakes the tasks whose transfers have ended. For the scheduler: a task may end another one's.
function blocking.drain()
  if engine then drain() end
end

---Polls and moves all transfers on, for at most `seconds`. For the scheduler.
---@param seconds number
function blocking.step(seconds)
  local ready, _, message = get_engine()
  if not ready then error("not enough memory: " .. message, 0) end
  ready:step(seconds > LONGEST_STEP and LONGEST_STEP or seconds)
  drain()
end

---The number of transfers under way. For the scheduler.
---@return integer
function blocking.running()
  return engine and engine:running() or 0
end

---Lets the scheduler take part. For driver/scheduler.lua.
---@param module table
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
    if engine:step(wait) == 0 then break end -- none is left, so this one is done
  end
  if scheduler then drain() end
  return true
end

function Blocking.sleep(_, seconds)
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
  return require "zendesk.driver.scheduler".spawn(f, ...)
end

---After a lack of memory: libcurl 7.88 may let the next transfer on the same engine wait for ever
---for what the failed one has left there. The next call has an engine of its own.
function Blocking.recover()
  if engine and engine:running() == 0 then Blocking.close() end
end

---Ends every running transfer of this Lua state as closed. The next call starts afresh.
function Blocking.close()
  if engine then engine:close() end
  engine = nil
end

---The driver that all blocking instances of this Lua state share.
---@return zendesk.Driver
function blocking.shared()
  return shared
end

return blocking
