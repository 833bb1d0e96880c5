-- driver: how an instance waits. `zendesk.driver.luv` and the like are loaded when they are named.

local errors = require "zendesk.errors"

---Ways to wait; each is loaded when it is named.
---@class zendesk.drivers
---@field blocking zendesk.drivers.blocking for plain scripts; what an instance has unless told
---@field luv zendesk.drivers.luv needs the luv module
---@field cqueues zendesk.drivers.cqueues needs the cqueues module
local driver = {}

-- Each is a module of this folder.
local DRIVERS = { blocking = true, luv = true, cqueues = true }

---The driver for code that has no instance at hand: that of the event loop that runs it, or of the
---only one that this Lua state has a driver for, else the blocking one.
---@return zendesk.Driver
function driver.current()
  local scheduler = package.loaded["zendesk.driver.scheduler"]
  local loop = package.loaded["zendesk.driver.loop"]
  local found = loop and not (scheduler and scheduler.around()) and loop.current()
  return found or require "zendesk.driver.blocking".shared()
end

---Sleeps. Inside of zendesk.all, the other tasks go on, and so does an event loop.
---@param seconds number
---@return true|nil
---@return string|nil reason "cancelled"
function driver.sleep(seconds)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
    errors.raise(2, "seconds: a number of at least 0 expected")
  end
  return driver.current():sleep(seconds)
end

return setmetatable(driver, {
  __index = function(self, name)
    if not DRIVERS[name] then return nil end
    local module = require("zendesk.driver." .. name)
    rawset(self, name, module)
    return module
  end,
})
