-- Reads and changes the query of a list request without losing what the caller put there: a table
-- stays a table, a string stays the string it was, byte for byte, apart from the named parameters.
-- Pure functions; the request pipeline does the final encoding of tables.

local query = {}

local function decode(text)
  text = text:gsub("+", " ")
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function encode(text)
  return (tostring(text):gsub("[^%w%-._~]", function(char)
    return string.format("%%%02X", char:byte())
  end))
end

query.encode = encode
query.decode = decode

-- { page = { size = 5 } } → { ["page[size]"] = 5 }: one spelling for what follows.
local function flatten(table_query)
  local flat = {}
  for name, value in next, table_query do
    if name == "page" and type(value) == "table" then
      for part, inner in next, value do flat["page[" .. tostring(part) .. "]"] = inner end
    else
      flat[name] = value
    end
  end
  return flat
end

--- Splits `/api/v2/tickets?sort=id` into the path and its query; no query gives nil.
---@param path string
---@return string path, string|nil query
function query.split(path)
  local head, tail = path:match "^([^?#]*)%??([^#]*)"
  if tail == "" then return head, nil end
  return head, tail
end

--- The value of one parameter, decoded; the first one where it is repeated.
---@param value table|string|nil
---@param name string flat spelling, such as `page[size]`
---@return any
function query.get(value, name)
  if value == nil then return nil end
  if type(value) == "table" then return flatten(value)[name] end
  for pair in value:gmatch "[^&]+" do
    local key, content = pair:match "^([^=]*)=?(.*)$"
    if decode(key) == name then return decode(content) end
  end
  return nil
end

local function change_string(text, changes, names)
  local kept = {}
  for pair in text:gmatch "[^&]+" do
    if changes[decode(pair:match "^[^=]*")] == nil then kept[#kept + 1] = pair end
  end
  for _, name in ipairs(names) do
    local content = changes[name]
    if content ~= false then kept[#kept + 1] = encode(name) .. "=" .. encode(content) end
  end
  return table.concat(kept, "&")
end

--- A copy with some parameters set, or removed where the change is `false`.
---@param value table|string|nil
---@param changes table<string, string|integer|boolean>
---@return table|string
function query.with(value, changes)
  local names = {}
  for name in pairs(changes) do names[#names + 1] = name end
  table.sort(names)
  if type(value) == "string" then return change_string(value, changes, names) end
  local copy = flatten(value or {})
  for _, name in ipairs(names) do
    local content = changes[name]
    if content == false then content = nil end
    copy[name] = content
  end
  return copy
end

--- The query of a path and the query of the options, as one; the options win.
---@param text string the part of the path after the question mark
---@param value table|string|nil
---@return table|string
function query.join(text, value)
  if value == nil then return text end
  if type(value) == "string" then return text .. "&" .. value end
  local joined = {}
  for pair in text:gmatch "[^&]+" do
    local name, content = pair:match "^([^=]*)=?(.*)$"
    name, content = decode(name), decode(content)
    if name:find "%[%]$" then -- repeated, see zendesk.query
      joined[name] = joined[name] or {}
      table.insert(joined[name], content)
    else
      joined[name] = content
    end
  end
  for name, content in pairs(flatten(value)) do joined[name] = content end
  return joined
end

--- One spelling for equal queries, so that a checkpoint can tell whether it belongs to this list.
---@param value table|string|nil
---@return string
function query.canonical(value)
  if value == nil then return "" end
  if type(value) == "string" then return value end
  local parts = {}
  local function add(prefix, content)
    if type(content) == "userdata" then return end -- null: a field that is switched off
    if type(content) == "table" then
      for name, inner in next, content do add(prefix .. "[" .. tostring(name) .. "]", inner) end
    else
      parts[#parts + 1] = encode(prefix) .. "=" .. encode(content)
    end
  end
  for name, content in next, value do add(tostring(name), content) end
  table.sort(parts)
  return table.concat(parts, "&")
end

return query
