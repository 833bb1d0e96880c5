-- HTTP by hand over LuaSocket, JSON by lua-cjson: what the sandbox is tested with, so that it is
-- not judged by the client that it is there to judge.

local cjson = require "cjson"
local mime = require "mime"
local socket = require "socket"

local TIMEOUT = 30

local Connection = {}
Connection.__index = Connection

local plain = {}

---@param port integer
---@param defaults? { email?: string, api_token?: string, bearer?: string }
function plain.connect(port, defaults)
  local sock = assert(socket.connect("127.0.0.1", port))
  sock:settimeout(TIMEOUT)
  sock:setoption("tcp-nodelay", true)
  return setmetatable({ sock = sock, port = port, defaults = defaults or {} }, Connection)
end

---A connection that authenticates as the admin of a sandbox.
function plain.admin(box)
  return plain.connect(box.port, { email = box.email, api_token = box.api_token })
end

function plain.basic(email, api_token)
  return "Basic " .. mime.b64(email .. "/token:" .. api_token)
end

local function authorization(defaults, options)
  if options.authorization ~= nil then return options.authorization end
  local bearer = options.bearer or defaults.bearer
  if bearer then return "Bearer " .. bearer end
  return defaults.email and plain.basic(defaults.email, defaults.api_token)
end

local function request_lines(self, method, path, options)
  local body = options.body or (options.json and cjson.encode(options.json))
  local lines = { method .. " " .. path .. " HTTP/1.1", "Host: 127.0.0.1:" .. self.port }
  local credentials = authorization(self.defaults, options)
  if credentials then lines[#lines + 1] = "Authorization: " .. credentials end
  if body then
    lines[#lines + 1] = "Content-Type: " .. (options.content_type or "application/json")
    lines[#lines + 1] = "Content-Length: " .. #body
  end
  for name, value in pairs(options.headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")
end

---Reads one reply.
---@return table|nil reply, string? reason
function Connection:read(head_only)
  local line, reason = self.sock:receive "*l"
  if not line then return nil, reason end
  local reply = { status = tonumber(line:match "^HTTP/1%.1 (%d+)"), headers = {}, body = "" }
  while true do
    line, reason = self.sock:receive "*l"
    if not line then return nil, reason end
    if line == "" then break end
    local name, value = line:match "^([^:]+):%s*(.*)$"
    reply.headers[name:lower()] = value
  end
  local length = tonumber(reply.headers["content-length"] or 0)
  if length > 0 and not head_only then
    local body, broken, partial = self.sock:receive(length)
    reply.body, reply.cut = body or partial, broken
  end
  local ok, value = pcall(cjson.decode, reply.body)
  reply.json = ok and value or nil
  return reply
end

function Connection:send(bytes)
  return self.sock:send(bytes)
end

---One exchange. `options`: json, body, content_type, headers, bearer, authorization (false: none).
---@return table|nil reply, string? reason
function Connection:call(method, path, options)
  self:send(request_lines(self, method, path, options or {}))
  return self:read(method == "HEAD")
end

function Connection:get(path, options) return self:call("GET", path, options) end

function Connection:post(path, json, options)
  options = options or {}
  options.json = json
  return self:call("POST", path, options)
end

function Connection:put(path, json) return self:call("PUT", path, { json = json }) end

function Connection:delete(path, options) return self:call("DELETE", path, options) end

function Connection:close() self.sock:close() end

return plain
