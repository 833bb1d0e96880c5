-- ascii: letters as protocols have them. string.lower follows the locale of the host, where the
-- small letter of I may be another one (Turkish).

local ascii = {}

local LOWER = {}
for byte = ("A"):byte(), ("Z"):byte() do LOWER[string.char(byte)] = string.char(byte + 32) end

---A text with its letters A to Z in lower case.
---@param text string
---@return string
function ascii.lower(text)
  return (text:gsub("[A-Z]", LOWER))
end

return ascii
