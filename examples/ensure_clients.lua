-- Makes the OAuth clients of an account be as a file says. Shows what would be done, and does it
-- with --apply. A second run finds nothing left to do.
--   lua examples/ensure_clients.lua [clients.json] [--apply]

local account = require "examples.account"
local json = require "zendesk.json"

local zd <close> = account.open {}
local apply = arg[#arg] == "--apply"
local beside = (arg[0]:match "^.*/" or "") .. "clients.json"
local path = arg[1] and arg[1] ~= "--apply" and arg[1] or beside
local file <close> = assert(io.open(path))

for _, wanted in ipairs(assert(json.decode(file:read "a"))) do
  local result = assert(zd.client:ensure(wanted, { dry_run = not apply }))
  print(result)
  if result.actions[1] == "create" and apply and result.client.kind == "confidential" then
    print "  its secret: examples/rotate_secrets.lua makes one and keeps it"
  end
end
if not apply then print "Nothing was changed; --apply does it." end
