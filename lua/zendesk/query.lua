-- query: the query part of an URL, from a table.
--
-- Lists are joined by commas, as Zendesk's `ids=1,2,3` and `include=a,b` want it; nested tables
-- become `page[size]`, with the brackets encoded. Integers are written exactly. Keys are sorted:
-- the same table is always the same URL, for logs, recorded tests and caches.

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
    return (("%.17g"):format(value):gsub(",", "."))
  end
  if type(value) == "string" then return escape(value) end
  if type(value) == "boolean" then return tostring(value) end
  return refuse(key, "is a " .. type(value)
    .. ": expected string, number, boolean or a table of these")
end

local function list(key, values)
  local parts = {}
  for index = 1, rawlen(values) do
    parts[index] = scalar(key .. "[" .. index .. "]", rawget(values, index))
  end
  return table.concat(parts, ",")
end

local function is_list(value)
  return getmetatable(value) == core.array_mt or rawlen(value) > 0
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

local function append(parts, fields, prefix, depth)
  for _, key in ipairs(sorted_keys(fields, prefix)) do
    local value = rawget(fields, key)
    local name = prefix and (prefix .. "%5B" .. escape(key) .. "%5D") or escape(key)
    if value == null then
      goto continue -- a field that is switched off, so that a table can be built in one go
    elseif type(value) ~= "table" then
      parts[#parts + 1] = name .. "=" .. scalar(key, value)
    elseif is_list(value) then
      parts[#parts + 1] = name .. "=" .. list(key, value)
    elseif depth == DEEPEST then
      refuse(key, "is nested too deeply")
    else
      append(parts, value, name, depth + 1)
    end
    ::continue::
  end
end

---Writes a query. `null` leaves a field out; an empty list writes `key=`.
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
