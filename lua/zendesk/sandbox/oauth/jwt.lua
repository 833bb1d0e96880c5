-- Access tokens in the shape of a JWT (RFC 9068), as some of Zendesk's clients get them. The key is
-- made up: clients may read `exp`, they cannot and should not check the signature.

local mime = require "mime"
local json = require "zendesk.sandbox.json"
local sha256 = require "zendesk.sandbox.sha256"

local BLOCK = 64
local KEY = "sandbox-signing-key"

local jwt = {}

---@param bytes string
---@return string
function jwt.base64url(bytes)
  return ((mime.b64(bytes) or ""):gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" }))
end

local function xor(text, byte)
  return (text:gsub(".", function(char) return string.char(char:byte() ~ byte) end))
end

---HMAC-SHA-256 (RFC 2104) for keys of at most 64 bytes.
---@param key string
---@param message string
---@return string
function jwt.hmac(key, message)
  local padded = key .. ("\0"):rep(BLOCK - #key)
  return sha256(xor(padded, 0x5c) .. sha256(xor(padded, 0x36) .. message))
end

---@param claims table
---@return string
function jwt.sign(claims)
  local header = jwt.base64url(json.encode { typ = "at+jwt", alg = "HS256" })
  local content = header .. "." .. jwt.base64url(json.encode(claims))
  return content .. "." .. jwt.base64url(jwt.hmac(KEY, content))
end

return jwt
