-- error_reply: the error of a reply that is no success.

local error_body = require "zendesk.error_body"
local errors = require "zendesk.errors"
local redact = require "zendesk.redact"

local error_reply = {}

local KIND_BY_STATUS = {
  [400] = "invalid", [401] = "auth", [403] = "forbidden", [404] = "not_found",
  [409] = "conflict", [422] = "invalid", [429] = "rate_limit",
}

---The kind that a status has: design of the library, after Zendesk's list of statuses
---(developer.zendesk.com, "Making requests").
---@param status integer
---@return zendesk.ErrorKind
function error_reply.kind_of(status)
  if KIND_BY_STATUS[status] then return KIND_BY_STATUS[status] end
  if status >= 300 and status < 400 then return "redirect" end
  if status >= 500 then return "server" end
  return "http"
end

local PHRASES = {
  [400] = "the request is not valid", [401] = "the credential was not accepted",
  [403] = "access is not allowed", [404] = "not found", [409] = "conflict with the present state",
  [410] = "gone", [413] = "the request is too large", [415] = "the content type is not accepted",
  [422] = "the request cannot be carried out", [429] = "too many requests",
  [500] = "internal error of the server", [502] = "bad gateway",
  [503] = "the service is unavailable", [504] = "the gateway ran out of time",
}

local function phrase(status)
  return PHRASES[status] or ("unexpected status %d"):format(status)
end

local REMEDIES = {
  IdempotentRequestError = "this idempotency key was used with another body within two hours: "
    .. "use a new key",
  TooManyJobs = "30 jobs are queued or running: wait for some of them",
  TooManyValues = "send at most 100 items in one request",
}

---What to do about a credential that was refused or not recognised.
---@param sent table `scheme` of the account, `auth` false where it was left out, `now`
---@param code string|nil
---@return string|nil
function error_reply.credential_remedy(sent, code)
  if sent.auth == false then return "the call had no credential: leave out 'auth = false'" end
  if sent.scheme == "bearer" then
    return "the access token is expired, revoked, of another account, or an API token given as "
      .. "access_token: make a new one"
  elseif sent.scheme ~= "basic" then
    return nil
  elseif code == "invalid_token" then
    return "an OAuth access token is wanted here, and not email and api_token"
  end
  return (select(2, require "zendesk.api_token_end".explain_401(sent.now or os.time())))
end

local API_PATHS = "paths of the API begin with /api/v2/"

-- The rest of an account's site is pages for people.
local function is_outside(call)
  local path = call.path or "/api/"
  for _, part in ipairs { "^/api/", "^/oauth/", "^/attachments/" } do
    if path:find(part) then return false end
  end
  return true
end

local function remedy(err, call)
  if err.code and REMEDIES[err.code] then return REMEDIES[err.code] end
  if err.missing_scopes then
    return "use a token that has one of these scopes: " .. table.concat(err.missing_scopes, ", ")
  end
  if err.status == 401 then return error_reply.credential_remedy(call, err.code) end
  if err.status == 404 and is_outside(call) then return API_PATHS end
  if err.status == 404 and err.message:find("no help desk", 1, true) then
    return "check the subdomain: it is the account's, not a brand's or a host-mapped name"
  end
  if err.retry_after then return ("wait %d s"):format(err.retry_after) end
  return nil
end

-- WWW-Authenticate: Bearer realm="…", error="invalid_token" (RFC 6750, section 3): read where the
-- body says nothing.
local function challenge_code(header)
  local code = header and header:match 'error="([%w_]+)"'
  return code and redact.clean(code)
end

-- Zendesk keeps the content of attachments elsewhere, and points there.
local function is_file(call)
  local path = call.path or ""
  return call.method == "GET"
    and (path:find "^/attachments/" or path:find "/attachments/[^/]+/download") ~= nil
end

---Makes the error of a reply that is no success.
---@param response table status, `text` (raw body), `value` (decoded, or nil), `header(self, name)`
---@param call table method and path of the request; `now` epoch seconds; `scheme` of the account's
---credential, and `auth` false where it was not sent
---@return zendesk.Error
function error_reply.new(response, call)
  local status, text = response.status, response.text or ""
  local said = error_body.parse(response.value, text)
  local message = said.message and redact.clean(said.message) or ""
  local err = errors.new(error_reply.kind_of(status), message ~= "" and message or phrase(status), {
    status = status,
    code = said.code and redact.clean(said.code),
    details = said.details,
    body = text,
    request_id = response.request_id,
    sent = true,
    method = call.method,
    path = call.path and redact.path(call.path),
  })
  if err.kind == "redirect" then
    err.location = redact.location(response:header "location")
    err.message = ("the server points to %s: redirects are not followed"):format(
      err.location or "nowhere")
    err.remedy = is_file(call) and "zd:download goes to where files are kept"
      or is_outside(call) and API_PATHS or "check subdomain or base_url"
  elseif status == 401 then
    err.code = err.code or challenge_code(response:header "www-authenticate")
  elseif status == 403 then
    err.missing_scopes = error_body.missing_scopes(message)
  elseif status == 429 or status == 503 then
    local retry_after = require "zendesk.retry_after"
    err.retry_after = retry_after.parse(response:header "retry-after", response:header "date",
      call.now or os.time())
  end
  err.remedy = err.remedy or remedy(err, call)
  return err
end

return error_reply
