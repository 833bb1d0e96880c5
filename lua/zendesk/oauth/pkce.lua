--- Proof Key for Code Exchange (RFC 7636) and the state of an authorisation.
--
-- The verifier and the state come from the system's random source. Only the
-- S256 method exists here: with "plain" the authorise URL would hold the
-- verifier itself.

local core = require "zendesk.core"

-- 32 bytes are 43 characters of base64url, the shortest verifier that the RFC
-- allows and as much entropy as SHA-256 can carry.
local ENTROPY = 32

local pkce = {}

pkce.METHOD = "S256"

--- A fresh unguessable word of 43 characters, for a verifier or a state.
---@return string? word
---@return string? message why the system gave no random bytes
function pkce.random_word()
  local bytes, message = core.random(ENTROPY)
  if not bytes then return nil, message end
  return core.base64url(bytes)
end

--- What the authorise URL shows of a verifier.
---@param verifier string
---@return string challenge
function pkce.challenge(verifier)
  return core.base64url(core.sha256(verifier))
end

return pkce
