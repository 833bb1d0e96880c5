-- cqueues: calls inside of a cqueues controller wait without blocking it.
--
--   local driver = require "zendesk.driver.cqueues".new()
--   local zd = assert(zendesk.new { subdomain = …, access_token = …, driver = driver })
--   queue:wrap(function() print(zd:get "/api/v2/users/me") end)
--
-- The driver works in the controller that it was used in last; outside of every one, a call steps
-- one of its own. A generator is made with cqueues.auxlib.wrap, as for every wait of cqueues.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local errors = require "zendesk.errors"
local loop = require "zendesk.driver.loop"

---@class zendesk.drivers.cqueues
local queues = {}

local Port = {}

local function run(self, f, watch)
  local home = self:home()
  home.controller:wrap(function()
    f(self, watch, home)
    home.live = home.live - 1
  end)
  home.live = home.live + 1
end

local function watch_one(self, watch, home)
  while watch.events and self._home == home do
    cqueues.poll(watch, watch.changed)
    if not watch.events or self._home ~= home then return end
    self.driver:ready(watch.pollfd, watch.events)
    cqueues.poll(watch.changed) -- until that is done
  end
end

local function tick(self, _, home)
  home.ticking = coroutine.running()
  while self._due and self._home == home do
    cqueues.poll(self._rearmed, math.max(self._due - cqueues.monotime(), 0)) -- others go first
    if self._home == home and self._due and self._due <= cqueues.monotime() then
      self._due = nil
      self.driver:ready()
    end
  end
  home.ticking = false
end

local function start_ticking(self)
  self._home.ticking = true
  run(self, tick)
end

-- The controller up to now may have been given up by its host, so all parts begin anew. The old
-- ones end if it is stepped again; calls that wait there are woken from here.
local function move(self, controller)
  local old = self._home
  self._home = { controller = controller, live = 0, ticking = false }
  if not old or old.live == 0 then return end
  for _, watch in pairs(self._watches) do
    watch.changed:signal()
    run(self, watch_one, watch)
  end
  self._rearmed:signal()
  if self._due then start_ticking(self) end
end

-- Where the driver works: in the controller that runs this, or in the last one.
function Port:home()
  local controller = self._given or cqueues.running()
  local home = self._home
  if not home or controller and controller ~= home.controller then
    move(self, controller or cqueues.new())
  end
  return self._home
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
    self:home() -- may begin all that are known anew, and this one comes after
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

function Port:arm(seconds)
  self._due = seconds and cqueues.monotime() + seconds
  local home = seconds and self:home() or self._home
  if not home then return end
  if home.ticking then return self._rearmed:signal() end
  if seconds then start_ticking(self) end
end

function Port:park(wait)
  if cqueues.running() then
    self:home()
    wait.woken = condition.new()
    return cqueues.poll(wait.woken)
  end
  local queue = self:home().controller
  while not wait.reason and not queue:empty() do assert(queue:step()) end
  wait.reason = wait.reason or "cancelled" -- nothing is left that could end it
  for _ = 1, 2 do queue:step(0) end -- parts of the driver that have ended leave
end

-- The coroutine gets its turn here where that is possible: its time counts in the driver's slice.
function Port:wake(wait)
  if not wait.woken then return end -- the main program sees it
  wait.woken:signal()
  if coroutine.running() == self._home.ticking then cqueues.poll(0) end
end

Port.start = run

function Port:is_inside()
  local controller = cqueues.running()
  if not controller or self._given and self._given ~= controller then return false end
  return self._home ~= nil and self._home.controller == controller or "perhaps"
end

function Port:close()
  for fd in pairs(self._watches) do self:watch(fd, "none") end
  self:arm(nil)
end

---Makes a driver for cqueues' controllers.
---@param controller userdata|nil the only one it works in; by default the one it was used in last
---@return zendesk.driver.Loop|nil, zendesk.Error|nil err kind "memory"
function queues.new(controller)
  local known = controller == nil or cqueues.type(controller) == "controller"
  if not known then errors.raise(2, "controller: a controller of cqueues expected") end
  local port = { driver = nil, keeps = true, _given = controller, _home = nil, _watches = {},
    _due = nil, _rearmed = condition.new() }
  return loop.new(setmetatable(port, { __index = Port }))
end

return queues
