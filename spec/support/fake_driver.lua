-- fake_driver: a driver without a network and with a clock of its own, for specs of the pipeline.
--
--   local driver = fake_driver.new()
--   driver:reply { status = 200, body = { ticket = { id = 1 } } }      -- in order, one a request
--   driver:reply { error = "transport", sent = true }                  -- no reply at all
--   … driver.requests[1].path, driver.slept, driver.seconds
--
-- A reply may be a function of the request that gives one. Waits move the clock and are noted.

local core = require "zendesk.core"

local fake_driver = {}

local Transfer = {}
Transfer.__index = Transfer

function Transfer:done() return self._done end

function Transfer:outcome()
  if self._cancelled then return nil, "cancelled", "cancelled", self._reply.sent ~= false, 0 end
  local reply = self._reply
  if reply.error then
    return nil, reply.error, reply.message or "failed on the wire", reply.sent ~= false,
      reply.curl_code or 0
  end
  return reply.status or 200, true
end

function Transfer:head()
  assert(not self.closed, "the transfer is closed")
  local lines = {}
  for name, value in pairs(self._reply.headers or {}) do
    lines[#lines + 1] = name .. ": " .. value .. "\r\n"
  end
  table.sort(lines)
  return table.concat(lines)
end

function Transfer:header(name)
  for line_name, value in pairs(self._reply.headers or {}) do
    if line_name:lower() == name:lower() then return value end
  end
  return nil
end

function Transfer:body()
  assert(not self.closed, "the transfer is closed")
  return self._text
end

function Transfer:size() return #self:body() end

function Transfer:json() return core.decode(self:body()) end

function Transfer:take()
  local status = self:outcome()
  if not status or status < 200 or status > 299 or not self._text:find "^[{%[]" then return end
  local value = self:json()
  if value == nil then return end
  local head = self:head()
  self:close()
  return status, head, value
end

function Transfer:timings() return { total = 0.25, new_connections = 0 } end

function Transfer:cancel()
  if not self._done then self._cancelled, self._done = true, true end
end

function Transfer:close() self.closed = true end

-- What a fake body of `capture_bodies` or a string holds.
local function text_of(body)
  if type(body) == "table" then
    assert(not body.closed, "the body is closed")
    return body.text
  end
  return body
end

local Driver = {}
Driver.__index = Driver

function Driver:submit(account, request)
  local headers = {}
  for name, value in pairs(request.headers or {}) do headers[name:lower()] = value end
  local seen = {
    method = request.method, path = request.path, body = text_of(request.body),
    json = type(request.body) == "table" and request.body.value or nil,
    content_type = request.content_type, accept = request.accept, headers = headers,
    timeout = request.timeout, connect_timeout = request.connect_timeout,
    max_body = request.max_body, auth = request.auth, account = account, at = self.seconds,
  }
  self.requests[#self.requests + 1] = seen
  local reply = table.remove(self._replies, 1)
  if type(reply) == "function" then reply = reply(seen) end
  assert(reply, "no reply is left for " .. request.method .. " " .. request.path)
  if reply.refuse then return nil, reply.refuse, reply.message or "refused" end
  local body = reply.body or ""
  local transfer = setmetatable({
    _reply = reply, _text = type(body) == "table" and assert(core.encode(body)) or body,
    _timeout = request.timeout or math.huge, _done = false, _cancelled = false, closed = false,
  }, Transfer)
  self.transfers[#self.transfers + 1] = transfer
  return transfer
end

function Driver:await(transfer, deadline)
  local takes = transfer._reply.takes or 0
  if transfer._reply.await then
    transfer:cancel()
    return nil, transfer._reply.await
  end
  if deadline and self.seconds + takes > deadline then
    self.seconds = deadline
    transfer:cancel()
    return nil, "timeout"
  end
  if takes > transfer._timeout then
    transfer._reply, takes = { error = "timeout", sent = true }, transfer._timeout
  end
  self.seconds = self.seconds + takes
  transfer._done = true
  return true
end

function Driver:sleep(seconds)
  self.slept[#self.slept + 1] = seconds
  self.seconds = self.seconds + seconds
  if self.on_sleep then return self.on_sleep(seconds) end
  return true
end

function Driver:now() return self.seconds end

function Driver:time() return self.epoch + self.seconds end

local Signal = {}
Signal.__index = Signal

function Signal:fire() self.fired = true end

function Signal:wait(deadline)
  if self.fired then return true end
  local ok, reason = self.driver:sleep(deadline - self.driver.seconds)
  if not ok then return nil, reason end
  if self.fired then return true end
  return nil, "timeout"
end

function Driver:signal() return setmetatable({ driver = self, fired = false }, Signal) end

function Driver:close() self.closed = true end

---Adds a reply: status, headers, body (a table is written as JSON), takes (seconds); or error,
---message, sent, curl_code; or refuse (the engine takes no such request); or await ("cancelled").
function Driver:reply(...)
  for _, reply in ipairs { ... } do self._replies[#self._replies + 1] = reply end
  return self
end

---@param fields table|nil seconds: the monotonic clock; epoch: wall clock at its zero
function fake_driver.new(fields)
  fields = fields or {}
  return setmetatable({
    requests = {}, transfers = {}, slept = {}, seconds = fields.seconds or 1000,
    epoch = fields.epoch or 1795500000, _replies = {},
  }, Driver)
end

---Makes encoded bodies readable for specs, which the real ones are not: `body` of a request is the
---text, `json` the value. Returns a function that takes it back, and the bodies that were made.
function fake_driver.capture_bodies()
  local real, made = core.body, {}
  core.body = function(value)
    local text, problem = core.encode(value)
    if not text then return nil, problem end
    local body = { text = text, value = value, closed = false }
    function body:close() self.closed = true end
    made[#made + 1] = body
    return body
  end
  return function() core.body = real end, made
end

---An account that takes what the pipeline does with one.
function fake_driver.account(fields)
  local account = { tokens = {}, closed = false, home = "https://acme.zendesk.com" }
  for name, value in pairs(fields or {}) do account[name] = value end
  function account:origin() return self.home end
  function account:scheme() return "bearer" end
  function account:bearer(token)
    if token:find "%c" then return nil, "access_token holds a control character" end
    self.tokens[#self.tokens + 1] = token
    self.token = token
    return true
  end
  function account:close() self.closed = true end
  return account
end

return fake_driver
