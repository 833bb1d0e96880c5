-- SHA-256 (FIPS 180-4) in plain Lua, for PKCE challenges and the signature of JWT tokens. It is a
-- second implementation on purpose: the client's digest is checked against something that is not
-- itself, and the sandbox runs without the C module.

local function primes(count)
  local list, candidate = {}, 2
  while #list < count do
    local prime = true
    for _, known in ipairs(list) do
      if candidate % known == 0 then
        prime = false
        break
      end
    end
    if prime then list[#list + 1] = candidate end
    candidate = candidate + 1
  end
  return list
end

-- The first 32 bits of the fraction of a root; a double holds them with bits to spare.
local function fraction_bits(root)
  return math.floor((root % 1) * 4294967296) & 0xffffffff
end

local K, INITIAL = {}, {}
for index, prime in ipairs(primes(64)) do
  K[index] = fraction_bits(prime ^ (1 / 3))
  if index <= 8 then INITIAL[index] = fraction_bits(prime ^ 0.5) end
end

local function rotate(word, bits)
  return (word >> bits | word << (32 - bits)) & 0xffffffff
end

local function schedule(message, at)
  local w = { string.unpack(">I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4", message, at) }
  for t = 17, 64 do
    local a, b = w[t - 15], w[t - 2]
    local s0 = rotate(a, 7) ~ rotate(a, 18) ~ a >> 3
    local s1 = rotate(b, 17) ~ rotate(b, 19) ~ b >> 10
    w[t] = (w[t - 16] + s0 + w[t - 7] + s1) & 0xffffffff
  end
  return w
end

local function compress(state, message, at)
  local w = schedule(message, at)
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for t = 1, 64 do
    local s1 = rotate(e, 6) ~ rotate(e, 11) ~ rotate(e, 25)
    local t1 = h + s1 + (e & f ~ ~e & g) + K[t] + w[t]
    local s0 = rotate(a, 2) ~ rotate(a, 13) ~ rotate(a, 22)
    local t2 = s0 + (a & b ~ a & c ~ b & c)
    h, g, f, e = g, f, e, (d + t1) & 0xffffffff
    d, c, b, a = c, b, a, (t1 + t2) & 0xffffffff
  end
  local sums = { a, b, c, d, e, f, g, h }
  for index = 1, 8 do state[index] = (state[index] + sums[index]) & 0xffffffff end
end

---@param message string
---@return string digest 32 bytes
local function sha256(message)
  local padding = string.rep("\0", (55 - #message) % 64)
  local padded = message .. "\128" .. padding .. string.pack(">I8", #message * 8)
  local state = { table.unpack(INITIAL) }
  for at = 1, #padded, 64 do compress(state, padded, at) end
  return string.pack(">I4I4I4I4I4I4I4I4", table.unpack(state))
end

return sha256
