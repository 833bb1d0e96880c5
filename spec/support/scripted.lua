-- scripted: a transport that plays replies and keeps the calls it was given, for specs of what is
-- built on `transport:send`. A reply is a table { status?, body?, headers?, error? }, or a function
-- of the call that gives one; several are played in order.

local errors = require "zendesk.errors"

local scripted = {}
scripted.__index = scripted

local Response = {}
Response.__index = Response

function Response:header(name)
  return self._headers[name:lower()]
end

local function answer(self, call)
  local reply
  if type(self.script) == "function" then
    reply = self.script(call, #self.calls)
  else
    reply = table.remove(self.script, 1)
  end
  if type(reply) == "function" then reply = reply(call) end
  assert(reply, "no reply is left for " .. call.method .. " " .. call.path)
  if reply.error then return nil, reply.error end
  local status = reply.status or 200
  local response = setmetatable({
    status = status, _headers = reply.headers or {}, value = reply.body, text = "",
    date = reply.headers and reply.headers.date,
  }, Response)
  if status >= 300 then return nil, errors.from_response(response, call) end
  return reply.body == nil and true or reply.body, response
end

function scripted:send(call)
  self.calls[#self.calls + 1] = call
  return answer(self, call)
end

function scripted:origin()
  return self.home
end

function scripted:now()
  return self.seconds
end

function scripted:time()
  return self.epoch
end

function scripted:emit(event)
  self.events[#self.events + 1] = event
end

-- What core.resolve does, for the addresses of specs.
function scripted:resolve(address)
  if address:sub(1, 2) == "//" then return nil, "another origin" end
  if address:sub(1, 1) == "/" then return address end
  local origin, path = address:match "^(https://[^/]+)(/.*)$"
  if origin == self.home or origin == self.home .. ":443" then return path end
  return nil, "another origin"
end

-- A task that does its work at the moment it is waited for.
function scripted:start(call)
  local task = { waited = false, cancelled = false }
  self.started[#self.started + 1] = task
  function task.wait(this)
    this.waited = true
    return self:send(call)
  end
  function task.cancel(this) this.cancelled = true end
  return task
end

function scripted:sleep(seconds)
  self.slept = self.slept + seconds
  return true
end

---@param script table|function replies in order, or what makes one from the call
---@param fields table|nil ahead: the driver has tasks; scheme; epoch
function scripted.new(script, fields)
  fields = fields or {}
  return setmetatable({
    home = "https://acme.zendesk.com", script = script, calls = {}, events = {}, started = {},
    slept = 0, seconds = 100, epoch = fields.epoch or 1795600000, observed = true,
    account = { scheme = function() return fields.scheme or "basic" end },
    driver = { spawn = fields.ahead and function() end or nil },
  }, scripted)
end

return scripted
