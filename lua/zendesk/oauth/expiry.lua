--- When a token ends, and when to renew it: pure decisions.
--
-- All times are epoch seconds on the server's clock (see oauth/clock.lua).
-- Where an expiry came from is told in `expires_from`, because replies leave it
-- out although the token ends:
--
--   "reply"      the reply's expires_in
--   "jwt"        the token is a JWT and holds exp
--   "current"    GET /api/v2/oauth/tokens/current named expires_at
--   "requested"  nothing told; a refresh token came, and the life that was asked for
--                is shorter than the 30 minutes below
--   "default"    nothing told; a refresh token came, so the token does end: 30 minutes
--   "never"      nothing told and no refresh token; a 401 will say if that was wrong
--
-- The requested life is never believed by itself: servers clamp or ignore it.
-- It only shortens the default.

local jwt = require "zendesk.oauth.jwt"

local expiry = {}

-- Zendesk's own default for access tokens that expire.
local DEFAULT_LIFE = 1800

-- A token is renewed when a fifth of its life is left, at most five minutes ahead.
local SHARE_AHEAD = 0.2
local MOST_AHEAD = 300
-- For a token whose issue time is not known.
local UNKNOWN_LIFE_AHEAD = 60

expiry.DEFAULT_LIFE = DEFAULT_LIFE

--- A positive number of seconds, given as a number or as digits; nil for anything else.
---@param value any
---@return integer?
function expiry.seconds(value)
  if type(value) == "string" then value = value:match "^%d+$" and tonumber(value) end
  if type(value) ~= "number" or value ~= value or value < 1 or value > 2 ^ 53 then return nil end
  return math.tointeger(value) or math.floor(value)
end

--- What the reply and the token themselves tell.
---@param reply table the decoded reply of /oauth/tokens
---@param issued_at integer
---@return integer? expires_at
---@return string? expires_from nil when only the server can be asked
function expiry.from_reply(reply, issued_at)
  local life = expiry.seconds(reply.expires_in)
  if life then return issued_at + life, "reply" end
  local exp = jwt.expiry(reply.access_token)
  -- A token cannot have ended before it was issued: such a claim is no answer.
  if exp and exp > issued_at then return exp, "jwt" end
end

--- What holds when nobody told.
---@param has_refresh_token boolean
---@param issued_at integer
---@param requested integer? the expires_in that was sent
---@return integer? expires_at
---@return string expires_from
function expiry.assumed(has_refresh_token, issued_at, requested)
  if not has_refresh_token then return nil, "never" end
  if requested and requested < DEFAULT_LIFE then return issued_at + requested, "requested" end
  return issued_at + DEFAULT_LIFE, "default"
end

--- True while the server could still be asked for something better than an assumption.
---@param set zendesk.token_set
---@return boolean
function expiry.is_assumed(set)
  local from = set.expires_from
  return from == "requested" or from == "default" or from == "never"
end

--- The moment from which a token should be renewed; nil when it never ends.
---@param set zendesk.token_set
---@return number?
function expiry.renew_at(set)
  if not set.expires_at then return nil end
  local ahead = UNKNOWN_LIFE_AHEAD
  if set.issued_at then
    local life = math.max(set.expires_at - set.issued_at, 0)
    ahead = math.min(life * SHARE_AHEAD, MOST_AHEAD)
  end
  return set.expires_at - ahead
end

--- "fresh", "due" (still good, to be renewed), or "expired".
---@param set zendesk.token_set
---@param now number
---@return "fresh"|"due"|"expired"
function expiry.state(set, now)
  if not set.expires_at or now < expiry.renew_at(set) then return "fresh" end
  return now < set.expires_at and "due" or "expired"
end

return expiry
