-- HTTP/1.1 as bytes: an incremental reader of requests (Content-Length and chunked bodies, any
-- number of pipelined requests) and a writer of replies. No sockets here; the specs feed it byte by
-- byte.

local find, sub, lower, match = string.find, string.sub, string.lower, string.match
local concat = table.concat

local MAX_HEAD = 65536
local MAX_BODY = 268435456

local REASONS = {
  [200] = "OK", [201] = "Created", [202] = "Accepted", [204] = "No Content",
  [301] = "Moved Permanently", [302] = "Found", [303] = "See Other", [304] = "Not Modified",
  [307] = "Temporary Redirect", [308] = "Permanent Redirect", [400] = "Bad Request",
  [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [409] = "Conflict", [410] = "Gone", [413] = "Payload Too Large", [415] = "Unsupported Media Type",
  [422] = "Unprocessable Entity", [429] = "Too Many Requests",
  [431] = "Request Header Fields Too Large", [500] = "Internal Server Error",
  [501] = "Not Implemented", [502] = "Bad Gateway", [503] = "Service Unavailable",
  [504] = "Gateway Timeout", [505] = "HTTP Version Not Supported",
}

---@class zendesk.sandbox.Request
---@field method string
---@field target string as it was sent
---@field path string without the query
---@field query string raw, "" when there is none
---@field headers table<string, string> lower-case names; repeated ones joined with ", "
---@field body string
---@field keep_alive boolean

local Reader = {}
Reader.__index = Reader

local http = {}

---A reader for the requests of one connection.
function http.reader()
  return setmetatable({
    _buffer = "",
    _request = false, -- the request whose body is being read
    _chunked = false,
    _parts = false,   -- pieces of the body so far
    _have = 0,        -- their size
    _need = 0,        -- size of the body when its length is known
    _continue = false,
  }, Reader)
end

---Adds bytes that have arrived.
---@param bytes string
function Reader:feed(bytes)
  if self._request and not self._chunked then
    self._parts[#self._parts + 1] = bytes
    self._have = self._have + #bytes
  else
    self._buffer = self._buffer .. bytes
  end
end

---True once for a request that waits for `100 Continue` before it sends its body.
---@return boolean
function Reader:wants_continue()
  local wants = self._continue and self._have == 0 and self._buffer == ""
  self._continue = false
  return wants
end

---True in the middle of a request.
---@return boolean
function Reader:is_partial()
  return self._request ~= false or self._buffer ~= ""
end

local function parse_headers(head, at)
  local headers = {}
  while at <= #head do
    local stop = find(head, "\r\n", at, true) or #head + 1
    local name, value = match(sub(head, at, stop - 1), "^([!#-'*+%-.%w^_`|~]+):[ \t]*(.-)[ \t]*$")
    if not name then return nil end
    name = lower(name)
    headers[name] = headers[name] and headers[name] .. ", " .. value or value
    at = stop + 2
  end
  return headers
end

local function parse_head(head)
  local line_end = find(head, "\r\n", 1, true) or #head + 1
  local method, target, minor =
    match(sub(head, 1, line_end - 1), "^([%w%-]+) (%S+) HTTP/1%.(%d)$")
  if not method then return nil, 400, "malformed request line" end
  local headers = parse_headers(head, line_end + 2)
  if not headers then return nil, 400, "malformed header" end
  local origin_form = match(target, "^%a[%w+.-]*://[^/?#]*(.*)$") or target
  local path, query = match(origin_form, "^([^?#]*)%??([^#]*)")
  local connection = lower(headers.connection or "")
  local keep_alive = not find(connection, "close", 1, true)
    and (minor ~= "0" or find(connection, "keep-alive", 1, true) ~= nil)
  return {
    method = method, target = target, path = path == "" and "/" or path, query = query,
    headers = headers, body = "", keep_alive = keep_alive,
  }
end

-- How the body is framed: "none", "length" with its size, or "chunked".
local function framing(headers)
  local encoding, length = headers["transfer-encoding"], headers["content-length"]
  if encoding then
    if length or lower(encoding) ~= "chunked" then return nil, 400, "ambiguous framing" end
    return "chunked"
  end
  if not length then return "none" end
  local size = match(length, "^%d+$") and math.tointeger(tonumber(length))
  if not size then return nil, 400, "malformed Content-Length" end
  if size > MAX_BODY then return nil, 413, "body too large" end
  return size == 0 and "none" or "length", size
end

local function take_head(self)
  -- Empty lines before a request are to be skipped (RFC 9112, 2.2).
  local start = find(self._buffer, "[^\r\n]") or 1
  local stop = find(self._buffer, "\r\n\r\n", start, true)
  if not stop then
    if #self._buffer > MAX_HEAD then return nil, 431, "header block too large" end
    return nil
  end
  if stop - start > MAX_HEAD then return nil, 431, "header block too large" end
  local request, status, message = parse_head(sub(self._buffer, start, stop - 1))
  if not request then return nil, status, message end
  self._buffer = sub(self._buffer, stop + 4)
  return request
end

local function begin_body(self, request)
  local kind, size, message = framing(request.headers)
  if not kind then return nil, size, message end
  if kind == "none" then return request end
  self._request = request
  self._chunked = kind == "chunked"
  self._need = size or 0
  self._parts, self._have = {}, 0
  self._continue = lower(request.headers.expect or "") == "100-continue"
  if not self._chunked then
    self._parts[1], self._have = self._buffer, #self._buffer
    self._buffer = ""
  end
  return self:next()
end

local function end_body(self, body, rest)
  local request = self._request
  request.body = body
  self._request, self._parts, self._have, self._buffer = false, false, 0, rest
  return request
end

local function continue_length(self)
  if self._have < self._need then return nil end
  local all = concat(self._parts)
  return end_body(self, sub(all, 1, self._need), sub(all, self._need + 1))
end

local function end_chunks(self, at)
  local buffer = self._buffer
  if sub(buffer, at, at + 1) == "\r\n" then
    return end_body(self, concat(self._parts), sub(buffer, at + 2))
  end
  local stop = find(buffer, "\r\n\r\n", at, true)
  if not stop then
    if #buffer - at > MAX_HEAD then return nil, 431, "trailers too large" end
    return nil
  end
  return end_body(self, concat(self._parts), sub(buffer, stop + 4))
end

-- Takes whole chunks off the buffer; what is left begins with a chunk that is not complete yet.
local function continue_chunks(self)
  local at = 1
  while true do
    local buffer = self._buffer
    local line_end = find(buffer, "\r\n", at, true)
    if not line_end then break end
    local digits = match(sub(buffer, at, line_end - 1), "^(%x+)%s*$")
      or match(sub(buffer, at, line_end - 1), "^(%x+)%s*;")
    local size = digits and #digits <= 8 and tonumber(digits, 16)
    if not size then return nil, 400, "malformed chunk" end
    if self._have + size > MAX_BODY then return nil, 413, "body too large" end
    if size == 0 then
      self._buffer = sub(buffer, at)
      return end_chunks(self, line_end + 3 - at)
    end
    local first, last = line_end + 2, line_end + 1 + size
    if #buffer < last + 2 then break end
    if sub(buffer, last + 1, last + 2) ~= "\r\n" then return nil, 400, "malformed chunk" end
    self._parts[#self._parts + 1] = sub(buffer, first, last)
    self._have = self._have + size
    at = last + 3
  end
  self._buffer = sub(self._buffer, at)
  return nil
end

---The next complete request.
---@return zendesk.sandbox.Request|nil request nil when more bytes are needed
---@return integer? status with `message` when the bytes are no HTTP; the connection is lost then
---@return string? message
function Reader:next()
  if self._request then
    if self._chunked then return continue_chunks(self) end
    return continue_length(self)
  end
  local request, status, message = take_head(self)
  if not request then return nil, status, message end
  return begin_body(self, request)
end

---Writes a reply.
---@param reply { status: integer, headers: string[], body: string } `headers` are whole lines
---@param request? zendesk.sandbox.Request
---@return string bytes
function http.write(reply, request)
  local status, body = reply.status, reply.body or ""
  local lines = { "HTTP/1.1 " .. status .. " " .. (REASONS[status] or "Status") }
  local n = 1
  for index = 1, #reply.headers do
    n = n + 1
    lines[n] = reply.headers[index]
  end
  if status ~= 204 and status ~= 304 then
    n = n + 1
    lines[n] = "Content-Length: " .. #body
  else
    body = ""
  end
  if request and not request.keep_alive then
    n = n + 1
    lines[n] = "Connection: close"
  elseif request and match(request.headers.connection or "", "[Kk]eep%-[Aa]live") then
    n = n + 1
    lines[n] = "Connection: keep-alive"
  end
  lines[n + 1] = "\r\n"
  if request and request.method == "HEAD" then body = "" end
  return concat(lines, "\r\n") .. body
end

return http
