-- /oauth/tokens as far as unit specs need it, without sockets: the rules of rotation, a clock of
-- its own, counters, and faults. It stands where zendesk.request would be (`install`), so that
-- specs see the very table that is sent.

local errors = require "zendesk.errors"
local virtual_driver = require "spec.support.virtual_driver"

local token_server = {}
token_server.__index = token_server

local Response = {}
Response.__index = Response
function Response:header(name) return self._headers[name:lower()] end

-- skew: how far its clock is ahead of the driver's.
function token_server.new(fields)
  fields = fields or {}
  return setmetatable({
    driver = fields.driver or virtual_driver.new(),
    skew = fields.skew or 0,
    latency = fields.latency or 0.1,
    life = fields.life,            -- what it grants, instead of what is asked for
    quiet = fields.quiet,          -- leaves expires_in out
    calls = {},
    access = {},                   -- token → { expires_at }
    refresh = {},                  -- token → true
    counts = { refresh_token = 0, client_credentials = 0, authorization_code = 0, current = 0 },
    faults = {},                   -- functions of the call; each is used once
    _serial = 0,
  }, token_server)
end

function token_server:time()
  return self.driver:time() + self.skew
end

-- A pair of tokens, as if a login had just happened.
function token_server:issue(life)
  self._serial = self._serial + 1
  local access, refresh = "access-" .. self._serial, "refresh-" .. self._serial
  self.access[access] = { expires_at = self:time() + life }
  self.refresh[refresh] = access
  return access, refresh
end

-- A stored login, as the library would have kept it.
function token_server:login(life)
  life = life or 1800
  local access, refresh = self:issue(life)
  local now = math.floor(self:time())
  return {
    access_token = access, refresh_token = refresh, token_type = "bearer", scope = "read",
    client_id = "my_client", grant = "authorization_code", issued_at = now,
    expires_at = now + life, expires_from = "reply", clock_skew = self.skew,
  }
end

function token_server:accepts(access)
  local token = self.access[access]
  return token ~= nil and self:time() < token.expires_at
end

local function refusal(status, code, text)
  return status, { error = code, error_description = text or "refused" }
end

local function grant_refresh(self, call)
  local old = self.refresh[call.json.refresh_token]
  if not old then return refusal(400, "invalid_grant", "Refresh token is invalid or expired") end
  self.refresh[call.json.refresh_token], self.access[old] = nil, nil
  return 200, true
end

local function act(self, call)
  local json = call.json
  local grant = json.grant_type
  self.counts[grant] = (self.counts[grant] or 0) + 1
  local status, body = 200, true
  if grant == "refresh_token" then status, body = grant_refresh(self, call) end
  if status ~= 200 then return status, body end
  local life = self.life or json.expires_in
  local access, refresh = self:issue(life)
  body = { access_token = access, token_type = "bearer", scope = json.scope or "read" }
  if not self.quiet then body.expires_in = life end
  if grant == "client_credentials" then
    self.refresh[refresh] = nil
  else
    body.refresh_token, body.refresh_token_expires_in = refresh, 2592000
  end
  return 201, body
end

-- The question comes right after a grant, and an account does not tell what it holds.
local function current(self)
  self.counts.current = self.counts.current + 1
  local token = self.access["access-" .. self._serial]
  if not token then return refusal(401, "invalid_token") end
  local timestamp = require "zendesk.timestamp"
  return 200, { token = { id = 1, expires_at = timestamp.format(token.expires_at) } }
end

local function http_date(seconds)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(seconds))
end

local function answer(self, call)
  local fault = table.remove(self.faults, 1)
  local how = fault and fault(call) or {}
  if how.before then return nil, errors.new("transport", "connection refused", { sent = false }) end
  local status, body
  if how.status then
    status, body = how.status, how.body
  elseif call.method == "GET" then
    status, body = current(self)
  else
    status, body = act(self, call)
  end
  local ok, why = self.driver:sleep(how.delay or self.latency)
  if not ok then
    return nil, errors.new(why, "the request was cut off", { sent = true, ambiguous = true })
  end
  if how.after then
    return nil, errors.new("transport", "connection reset", { sent = true, ambiguous = true })
  end
  local response = setmetatable({
    status = status, value = body, text = "", date = http_date(self:time()), request_id = "req-1",
    _headers = how.headers or {},
  }, Response)
  if status >= 300 then return nil, errors.from_response(response, call) end
  return body, response
end

-- Stands in for zendesk.request until the spec's file ends (busted restores package.loaded).
function token_server:install()
  local stand_in = {}
  function stand_in.new()
    local transport = {}
    function transport.send(_, call)
      self.calls[#self.calls + 1] = call
      return answer(self, call)
    end
    return transport
  end
  package.loaded["zendesk.request"] = stand_in
  -- What has been loaded with the real one would keep it.
  package.loaded["zendesk.oauth.endpoint"] = nil
  package.loaded["zendesk.oauth"] = nil
  package.loaded["zendesk.auth.oauth_provider"] = nil
  package.loaded["zendesk.auth.client_credentials"] = nil
  package.loaded["zendesk.auth.authorization_code"] = nil
  return self
end

return token_server
