--- Names a login in a store: by all that it is for, so that no token is used for something else.

local core = require "zendesk.core"

local login_key = {}

-- The longest that a store takes.
local LONGEST = 1024

--- The key. Where the words are too many, a digest stands for all that follows the account.
---@param origin string of the account
---@param ... string client, scopes, name
---@return string
function login_key.of(origin, ...)
  local key = table.concat({ origin, ... }, "|")
  if #key <= LONGEST then return key end
  return origin .. "|" .. core.base64url(core.sha256(key))
end

return login_key
