-- verdict: what is worth knowing about one OAuth token. Pure functions over the token's record and
-- the rules of an audit.

local timestamp = require "zendesk.timestamp"

local verdict = {}

---Every reason an audit can name, with its meaning, in the order of reports.
verdict.REASONS = {
  { "expired", "its end has passed" },
  { "expires_soon", "it ends soon" },
  { "never_expires", "it has no end" },
  { "unused", "it was not used for a long time" },
  { "broad_scope", "it may do more than one kind of thing" },
  { "client_gone", "its client does not exist any more" },
}

verdict.KNOWN = {}
for _, reason in ipairs(verdict.REASONS) do verdict.KNOWN[reason[1]] = true end

-- Seconds; more than clocks differ and an audit takes to read the clients.
local YOUNG = 900

-- Words that open the whole account, or somebody else's identity.
local BROAD = { read = true, write = true, impersonate = true }

---@class zendesk.AuditRules
---@field now number epoch seconds
---@field unused_for number|nil seconds
---@field expiring_within number|nil seconds
---@field clients table<integer, string|true>|nil the clients that exist; nil: not known

---True when a token is not held to certain kinds of records.
---@param scopes any
---@return boolean
function verdict.is_broad(scopes)
  if type(scopes) == "string" then
    local words = {}
    for word in scopes:gmatch "%S+" do words[#words + 1] = word end
    scopes = words
  end
  if type(scopes) ~= "table" or #scopes == 0 then return true end
  for _, scope in ipairs(scopes) do
    if BROAD[scope] or (type(scope) == "string" and scope:find "^unrestricted") then return true end
  end
  return false
end

---When a token was last of use: its last use, else its creation.
---@param token table
---@return integer|nil
function verdict.last_use(token)
  return timestamp.parse(token.used_at) or timestamp.parse(token.created_at)
end

local function of_expiry(token, rules)
  local ends = timestamp.parse(token.expires_at)
  if not ends then return "never_expires" end
  if ends <= rules.now then return "expired" end
  if rules.expiring_within and ends <= rules.now + rules.expiring_within then
    return "expires_soon"
  end
  return nil
end

local function is_unused(token, rules)
  if not rules.unused_for then return false end
  local last = verdict.last_use(token)
  return last ~= nil and last < rules.now - rules.unused_for
end

-- The list of clients is older than the list of tokens: a young token may have a younger client.
local function is_orphan(token, rules)
  if not rules.clients or math.type(token.client_id) ~= "integer" then return false end
  local created = timestamp.parse(token.created_at)
  if created and created > rules.now - YOUNG then return false end
  return not rules.clients[token.client_id]
end

---The reasons to look at a token, in the order of REASONS.
---@param token table
---@param rules zendesk.AuditRules
---@return string[] reasons empty when there is nothing to say
function verdict.of(token, rules)
  local found = {}
  found[1] = of_expiry(token, rules)
  if is_unused(token, rules) then found[#found + 1] = "unused" end
  if verdict.is_broad(token.scopes) then found[#found + 1] = "broad_scope" end
  if is_orphan(token, rules) then found[#found + 1] = "client_gone" end
  return found
end

return verdict
