-- verdict: what is worth knowing about one OAuth token. Pure functions over the token's record and
-- the rules of an audit.

local core = require "zendesk.core"
local resource = require "zendesk.resource"
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
---@field expiring_within number|nil seconds; of tokens that were made to live longer
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

-- A field that holds something is not one that holds nothing, even where it cannot be read.
local function is_given(value)
  return value ~= nil and value ~= "" and type(value) ~= "userdata"
end

local TIMES = { "created_at", "used_at", "expires_at", "refresh_token_expires_at" }

---The first time of a token that cannot be read; no verdict is made of it.
---@param token table
---@return string|nil field
function verdict.unreadable(token)
  for _, field in ipairs(TIMES) do
    if is_given(token[field]) and not timestamp.parse(token[field]) then return field end
  end
  return nil
end

---When a token was last of use: its last use, else its creation.
---@param token table
---@return integer|nil
function verdict.last_use(token)
  return timestamp.parse(is_given(token.used_at) and token.used_at or token.created_at)
end

-- When the login of a token is over: with a refresh token, not before that one ends.
local function end_of(token)
  local ends, renewable = token.expires_at, token.refresh_token_expires_at
  if not is_given(ends) then return nil, true end
  ends = timestamp.parse(ends)
  if not is_given(renewable) then return ends, ends ~= nil and not is_given(token.refresh_token) end
  renewable = timestamp.parse(renewable)
  if not (ends and renewable) then return nil, false end
  return math.max(ends, renewable), true
end

local function of_expiry(token, rules)
  local ends, is_known = end_of(token)
  if not is_known then return nil end
  if not ends then return "never_expires" end
  if ends <= rules.now then return "expired" end
  local window = rules.expiring_within
  if not window or ends > rules.now + window then return nil end
  -- One that never had longer to live ends as it was meant to.
  local made = timestamp.parse(token.created_at)
  if made and ends - made <= window then return nil end
  return "expires_soon"
end

local function is_unused(token, rules)
  if not rules.unused_for then return false end
  local last = verdict.last_use(token)
  return last ~= nil and last < rules.now - rules.unused_for
end

-- The list of clients is older than the list of tokens: a young token may have a younger client.
local function is_orphan(token, rules)
  local client_id = resource.number(token.client_id)
  if not rules.clients or not client_id then return false end
  local created = timestamp.parse(token.created_at)
  if created and created > rules.now - YOUNG then return false end
  if not created and is_given(token.created_at) then return false end
  return not rules.clients[client_id]
end

---The reasons to look at a token, in the order of REASONS.
---@param token table
---@param rules zendesk.AuditRules
---@return string[] reasons empty when there is nothing to say
function verdict.of(token, rules)
  local found = setmetatable({}, core.array_mt)
  found[1] = of_expiry(token, rules)
  if is_unused(token, rules) then found[#found + 1] = "unused" end
  if verdict.is_broad(token.scopes) then found[#found + 1] = "broad_scope" end
  if is_orphan(token, rules) then found[#found + 1] = "client_gone" end
  return found
end

return verdict
