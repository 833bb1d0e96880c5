-- cqueues: calls inside of a cqueues controller wait without blocking it.
--
--   local driver = require "zendesk.driver.cqueues".new()
--   local zd = assert(zendesk.new { subdomain = …, access_token = …, driver = driver })
--   queue:wrap(function() print(zd:get "/api/v2/users/me") end)
--
-- The driver works in the controller that it is used in; outside of every one, a call steps one of
-- its own. A generator is made with cqueues.auxlib.wrap, as for every wait of cqueues.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local errors = require "zendesk.errors"
local loop = require "zendesk.driver.loop"

---@class zendesk.drivers.cqueues
local queues = {}

local Port = {}

local function home(self)
  if self._live > 0 then return self._home end
  self._home = self._given or cqueues.running() or self._home or cqueues.new()
  return self._home
end

local function run(self, f, watch)
  home(self):wrap(function()
    f(self, watch)
    self._live = self._live - 1
  end)
  self._live = self._live + 1
end

local function watch_one(self, watch)
  while watch.events do
    cqueues.poll(watch, watch.changed)
    if not watch.events then return end
    self.driver:ready(watch.pollfd, watch.events)
    cqueues.poll(watch.changed) -- until that is done
  end
end

function Port:watch(fd, what)
  local watch = self._watches[fd]
  if what == "none" then
    if not watch then return end
    self._watches[fd], watch.events = nil, nil
    cqueues.cancel(fd) -- before the descriptor is closed
  elseif watch then
    watch.events = what
  else
    watch = { pollfd = fd, events = what, changed = condition.new() }
    self._watches[fd] = watch
    run(self, watch_one, watch)
  end
  watch.changed:signal()
end

function Port:handled(fd)
  local watch = self._watches[fd]
  if watch then watch.changed:signal() end
end

local function tick(self)
  self._ticking = coroutine.running()
  while self._due do
    cqueues.poll(self._rearmed, math.max(self._due - cqueues.monotime(), 0)) -- others go first
    if self._due and self._due <= cqueues.monotime() then
      self._due = nil
      self.driver:ready()
    end
  end
  self._ticking = false
end

function Port:arm(seconds)
  self._due = seconds and cqueues.monotime() + seconds
  if self._ticking then return self._rearmed:signal() end
  self._ticking = seconds ~= nil
  if seconds then run(self, tick) end
end

function Port:park(wait)
  if cqueues.running() then
    wait.woken = condition.new()
    return cqueues.poll(wait.woken)
  end
  local queue = home(self)
  while not wait.reason and not queue:empty() do assert(queue:step()) end
  wait.reason = wait.reason or "cancelled" -- nothing is left that could end it
  for _ = 1, 2 do queue:step(0) end -- parts of the driver that have ended leave
end

-- The coroutine gets its turn here where that is possible: its time counts in the driver's slice.
function Port:wake(wait)
  if not wait.woken then return end -- the main program sees it
  wait.woken:signal()
  if coroutine.running() == self._ticking then cqueues.poll(0) end
end

Port.start = run
function Port:is_inside() return cqueues.running() == home(self) end

function Port:close()
  for fd in pairs(self._watches) do self:watch(fd, "none") end
  self:arm(nil)
end

---Makes a driver for cqueues' controllers.
---@param controller userdata|nil the only one it works in; by default the one it is used in
---@return zendesk.driver.Loop|nil, zendesk.Error|nil err kind "memory"
function queues.new(controller)
  local known = controller == nil or cqueues.type(controller) == "controller"
  if not known then errors.raise(2, "controller: a controller of cqueues expected") end
  local port = { driver = nil, _given = controller, _home = nil, _live = 0, _watches = {},
    _due = nil, _ticking = false, _rearmed = condition.new() }
  return loop.new(setmetatable(port, { __index = Port }))
end

return queues
