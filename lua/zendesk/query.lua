-- query: the query part of an URL, from a table.
--
-- Lists are joined by commas, as Zendesk's `ids=1,2,3` and `include=a,b` want it, or repeat a name
-- that ends in `[]`; nested tables become `page[size]`, with the brackets encoded. Numbers are
-- written exactly. Keys are sorted: the same table is always the same URL, for logs, recorded tests
-- and caches.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

local query = {}

local escape = core.escape
local null = core.null

-- One level of brackets is all that Zendesk uses; three leaves room and stops a cycle.
local DEEPEST = 3

local function refuse(key, why)
  errors.raise(2, "query field '%s' %s", key, why)
end

local function scalar(key, value)
  local kind = math.type(value)
  if kind == "integer" then return ("%d"):format(value) end
  if kind == "float" then
    if value ~= value or value == math.huge or value == -math.huge then
      refuse(key, "is not a finite number")
    end
    -- An integral float has the digits that it has: 2^53 is written as 9007199254740992, not as
    -- 9.007e+15. Above that, neighbours are missing, and an id would silently be another one.
    if value == math.floor(value) then
      if math.abs(value) > 2 ^ 53 then
        refuse(key, "is a float too large to be exact: give an integer or a string")
      end
      return ("%d"):format(value)
    end
    return (core.encode(value)) -- the shortest text that is this number
  end
  if type(value) == "string" then return escape(value) end
  if type(value) == "boolean" then return tostring(value) end
  return refuse(key, "is a " .. type(value)
    .. ": expected string, number, boolean or a table of these")
end

-- The elements of a list, without any key that would be lost.
local function elements(key, values)
  local parts, size = {}, rawlen(values)
  for index in next, values do
    if math.type(index) ~= "integer" or index < 1 or index > size then
      refuse(key, "is a list that has the key '" .. errors.clean(tostring(index)) .. "', too")
    end
  end
  for index = 1, size do
    parts[index] = scalar(key .. "[" .. index .. "]", rawget(values, index))
  end
  return parts
end

-- An empty table is a list: nothing would be sent of a nested table, and everything read.
local function is_list(value)
  return getmetatable(value) == core.array_mt or rawlen(value) > 0 or next(value) == nil
end

local function sorted_keys(fields, prefix)
  local keys = {}
  for key in next, fields do
    if type(key) ~= "string" or key == "" then
      errors.raise(2, "query%s has a key that is no name: %s",
        prefix and (" field '" .. prefix .. "'") or "", tostring(key))
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local BRACKETS = "%5B%5D"

-- The encoded name of a field, and whether a list repeats it.
local function name_of(prefix, key)
  local stem = key:match "^(.+)%[%]$"
  local name = escape(stem or key)
  if prefix then name = prefix .. "%5B" .. name .. "%5D" end
  return stem and name .. BRACKETS or name, stem ~= nil
end

local function append(parts, fields, prefix, depth)
  for _, key in ipairs(sorted_keys(fields, prefix)) do
    local value = rawget(fields, key)
    local name, repeats = name_of(prefix, key)
    if value == null then
      goto continue -- a field that is switched off, so that a table can be built in one go
    elseif type(value) ~= "table" then
      parts[#parts + 1] = name .. "=" .. scalar(key, value)
    elseif is_list(value) then
      local between = repeats and "&" .. name .. "=" or ","
      parts[#parts + 1] = name .. "=" .. table.concat(elements(key, value), between)
    elseif depth == DEEPEST then
      refuse(key, "is nested too deeply")
    else
      append(parts, value, name, depth + 1)
    end
    ::continue::
  end
end

---Writes a query. `null` leaves a field out; an empty table is an empty list and writes `key=`.
---@param fields table<string, string|number|boolean|table> nested tables become `key[sub]`
---@return string encoded without the question mark; "" for no fields
function query.encode(fields)
  local parts = {}
  append(parts, fields, nil, 1)
  return table.concat(parts, "&")
end

---Adds a query to a path that may have one already.
---@param path string
---@param fields string|table<string, any>
---@return string path
function query.append(path, fields)
  local text = type(fields) == "string" and fields or query.encode(fields)
  if text == "" then return path end
  return path .. (path:find("?", 1, true) and "&" or "?") .. text
end

return query
