-- Percent-encoding and the two things written in it: query strings and form bodies.

local form = {}

local function decode(text)
  text = text:gsub("%+", " ")
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

---@param text string
---@return string
function form.escape(text)
  return (text:gsub("[^%w%-._~]", function(char) return string.format("%%%02X", char:byte()) end))
end

---The path of a URL, decoded; `+` stays.
---@param text string
---@return string
function form.unescape_path(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

---Reads `a=1&page%5Bsize%5D=2`. A name given twice keeps its last value.
---@param text string
---@return table<string, string> values
---@return string[] names in the order of their first appearance
function form.parse(text)
  local values, names = {}, {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name = decode(name)
    if values[name] == nil then names[#names + 1] = name end
    values[name] = decode(value)
  end
  return values, names
end

---Every value of a name that may come several times, as `role[]=agent&role[]=admin`.
---@param text string
---@param wanted string
---@return string[]
function form.all(text, wanted)
  local list = {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    if decode(name) == wanted then list[#list + 1] = decode(value) end
  end
  return list
end

---Writes a query string from pairs.
---@param pairs_list string[][] list of { name, value }
---@param raw_names? boolean leaves `[` and `]` of the names as they are
---@return string
function form.write(pairs_list, raw_names)
  local out = {}
  for index, pair in ipairs(pairs_list) do
    local name = raw_names and pair[1] or form.escape(pair[1])
    out[index] = name .. "=" .. form.escape(pair[2])
  end
  return table.concat(out, "&")
end

return form
