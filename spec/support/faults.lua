-- faults: tests that provoke a fault. Each promises its outcome in one line and fails unless it
-- observes that very line; docs/faults.md is the table of both (tools/fault_table.lua).
--
--   local provoke = faults.area "A connection"
--   provoke("that nobody listens to", "transport, not sent, repeatable", function()
--     return faults.outcome_of({ … })
--   end)

local assert = require "luassert"
local busted = require "busted"
local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

local faults = {}

-- No message, event or tostring may show it: every instance of these specs has it as its token.
faults.CANARY = "canary-token-of-the-fault-specs"

local function record(row)
  local path = os.getenv "ZENDESK_FAULT_ROWS"
  if not path then return end
  local file = assert(io.open(path, "ab"))
  assert(file:write(("{ %q, %q, %q, %q },\n"):format(row.area, row.fault, row.promised,
    row.observed)))
  assert(file:close())
end

---Makes the `it` of one part of the table.
---@param area string what the faults of a part happen to
---@return fun(fault: string, promised: string, provoke: fun(): string)
function faults.area(area)
  return function(fault, promised, provoke)
    busted.it(fault .. ": " .. promised, function()
      local observed = provoke()
      assert.equal(promised, observed)
      record { area = area, fault = fault, promised = promised, observed = observed }
    end)
  end
end

local function check_error(err)
  assert.is_true(zendesk.is_error(err))
  local line = tostring(err)
  assert.is_nil(line:find "[\r\n]")
  for _, text in ipairs { line, err.message, err.remedy or "", err.location or "" } do
    assert.is_nil(text:find("canary", 1, true))
  end
  assert.equal("boolean", type(err.sent))
  -- Whoever is told not to repeat blindly is told what to do instead.
  if err.ambiguous then assert.is_string(err.remedy) end
end

---The outcome of a call in one line.
---@param value any
---@param second any response or error
---@return string
function faults.describe(value, second)
  if value ~= nil then return ("%d, a %s"):format(second.status, type(value)) end
  check_error(second)
  local words = { second.kind }
  words[#words + 1] = second.status and tostring(second.status)
  words[#words + 1] = second.sent and "sent" or "not sent"
  words[#words + 1] = second.ambiguous and "ambiguous"
    or second.retryable and "repeatable" or "final"
  if second.attempts and second.attempts > 1 then
    words[#words + 1] = second.attempts .. " attempts"
  end
  return table.concat(words, ", ")
end

---An instance; nothing is repeated unless `given` says so.
---@param base_url string
---@param given table|nil more options of zendesk.new
function faults.connect(base_url, given)
  local options = { base_url = base_url, access_token = faults.CANARY, retry = false, timeout = 20 }
  for name, value in pairs(given or {}) do options[name] = value end
  return assert(zendesk.new(options))
end

---Plays `connections` to one call and describes its outcome.
---@param connections table[][] see spec.support.raw_server
---@param call table|nil method, path, and `new`: options of zendesk.new; the rest goes to request
---@return string outcome
---@return string[] requests what the server read
---@return any value
---@return any second response or error
function faults.outcome_of(connections, call)
  local given = {}
  for name, value in pairs(call or {}) do given[name] = value end
  local method, path, new = given.method or "GET", given.path or "/api/v2/x", given.new
  given.method, given.path, given.new = nil, nil, nil
  local server <close> = raw_server.start(connections)
  local zd <close> = faults.connect(server.base_url, new)
  local value, second = zd:request(method, path, given)
  return faults.describe(value, second), server:requests(), value, second
end

return faults
