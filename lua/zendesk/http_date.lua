-- http_date: reads the dates of HTTP headers (Date, Retry-After, Last-Modified).

local http_date = {}

local MONTHS = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6,
  jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
}

-- Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Counted here because
-- os.time reads its table in the local time zone and shifts with daylight saving.
local function days_since_epoch(year, month, day)
  local shifted = month > 2 and year or year - 1
  local era = shifted // 400
  local year_of_era = shifted - era * 400
  local month_from_march = (month + 9) % 12
  local day_of_year = (153 * month_from_march + 2) // 5 + day - 1
  local day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
  return era * 146097 + day_of_era - 719468
end

local function epoch(year, month_name, day, hour, minute, second)
  local month = MONTHS[month_name:lower()]
  year, day = tonumber(year), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if not month or day < 1 or day > 31 or hour > 23 or minute > 59 or second > 60 then return nil end
  return days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
end

---Reads a date in one of the three forms of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37
---GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
---@param text string
---@return integer|nil epoch seconds since 1970-01-01T00:00:00Z; nil where the text is no date
function http_date.parse(text)
  local day, month, year, hour, minute, second =
    text:match "^%s*%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT%s*$"
  if day then return epoch(year, month, day, hour, minute, second) end

  day, month, year, hour, minute, second =
    text:match "^%s*%a+day, (%d%d)%-(%a%a%a)%-(%d%d) (%d%d):(%d%d):(%d%d) GMT%s*$"
  if day then
    -- RFC 9110 lets a reader choose the century; no date here is older than the protocol.
    local century = tonumber(year) < 70 and "20" or "19"
    return epoch(century .. year, month, day, hour, minute, second)
  end

  month, day, hour, minute, second, year =
    text:match "^%s*%a%a%a (%a%a%a) ([ %d]%d) (%d%d):(%d%d):(%d%d) (%d%d%d%d)%s*$"
  if month then return epoch(year, month, day, hour, minute, second) end
  return nil
end

return http_date
