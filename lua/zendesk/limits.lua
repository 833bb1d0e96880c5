-- limits: what the rate-limit headers of a reply say, and how fast to go on. Pure functions.
--
-- Three families are in use at once, and their spelling depends on the service that answers
-- (developer.zendesk.com, "Rate limits"; names as recorded from replies):
--   X-Rate-Limit, X-Rate-Limit-Remaining                         the account, without a reset
--   Rate-Limit…, ratelimit-limit, -remaining, -reset             the account, seconds until reset
--   Zendesk-RateLimit-<name>: total=100; remaining=99; resets=41 one endpoint

local ascii = require "zendesk.ascii"

local limits = {}

---@class zendesk.Limit
---@field name string "account", or the endpoint limit's own name
---@field limit integer|nil requests in a window
---@field remaining integer
---@field resets_in number seconds until the window ends

-- Zendesk counts by the minute; X-Rate-Limit has no reset of its own.
local WINDOW = 60

-- A hostile or broken header must not put a caller to sleep for a day.
local LONGEST_WINDOW = 3600

local function count(text)
  local digits = text and text:match "^%s*(%d+)"
  if not digits then return nil end
  return math.tointeger(tonumber(digits))
end

local function window(seconds)
  return math.min(seconds or WINDOW, LONGEST_WINDOW)
end

local ACCOUNT_FAMILIES = {
  { "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset" },
  { "rate-limit", "rate-limit-remaining", "rate-limit-reset" },
  { "x-rate-limit", "x-rate-limit-remaining", nil },
}

---The limit of the whole account: of the families present, the one with the least left.
---@param header fun(name: string): string|nil
---@return zendesk.Limit|nil
function limits.account(header)
  local tightest
  for _, names in ipairs(ACCOUNT_FAMILIES) do
    local remaining = count(header(names[2]))
    if remaining and (not tightest or remaining < tightest.remaining) then
      tightest = {
        name = "account", limit = count(header(names[1])), remaining = remaining,
        resets_in = window(names[3] and count(header(names[3]))),
      }
    end
  end
  return tightest
end

---One endpoint's limit, from the value of its header.
---@param name string
---@param value string `total=100; remaining=99; resets=41`
---@return zendesk.Limit|nil
function limits.endpoint(name, value)
  local fields = {}
  for key, digits in value:gmatch "([%a_]+)%s*=%s*(%d+)" do
    fields[ascii.lower(key)] = count(digits)
  end
  if not fields.remaining then return nil end
  return {
    name = name, limit = fields.total, remaining = fields.remaining,
    resets_in = window(fields.resets),
  }
end

---The limits of single endpoints that a reply names.
---@param headers table<string, string> lower-case names
---@return zendesk.Limit[] sorted by name
function limits.endpoints(headers)
  local found = {}
  for header, value in pairs(headers) do
    local name = header:match "^zendesk%-rate%-?limit%-(.+)$"
    found[#found + 1] = name and limits.endpoint(name, value)
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

---The group of requests that an endpoint's limit is about: those of the same method and path, ids
---apart. A limit named per-something counts each object by itself.
---@param name string|nil of the limit
---@param method string
---@param path string
---@return string
function limits.scope(name, method, path)
  local bare = path:match "^[^?]*"
  if not (name and name:find "^per%-") then
    bare = bare:gsub("/%-?%d+%f[/.\0]", "/{id}")
  end
  return method .. " " .. bare
end

-- The share of a limit below which calls are spread over what is left of the window.
local SLOW_SHARE = 0.1

---Seconds to hold the next request back. Nothing while there is plenty; near the limit, an even
---pace for what is left; at the limit, the rest of the window.
---@param limit integer|nil
---@param remaining number what is left, requests under way counted as spent
---@param left number seconds until the window ends
---@return number
function limits.pace(limit, remaining, left)
  if left <= 0 then return 0 end
  if remaining <= 0 then return left end
  if remaining > math.max(1, (limit or 0) * SLOW_SHARE) then return 0 end
  return left / (remaining + 1)
end

return limits
