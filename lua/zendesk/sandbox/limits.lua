-- Rate limits: the account's own and those of single endpoints, counted in minutes of the sandbox's
-- clock. While a limit is not switched on its headers are given all the same, with nearly all of it
-- left, so that a client that slows down before the wall sees no wall.

local reply = require "zendesk.sandbox.reply"
local json = require "zendesk.sandbox.json"

local MINUTE = 60
local ACCOUNT_LIMIT = 700

-- Endpoints with a limit of their own, and the header spelling that was recorded for them.
local ENDPOINTS = {
  ["tickets-index"] = { limit = 100 },
  ["tickets-update"] = { limit = 100 },
  ["search-export"] = { limit = 100 },
  ["incremental-exports"] = { limit = 10 },
}

local limits = {}

-- Counts one request in a window; `remaining` is negative when it is one too many.
local function count(state, name, limit)
  local now = state.clock:now()
  local window = state.windows[name]
  if not window or now >= window.ends then
    window = { used = 0, ends = now + MINUTE }
    state.windows[name] = window
  end
  window.used = window.used + 1
  return limit - window.used, math.max(math.ceil(window.ends - now), 1)
end

-- The spellings of Zendesk's services: the old one, Rails' own, the gateway's.
local FAMILIES = {
  x = { "X-Rate-Limit: %d", "X-Rate-Limit-Remaining: %d" },
  rails = { "Rate-Limit: %d", "Rate-Limit-Remaining: %d", "Rate-Limit-Reset: %d" },
  gateway = { "ratelimit-limit: %d", "ratelimit-remaining: %d", "ratelimit-reset: %d" },
}

local function account_headers(family, ...)
  local lines = {}
  for _, name in ipairs { "x", "rails", "gateway" } do
    if family == name or (family == "usual" and name ~= "rails") then
      for index, format in ipairs(FAMILIES[name]) do
        lines[#lines + 1] = format:format((select(index, ...)))
      end
    end
  end
  return lines
end

local function too_many(state, limit, resets)
  state.stats.rate_limited = state.stats.rate_limited + 1
  local title = ("Rate limit exceeded. Maximum %d requests per minute."):format(limit)
  local shape = state.switches.rate_limit_body
  local answer
  if shape == "errors" then
    local problem = { code = "TooManyRequests", title = title }
    answer = reply.json(429, { errors = json.array { problem } })
  elseif shape == "description" then
    answer = reply.json(429, { error = "APIRateLimitExceeded", description = title })
  elseif shape == "text" then
    answer = reply.text(429, title)
  else
    answer = reply.html(429, "<html><body><h1>429 Too Many Requests</h1></body></html>")
  end
  table.insert(answer.headers, "Retry-After: " .. resets)
  return answer
end

---Counts a request against the limits.
---@param state zendesk.sandbox.State
---@param endpoint? string name of the endpoint's own limit
---@return string[] headers lines for the reply
---@return table|nil refusal the 429, when a limit is used up
function limits.check(state, endpoint)
  local account = state.switches.rate_limit
  local limit, remaining, resets = account or ACCOUNT_LIMIT, ACCOUNT_LIMIT - 1, MINUTE
  if account then remaining, resets = count(state, "account", account) end
  local family = state.switches.rate_limit_headers
  local headers = account_headers(family, limit, math.max(remaining, 0), resets)
  local refusal = remaining < 0 and too_many(state, limit, resets) or nil
  local declared = endpoint and ENDPOINTS[endpoint]
  if declared then
    local own = state.switches.endpoint_limits[endpoint]
    local most, left, ends = own or declared.limit, declared.limit - 1, MINUTE
    if own then left, ends = count(state, endpoint, own) end
    headers[#headers + 1] = ("Zendesk-RateLimit-%s: total=%d; remaining=%d; resets=%d")
      :format(endpoint, most, math.max(left, 0), ends)
    if left < 0 and not refusal then refusal = too_many(state, most, ends) end
  end
  return headers, refusal
end

return limits
