-- judge: what the facts about an account and its credential mean, in plain words. Pure functions.

local api_token_end = require "zendesk.api_token_end"
local timestamp = require "zendesk.timestamp"
local verdict = require "zendesk.lifecycle.verdict"

local judge = {}

local DAY = 86400

local function finding(level, area, format, ...)
  return { level = level, area = area, text = format:format(...) }
end

local function span(seconds)
  if seconds >= 2 * DAY then return ("%d days"):format(seconds // DAY) end
  if seconds >= 7200 then return ("%d hours"):format(seconds // 3600) end
  return ("%d minutes"):format(math.max(seconds // 60, 0))
end

local function of_api_token(now)
  if now >= api_token_end.AT then
    return finding("problem", "credential", "an API token is in use, and API tokens stopped working"
      .. " on 30 April 2027: make a confidential OAuth client and use client_credentials")
  end
  return finding("warning", "credential", "an API token is in use. It works until 30 April 2027 (%s"
    .. " left), new ones cannot be made, and one that is idle for 30 days is switched off: move to"
    .. " a confidential OAuth client with client_credentials", span(api_token_end.AT - now))
end

local function of_fixed_token(token, now)
  local ends = token and timestamp.parse(token.expires_at)
  if not token or token.expires_at and not ends then
    return finding("note", "credential", "a fixed OAuth access token is in use; when it ends could"
      .. " not be read")
  elseif not ends then
    return finding("note", "credential", "a fixed OAuth access token is in use, and it has no end."
      .. " Zendesk gives every client's tokens an end by 1 April 2027")
  elseif ends <= now then
    return finding("problem", "credential", "the OAuth access token in use ended at %s",
      timestamp.format(ends))
  end
  return finding("warning", "credential", "a fixed OAuth access token is in use. It ends at %s (in"
    .. " %s), and nothing here can renew it: zendesk.auth.client_credentials or"
    .. " .authorization_code can", timestamp.format(ends), span(ends - now))
end

local RENEWED = {
  client_credentials = "OAuth client credentials are in use; tokens are renewed by themselves",
  authorization_code = "an OAuth authorisation is in use; tokens are renewed by themselves as long"
    .. " as the refresh token is used before it ends",
}

local OF_THE_PROGRAM = "the credential comes from the program itself, which knows when it ends"

---The kind of credential, and when it ends.
---@param facts { kind: string|nil, token: table|nil, refresh_expires_at: number|nil }
---@param now number epoch seconds
---@return zendesk.DoctorFinding
function judge.credential(facts, now)
  if facts.kind == "api_token" then return of_api_token(now) end
  if facts.kind == "access_token" then return of_fixed_token(facts.token, now) end
  if not facts.kind then return finding("problem", "credential", "no credential is in use") end
  local renewed = RENEWED[facts.kind] or OF_THE_PROGRAM
  if facts.refresh_expires_at then
    renewed = ("%s (%s)"):format(renewed, timestamp.format(facts.refresh_expires_at))
  end
  return finding("good", "credential", "%s", renewed)
end

---What the credential may do.
---@param facts { kind: string|nil, token: table|nil, user: table|nil }
---@return zendesk.DoctorFinding[]
function judge.access(facts)
  local findings = {}
  local user = facts.user
  if user then
    findings[1] = finding("good", "access", "it acts as %s (%s, user %s)", user.name or "?",
      user.role or "role unknown", tostring(user.id))
  end
  if facts.kind == "api_token" then
    findings[#findings + 1] = finding("note", "access", "an API token has no scopes: it may do"
      .. " everything, as any user of the account")
  elseif facts.token then
    local scopes = type(facts.token.scopes) == "table" and facts.token.scopes or {}
    local words = #scopes > 0 and table.concat(scopes, ", ") or "none listed"
    local broad = verdict.is_broad(scopes)
    findings[#findings + 1] = finding(broad and "note" or "good", "access", "its scopes: %s%s",
      words, broad and " (broad: narrower ones limit what a leak can do)" or "")
  end
  return findings
end

---How far this machine's clock is from Zendesk's.
---@param skew number|nil seconds that Zendesk is ahead
---@return zendesk.DoctorFinding
function judge.clock(skew)
  if not skew then
    return finding("note", "clock", "the reply had no date: the clock could not be compared")
  end
  local size = math.abs(skew)
  if size <= 5 then
    return finding("good", "clock", "this machine's clock agrees with Zendesk's")
  end
  return finding(size <= 60 and "note" or "warning", "clock",
    "this machine's clock is %.0f seconds %s Zendesk's%s", size,
    skew > 0 and "behind" or "ahead of",
    size > 60 and ": set it; ends of tokens and start_time are compared with it" or "")
end

---How much of the account's rate limit is left.
---@param limit zendesk.Limit|nil
---@return zendesk.DoctorFinding
function judge.limits(limit)
  if not limit or not limit.limit then
    return finding("note", "limits", "the reply did not tell the rate limit")
  end
  local scarce = limit.remaining < limit.limit / 10
  return finding(scarce and "warning" or "good", "limits",
    "%d of %d requests a minute are left%s", limit.remaining, limit.limit,
    scarce and ": something else uses the account's limit up" or "")
end

---What the account's API tokens mean for the move to OAuth.
---@param tokens table[]|nil
---@return zendesk.DoctorFinding|nil
function judge.api_tokens(tokens)
  if not tokens then return nil end
  local active = 0
  for _, token in ipairs(tokens) do
    if type(token) == "table" and token.active ~= false then active = active + 1 end
  end
  if active == 0 then
    return finding("good", "credential", "the account has no active API token left")
  end
  return finding("warning", "credential", "active API tokens of the account: %d. They stop working"
    .. " on 30 April 2027; zd.api_token:list() names them", active)
end

return judge
