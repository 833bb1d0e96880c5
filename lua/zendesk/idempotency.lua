-- idempotency: Idempotency-Key, with which Zendesk recognises a repeated request
-- (developer.zendesk.com, "Creating idempotent requests"): kept for two hours.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

local idempotency = {}

-- Where Zendesk honours Idempotency-Key: the creation of one ticket.
local HONOURS_KEY = { ["/api/v2/tickets"] = true, ["/api/v2/tickets.json"] = true }

local LONGEST_KEY = 255

local function check_key(key)
  if #key < 1 or #key > LONGEST_KEY or key:find "[^\x21-\x7E]" then
    errors.raise(4, "option 'idempotency_key': 1 to %d printable ASCII characters expected",
      LONGEST_KEY)
  end
  return key
end

local function random_key()
  local bytes, problem = core.random(18)
  if not bytes then
    return nil, errors.new("config", "no random bytes for an idempotency key: " .. problem)
  end
  return core.base64url(bytes)
end

---Puts a key into the call. It makes a POST repeatable where Zendesk honours it, and there is one
---of our own where the caller has none; elsewhere a key is sent and not believed.
---@param call table
---@param key string|nil the caller's
---@return true|nil
---@return zendesk.Error|nil err
function idempotency.take(call, key)
  if key then check_key(key) end
  if call.method == "POST" and HONOURS_KEY[call.path:match "^[^?]*"] then
    if not key then
      local err
      key, err = random_key()
      if not key then return nil, err end
    end
    call.repeatable = true
  end
  if not key then return true end
  call.key = key
  call.headers = call.headers or {}
  call.headers["Idempotency-Key"] = key
  return true
end

return idempotency
