-- Shows the OAuth tokens that are worth a look, and which ones a prune would revoke. Nothing is
-- revoked unless --prune is given.
--   lua examples/audit_tokens.lua [DAYS] [--prune]

local account = require "examples.account"
local progress = require "zendesk.progress"

local zd <close> = account.open {
  on_event = progress.line(),
  seed = { tokens = {
    { scopes = { "read", "write" }, created_at = "2025-01-01T00:00:00Z" },
    { scopes = { "tickets:read" }, created_at = "2026-06-01T00:00:00Z", expires_in = 86400 },
    { scopes = { "tickets:read" }, expires_in = 2592000 },
  } },
}

local unused_for = (tonumber(arg[1]) or 90) * 86400
print(assert(zd.token:audit { unused_for = unused_for }))

-- Beside an error, the third value is what was done before it.
local result, err, partial = zd.token:prune {
  unused_for = unused_for, dry_run = arg[#arg] ~= "--prune",
}
print "\nPrune:"
print(result or partial)
if err then error(err, 0) end
