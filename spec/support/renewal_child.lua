-- renewal_child: a process that makes one call with a login in a file, to be killed on its way.
--
--   lua5.4 renewal_child.lua BASE_URL PATH
--
-- Prints "user", or the error's kind and message, or "raised" and what (a module that could not be
-- read, say). The call lies between two system calls that a trace can be searched for.

local zendesk = require "zendesk"

local base_url, path = arg[1], arg[2]

local function mark(name)
  io.open("/zendesk-renewal-child-" .. name)
end

local zd = assert(zendesk.new {
  base_url = base_url, retry = false,
  auth = zendesk.auth.authorization_code {
    client_id = "tool", store = zendesk.store.file { path = path },
  },
})
mark "begin"
local ok, body, err = pcall(zd.get, zd, "/api/v2/users/me")
local closed, problem = pcall(zd.close, zd)
mark "end"
if not ok or not closed then
  print("raised", ok and problem or body)
else
  print(body and "user" or err.kind, body and "" or err.message)
end
