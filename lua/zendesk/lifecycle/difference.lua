-- difference: what would have to change so that a record is as wanted. Only the fields that are
-- wanted are compared; lists of words (redirect_uri) are sets; absent, null and "" are the same.
-- Pure functions.

local core = require "zendesk.core"

local difference = {}

local function is_nothing(value)
  return value == nil or value == "" or type(value) == "userdata"
end

local function is_word_list(value)
  if type(value) ~= "table" then return false end
  for name, word in pairs(value) do
    if math.type(name) ~= "integer" or type(word) ~= "string" then return false end
  end
  return true
end

local function set_of(list)
  local set = {}
  for _, word in ipairs(list) do set[word] = true end
  return set
end

local function missing_from(list, set)
  local missing = setmetatable({}, core.array_mt)
  for word in pairs(set_of(list)) do
    if not set[word] then missing[#missing + 1] = word end
  end
  table.sort(missing)
  return missing
end

local function same(a, b)
  if is_nothing(a) and is_nothing(b) then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for name, value in pairs(a) do
    if not same(value, b[name]) then return false end
  end
  for name, value in pairs(b) do
    if a[name] == nil and not is_nothing(value) then return false end
  end
  return true
end

-- One word is a list of one, where the other side is a list.
local function as_list(value, other)
  if is_nothing(value) then return {} end
  if type(value) == "string" and type(other) == "table" then return { value } end
  return value
end

local function compare(field, from, to)
  local left, right = as_list(from, to), as_list(to, from)
  if is_word_list(left) and is_word_list(right) and (type(from) == "table"
    or type(to) == "table") then
    local added, removed = missing_from(right, set_of(left)), missing_from(left, set_of(right))
    if #added + #removed == 0 then return nil end
    return { field = field, from = from, to = to, added = added, removed = removed }
  end
  if same(from, to) then return nil end
  return { field = field, from = from, to = to }
end

---@class zendesk.Difference
---@field field string
---@field from any the present value
---@field to any the wanted value
---@field added string[]|nil of a list of words
---@field removed string[]|nil of a list of words

---The fields of a record that are not as wanted, in the order of their names.
---@param present table
---@param wanted table
---@return zendesk.Difference[]
function difference.between(present, wanted)
  local fields = {}
  for field in pairs(wanted) do fields[#fields + 1] = field end
  table.sort(fields)
  local found = setmetatable({}, core.array_mt)
  for _, field in ipairs(fields) do
    found[#found + 1] = compare(field, present[field], wanted[field])
  end
  return found
end

local function show(value)
  if is_nothing(value) then return "nothing" end
  if type(value) == "string" then return ("%q"):format(value) end
  if not is_word_list(value) then return type(value) == "table" and "a table" or tostring(value) end
  local words = {}
  for place, word in ipairs(value) do words[place] = ("%q"):format(word) end
  return table.concat(words, ", ")
end

---One line for a person.
---@param change zendesk.Difference
---@return string
function difference.describe(change)
  if not change.added then
    return ("%s: %s → %s"):format(change.field, show(change.from), show(change.to))
  end
  local parts = {}
  for _, word in ipairs(change.removed) do parts[#parts + 1] = ("- %q"):format(word) end
  for _, word in ipairs(change.added) do parts[#parts + 1] = ("+ %q"):format(word) end
  return change.field .. ": " .. table.concat(parts, " ")
end

difference.show = show

return difference
