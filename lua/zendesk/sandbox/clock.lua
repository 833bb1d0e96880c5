-- The sandbox's clock. It runs along with the real one from wherever it was set, and can be moved.
-- `now` is what lifetimes are counted in; `wall` is what the outside is shown (Date header,
-- created_at, expires_at, exp), which may be off by `offset` as the clock of a real server can be.

local socket = require "socket"

local Clock = {}
Clock.__index = Clock

---@class zendesk.sandbox.Clock
local clock = {}

-- The end of the year 9999, what a date of four digits can show.
local LAST_SECOND = 253402300800

---Seconds that the clock can show, or be moved by.
---@param value any
---@return boolean
function clock.is_second(value)
  return type(value) == "number" and value > -LAST_SECOND and value < LAST_SECOND
end

---@param start? number epoch seconds to begin at; the real time when left out
function clock.new(start)
  local shift = start and start - socket.gettime() or 0
  return setmetatable({ offset = 0, _shift = shift, _second = false, _date = false }, Clock)
end

---@return number seconds since the epoch
function Clock:now()
  return socket.gettime() + self._shift
end

function Clock:advance(seconds)
  self._shift = self._shift + seconds
end

---@param time number|nil the time now by default
---@return number what the outside is told
function Clock:wall(time)
  return (time or self:now()) + self.offset
end

---The time as Zendesk writes it: `2026-11-25T08:00:00Z`.
---@param time number
---@return string
function Clock:iso(time)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", self:wall(time) // 1 | 0)
end

---The value of the Date header.
---@return string
function Clock:http_date()
  local second = self:wall() // 1 | 0
  if second ~= self._second then
    self._second = second
    self._date = os.date("!%a, %d %b %Y %H:%M:%S GMT", second)
  end
  return self._date
end

local ISO = "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)"

-- Days since the epoch of a date in the Gregorian calendar; years are counted from March so that
-- the leap day comes last.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leaps = year // 4 - year // 100 + year // 400
  return 365 * year + leaps + (153 * (month - 3) + 2) // 5 + day - 719469
end

---Reads a time as `iso` writes it; a number is taken as it is.
---@param value string|number
---@return number|nil
function clock.parse(value)
  if type(value) == "number" then return value end
  local year, month, day, hour, minute, second = tostring(value):match(ISO)
  if not year then return nil end
  local midnight = 86400 * days(tonumber(year), tonumber(month), tonumber(day))
  return midnight + 3600 * tonumber(hour) + 60 * tonumber(minute) + tonumber(second)
end

return clock
