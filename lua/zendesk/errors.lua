-- errors: the one kind of error object that the library returns, and the way it raises misuse.
--
-- What the world can cause comes back as `nil, err`; what only a wrong program can cause is raised
-- as a string with the line of the caller. An error never holds what was sent: no request body, no
-- request header, no query. What a server says is searched for things that look like credentials
-- before it becomes a message.

local errors = {}

---What went wrong, in one word that a program can compare.
---@alias zendesk.ErrorKind
---| "config"      # a configuration value, or an address outside of the account's origin
---| "transport"   # name lookup, connection, or an exchange cut off in the middle
---| "tls"         # handshake or certificate
---| "timeout"     # a time limit or the deadline was reached
---| "cancelled"   # the task was cancelled
---| "closed"      # the instance was closed during the call
---| "redirect"    # 3xx: redirects are not followed; `location` says where it pointed
---| "too_large"   # a limit of size was reached: `max_body`
---| "memory"      # no memory for the exchange
---| "decode"      # the reply is not what it claims to be
---| "encode"      # a value has no JSON form
---| "auth"        # 401, or an anonymous user
---| "forbidden"   # 403
---| "not_found"   # 404
---| "conflict"    # 409
---| "invalid"     # 400 and 422
---| "rate_limit"  # 429, or a call held back by `rate_limit = "raise"`
---| "server"      # 5xx
---| "http"        # any other status
---| "oauth"       # a grant was refused
---| "reauthorize" # only a person can help: log in again
---| "store"       # a token store failed
---| "raised"      # what a function of zendesk.all or zendesk.map raised, or its reason: `cause`

---@class zendesk.Error
---@field kind zendesk.ErrorKind
---@field message string
---@field status integer|nil HTTP status
---@field code string|nil Zendesk's word for the error: RecordInvalid, invalid_token, …
---@field details table|nil what Zendesk says about single fields, as it came
---@field body string|nil the raw body of the reply, where the reply was the error
---@field request_id string|nil X-Request-Id or CF-Ray: what Zendesk's support asks for
---@field retry_after integer|nil seconds to wait, rounded up, between 1 and 3600
---@field retry_at number|nil epoch seconds at which a limit ends
---@field attempts integer|nil how often the request was sent
---@field retryable boolean|nil the same call may be made again as it is
---@field ambiguous boolean|nil the request may have been carried out: do not repeat it blindly
---@field sent boolean|nil the request may have reached the server
---@field remedy string|nil what to do now
---@field missing_scopes string[]|nil 403: any one of these scopes would do
---@field location string|nil 3xx: where it pointed, without credentials and query
---@field method string|nil of the request
---@field path string|nil of the request, without its query
---@field cause any|nil the error behind this one
---@field option string|nil "config": the option, or the variable of the environment
---@field offset integer|nil "decode" of zendesk.json: the byte at fault, from 1
---@field curl_code integer|nil libcurl's number of a failed exchange
---@field found table|nil of client:create: the client that is there after all
---@field checkpoint string|nil of token:audit: where to go on from
---@field traceback string|nil "raised": where it was
local Error = {}
Error.__index = Error
Error.__name = "zendesk.Error"

---Makes an error object.
---@param kind zendesk.ErrorKind
---@param message string
---@param fields table|nil further fields; the table becomes the error
---@return zendesk.Error
function errors.new(kind, message, fields)
  local err = fields or {}
  err.kind, err.message = kind, message
  return setmetatable(err, Error)
end

---What a value says of itself. The code behind that is somebody else's and may raise.
---@param value any
---@return string
function errors.words(value)
  local ok, words = pcall(tostring, value)
  return ok and words or "a " .. type(value) .. " that does not say what it is"
end

---The error object for a reason that code of somebody else has given: itself where it is one.
---@param reason any
---@param kind zendesk.ErrorKind of the new one
---@param message string what the reason is put behind
---@return zendesk.Error
function errors.from_reason(reason, kind, message)
  if getmetatable(reason) == Error then return reason end
  local words = reason == nil and "it gave no reason" or errors.clean(errors.words(reason))
  -- A text is what somebody logs, too; the values of a host's own are the host's.
  local cause = reason
  if type(reason) == "string" then cause = words end
  return errors.new(kind, message .. ": " .. words, { cause = cause })
end

---True for an error object of this library.
---@param value any
---@return boolean
function errors.is(value)
  return getmetatable(value) == Error
end

local function facts(err)
  local parts = {}
  if err.status or err.code then
    local both = { err.status and ("%d"):format(err.status), err.code }
    parts[#parts + 1] = both[1] and both[2] and table.concat(both, " ") or both[1] or both[2]
  end
  if err.method and err.path then parts[#parts + 1] = err.method .. " " .. err.path end
  if err.request_id then parts[#parts + 1] = "request id " .. err.request_id end
  if err.attempts and err.attempts > 1 then
    parts[#parts + 1] = ("%d attempts"):format(err.attempts)
  end
  return parts
end

function Error:__tostring()
  local parts = facts(self)
  local line = ("zendesk: %s: %s"):format(self.kind, (self.message:gsub("%.$", "")))
  if #parts > 0 then line = line .. " (" .. table.concat(parts, ", ") .. ")" end
  if self.ambiguous then line = line .. "; it may have been carried out" end
  if self.remedy then line = line .. "; " .. self.remedy end
  return (line:gsub("[%c]+", " "))
end

-- `"failed: " .. err` is what people write.
function Error.__concat(left, right)
  return tostring(left) .. tostring(right)
end

---A text from outside made fit for a message: one line, of bounded length, without what looks like
---a credential.
---@param text string
---@return string
function errors.clean(text)
  return require "zendesk.redact".clean(text)
end

---A path fit for a message: without its query, long opaque segments (upload tokens) left out.
---@param path string
---@return string
function errors.clean_path(path)
  return require "zendesk.redact".path(path)
end

---The kind that a status has.
---@param status integer
---@return zendesk.ErrorKind
function errors.kind_of(status)
  return require "zendesk.error_reply".kind_of(status)
end

---The error of a reply that is no success.
---@param response table status, `text` (raw body), `value` (decoded, or nil), `header(self, name)`
---@param call table method and path of the request; `now` epoch seconds
---@return zendesk.Error
function errors.from_response(response, call)
  return require "zendesk.error_reply".new(response, call)
end

-- The folder of this library as chunks name it, to tell its frames from the caller's.
local getinfo = debug and debug.getinfo
local HOUSE = getinfo and getinfo(1, "S").source:match "^(.*)errors%.lua$"

-- The level, as seen from errors.raise, of the nearest frame outside of the library. Counting
-- frames by hand goes wrong with tail calls and with helpers on the way; this does not.
local function caller_level(fallback)
  if not HOUSE then return fallback end
  for level = 3, 200 do
    local frame = getinfo(level, "S")
    if not frame then return fallback end
    if frame.what ~= "C" and frame.source:sub(1, #HOUSE) ~= HOUSE then return level - 1 end
  end
  return fallback
end

---Raises misuse at the line of the caller: the nearest frame outside of the library.
---@param level integer where the host has no debug library: 1 is the function that calls
---errors.raise, 2 its caller, as in `error`
---@param format string
---@param ... any
function errors.raise(level, format, ...)
  error("zendesk: " .. format:format(...), caller_level(level + 1))
end

return errors
