-- arguments: checks what a caller passes. A wrong type and an unknown name are misuse and raise at
-- the caller's line. Tables are read raw: what a metamethod would say or do plays no part.

local errors = require "zendesk.errors"

local arguments = {}

local function is_number(value)
  return type(value) == "number" and value == value and value < math.huge
end

local function is_string_list(value)
  local count = 0
  for _, word in next, value do
    if type(word) ~= "string" then return false end
    count = count + 1
  end
  return count == rawlen(value)
end

-- Fits an index of every database; auth/login_key.lua makes none that is longer.
local LONGEST_KEY = 1024

local function is_key(value)
  return type(value) == "string" and #value >= 1 and #value <= LONGEST_KEY
    and not value:find "%c" and utf8.len(value) ~= nil
end

local function has_methods(...)
  local methods = { ... }
  return {
    base = "table", text = "object with " .. table.concat(methods, ", "),
    is = function(value)
      if type(value) ~= "table" then return false end
      for _, method in ipairs(methods) do
        if type(value[method]) ~= "function" then return false end
      end
      return true
    end,
  }
end

-- What a type of Lua does not say. `base` is that type, `text` is how a message puts it.
local KINDS = {
  seconds = {
    base = "number", text = "number of seconds above 0",
    is = function(value) return is_number(value) and value > 0 end,
  },
  duration = {
    base = "number", text = "number of at least 0 (seconds)",
    is = function(value) return is_number(value) and value >= 0 end,
  },
  moment = {
    base = "number", text = "number (a moment of driver:now())",
    is = function(value) return type(value) == "number" and value == value end,
  },
  count = {
    base = "number", text = "integer above 0",
    is = function(value) return math.type(value) == "integer" and value > 0 end,
  },
  count_or_zero = {
    base = "number", text = "integer of at least 0",
    is = function(value) return math.type(value) == "integer" and value >= 0 end,
  },
  words = {
    base = "table", text = "array of strings",
    is = function(value) return type(value) == "table" and is_string_list(value) end,
  },
  scope = {
    base = "table", text = "string or array of strings",
    is = function(value)
      return type(value) == "string" or (type(value) == "table" and is_string_list(value))
    end,
  },
  key = {
    base = "string", is = is_key,
    text = ("1 to %d bytes of UTF-8 without control characters"):format(LONGEST_KEY),
  },
  driver = has_methods("submit", "await", "sleep", "now", "time"),
  waiter = has_methods("now", "sleep"),
}

-- "integer or table" → true for either
local function is_a(value, wanted)
  local kind = KINDS[wanted]
  if kind then return kind.is(value) end
  for name in wanted:gmatch "%a+" do
    if type(value) == name or math.type(value) == name then return true end
    if name == "false" and value == false then return true end
  end
  return false
end

-- What was given instead. A number is shown where one was wanted; a text never is: it may be a
-- secret.
local function given_instead(value, wanted)
  local kind = KINDS[wanted]
  if type(value) == "number" then
    local wants_number = kind and kind.base == "number" or wanted:find "integer"
    return ", got " .. (wants_number and ("%.14g"):format(value) or "number")
  end
  if kind and kind.base == type(value) then return "" end -- of the right type, and still wrong
  return ", got " .. type(value)
end

-- From here on an integer may have lost digits on its way to a float.
local INEXACT = 2 ^ 53

-- The integer that a float is, if it is one: 64e6 is as good as 64000000.
local function integer_of(value)
  if math.type(value) ~= "float" or math.abs(value) >= INEXACT then return nil end
  return math.tointeger(value)
end

---Raises unless a value is of a kind.
---@param name string of the parameter, for the message
---@param value any
---@param wanted string types of Lua, "integer", "false", or a kind such as "seconds"
---@return any value where an integer is wanted and a float has its value, that integer
function arguments.check(name, value, wanted)
  if is_a(value, wanted) then return value end
  local integer = integer_of(value)
  if integer and is_a(integer, wanted) then return integer end
  local text = KINDS[wanted] and KINDS[wanted].text or wanted
  return errors.raise(2, "%s: %s expected%s", name, text, given_instead(value, wanted))
end

local function unknown(name, known, prefix)
  errors.raise(3, "unknown option '%s%s'%s", prefix, errors.clean(tostring(name)),
    require "zendesk.nearest".hint(name, known))
end

-- zendesk:new { … } gives the module for the options, and what is said of its fields helps nobody.
local function refuse_module(options)
  for _, module in next, package.loaded do
    if rawequal(module, options) then
      errors.raise(3, "call it with a dot, not with a colon: the options are a module")
    end
  end
end

---Checks a table of options and gives a plain copy of it.
---@param options any
---@param known table<string, string> option → "string", "integer or table", "seconds", …
---@param prefix string|nil for the names of a table inside: "retry."
---@return table options
function arguments.required(options, known, prefix)
  prefix = prefix or ""
  if type(options) ~= "table" then
    errors.raise(2, "options: table expected, got %s", type(options))
  end
  local copy = {}
  for name, value in next, options do
    local wanted = known[name]
    if wanted and is_a(value, wanted) then
      copy[name] = value
    else
      refuse_module(options)
      if not wanted then unknown(name, known, prefix) end
      copy[name] = arguments.check(("option '%s%s'"):format(prefix, name), value, wanted)
    end
  end
  return copy
end

---The same, where no options at all are as good as none.
---@param options any
---@param known table<string, string>
---@return table options
function arguments.options(options, known)
  if options == nil then return {} end
  return arguments.required(options, known)
end

---A copy of a table as it lies there, without its metatable.
---@param given table
---@return table
function arguments.raw_copy(given)
  local copy = {}
  for name, value in next, given do copy[name] = value end
  return copy
end

---Raises unless a method was called on an object of its class.
---@param self any
---@param class table
---@param call string "app:login"
function arguments.self(self, class, call)
  if getmetatable(self) == class then return end
  errors.raise(2, "call it with a colon: %s(…)", call)
end

return arguments
