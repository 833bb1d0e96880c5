--- The errors of the token endpoint.
--
-- What the server says is matched by its OAuth code, never by its text, of which
-- several exist for the same code. A reply of this endpoint can hold tokens and
-- what was sent to it holds secrets, so nothing of either is passed on: no body,
-- and of a description only what is left when every secret is taken out.

local errors = require "zendesk.errors"

local failure = {}

-- The codes of RFC 6749 §5.2 with what to do about each.
local REMEDIES = {
  invalid_client = "check client_id (the client's unique identifier, not its numeric id) and "
    .. "client_secret",
  invalid_scope = "ask only for scopes that the client's \"Allowed scopes\" in Admin Center "
    .. "hold, or leave scope out to get them all",
  unauthorized_client = "use a grant that this kind of client may use: client_credentials needs "
    .. "a confidential client",
  unsupported_grant_type = "check that the account offers this grant; password and implicit "
    .. "grants are gone",
  invalid_request = "check the client's settings: a public client must use PKCE, and the "
    .. "redirect_uri must be registered with it",
}

local GRANT_REMEDIES = {
  authorization_code = "start the authorisation again: a code is good for 120 seconds and for one "
    .. "exchange, with the same redirect_uri",
  refresh_token = "read the store again; if the refresh token is still the same one, log in again",
}

local function remedy_for(code, grant)
  if code == "invalid_grant" then return GRANT_REMEDIES[grant] end
  return REMEDIES[code]
end

local LOST = {
  refresh_token = "keep what is stored: the next run tries it, and if Zendesk did refresh it, "
    .. "only logging in again helps",
  authorization_code = "start the authorisation again: the code may have been used",
}

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
    if secret ~= "" then text = without(text, secret) end
  end
  return text
end

local COPIED = {
  "status", "request_id", "retry_after", "retry_at", "attempts", "retryable", "sent", "location",
}

-- What may be passed on of an error: its facts, not its body.
local function scrub(err, secrets, remedy)
  local facts = { remedy = remedy }
  for _, name in ipairs(COPIED) do facts[name] = err[name] end
  facts.code = err.code and failure.redact(err.code, secrets)
  return errors.new(err.kind, failure.redact(err.message, secrets), facts)
end

-- Client errors carry the OAuth code; 429 and 5xx are about the server, whatever they say.
local function is_oauth(err)
  local status = err.status
  return status ~= nil and status >= 400 and status < 500 and status ~= 429
    and type(err.code) == "string"
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
    request_id = cause and cause.request_id,
  })
end

--- The error of a grant.
---@param err zendesk.Error what the pipeline returned
---@param grant string
---@param secrets string[] everything secret that was sent
---@return zendesk.Error
function failure.of(err, grant, secrets)
  if is_oauth(err) then
    local refused = scrub(err, secrets, remedy_for(err.code, grant))
    refused.kind = "oauth"
    refused.message = ("the %s grant was refused: %s"):format(grant, refused.message)
    return refused
  end
  local plain = scrub(err, secrets, err.remedy)
  -- Client credentials can be asked for again at will, so they are never in doubt.
  if grant == "client_credentials" or not failure.is_in_doubt(err) then return plain end
  return lost(plain.message, grant, plain)
end

--- The error of a successful reply that holds no usable token.
---@param fault string
---@param response table
---@param grant string
---@return zendesk.Error
function failure.of_reply(fault, response, grant)
  local useless = errors.new("oauth",
    ("the %s grant was answered without a token: %s"):format(grant, fault), {
      code = "invalid_reply", status = response.status, request_id = response.request_id,
    })
  if grant == "client_credentials" then return useless end
  return lost(fault, grant, useless)
end

return failure
