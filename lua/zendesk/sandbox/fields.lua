-- Reading what callers send: the wrapping object, ids in paths, which keys may be set. Keys that
-- may not are ignored and named in X-Zendesk-API-Warn, as Zendesk does.

local json = require "zendesk.sandbox.json"
local reply = require "zendesk.sandbox.reply"

local fields = {}

---The number in a path, or nil when it is none or does not fit 64 bits.
---@param text string
---@return integer|nil
function fields.id(text)
  return text:match "^%-?%d+$" and math.tointeger(tonumber(text)) or nil
end

---The ids of a list like `1,2,3`; what is none is left out.
---@param text string|nil
---@return integer[] ids
---@return integer count of what is in the list
function fields.ids(text)
  local ids, count = {}, 0
  for item in (text or ""):gmatch "[^,]+" do
    ids[#ids + 1], count = fields.id(item), count + 1
  end
  return ids, count
end

---The object under a key of the body.
---@param context zendesk.sandbox.Context
---@param key string
---@return table|nil object, table? refusal
function fields.wrapped(context, key)
  local body = context.json
  local object = type(body) == "table" and body[key] or nil
  if type(object) ~= "table" then return nil, reply.invalid_attribute(key, "an object") end
  return object
end

---Copies the keys that may be set; the others are put among the warnings.
---@param context zendesk.sandbox.Context
---@param object table
---@param permitted table<string, true>
---@return table
function fields.permit(context, object, permitted)
  local taken, ignored = {}, {}
  for key, value in pairs(object) do
    if permitted[key] then
      taken[key] = value
    else
      ignored[#ignored + 1] = tostring(key)
    end
  end
  table.sort(ignored)
  table.move(ignored, 1, #ignored, #context.warnings + 1, context.warnings)
  return taken
end

---@param names string[]
---@return table<string, true>
function fields.set(names)
  local out = {}
  for _, name in ipairs(names) do out[name] = true end
  return out
end

local TESTS = {
  ["a string"] = function(value) return type(value) == "string" end,
  ["an integer"] = function(value) return math.type(value) == "integer" end,
  ["a boolean"] = function(value) return type(value) == "boolean" end,
  ["an object"] = function(value) return type(value) == "table" and value[1] == nil end,
  ["an array"] = function(value)
    return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
  end,
  ["an array of strings"] = function(value)
    if type(value) ~= "table" or (value[1] == nil and next(value) ~= nil) then return false end
    for _, item in ipairs(value) do
      if type(item) ~= "string" then return false end
    end
    return true
  end,
}

---Checks the types of what was sent; null fits everywhere. The wrong type of a value is not a
---validation error: the call is refused as a whole.
---@param given table
---@param types table<string, string> name → what it must be, e.g. "an integer"
---@return table|nil refusal
function fields.check_types(given, types)
  for name, wanted in pairs(types) do
    local value = fields.plain(given[name])
    if value ~= nil and not TESTS[wanted](value) then
      return reply.invalid_attribute(name, wanted)
    end
  end
  return nil
end

---True for what a person left empty: nothing, null, spaces.
---@param value any
---@return boolean
function fields.is_blank(value)
  return value == nil or value == json.null or (type(value) == "string" and not value:find "%S")
end

---nil for JSON null.
function fields.plain(value)
  if value == json.null then return nil end
  return value
end

---`null` for nil, so that the key is written.
function fields.nullable(value)
  if value == nil or value == false then return json.null end
  return value
end

---An entry of `details` in a RecordInvalid.
---@param description string
---@param code string
---@return table[]
function fields.problem(description, code)
  return json.array { { description = description, error = code } }
end

return fields
