-- What can be switched about the sandbox: facts about Zendesk that are unknown, that depend on the
-- date, or that a test wants to see both ways. One line each: default, check.

local clock = require "zendesk.sandbox.clock"

local function one_of(...)
  local allowed = { ... }
  local names = {}
  for index, value in ipairs(allowed) do names[index] = tostring(value) end
  local text = table.concat(names, ", ")
  return function(value)
    for _, candidate in ipairs(allowed) do
      if candidate == value then return true end
    end
    return nil, "one of " .. text
  end
end

local flag = one_of(true, false)

local function shift(value)
  return clock.is_second(value), "seconds, less than 8,000 years"
end

local function duration(value)
  return clock.is_second(value) and value >= 0, "seconds from 0 on, less than 8,000 years"
end

local function limit(value)
  if value == false or (math.type(value) == "integer" and value > 0) then return true end
  return nil, "false or a positive integer"
end

local function limits(value)
  if type(value) ~= "table" then return nil, "a table of endpoint name to limit" end
  for name, most in pairs(value) do
    if type(name) ~= "string" or not limit(most) then
      return nil, "a table of endpoint name to limit"
    end
  end
  return true
end

local function email(value)
  return type(value) == "string" or nil, "an e-mail address"
end

local DECLARED = {
  -- Credentials
  api_tokens = { "on", one_of("on", "off", "by_date") },          -- off from 30 April 2027 on
  write_implies_read = { false, flag },
  current_needs_read = { false, flag },                           -- GET /oauth/tokens/current
  -- The token endpoint
  omit_expires_in = { false, one_of(true, false, "unless_sent") },
  token_status = { 200, one_of(200, 201) },
  jwt_tokens = { false, flag },
  default_expiry = { "by_date", one_of("by_date", "enforced", "none") },
  -- The consent page
  consent = { "ask", one_of("ask", "allow", "deny") },
  signed_in = { "admin@example.com", email },
  -- Clients and tokens
  legacy_token_endpoint = { "on", one_of("on", "gone", 403, 404, 410) },
  delete_current_bug = { false, flag },                           -- 204, but the token lives on
  secret_overlap = { 0, duration },                               -- seconds the old secret works on
  masked_new_secret = { false, flag },                            -- generate_secret hides it
  orphan_tokens = { false, flag },                                -- tokens outlive their client
  -- Limits and the clock
  rate_limit = { false, limit },                                  -- requests a minute
  endpoint_limits = { {}, limits },                               -- e.g. { ["tickets-index"] = 5 }
  rate_limit_headers = { "usual", one_of("usual", "x", "rails", "gateway", "none") },
  rate_limit_body = { "errors", one_of("errors", "description", "text", "html") },
  clock_offset = { 0, shift },                                    -- the server's clock is off
  search_lag = { 0, duration },                                   -- seconds until search finds it
  jobs = { "complete", one_of("complete", "fail") },              -- how bulk jobs end
  -- The sandbox itself
  log = { 10000, function(value)
    if value == false or (math.type(value) == "integer" and value > 0) then return true end
    return nil, "false or the number of requests to keep"
  end },
}

local switches = {}

---@return table<string, any> values the defaults
function switches.new()
  local values = {}
  for name, declared in pairs(DECLARED) do values[name] = declared[1] end
  return values
end

---Checks one setting.
---@param name string
---@param value any
---@return boolean|nil ok, string? message
function switches.check(name, value)
  local declared = DECLARED[name]
  if not declared then
    local names = {}
    for known in pairs(DECLARED) do names[#names + 1] = known end
    table.sort(names)
    local text = "unknown switch %q; there are %s"
    return nil, text:format(tostring(name), table.concat(names, ", "))
  end
  local ok, wanted = declared[2](value)
  if ok then return true end
  return nil, string.format("switch %q must be %s", name, wanted)
end

return switches
