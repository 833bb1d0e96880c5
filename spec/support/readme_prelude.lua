-- Loaded before each Lua block of README.md and docs/ runs (spec/docs/blocks_spec.lua): the account
-- "acme" is a fresh sandbox, and the short blocks find the `zendesk` and `zd` that their page made
-- further up. Nothing else differs from what a reader would type.

local zendesk = require "zendesk"
local box = assert(zendesk.sandbox.start {})
assert(box:seed { tickets = { { subject = "My printer is on fire" }, { subject = "Hello" } } })

-- Puts the sandbox in the place of acme.zendesk.com.
local function redirected(construct)
  return function(options)
    if type(options) ~= "table" or options.subdomain ~= "acme" then return construct(options) end
    local copy = { base_url = box.base_url }
    for name, value in pairs(options) do
      if name ~= "subdomain" then copy[name] = value end
    end
    return construct(copy)
  end
end

zendesk.new = redirected(zendesk.new)
zendesk.oauth.new = redirected(zendesk.oauth.new)

_G.zendesk = zendesk
_G.box = box
_G.zd = assert(zendesk.new {
  subdomain = "acme", email = box.email, api_token = box.api_token,
})
