-- json: JSON text to Lua values and back, as the library reads replies and writes bodies.
--
-- Integers are exact over 64 bits, everything with a point or an exponent is a float; null is
-- `json.null`; arrays that were read stay arrays when they are written, also when they have been
-- emptied meanwhile. Of a repeated key the last value counts. Tables are written raw: metamethods
-- are not called.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local errors = require "zendesk.errors"

---@class zendesk.json
local json = {
  ---JSON null, in both directions; the same value as cjson.null and zendesk.null.
  null = core.null,
}

---Marks a table as an array: it is written as `[…]`, also when it is empty.
---@param list table|nil a new one by default
---@return table list
function json.array(list)
  if list == nil then return setmetatable({}, core.array_mt) end
  arguments.check("list", list, "table")
  local ok = pcall(setmetatable, list, core.array_mt)
  if not ok then errors.raise(2, "list: its metatable is protected") end
  return list
end

---Whether a value is a table that is marked as an array, or has elements.
---@param value any
---@return boolean
function json.is_array(value)
  if type(value) ~= "table" then return false end
  return getmetatable(value) == core.array_mt or rawlen(value) > 0
end

---Reads a JSON text: one value, nothing behind it.
---@param text string
---@param depth integer|nil levels of nesting that are allowed; 512, at most 8192
---@return any value nil when there is an error; null is json.null
---@return zendesk.Error|nil err kind "decode"; `offset` is the byte at fault, from 1
function json.decode(text, depth)
  arguments.check("text", text, "string")
  if depth ~= nil then depth = arguments.check("depth", depth, "count") end
  local value, message, offset = core.decode(text, depth)
  if message == nil then return value end
  return nil, errors.new("decode", message, { offset = offset })
end

---Writes a value as JSON text, the keys of objects in byte order.
---@param value any
---@return string|nil text
---@return zendesk.Error|nil err kind "encode", names the path to what has no JSON form
function json.encode(value)
  local text, message = core.encode(value)
  if text then return text end
  return nil, errors.new("encode", message)
end

return json
