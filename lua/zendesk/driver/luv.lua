-- luv: calls inside of a libuv loop (the luv module) wait without blocking it.
--
--   local driver = require "zendesk.driver.luv".new()
--   local zd = assert(zendesk.new { subdomain = …, access_token = …, driver = driver })
--   coroutine.wrap(function() print(zd:get "/api/v2/users/me") end)()
--   uv.run()
--
-- A call in a coroutine yields it and libuv resumes it. A call in the main program, before uv.run,
-- runs the loop until the call is done. A call in a bare callback is misuse: it could only block.

local errors = require "zendesk.errors"
local loop = require "zendesk.driver.loop"
local uv = require "luv"

---@class zendesk.drivers.luv
local luv = {}

---@class zendesk.driver.luv.Port
local Port = {}
Port.__index = Port

-- What a waiting coroutine yields. A generator hands it on to a program that knows nothing of it.
local PARKED = setmetatable({}, {
  __index = function()
    errors.raise(2, "this is no value: the generator waited for Zendesk; make its calls in a task "
      .. "of driver:spawn")
  end,
  __tostring = function() return "zendesk: waiting" end,
})

-- luv prints what a callback raises, if that is text, and ends the process: an error object would
-- leave "(null)".
local function in_callback(driver, ...)
  local ok, problem = pcall(driver.ready, driver, ...)
  if not ok then error(errors.words(problem), 0) end
end

-- A program that ends may have closed all handles of the loop.
local function close(handle)
  if not handle:is_closing() then handle:close() end
end

function Port:watch(fd, what)
  local poll = self._polls[fd]
  if what == "none" then
    self._polls[fd] = nil
    if poll then close(poll) end -- the descriptor may mean another socket soon
    return
  end
  if not poll then
    poll = uv.new_poll(fd)
    self._polls[fd] = poll
    if not poll then return end -- closed already
  end
  local driver = self.driver
  -- After an error libcurl is to see for itself what has become of the socket.
  assert(poll:start(what, function(err, seen)
    in_callback(driver, fd, err and what or seen)
  end))
end

-- The idle handle is the timer of 0 seconds: it lets timers and sockets have their turn before.
function Port:arm(seconds)
  self._idle:stop()
  self._timer:stop()
  if seconds == 0 then
    self._idle:start(self._ring)
  elseif seconds then
    uv.update_time() -- timers count from the moment at which the loop has looked last
    self._timer:start(math.ceil(seconds * 1000), 0, self._ring)
  end
end

-- In the main program there is nothing to yield to, but the loop can be run from here.
local function run_loop(wait)
  if uv.loop_mode() then
    errors.raise(3, "a call in a callback of the loop would block it: put it into a coroutine")
  end
  while not wait.reason do
    local alive = uv.run "once"
    if not alive and not wait.reason then wait.reason = "cancelled" end -- nothing can end it
  end
end

function Port.park(_, wait)
  local thread, is_main = coroutine.running()
  if is_main then return run_loop(wait) end
  wait.thread = thread
  coroutine.yield(PARKED)
end

function Port.wake(_, wait)
  local thread = wait.thread
  if not thread then return end -- the main program sees it
  local ok, problem = coroutine.resume(thread)
  if not ok then error(problem, 0) end
end

function Port:start(f)
  assert(coroutine.resume(coroutine.create(f)))
end

-- A coroutine that is on its way into the loop, before uv.run, is only likely to be the loop's.
function Port.is_inside()
  return uv.loop_mode() ~= nil or coroutine.isyieldable() and "perhaps"
end

function Port:close()
  for _, poll in pairs(self._polls) do close(poll) end
  self._polls = {}
  close(self._timer)
  close(self._idle)
  -- A program that ends with handles half closed is ended by luv with a crash.
  if not uv.loop_mode() then uv.run "nowait" end
end

---Makes a driver for luv's loop. Its handles keep the loop alive only while something waits; give
---them back with driver:close().
---@return zendesk.driver.Loop|nil
---@return zendesk.Error|nil err kind "memory"
function luv.new()
  local port = setmetatable({ _polls = {} }, Port)
  local driver, err = loop.new(port)
  if not driver then return nil, err end
  port._timer, port._idle = assert(uv.new_timer()), assert(uv.new_idle())
  port._ring = function()
    port:arm(nil)
    in_callback(driver)
  end
  return driver
end

return luv
