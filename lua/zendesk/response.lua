-- response: what came back beside the body. The headers are kept as the text that they came as and
-- are read when somebody asks: a table of all of them costs a fifth of a small call.

local errors = require "zendesk.errors"

local response = {}

---@class zendesk.Response
---@field status integer
---@field attempts integer how often the request was sent
---@field request_id string|nil X-Request-Id, or CF-Ray of Zendesk's edge
---@field date string|nil the server's clock, as an HTTP date
---@field headers table<string, string> lower-case names; repeated ones joined with ", "
---@field package _head string
---@field package _timings table|nil
local Response = {}
Response.__name = "zendesk.Response"

---@class zendesk.Response
local methods = { attempts = 1 }

local LINE = "([^\r\n:]+):[ \t]*([^\r\n]*)"

-- Backwards from the end: a value may hold thousands of spaces.
local function trimmed(value)
  return value:match "^.*[^ \t]" or ""
end

-- In every locale the same, unlike string.lower.
local function lower(name)
  return require "zendesk.ascii".lower(name)
end

---The value of a header; of a repeated one, the last.
---@param name string in any case
---@return string|nil
function methods:header(name)
  if getmetatable(self) ~= Response then
    errors.raise(2, "call it with a colon: response:header(…)")
  end
  if type(name) ~= "string" then errors.raise(2, "name: string expected, got %s", type(name)) end
  local wanted, found = lower(name), nil
  for line_name, value in self._head:gmatch(LINE) do
    if #line_name == #wanted and lower(line_name) == wanted then found = value end
  end
  return found and trimmed(found)
end

---Where the time of the last attempt went: seconds for total, name_lookup, connect, tls,
---first_byte; bytes for upload and download; new_connections; http_version.
---@return table|nil timings nil where neither the instance has on_event nor the call `timings`
function methods:timings()
  return self._timings
end

local lazy = {}

function lazy.headers(self)
  local headers = {}
  for name, value in self._head:gmatch(LINE) do
    name, value = lower(name), trimmed(value)
    headers[name] = headers[name] and (headers[name] .. ", " .. value) or value
  end
  return headers
end

-- No id is as long as a credential.
local LONGEST_ID = 39

-- One word that does not look like a credential, or it is no id and has no business in messages and
-- events.
local function id_of(text)
  if not text or text == "" or text:find "%G" then return nil end
  if #text > LONGEST_ID and require "zendesk.redact".clean(text) ~= text then return nil end
  return text
end

function lazy.request_id(self)
  return id_of(self:header "x-request-id") or id_of(self:header "cf-ray")
end

function lazy.date(self)
  return self:header "date"
end

function Response.__index(self, name)
  local method = methods[name]
  if method then return method end
  local look_up = lazy[name]
  if not look_up then return nil end
  local value = look_up(self)
  rawset(self, name, value)
  return value
end

function Response:__tostring()
  return ("%s (status %d)"):format(Response.__name, self.status)
end

---The metatable, for who makes many: `status` and `_head` are what a response needs.
---@package
response.class = Response

---@param status integer
---@param head string the header lines of the reply
---@param attempts integer|nil 1 by default
---@return zendesk.Response
function response.new(status, head, attempts)
  return setmetatable({ status = status, _head = head, attempts = attempts }, Response)
end

return response
