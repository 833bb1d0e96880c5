-- Gives OAuth clients new secrets and keeps them in a file that only its owner can read. Killed at
-- any moment and run again, it finishes what it began: no secret is lost.
--   lua examples/rotate_secrets.lua FILE IDENTIFIER…

local account = require "examples.account"
local zendesk = require "zendesk"

local zd <close>, box = account.open {
  seed = { clients = { { identifier = "ticket_exporter", kind = "confidential" } } },
  on_event = function(event)
    if event.what == "rotate" then print(("  %s: %s"):format(event.identifier, event.step)) end
  end,
}

local identifiers = table.move(arg, 2, #arg, 1, {})
if box and #identifiers == 0 then identifiers = { "ticket_exporter" } end
if #identifiers == 0 then
  io.stderr:write "usage: lua examples/rotate_secrets.lua FILE IDENTIFIER…\n"
  os.exit(1, true)
end
local path = arg[1]
if not path then
  path = os.tmpname() -- makes an empty file, which is no store
  os.remove(path)
end
local store = assert(zendesk.store.file { path = path })

for _, identifier in ipairs(identifiers) do
  local client = assert(zd.client:find(identifier), "no client " .. identifier)
  local result = assert(zd.client:rotate(client, { store = store }))
  print(("%s: %s"):format(identifier, result.verified and "proved by a grant" or "not proved"))
end
print(("%d new secrets in %s"):format(#identifiers, path))
