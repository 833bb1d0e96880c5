-- A place in a list as a short line of text: which page to ask for, and how much of it has been
-- given. It names no host and holds no credential; a changed or cut text is noticed. Pure
-- functions.
--
-- Layout, for the maintainer only: `z1.<list>.<field>=<value>&….<check>`, where <list> tells
-- lists apart and <check> covers everything before it.

local query = require "zendesk.pages.query"

local checkpoint = {}

local VERSION = "z1"

-- How each field of a position is written; a field that is not named here is not kept.
local FIELDS = {
  dialect = "text", after = "text", cursor = "text", link = "text",
  page = "integer", size = "integer", start_time = "integer",
  index = "integer", last = "id", stamp = "integer", seen = "ids", done = "flag",
}

-- 32-bit FNV-1a: tells slips of the pen apart, and is no defence against intent.
local function fingerprint(text)
  local hash = 0x811c9dc5
  for place = 1, #text do
    hash = ((hash ~ text:byte(place)) * 0x01000193) & 0xffffffff
  end
  return string.format("%08x", hash)
end

--- Tells one list from another: its path and the caller's query.
---@param path string
---@param list_query table|string|nil
---@return string
function checkpoint.list_of(path, list_query)
  return fingerprint(path:gsub("%.json$", "") .. "?" .. query.canonical(list_query))
end

local function write_id(id)
  return (math.type(id) == "integer" and "i" or "s") .. query.encode(id)
end

local function read_id(text)
  local form, content = text:match "^([is])(.*)$"
  if form == "i" then return math.tointeger(tonumber(content)) end
  return form and query.decode(content) or nil
end

local writers = {
  text = query.encode,
  integer = function(value) return string.format("%d", value) end,
  flag = function() return "1" end,
  id = write_id,
  ids = function(ids)
    local parts = {}
    for place, id in ipairs(ids) do parts[place] = write_id(id) end
    return table.concat(parts, ",")
  end,
}

local readers = {
  text = query.decode,
  integer = function(text) return math.tointeger(tonumber(text)) end,
  flag = function(text) return text == "1" or nil end,
  id = read_id,
  ids = function(text)
    local ids = {}
    for part in text:gmatch "[^,]+" do ids[#ids + 1] = read_id(part) end
    return ids
  end,
}

--- Writes a place down.
---@param list string from checkpoint.list_of
---@param place table fields of a position, with index, last and stamp
---@return string
function checkpoint.write(list, place)
  local names = {}
  for name in pairs(place) do
    if FIELDS[name] then names[#names + 1] = name end
  end
  table.sort(names)
  local parts = {}
  for number, name in ipairs(names) do
    parts[number] = name .. "=" .. writers[FIELDS[name]](place[name])
  end
  local text = table.concat({ VERSION, list, table.concat(parts, "&") }, ".")
  return text .. "." .. fingerprint(text)
end

local function refuse(code, message, remedy)
  return nil, { kind = "config", code = code, message = message, remedy = remedy }
end

local function read_fields(text)
  local place = {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([a-z_]+)=(.*)$"
    local form = FIELDS[name]
    local content = form and readers[form](value)
    if content == nil then return nil end
    place[name] = content
  end
  return place
end

--- Reads a place that checkpoint.write has written.
---@param text string white space around it, of the file that it was kept in, does not count
---@param list string the list that is about to be walked
---@return table|nil place, table|nil problem
function checkpoint.read(text, list)
  text = text:match "^%s*(.*%S)" or ""
  local version = text:match "^(z%d+)%."
  if version and version ~= VERSION then
    return refuse("checkpoint_version",
      "the checkpoint was written by another version of this module (" .. version .. ")",
      "begin the walk anew, without from=")
  end
  local covered, owner, fields, check = text:match "^(z1%.(%x+)%.(.*))%.(%x+)$"
  local place = covered and fingerprint(covered) == check and read_fields(fields)
  if not place or not place.dialect then
    return refuse("checkpoint_damaged", "the checkpoint is damaged or is not a checkpoint",
      "begin the walk anew, without from=")
  end
  if owner ~= list then
    return refuse("checkpoint_mismatch", "the checkpoint belongs to another list or another query",
      "use the path and the query that it was made with")
  end
  return place
end

return checkpoint
