-- Replies and the error shapes of Zendesk. Its services answer in several of them, so these are
-- named after what went wrong, and each endpoint uses the one that Zendesk uses there.

local json = require "zendesk.sandbox.json"

local JSON_TYPE = "Content-Type: application/json; charset=utf-8"
local HTML_TYPE = "Content-Type: text/html; charset=utf-8"

local reply = {}

---@param status integer
---@param value any
---@param headers? string[] further header lines
---@return table
function reply.json(status, value, headers)
  local lines = { JSON_TYPE }
  for index, line in ipairs(headers or {}) do lines[index + 1] = line end
  return { status = status, headers = lines, body = json.encode(value) }
end

function reply.html(status, body)
  return { status = status, headers = { HTML_TYPE }, body = body }
end

function reply.text(status, body)
  return { status = status, headers = { "Content-Type: text/plain; charset=utf-8" }, body = body }
end

---A 204 carries the type of a body it does not have, as recorded.
function reply.no_content()
  return { status = 204, headers = { JSON_TYPE }, body = "" }
end

function reply.redirect(location)
  return { status = 302, headers = { HTML_TYPE, "Location: " .. location }, body = "" }
end

function reply.record_not_found()
  return reply.json(404, { error = "RecordNotFound", description = "Not found" })
end

function reply.invalid_endpoint()
  return reply.json(404, { error = "InvalidEndpoint", description = "Not found" })
end

---422 with what is wrong with each field.
---@param details table<string, table[]>
function reply.record_invalid(details)
  return reply.json(422, {
    error = "RecordInvalid", description = "Record validation errors", details = details,
  })
end

---400 for a parameter of the wrong type.
function reply.invalid_attribute(name, wanted)
  local message = "You passed an invalid value for the %s attribute. "
    .. "Invalid parameter: %s must be %s"
  return reply.json(400, {
    error = { title = "Invalid attribute", message = message:format(name, name, wanted) },
  })
end

function reply.unparsable()
  return reply.json(422, {
    error = "Unprocessable Entity", message = "Server could not parse JSON",
  })
end

function reply.unsupported_media_type()
  return reply.json(415, {
    error = "UnsupportedMediaType", description = "Send Content-Type: application/json",
  })
end

---401 for Basic credentials that are not known, and for none.
function reply.not_authenticated()
  return reply.json(401, { error = "Couldn't authenticate you" })
end

local INVALID_TOKEN = "The access token provided is expired, revoked, malformed or invalid for "
  .. "other reasons."
local CHALLENGE = 'WWW-Authenticate: Bearer realm="Zendesk::OAuth Bearer Token Authentication", '
  .. 'error="invalid_token", error_description="' .. INVALID_TOKEN .. '"'

function reply.invalid_token()
  local body = { error = "invalid_token", error_description = INVALID_TOKEN }
  return reply.json(401, body, { CHALLENGE })
end

---403 for a token that lacks scopes; any one of those named would do.
---@param scopes string[]
function reply.missing_scopes(scopes)
  local text = "You are missing the following required scopes: " .. table.concat(scopes, ", ")
  return reply.json(403, { error = "Forbidden", description = text })
end

---403 for a person whose role does not reach.
function reply.forbidden()
  return reply.json(403, { error = {
    title = "Forbidden",
    message = "You do not have access to this page. Please contact the account owner of this help "
      .. "desk for further help.",
  } })
end

function reply.invalid_pagination(title)
  return reply.json(400, { errors = { { code = "InvalidPaginationParameter", title = title } } })
end

---400 for more ids or records than a call takes.
---@param most integer
function reply.too_many_values(most)
  return reply.json(400, {
    error = "TooManyValues", description = "You passed in too many values. Please pass in no more "
      .. "than " .. most,
  })
end

---501 for what Zendesk may know and the sandbox does not. No reply of Zendesk's: a script is not to
---be told that it works.
---@param description string
function reply.sandbox_limit(description)
  return reply.json(501, { error = "SandboxLimit", description = description })
end

---Errors of the token endpoint (RFC 6749, 5.2).
function reply.oauth_error(code, description, status)
  local headers
  if code == "invalid_client" then
    headers = { 'WWW-Authenticate: Basic realm="OAuth2 Token Endpoint"' }
  end
  local body = { error = code, error_description = description }
  return reply.json(status or (headers and 401 or 400), body, headers)
end

return reply
