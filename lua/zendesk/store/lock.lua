--- lock: the locks that stores give out, and the wait for one.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local file_fault = require "zendesk.store.file_fault"

local lock = {}

local Lock = {}
Lock.__index = Lock
Lock.__name = "zendesk.Lock"

-- Most locks are held for the time of one small request, a few for seconds.
local FIRST_PAUSE = 0.002
local LONGEST_PAUSE = 0.1
local GROWTH = 1.5

--- Gives the lock back. Idempotent.
function Lock:release()
  arguments.self(self, Lock, "lock:release")
  local release = self._release
  self._release = nil
  if release then release() end
end

Lock.__close = Lock.release
-- A coroutine that is dropped while it holds a lock must not hold it for ever.
Lock.__gc = Lock.release

function Lock:__tostring()
  return ("%s (%s)"):format(Lock.__name, self._release and "held" or "released")
end

--- A lock that `release` ends, which is called once.
---@param release fun()
---@return zendesk.Lock
function lock.new(release)
  return setmetatable({ _release = release }, Lock)
end

--- Raises, at the line of whoever called the store, unless a wait is possible.
---@param timeout any
---@param driver any
function lock.check_wait(timeout, driver)
  arguments.check("timeout", timeout, "duration")
  arguments.check("driver", driver, "waiter")
end

local function timed_out(timeout, what)
  return errors.new("store", ("%s is locked by somebody else, for longer than %g s"):format(
    what, timeout), {
    code = "lock_timeout", retryable = true,
    remedy = "try again; if it stays locked, look for a process that hangs in a renewal of this "
      .. "token, and end it: that frees the lock",
  })
end

--- Tries until a lock is had; sleeps in between, a little longer each time.
---@param try fun(): any, any gives the lock; or nil, "busy"; or nil, err
---@param timeout number
---@param driver zendesk.Driver
---@param what string names what is locked, for the message
---@return any? taken
---@return zendesk.Error? err
function lock.await(try, timeout, driver, what)
  local deadline, pause = driver:now() + timeout, FIRST_PAUSE
  while true do
    local taken, why = try()
    if taken then return taken end
    if why ~= "busy" then return nil, why end
    local left = deadline - driver:now()
    if left <= 0 then return nil, timed_out(timeout, what) end
    if not driver:sleep(math.min(pause, left)) then
      return nil, errors.new("cancelled", "cancelled while waiting for the lock of " .. what)
    end
    pause = math.min(pause * GROWTH, LONGEST_PAUSE)
  end
end

--- Waits for a lock of the kernel on a file that is made for it.
---@param path string
---@param timeout number
---@param driver zendesk.Driver
---@return zendesk.Lock?
---@return zendesk.Error? err
function lock.file(path, timeout, driver)
  local function try()
    local handle, message, name = core.file_lock(path)
    if handle then return handle end
    if message == "busy" then return nil, "busy" end
    return nil, file_fault.error(message, name, path)
  end
  local handle, err = lock.await(try, timeout, driver, path)
  if not handle then return nil, err end
  return lock.new(function() handle:release() end)
end

--- The error of a lock that a blocking wait did not get.
---@param path string
---@param timeout number
---@return zendesk.Error
function lock.timeout_error(path, timeout)
  return timed_out(timeout, path)
end

return lock
