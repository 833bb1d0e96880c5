-- core_image: looks through the memory of another process of ours, as a core file would show it:
-- every writable mapping, freed memory included.

local core_image = {}

local CHUNK = 1 << 20

local function read_at(memory, from, size)
  if not memory:seek("set", from) then return "" end
  return memory:read(size) or ""
end

-- Long strings of Lua 5.4 have their length before their first byte; C's blocks have the size of
-- the block there, which is odd or above it.
local function is_lua_string(text, at, needle)
  return at > 8 and string.unpack("<I8", text, at - 8) == #needle
end

local function search_mapping(memory, from, to, needles, found)
  local overlap = 1024
  for start = from, to - 1, CHUNK do
    local head = math.min(overlap, start - from)
    local text = read_at(memory, start - head, math.min(CHUNK, to - start) + head)
    for name, needle in pairs(needles) do
      local at = text:find(needle, 1, true)
      while at do
        -- What lies in both of two chunks belongs to the first one.
        if at + #needle - 1 > head or start == from then
          local counts = found[name]
          local kind = is_lua_string(text, at, needle) and "lua" or "other"
          counts[kind] = counts[kind] + 1
        end
        at = text:find(needle, at + 1, true)
      end
    end
  end
end

---Counts the copies of texts in the memory of a process.
---@param pid integer
---@param needles table<string, string> longer than 40 bytes
---@return table<string, { lua: integer, other: integer }> found copies that are strings of Lua, in
---use or freed, and all others
function core_image.search(pid, needles)
  local found = {}
  for name, needle in pairs(needles) do
    assert(#needle > 40, name)
    found[name] = { lua = 0, other = 0 }
  end
  local memory = assert(io.open(("/proc/%d/mem"):format(pid), "rb"))
  memory:setvbuf "no"
  for line in io.lines(("/proc/%d/maps"):format(pid)) do
    local from, to, rights = line:match "^(%x+)%-(%x+) (%S+)"
    from, to = tonumber(from, 16), tonumber(to, 16)
    -- The shadow of a sanitizer has terabytes.
    if rights:sub(1, 2) == "rw" and to - from < 1 << 30 then
      search_mapping(memory, from, to, needles, found)
    end
  end
  memory:close()
  return found
end

return core_image
