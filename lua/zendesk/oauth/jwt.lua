--- Reads the expiry out of an access token that happens to be a JWT.
--
-- Nothing is verified and nothing else is looked at: the token came from the
-- server over TLS, and the only question is when it says it ends. An opaque
-- token simply has no answer.

local core = require "zendesk.core"

-- Tokens of a few kilobytes are normal; anything past this is not a token.
local LONGEST = 64 * 1024
-- Claims are flat; a deep payload is an attack on the reader.
local DEPTH = 16

local jwt = {}

--- The `exp` claim in epoch seconds, where the token is a JWT that has one.
---@param token any
---@return integer? exp
function jwt.expiry(token)
  if type(token) ~= "string" or #token > LONGEST then return nil end
  local payload = token:match "^[%w_-]+%.([%w_-]+)%.[%w_-]*$"
  local bytes = payload and core.base64url_decode(payload)
  local claims = bytes and core.decode(bytes, DEPTH)
  local exp = type(claims) == "table" and claims.exp
  if type(exp) ~= "number" or exp ~= exp or exp <= 0 or exp >= 2 ^ 53 then return nil end
  return math.tointeger(exp) or math.floor(exp)
end

return jwt
