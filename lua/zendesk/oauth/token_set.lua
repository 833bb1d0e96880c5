--- Token sets: plain tables, ready to be stored, made of the replies of /oauth/tokens.
--
-- Being plain data is the point: a store of one's own needs no code of ours to
-- keep one. They hold secrets, so they are shown only through `describe`.

local core = require "zendesk.core"
local expiry = require "zendesk.oauth.expiry"
local scope = require "zendesk.oauth.scope"

local token_set = {}

---@class zendesk.token_set
---@field access_token string
---@field refresh_token string? absent for client credentials
---@field token_type string "bearer", as the server wrote it
---@field scope string? what was granted, separated by spaces
---@field client_id string the identifier of the client it was issued to
---@field origin string? of the account that issued it
---@field grant string "authorization_code" | "refresh_token" | "client_credentials"
---@field issued_at integer epoch seconds on the server's clock
---@field expires_at integer? absent when the token is not known to end
---@field expires_from "reply"|"jwt"|"current"|"requested"|"default"|"never"
---@field refresh_expires_at integer? when the refresh token ends, where told
---@field requested_expires_in integer? the life that was asked for
---@field clock_skew number? how far the server's clock was ahead of this machine's
---@field pending { since: integer }? a refresh was sent with this set, reply not (yet) seen

---@class zendesk.oauth.issue
---@field grant string
---@field client_id string
---@field origin string?
---@field issued_at integer
---@field clock_skew number?
---@field requested integer? the expires_in that was sent
---@field scope string? the scope that was asked for
---@field previous zendesk.token_set? the set that was refreshed

-- A token goes into a header: printable ASCII without spaces, nothing else.
local function is_token(value)
  return type(value) == "string" and value:match "^[\x21-\x7e]+$" ~= nil
end

token_set.is_token = is_token

local function text_or_nil(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- RFC 6749 §7.1: a token of a type that is not understood must not be used.
local function is_bearer(kind)
  return kind == nil or kind == core.null or kind == ""
    or type(kind) == "string" and kind:lower() == "bearer"
end

-- What a reply cannot be used for, in words that do not quote it.
local function fault_of(reply)
  if type(reply) ~= "table" then return "the reply is not a JSON object" end
  if reply.access_token == nil then return "the reply holds no access_token" end
  if not is_token(reply.access_token) then
    return "the reply's access_token cannot be sent in a header"
  end
  if not is_bearer(reply.token_type) then return "the reply's token_type is not bearer" end
  local refresh = reply.refresh_token
  if refresh ~= nil and refresh ~= core.null and not text_or_nil(refresh) then
    return "the reply's refresh_token is not a string"
  end
end

--- The token set of a successful reply.
---@param reply any decoded body
---@param issue zendesk.oauth.issue
---@return zendesk.token_set? set
---@return string? fault why the reply is unusable; holds no secret
function token_set.from_reply(reply, issue)
  local fault = fault_of(reply)
  if fault then return nil, fault end
  local previous = issue.previous or {}
  local refresh_token = text_or_nil(reply.refresh_token)
  local refresh_life = expiry.seconds(reply.refresh_token_expires_in)
  local set = {
    access_token = reply.access_token,
    -- RFC 6749 §6: a server that does not rotate leaves the refresh token out.
    refresh_token = refresh_token or previous.refresh_token,
    token_type = text_or_nil(reply.token_type) or "bearer",
    -- RFC 6749 §5.1: a server leaves out a scope that is the one it was asked for.
    scope = scope.join(text_or_nil(reply.scope)) or issue.scope or previous.scope,
    client_id = issue.client_id,
    origin = issue.origin,
    grant = issue.grant,
    issued_at = issue.issued_at,
    requested_expires_in = issue.requested,
    clock_skew = issue.clock_skew,
  }
  if refresh_life then
    set.refresh_expires_at = issue.issued_at + refresh_life
  elseif not refresh_token then
    set.refresh_expires_at = previous.refresh_expires_at
  end
  set.expires_at, set.expires_from = expiry.from_reply(reply, issue.issued_at)
  if not set.expires_from then
    set.expires_at, set.expires_from =
      expiry.assumed(set.refresh_token ~= nil, issue.issued_at, issue.requested)
  end
  return set
end

-- One that can be shown to people.
local function is_time_or_nil(value)
  return value == nil or type(value) == "number" and math.tointeger(math.floor(value)) ~= nil
end

--- What is wrong with a value that should be a token set, e.g. out of a store.
---@param value any
---@return string? fault
function token_set.fault(value)
  if type(value) ~= "table" then return "is not a table" end
  if not is_token(value.access_token) then return "holds no usable access_token" end
  if value.refresh_token ~= nil and not text_or_nil(value.refresh_token) then
    return "holds a refresh_token that is not a string"
  end
  for _, field in ipairs { "issued_at", "expires_at", "refresh_expires_at" } do
    if not is_time_or_nil(value[field]) then
      return ("holds a field %s that is not a time"):format(field)
    end
  end
  local pending = value.pending
  if pending ~= nil and not (type(pending) == "table" and is_time_or_nil(pending.since)) then
    return "holds a field pending that is no note of a refresh"
  end
end

--- A copy, one level deep and the note of a pending refresh.
---@param set zendesk.token_set
---@return zendesk.token_set
function token_set.copy(set)
  local copy = {}
  for key, value in pairs(set) do copy[key] = value end
  if type(set.pending) == "table" then copy.pending = { since = set.pending.since } end
  return copy
end

--- A short name for a token, to tell tokens apart in events without showing them.
---@param token string
---@return string sixteen hexadecimal digits
function token_set.fingerprint(token)
  return (core.sha256(token):sub(1, 8):gsub(".", function(char)
    return ("%02x"):format(char:byte())
  end))
end

--- Everything about a set that is no secret.
---@param set zendesk.token_set
---@return table
function token_set.describe(set)
  return {
    fingerprint = token_set.fingerprint(set.access_token),
    scope = set.scope,
    client_id = set.client_id,
    grant = set.grant,
    issued_at = set.issued_at,
    expires_at = set.expires_at,
    expires_from = set.expires_from,
    refresh_expires_at = set.refresh_expires_at,
    renewable = set.refresh_token ~= nil,
    pending = set.pending ~= nil,
  }
end

return token_set
