-- Reads and writes the times in Zendesk's records: ISO 8601 in several spellings.
-- Pure functions over integers and strings; no C library call, so no time zone and no locale.

local timestamp = {}

local DAY = 86400

-- Days since 1970-01-01 in the proleptic Gregorian calendar; March is the first month of the
-- counted year, so that the leap day comes last.
local function days_from_civil(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local year_of_era = year - era * 400
  local day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  local day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
  return era * 146097 + day_of_era - 719468
end

local function civil_from_days(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524
    - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * day_of_year + 2) // 153
  local day = day_of_year - (153 * shifted + 2) // 5 + 1
  local month = shifted < 10 and shifted + 3 or shifted - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day
end

local function epoch(year, month, day, hour, minute, second)
  local in_range = month >= 1 and month <= 12 and day >= 1 and day <= 31
    and hour <= 24 and minute <= 59 and second <= 60
  if not in_range then return nil end
  return days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second
end

-- "Z", "", "+02:00", "-0730" → seconds east of UTC; nil for anything else.
local function zone_offset(zone)
  if zone == "" or zone == "Z" or zone == "z" or zone == " UTC" then return 0 end
  local sign, hours, minutes = zone:match "^%s?([+-])(%d%d):?(%d%d)$"
  if not sign then return nil end
  local offset = math.tointeger(hours) * 3600 + math.tointeger(minutes) * 60
  return sign == "-" and -offset or offset
end

--- Epoch seconds of an ISO 8601 time as Zendesk writes it: with or without a zone, with any
--- number of fractional digits (which are dropped).
---@param text any
---@return integer|nil seconds nil when the value is not such a time
function timestamp.parse(text)
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second, rest =
    text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d)(.*)$"
  if not year then
    year, month, day, rest = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)(.*)$"
    if not year or rest ~= "" then return nil end
    hour, minute, second = "0", "0", "0"
  end
  local offset = zone_offset((rest:gsub("^[.,]%d+", "")))
  if not offset then return nil end
  local seconds = epoch(math.tointeger(year), math.tointeger(month), math.tointeger(day),
    math.tointeger(hour), math.tointeger(minute), math.tointeger(second))
  return seconds and seconds - offset
end

--- `2026-11-25T05:14:00Z` for an epoch time.
---@param seconds number
---@return string
function timestamp.format(seconds)
  local whole = math.floor(seconds)
  local year, month, day = civil_from_days(whole // DAY)
  local rest = whole % DAY
  return string.format("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day,
    rest // 3600, rest % 3600 // 60, rest % 60)
end

--- The date alone: `2026-11-25`.
---@param seconds number
---@return string
function timestamp.format_date(seconds)
  return (timestamp.format(seconds):sub(1, 10))
end

return timestamp
