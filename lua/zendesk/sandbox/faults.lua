-- Failures to order: a list of rules, the first that matches a request decides. A rule says which
-- requests it means (path, method), how often (skip, every, times) and what happens.

local reply = require "zendesk.sandbox.reply"

local faults = {}

-- A number that JSON has, for math.huge.
local ALWAYS = -1

local LONGEST_DELAY = 86400

-- Lua reads a pattern only as far as a text matches it, so its items are tried one by one: none
-- fails once it is complete. What is in order item by item may still be too complex as a whole.
local function is_pattern(text)
  local item, depth = "", 0
  for character in text:gmatch "." do
    local bracket = item == "" and (character == "(" and 1 or character == ")" and -1)
    if bracket then
      depth = depth + bracket
    else
      item = item .. character
      if item:find "^%%%d$" or pcall(string.find, "", item) then item = "" end
    end
    if depth < 0 then return false end
  end
  return item == "" and depth == 0 and pcall(string.find, "", text)
end

local function are_headers(headers)
  for name, value in pairs(headers) do
    local named = type(name) == "string" and name:find "^[!#-'*+%-.%w^_`|~]+$"
    local valued = type(value) == "number" or type(value) == "string"
      and not value:find "[\0\r\n]"
    if not (named and valued) then return false end
  end
  return true
end

local function any(kind)
  return { function(value) return type(value) == kind end, "a " .. kind }
end

local function integer(least, most)
  local words = most and ("an integer from %d to %d"):format(least, most)
    or ("an integer of at least %d"):format(least)
  return { function(value)
    return math.type(value) == "integer" and value >= least and value <= (most or value)
  end, words }
end

-- What the fields take: a predicate and its words.
local TAKES = {
  path = { function(value) return type(value) == "string" and is_pattern(value) end,
    "a Lua pattern" },
  method = any "string", body = any "string", reset = any "boolean", carry_out = any "boolean",
  status = integer(200, 599), skip = integer(0), every = integer(1), truncate = integer(0),
  times = { function(value)
    return math.type(value) == "integer" and (value >= 1 or value == ALWAYS)
  end, "an integer of at least 1, or math.huge" },
  headers = { function(value) return type(value) == "table" and are_headers(value) end,
    "a table of the names and values of header lines" },
  delay = { function(value)
    return type(value) == "number" and value >= 0 and value <= LONGEST_DELAY
  end, ("a number of seconds from 0 to %d"):format(LONGEST_DELAY) },
  drop = { function(value) return value == "before" or value == "after" end,
    '"before" or "after" (before or after carrying the request out)' },
}

---Checks a rule and completes it.
---@param rule table
---@return table|nil rule, string? message
function faults.new(rule)
  for name, value in pairs(rule) do
    local takes = TAKES[name]
    if not takes then return nil, ("unknown field %q of a fault"):format(tostring(name)) end
    if not takes[1](value) then
      return nil, ("%s of a fault must be %s"):format(name, takes[2])
    end
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
