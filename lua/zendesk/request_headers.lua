-- request_headers: what a caller may put into the head of a request. No I/O.

local ascii = require "zendesk.ascii"
local errors = require "zendesk.errors"

local request_headers = {}

-- Set by the library alone: the credential comes from the account and stays with its origin, the
-- framing belongs to libcurl. The core refuses the same names.
local CONNECTION = "connections are kept by the library"
local RESERVED = {
  authorization = "the credential comes from zendesk.new",
  ["proxy-authorization"] = "the proxy's credential belongs into option 'proxy'",
  host = "it follows from the account's address",
  ["content-length"] = "it follows from the body",
  ["transfer-encoding"] = "it follows from the body",
  ["accept-encoding"] = "replies are decompressed by the library",
  expect = "bodies are sent at once",
  connection = CONNECTION,
  ["http2-settings"] = CONNECTION,
  ["keep-alive"] = CONNECTION,
  ["proxy-connection"] = CONNECTION,
  te = CONNECTION,
  trailer = CONNECTION,
  upgrade = CONNECTION,
  cookie = "a session beside the credential makes Zendesk apply other rules",
}

---Copies the headers into the call; some are fields of their own there. Raises misuse.
---@param call table
---@param given table<string, string|integer>
function request_headers.take(call, given)
  local headers = {}
  for name, value in next, given do
    if type(name) ~= "string" or name:find "[^%w!#$%%&'*+.^_`|~-]" or name == "" then
      errors.raise(4, "headers: '%s' is no name of a header", errors.clean(tostring(name)))
    end
    if math.type(value) == "integer" then value = ("%d"):format(value) end
    if type(value) ~= "string" then
      errors.raise(4, "header '%s': string expected, got %s", name, type(value))
    end
    if value:find "[\0-\8\10-\31\127]" then
      errors.raise(4, "header '%s' holds a control character", name)
    end
    local lower = ascii.lower(name)
    if RESERVED[lower] then errors.raise(4, "header '%s': %s", name, RESERVED[lower]) end
    if lower == "accept" then
      call.accept = value
    elseif lower == "content-type" then
      call.content_type = value
    elseif lower == "idempotency-key" then
      call.key = value
    else
      if lower == "traceparent" then call.traceparent = value end
      headers[name] = value
    end
  end
  if next(headers) then call.headers = headers end
end

return request_headers
