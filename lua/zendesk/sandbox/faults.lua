-- Failures to order: a list of rules, the first that matches a request decides. A rule says which
-- requests it means (path, method), how often (skip, every, times) and what happens.

local reply = require "zendesk.sandbox.reply"

local faults = {}

local TYPES = {
  path = "string", method = "string", status = "number", times = "number", skip = "number",
  every = "number", headers = "table", body = "string", delay = "number", drop = "string",
  reset = "boolean", truncate = "number", carry_out = "boolean",
}

-- A number that JSON has, for math.huge.
local ALWAYS = -1

---Checks a rule and completes it.
---@param rule table
---@return table|nil rule, string? message
function faults.new(rule)
  for name, value in pairs(rule) do
    local wanted = TYPES[name]
    if not wanted then return nil, ("unknown field %q of a fault"):format(tostring(name)) end
    if type(value) ~= wanted then
      return nil, ("%s of a fault must be a %s"):format(name, wanted)
    end
  end
  if rule.drop and rule.drop ~= "before" and rule.drop ~= "after" then
    return nil, 'drop must be "before" or "after" (before or after carrying the request out)'
  end
  if rule.every and rule.every < 1 then return nil, "every of a fault must be at least 1" end
  if rule.path and not pcall(string.find, "", rule.path) then
    return nil, "path is not a Lua pattern"
  end
  local copy = { seen = 0, done = 0 }
  for name, value in pairs(rule) do copy[name] = value end
  copy.times = rule.times or rule.every and ALWAYS or 1
  return copy
end

local function matches(rule, request)
  if rule.method and rule.method:upper() ~= request.method then return false end
  return not rule.path or request.path:find(rule.path) ~= nil
end

---The rule that this request falls under, counted as used.
---@param rules table[]
---@param request zendesk.sandbox.Request
---@return table|nil
function faults.pick(rules, request)
  for index, rule in ipairs(rules) do
    if matches(rule, request) then
      rule.seen = rule.seen + 1
      local turn = rule.seen > (rule.skip or 0) and (rule.seen % (rule.every or 1)) == 0
      if turn then
        rule.done = rule.done + 1
        if rule.times >= 0 and rule.done >= rule.times then table.remove(rules, index) end
        return rule
      end
    end
  end
  return nil
end

---True when the request takes effect in spite of the fault.
---@param rule table
---@return boolean
function faults.carries_out(rule)
  if rule.drop == "before" then return false end
  return rule.drop == "after" or rule.carry_out == true or rule.status == nil
end

---The reply that a rule gives; the true one where it does not name a status.
---@param rule table
---@param answer? table the reply of the request that was carried out
---@return table
function faults.reply(rule, answer)
  if not rule.status then
    answer = { status = answer.status, headers = { table.unpack(answer.headers) },
      body = rule.body or answer.body }
  else
    answer = reply.text(rule.status, rule.body or "")
    local first = (rule.body or ""):match "^%s*(.)"
    if first == "{" or first == "[" then
      answer.headers[1] = "Content-Type: application/json; charset=utf-8"
    elseif first == "<" then
      answer.headers[1] = "Content-Type: text/html; charset=utf-8"
    end
  end
  return answer
end

---Puts the rule's headers in the place of those that the reply has.
---@param rule table
---@param answer table
---@return table answer
function faults.override(rule, answer)
  for name, value in pairs(rule.headers or {}) do
    for index = #answer.headers, 1, -1 do
      if answer.headers[index]:lower():find(name:lower() .. ":", 1, true) == 1 then
        table.remove(answer.headers, index)
      end
    end
    if value ~= "" then table.insert(answer.headers, name .. ": " .. tostring(value)) end
  end
  return answer
end

return faults
