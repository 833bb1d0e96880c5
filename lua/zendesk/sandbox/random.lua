-- Unguessable values: tokens, secrets, codes, request ids. From the system's random source, because
-- people copy what a sandbox does; a generator seeded with the time is the fallback where there is
-- no /dev/urandom.

local random = {}

local source = io.open("/dev/urandom", "rb")
if source then source:setvbuf("full", 4096) end

local HEX = {}
for byte = 0, 255 do HEX[string.char(byte)] = string.format("%02x", byte) end

---@param count integer
---@return string
function random.bytes(count)
  local bytes = source and source:read(count)
  if bytes and #bytes == count then return bytes end
  local out = {}
  for index = 1, count do out[index] = string.char(math.random(0, 255)) end
  return table.concat(out)
end

---@param count integer number of hexadecimal digits, even
---@return string
function random.hex(count)
  return (random.bytes(count // 2):gsub(".", HEX))
end

return random
