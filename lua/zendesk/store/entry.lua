--- entry: what every store asks of keys and sets, and the JSON form of a set.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

local entry = {}

-- Fits an index of every database, and is far above origin, client, scope and name together.
local LONGEST_KEY = 1024

--- Raises, at the line of whoever called the store, unless the key is one.
---@param key any
function entry.check_key(key)
  if type(key) ~= "string" then
    errors.raise(3, "key: string expected, got %s", math.type(key) or type(key))
  elseif key == "" or #key > LONGEST_KEY then
    errors.raise(3, "key: 1 to %d bytes expected, got %d", LONGEST_KEY, #key)
  elseif key:find "%c" or not utf8.len(key) then
    errors.raise(3, "key: UTF-8 without control characters expected")
  end
end

--- Raises, at the line of whoever called the store, unless the set is a table with a JSON form of
--- an object.
---@param set any
function entry.check_set(set)
  if type(set) ~= "table" then
    errors.raise(3, "set: table expected, got %s", math.type(set) or type(set))
  elseif #set > 0 then
    errors.raise(3, "set: a table with names expected, got an array")
  end
end

--- The JSON form of a set.
---@param set table
---@return string? json
---@return zendesk.Error? err
function entry.encode(set)
  local json, message = core.encode(set)
  if json then return json end
  return nil, errors.new("encode", "what is to be stored has no JSON form: " .. message)
end

--- The set that a JSON text holds.
---@param json string
---@return table? set
---@return string? problem without anything of the text
function entry.decode(json)
  local value, message, offset = core.decode(json)
  local is_array = type(value) == "table"
    and (value[1] ~= nil or getmetatable(value) == core.array_mt)
  if type(value) == "table" and not is_array then return value end
  if value ~= nil or not message then return nil, "it is not a JSON object" end
  return nil, ("it is not JSON, from byte %d on"):format(offset)
end

--- A short name for a key that fits every file system: sixteen hexadecimal digits.
---@param key string
---@return string
function entry.digest(key)
  return (core.sha256(key):sub(1, 8):gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

return entry
