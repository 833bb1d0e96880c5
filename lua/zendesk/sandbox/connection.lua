-- One client connection: bytes in, requests out, replies back in order. A reply that is to be late
-- holds back the requests behind it, as a pipelining server must.

local http = require "zendesk.sandbox.http"

local READ_SIZE = 65536

---@class zendesk.sandbox.Outcome what becomes of one request
---@field reply? { status: integer, headers: string[], body: string }
---@field delay? number seconds until the reply leaves
---@field drop? boolean closes without a reply
---@field reset? boolean closes with RST instead of FIN
---@field truncate? integer closes after so many bytes of the body

local Connection = {}
Connection.__index = Connection

local connection = {}

---@param sock table accepted LuaSocket client, owned from here on
---@param handle fun(request: zendesk.sandbox.Request): zendesk.sandbox.Outcome
---@param after fun(seconds: number, action: function) runs the action later
function connection.new(sock, handle, after)
  sock:settimeout(0)
  sock:setoption("tcp-nodelay", true)
  return setmetatable({
    sock = sock,
    closed = false,
    _handle = handle,
    _after = after,
    _reader = http.reader(),
    _out = "",
    _sent = 0,
    _waiting = false, -- a late reply is due
    _ending = false,  -- close once everything has been sent
    _eof = false,     -- the peer sends no more
  }, Connection)
end

---True while bytes from the peer are welcome.
function Connection:wants_read()
  return not (self._waiting or self._ending or self._eof or self.closed)
end

---True while bytes are left to send.
function Connection:wants_write()
  return self._out ~= "" and not self.closed
end

function Connection:close(reset)
  if self.closed then return end
  self.closed = true
  if reset then self.sock:setoption("linger", { on = true, timeout = 0 }) end
  self.sock:close()
end

---Sends what is pending, as far as the socket takes it.
function Connection:flush()
  if self.closed or self._out == "" then return end
  local last, reason, partial = self.sock:send(self._out, self._sent + 1)
  self._sent = last or partial or self._sent
  if self._sent >= #self._out then
    self._out, self._sent = "", 0
  elseif reason ~= "timeout" then
    self:close()
  end
end

local function settle(self)
  self:flush()
  if self._out == "" and not self._waiting and (self._ending or self._eof) then self:close() end
end

local function queue(self, bytes)
  self._out = self._out == "" and bytes or self._out:sub(self._sent + 1) .. bytes
  self._sent = 0
end

local function deliver(self, outcome, request)
  if outcome.drop then return self:close(outcome.reset) end
  local bytes = http.write(outcome.reply, request)
  if outcome.truncate then
    local missing = #outcome.reply.body - outcome.truncate
    bytes = bytes:sub(1, #bytes - math.max(missing, 0))
    self._ending = true
  end
  if not request.keep_alive then self._ending = true end
  queue(self, bytes)
end

local function refuse(self, status, message)
  local headers = { "Content-Type: text/plain; charset=utf-8", "Connection: close" }
  queue(self, http.write { status = status, headers = headers, body = message .. "\n" })
  self._ending = true
end

---Answers every request that has arrived completely.
function Connection:process()
  while not (self._waiting or self._ending or self.closed) do
    local request, status, message = self._reader:next()
    if status then return refuse(self, status, message) end
    if not request then
      if self._reader:wants_continue() then queue(self, "HTTP/1.1 100 Continue\r\n\r\n") end
      return
    end
    local outcome = self._handle(request)
    if (outcome.delay or 0) > 0 then
      self._waiting = true
      self._after(outcome.delay, function()
        self._waiting = false
        if self.closed then return end
        deliver(self, outcome, request)
        self:process()
        settle(self)
      end)
    else
      deliver(self, outcome, request)
    end
  end
end

---Reads what has arrived and works on it.
function Connection:readable()
  local data, reason, partial = self.sock:receive(READ_SIZE)
  local bytes = data or partial
  if bytes and bytes ~= "" then
    self._reader:feed(bytes)
    self:process()
  end
  if not data and reason ~= "timeout" then self._eof = true end
  if not self.closed then settle(self) end
end

---Goes on sending.
function Connection:writable()
  settle(self)
end

return connection
