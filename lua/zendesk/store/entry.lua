--- entry: what every store asks of keys and sets, and the JSON form of a set.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local errors = require "zendesk.errors"

local entry = {}

--- Raises, at the line of whoever called the store, unless the call is one: on the store itself,
--- with a key.
---@param self any
---@param class table of the store
---@param call string "store:load"
---@param key any
function entry.check(self, class, call, key)
  arguments.self(self, class, call)
  arguments.check("key", key, "key")
end

--- Raises unless the set is a table with a JSON form of an object.
---@param set any
function entry.check_set(set)
  arguments.check("set", set, "table")
  if rawlen(set) > 0 then errors.raise(3, "set: table with names expected, got an array") end
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
