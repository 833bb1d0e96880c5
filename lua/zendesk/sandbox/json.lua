-- JSON for the sandbox: lua-cjson reads the text and escapes the strings, this file adds what
-- lua-cjson 2.1.0 lacks. It keeps integers exact over 64 bits (lua-cjson goes through doubles and
-- rounds above 14 digits), tells `[]` from `{}`, and writes keys in an order that people can read.
-- zendesk.core is left out on purpose: the other end of the wire must not share its mistakes.

local cjson = require "cjson"

local parser = cjson.new()
parser.decode_invalid_numbers(false)

local find, sub, gsub, format = string.find, string.sub, string.gsub, string.format
local concat, sort = table.concat, table.sort
local math_type, to_integer = math.type, math.tointeger

local ARRAY = { array = true }
local LONG_NUMBER = string.rep("%d", 15)
local EMPTY_ARRAY = "%[%s*%]"
local MARK = "\1sandbox:"
local MARK_PATTERN = "^\1sandbox:(.*)$"
local MARK_TEXT = '"\\u0001sandbox:'

local json = { null = cjson.null }

---Marks a table so that it is written as an array, also when it is empty.
---@param list? table
---@return table
function json.array(list)
  return setmetatable(list or {}, ARRAY)
end

---Makes the metatable of a kind of object whose keys are written in the given order; keys that are
---not named follow in alphabetical order.
---@param fields string[]
---@return table
function json.shape(fields)
  local known = {}
  for _, name in ipairs(fields) do known[name] = true end
  return { fields = fields, known = known }
end

local function end_of_string(text, at)
  while true do
    local stop = find(text, '["\\]', at)
    if not stop then return #text end
    if sub(text, stop, stop) == '"' then return stop end
    at = stop + 2
  end
end

local function mark_number(token)
  if #token < 15 or not find(token, "^%-?[1-9]%d*$") then return nil end
  if math_type(tonumber(token)) ~= "integer" then return nil end
  return MARK_TEXT .. token .. '"'
end

-- Replaces what lua-cjson would flatten, outside of strings only.
local function mark(text)
  local out, at = {}, 1
  while true do
    local quote = find(text, '"', at, true)
    local plain = sub(text, at, quote and quote - 1 or #text)
    plain = gsub(plain, "%-?%d[%d%.eE%+%-]*", mark_number)
    out[#out + 1] = gsub(plain, EMPTY_ARRAY, "[" .. MARK_TEXT .. '[]"]')
    if not quote then return concat(out) end
    local stop = end_of_string(text, quote + 1)
    out[#out + 1] = sub(text, quote, stop)
    at = stop + 1
  end
end

local function restore(value)
  local kind = type(value)
  if kind == "number" then return to_integer(value) or value end
  if kind == "string" then
    local marked = value:match(MARK_PATTERN)
    return marked and to_integer(tonumber(marked)) or value
  end
  if kind ~= "table" then return value end
  if value[1] == MARK .. "[]" then return json.array() end
  for key, item in pairs(value) do value[key] = restore(item) end
  return value
end

---Reads a JSON text.
---@param text string
---@return any value, string? message `nil` and a message when the text is not JSON
function json.decode(text)
  if find(text, LONG_NUMBER) or find(text, EMPTY_ARRAY) then text = mark(text) end
  local ok, value = pcall(parser.decode, text)
  if not ok then return nil, tostring(value) end
  return restore(value)
end

local function quote(text)
  if find(text, '[%c"\\\127]') then return (gsub(parser.encode(text), "\\/", "/")) end
  return '"' .. text .. '"'
end

local function write_float(value)
  if value ~= value or value == math.huge or value == -math.huge then return "null" end
  local text = format("%.15g", value)
  return tonumber(text) == value and text or format("%.17g", value)
end

local write

-- Lua has no order for what is beside a list, and JSON no place.
local function check_list(list)
  local last = #list
  if next(list, last > 0 and last or nil) == nil then return end
  for place in pairs(list) do
    if math_type(place) ~= "integer" or place < 1 or place > last then
      error("no JSON form for an array with other keys", 0)
    end
  end
end

local function write_array(list, out, n)
  check_list(list)
  out[n + 1] = "["
  n = n + 1
  for index = 1, #list do
    if index > 1 then
      n = n + 1
      out[n] = ","
    end
    n = write(list[index], out, n)
  end
  out[n + 1] = "]"
  return n + 1
end

local function write_member(key, value, out, n, first)
  out[n + 1] = (first and "" or ",") .. quote(key) .. ":"
  return write(value, out, n + 1)
end

local function other_keys(object, known)
  local keys = {}
  for key in pairs(object) do
    if not (known and known[key]) then keys[#keys + 1] = key end
  end
  if keys[2] ~= nil then
    sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  end
  return keys
end

local function write_object(object, shape, out, n)
  out[n + 1] = "{"
  n = n + 1
  local first = true
  for _, key in ipairs(shape and shape.fields or {}) do
    if object[key] ~= nil then
      n = write_member(key, object[key], out, n, first)
      first = false
    end
  end
  for _, key in ipairs(other_keys(object, shape and shape.known)) do
    n = write_member(tostring(key), object[key], out, n, first)
    first = false
  end
  out[n + 1] = "}"
  return n + 1
end

function write(value, out, n)
  local kind = type(value)
  if kind == "table" then
    local meta = getmetatable(value)
    if meta == ARRAY or value[1] ~= nil then return write_array(value, out, n) end
    return write_object(value, meta, out, n)
  end
  local text
  if kind == "string" then
    text = quote(value)
  elseif kind == "number" then
    text = math_type(value) == "integer" and format("%d", value) or write_float(value)
  elseif kind == "boolean" then
    text = tostring(value)
  elseif value == nil or value == json.null then
    text = "null"
  else
    error("no JSON form for a " .. kind, 0)
  end
  out[n + 1] = text
  return n + 1
end

---Writes a value as JSON.
---@param value any
---@return string
function json.encode(value)
  local out = {}
  write(value, out, 0)
  return concat(out)
end

---Writes what a program hands over, which may be anything.
---@param value any
---@return string|nil text, string? message
function json.try_encode(value)
  local ok, text = pcall(json.encode, value)
  if ok then return text end
  return nil, "what it is told has " .. (text:match "^no JSON form.*" or "no JSON form")
end

return json
