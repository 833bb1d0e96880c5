--- Names a login in a store: by all that it is for, so that no token is used for something else.

local core = require "zendesk.core"

local login_key = {}

-- The longest that a store takes.
local LONGEST = 1024

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
end

--- The key. Where the words are too many, a digest stands for all that follows the account.
---@param origin string of the account
---@param ... string client, scopes, name
---@return string
function login_key.of(origin, ...)
  local key = table.concat({ origin, ... }, "|")
  if #key <= LONGEST then return key end
  return origin .. "|" .. hexadecimal(core.sha256(key))
end

return login_key
