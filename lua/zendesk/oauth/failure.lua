--- The errors of the token endpoint.
--
-- What the server says is matched by its OAuth code, never by its text, of which
-- several exist for the same code. A reply of this endpoint can hold tokens and
-- what was sent to it holds secrets, so nothing of either is passed on: no body,
-- and of a description only what is left when every secret is taken out.

local core = require "zendesk.core"
local error_body = require "zendesk.error_body"
local errors = require "zendesk.errors"
local redact = require "zendesk.redact"

local failure = {}

-- The codes of RFC 6749 §5.2 with what to do about each, after any grant or after this one.
local REMEDIES = {
  invalid_client = "check client_id (the client's unique identifier, not its numeric id) and "
    .. "client_secret",
  invalid_scope = "ask only for scopes that the client's \"Allowed scopes\" in Admin Center "
    .. "hold, or leave scope out to get them all",
  unauthorized_client = "use a grant that this kind of client may use: client_credentials needs "
    .. "a confidential client",
  unsupported_grant_type = "check that the account offers this grant; password and implicit "
    .. "grants are gone",
  invalid_request = {
    authorization_code = "check the client's settings, where the message names nothing else: a "
      .. "public client must use PKCE, and the redirect_uri must be registered with it",
  },
  invalid_grant = {
    authorization_code = "start the authorisation again: a code is good for 120 seconds and for "
      .. "one exchange, with the same redirect_uri",
    refresh_token = "read the store again; if the refresh token is still the same one, log in "
      .. "again",
  },
}

local function remedy_for(code, grant)
  local remedy = REMEDIES[code]
  if type(remedy) == "table" then return remedy[grant] end
  return remedy
end

local LOST = {
  refresh_token = "keep what is stored: the next run tries it, and if Zendesk did refresh it, "
    .. "only logging in again helps",
  authorization_code = "start the authorisation again: the code may have been used",
}

-- What is shorter is found in plain words, which tells more about it than it hides.
local SHORTEST_SECRET = 8

-- Plain search and replace; the secrets are literals, not patterns.
local function without(text, secret)
  local start, stop = text:find(secret, 1, true)
  while start do
    text = text:sub(1, start - 1) .. "[redacted]" .. text:sub(stop + 1)
    start, stop = text:find(secret, start + 10, true)
  end
  return text
end

--- A text without any of the secrets that were sent, in case the server echoes them.
---@param text string
---@param secrets string[]
---@return string
function failure.redact(text, secrets)
  for _, secret in ipairs(secrets) do
    if #secret >= SHORTEST_SECRET then text = without(text, secret) end
  end
  return text
end

-- An echo may be percent-encoded, as forms and addresses are.
local function without_any(text, secrets)
  text = failure.redact(text, secrets)
  local plain = text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  local left = failure.redact(plain, secrets)
  return left ~= plain and left or text
end

-- In this order: what is cut first may end with a part of a secret.
local function fit(text, secrets)
  return redact.clean(without_any(text, secrets))
end

-- As much of a secret as no word ends with by accident.
local SHORTEST_PART = 6

-- For a text that has been cut before it came here.
local function without_part(text, secrets)
  for _, secret in ipairs(secrets) do
    for length = #secret - 1, SHORTEST_PART, -1 do
      if text:sub(-length) == secret:sub(1, length) then
        return text:sub(1, -length - 1) .. "[redacted]"
      end
    end
  end
  return text
end

-- The message of a reply has been cut already, so what the server said is read anew.
local function words_of(err, secrets)
  local said = {}
  if err.body and err.kind ~= "redirect" then
    said = error_body.parse(core.decode(err.body), without_any(err.body, secrets))
  end
  local message = said.message and fit(said.message, secrets) or ""
  if message == "" then message = without_part(fit(err.message, secrets), secrets) end
  local code = said.code or err.code
  return message, code and fit(code, secrets)
end

-- An id that repeats what was sent is none.
local function id_of(request_id, secrets)
  return request_id and without_any(request_id, secrets) == request_id and request_id or nil
end

local COPIED = { "status", "retry_after", "retry_at", "attempts", "retryable", "sent" }

-- What may be passed on of an error: its facts, not its body.
local function scrub(err, secrets, remedy)
  local message, code = words_of(err, secrets)
  local facts = {
    remedy = remedy, code = code, request_id = id_of(err.request_id, secrets),
    location = err.location and fit(err.location, secrets),
  }
  for _, name in ipairs(COPIED) do facts[name] = err[name] end
  return errors.new(err.kind, message, facts)
end

-- 429 and 5xx are about the server, whatever they say. All other refusals are about the grant, with
-- an OAuth code or without: a call whose token could not be had must not hear "not found" or
-- "forbidden", which it would take for an answer about its record.
local function is_oauth(err)
  local status = err.status
  return status ~= nil and status >= 400 and status < 500 and status ~= 429
end

--- Whether the server may have carried out a grant whose error this is. Nobody knows what a
--- 5xx did, nor what a reply said that cannot be read.
---@param err zendesk.Error
---@return boolean
function failure.is_in_doubt(err)
  if err.ambiguous or err.kind == "decode" or err.kind == "too_large" then return true end
  return err.status ~= nil and err.status >= 500
end

-- An error of its own kind: a pipeline that repeats what failed for a moment must not repeat this.
local function lost(message, grant, cause)
  return errors.new("oauth", ("the reply to the %s grant was lost: %s"):format(grant, message), {
    code = "lost_reply", ambiguous = true, remedy = LOST[grant], cause = cause,
    request_id = cause.request_id, retry_after = cause.retry_after,
  })
end

local function refused(err, grant, secrets)
  local refusal = scrub(err, secrets, remedy_for(err.code, grant) or err.remedy)
  refusal.kind = "oauth"
  refusal.message = ("the %s grant was refused: %s"):format(grant, refusal.message)
  return refusal
end

--- The error of a grant.
---@param err zendesk.Error what the pipeline returned
---@param grant string
---@param secrets string[] everything secret that was sent
---@return zendesk.Error
function failure.of(err, grant, secrets)
  if is_oauth(err) then return refused(err, grant, secrets) end
  local plain = scrub(err, secrets, err.remedy)
  -- Client credentials can be asked for again at will, so they are never in doubt.
  if grant == "client_credentials" or not failure.is_in_doubt(err) then return plain end
  return lost(plain.message, grant, plain)
end

-- RFC 6749 §5.2 wants a 400 for it, but what names an error and holds no token is one.
local function names_error(reply)
  return type(reply) == "table" and type(reply.access_token) ~= "string"
    and type(reply.error) == "string" and reply.error:find "^[%w_.:%-]+$" ~= nil
end

--- The error of a successful reply that holds no usable token.
---@param fault string
---@param reply any decoded body
---@param response table
---@param grant string
---@param secrets string[] everything secret that was sent
---@return zendesk.Error
function failure.of_reply(fault, reply, response, grant, secrets)
  local facts = { status = response.status, request_id = response.request_id, sent = true }
  if names_error(reply) then
    facts.code = reply.error
    local said = error_body.parse(reply, "").message
    return refused(errors.new("oauth", said or reply.error, facts), grant, secrets)
  end
  facts.code, facts.request_id = "invalid_reply", id_of(facts.request_id, secrets)
  local useless = errors.new("oauth",
    ("the %s grant was answered without a token: %s"):format(grant, fault), facts)
  if grant == "client_credentials" then return useless end
  return lost(fault, grant, useless)
end

return failure
