-- Times in a search: a date, a date with a time of day, or so long before now ("4hours"). The
-- account of the sandbox lives in UTC.

local clock = require "zendesk.sandbox.clock"

local DAY = 86400
local SPANS = { minutes = 60, hours = 3600, days = DAY, weeks = 7 * DAY }
local MONTHS = { months = 1, years = 12 }

local search_time = {}

-- The second at which a date begins; nil for one that no calendar has.
local function midnight(text)
  local second = text:find "^%d%d%d%d%-%d%d%-%d%d$" and clock.parse(text .. "T00:00:00")
  if not second or os.date("!%Y-%m-%d", second) ~= text then return nil end
  return second
end

local function first_of_month(month)
  return clock.parse(("%04d-%02d-01T00:00:00"):format(month // 12, month % 12 + 1))
end

-- So many months back, at the same hour; on the last day of a month that is too short.
local function months_before(now, count)
  local date = os.date("!*t", now)
  local month = date.year * 12 + date.month - 1 - count
  if month < 0 then return math.mininteger end
  local first = first_of_month(month)
  local days = (first_of_month(month + 1) - first) // DAY
  return first + (math.min(date.day, days) - 1) * DAY + now % DAY
end

local function before_now(text, now)
  local digits, unit = text:match "^(%d%d?%d?%d?%d?%d?)(%l+)$"
  local count = digits and math.tointeger(tonumber(digits))
  if not count then return nil end
  if MONTHS[unit] then return months_before(now, count * MONTHS[unit]) end
  return SPANS[unit] and now - count * SPANS[unit]
end

-- What a zone adds to UTC.
local function offset_of(zone)
  if zone == "" or zone == "Z" then return 0 end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  if not sign then return nil end
  local seconds = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -seconds or seconds
end

local function date_time(text)
  local date, hour, minute, second, zone = text:match "^(.-)T(%d%d):(%d%d):(%d%d)(.*)$"
  local day = date and midnight(date)
  local offset = day and offset_of(zone)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if not offset or hour > 24 or minute > 59 or second > 60 then return nil end
  return day + hour * 3600 + minute * 60 + second - offset
end

---The seconds that a text stands for: a day or a second.
---@param text string
---@param now integer
---@return integer|nil from nil when it is no time
---@return integer|nil to the first second that is later
---@return boolean? moving it is counted from now
function search_time.range(text, now)
  local day = midnight(text)
  if day then return day, day + DAY end
  local second = date_time(text)
  if second then return second, second + 1 end
  second = before_now(text, now)
  if second then return second, second + 1, true end
  return nil
end

-- `>` of a day is later than all of it.
local COMPARISONS = {
  [":"] = function(second, from, to) return second >= from and second < to end,
  ["<"] = function(second, from) return second < from end,
  [">"] = function(second, _, to) return second >= to end,
  ["<="] = function(second, _, to) return second < to end,
  [">="] = function(second, from) return second >= from end,
}

---@param operator string
---@param second integer
---@param from integer
---@param to integer
---@return boolean
function search_time.holds(operator, second, from, to)
  return COMPARISONS[operator](second, from, to)
end

return search_time
