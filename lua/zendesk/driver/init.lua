-- driver: how an instance waits. `zendesk.driver.luv` and the like are loaded when they are named.

local errors = require "zendesk.errors"

local driver = {}

-- Each is a module of this folder.
local DRIVERS = { blocking = true, luv = true, cqueues = true }

---Sleeps. Inside of zendesk.all, the other tasks go on.
---@param seconds number
---@return true|nil
---@return string|nil reason "cancelled"
function driver.sleep(seconds)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
    errors.raise(2, "seconds: a number of at least 0 expected")
  end
  return require "zendesk.driver.blocking".shared():sleep(seconds)
end

return setmetatable(driver, {
  __index = function(self, name)
    if not DRIVERS[name] then return nil end
    local module = require("zendesk.driver." .. name)
    rawset(self, name, module)
    return module
  end,
})
