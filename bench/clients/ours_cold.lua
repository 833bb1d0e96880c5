-- ours_cold: a script of one call, from nothing: ours_cold.lua cold BASE_URL 1.

local zendesk = require "zendesk"
local zd = assert(zendesk.new { base_url = arg[2], access_token = "test-token" })
print(assert(zd:get "/api/v2/users/me").user.id)
