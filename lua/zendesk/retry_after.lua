-- retry_after: what a Retry-After header asks for, in seconds that can be waited.

local http_date = require "zendesk.http_date"

local retry_after = {}

---A wait below a second meets the same limit again.
retry_after.FLOOR = 1

---Zendesk's windows are minutes. A longer wait is the caller's decision, not a header's.
retry_after.CEILING = 3600

local function bounded(seconds)
  if seconds ~= seconds then return nil end
  if seconds >= retry_after.CEILING then return retry_after.CEILING end
  return math.max(retry_after.FLOOR, math.ceil(seconds))
end

---Seconds to wait, between FLOOR and CEILING, rounded up: half a second too early is a second 429.
---Reads seconds, fractions of them (which RFC 9110, section 10.2.3, does not allow, and which are
---sent), and HTTP dates.
---@param text string|nil the header's value
---@param date string|nil the Date header of the same reply: its clock wrote the other date too
---@param now number epoch seconds, for a reply without a Date
---@return integer|nil seconds nil where there is no header, or none that can be read
function retry_after.parse(text, date, now)
  if not text then return nil end
  local number = text:match "^%s*(%-?%d+%.?%d*)%s*$"
  if number then return bounded(tonumber(number)) end
  local at = http_date.parse(text)
  if not at then return nil end
  return bounded(at - (date and http_date.parse(date) or now))
end

return retry_after
