-- call: what a caller asks for, checked and made into the one table that goes through the pipeline
-- and from which the engine reads its fields. No I/O.

local core = require "zendesk.core"
local errors = require "zendesk.errors"
local options_of = require "zendesk.options"

local byte, find = string.byte, string.find

local call_of = {}

local SLASH = byte "/"

---@class zendesk.CallOptions
---@field query table|string|nil a table as docs/lists.md has it; a string is sent as it is
---@field json any sent as the JSON body
---@field body string|zendesk.core.Body|nil sent as it is, with `content_type`
---@field content_type string|nil of `body`; application/octet-stream
---@field headers table<string, string>|nil
---@field timeout number|nil seconds for one attempt
---@field deadline number|nil seconds for the whole call: attempts, waits, token renewals
---@field idempotency_key string|nil at most 255 characters; POST /api/v2/tickets always has one
---@field retry zendesk.RetryOptions|boolean|nil false: sent once
---@field raw boolean|nil the body is returned as a string, undecoded
---@field max_body integer|nil bytes
---@field auth false|nil false: sent without a credential
---@field timings boolean|nil true: the response has `timings()` without an on_event handler, too

---@class zendesk.Call: zendesk.CallOptions
---@field method string
---@field path string begins with "/", or is an URL of the account's own origin
---@field deadline_at number|nil a moment of the driver's clock, instead of `deadline`
---@field renew false|nil false: a 401 does not renew the token
---@field file true|nil bytes are wanted as they lie there; a redirect is no error, its response
---says where to go on

local OPTION_TYPES = {
  query = "table", json = "any", body = "string", content_type = "string", headers = "table",
  timeout = "number", deadline = "number", idempotency_key = "string", retry = "table",
  raw = "boolean", max_body = "number", auth = "boolean", timings = "boolean",
}

call_of.OPTIONS = OPTION_TYPES

-- Of transport:send.
call_of.FIELDS = setmetatable({
  method = "string", path = "string", deadline_at = "number", renew = "boolean",
  file = "boolean",
}, { __index = OPTION_TYPES })

-- Further types that an option may have.
local ALSO = { query = "string", body = "core.body", retry = "boolean" }

local METHODS = {
  GET = "GET", HEAD = "HEAD", POST = "POST", PUT = "PUT", PATCH = "PATCH", DELETE = "DELETE",
  OPTIONS = "OPTIONS", get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH",
  delete = "DELETE", options = "OPTIONS",
}

-- RFC 9110, section 9.2.2: sending it twice has the effect of sending it once.
local IDEMPOTENT = { GET = true, HEAD = true, PUT = true, DELETE = true, OPTIONS = true }

local TICKETS = "/api/v2/tickets/"

local WITHOUT_BODY = { GET = true, HEAD = true }

-- ---------------------------------------------------------------------------------------------
-- Checks

-- A text that core.body has written, and no other userdata.
local function is_body(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return type(class) == "table" and rawget(class, "__name") == "zendesk.body"
end

local function wrong_type(name, value, wanted)
  if not wanted then
    local known = {}
    for option in pairs(OPTION_TYPES) do known[option] = true end
    local nearest = require "zendesk.nearest"
    local hint = type(value) == "table" and not nearest.find(tostring(name), known)
      and " (what is to be sent goes into option 'json')" or nearest.hint(name, known)
    errors.raise(4, "unknown option '%s'%s", errors.clean(tostring(name)), hint)
  end
  if ALSO[name] == type(value) or name == "body" and is_body(value) then return end
  local also = ALSO[name] and (" or " .. ALSO[name]) or ""
  errors.raise(4, "option '%s': %s%s expected, got %s", name, wanted, also, type(value))
end

-- Whether a change of a ticket, sent twice, is another thing than sent once: its comment would be
-- there twice, and a safe_update meets its own change.
local function adds(ticket)
  return type(ticket) == "table"
    and (rawget(ticket, "comment") ~= nil or rawget(ticket, "safe_update") ~= nil)
end

local function happens_once(call, json)
  if call.method ~= "PUT" or type(json) ~= "table" or not find(call.path, TICKETS, 1, true) then
    return false
  end
  if adds(rawget(json, "ticket")) then return true end
  local tickets = rawget(json, "tickets")
  for _, ticket in next, type(tickets) == "table" and tickets or {} do
    if adds(ticket) then return true end
  end
  return false
end

-- Returns whether there is more than what to send.
local function check_options(given, types)
  local more = false
  for name, value in next, given do
    local wanted = types[name]
    if wanted ~= "any" and wanted ~= type(value) then wrong_type(name, value, wanted) end
    more = more or (name ~= "json" and name ~= "query")
  end
  return more
end

local function check_seconds(name, value)
  if not (value > 0 and value < math.huge) then
    errors.raise(4, "option '%s': a positive number of seconds expected", name)
  end
  return value
end

local function check_method(method)
  if type(method) ~= "string" then
    errors.raise(4, "method: string expected, got %s", type(method))
  end
  return errors.raise(4, "method '%s' is not known", errors.clean(method))
end

-- ---------------------------------------------------------------------------------------------
-- Building

local function take_json(self, call, json)
  if self._straight and self.driver.alone then
    -- No other code can change the value before it is sent, so the transfer itself writes it.
    call.json, call.content_type = json, call.content_type or "application/json"
    return nil
  end
  local encoded, problem = core.body(json)
  if not encoded then
    return errors.new("encode", problem, {
      method = call.method, path = errors.clean_path(call.path), sent = false,
    })
  end
  call.body, call.content_type, call.owned = encoded, call.content_type or "application/json", true
  return nil
end

local function take_body(self, call, given)
  local json, body = given.json, given.body
  if json == nil and body == nil then
    if given.content_type then errors.raise(4, "option 'content_type' comes without 'body'") end
    return nil
  end
  if json ~= nil and body ~= nil then
    errors.raise(4, "options 'json' and 'body' are both given: give one of them")
  end
  if WITHOUT_BODY[call.method] then
    errors.raise(4, "%s takes no body: use option 'query'", call.method)
  end
  if json == nil then
    call.body = body
    call.content_type = given.content_type or call.content_type or "application/octet-stream"
    return nil
  end
  if given.content_type then errors.raise(4, "option 'content_type' belongs to 'body'") end
  if type(json) == "string" and find(json, "^%s*[{%[]") then
    errors.raise(4, "option 'json': a text of JSON was given, which would be written as a string: "
      .. "give the table, or the text as 'body' with content_type = 'application/json'")
  end
  if happens_once(call, json) then call.once = true end
  return take_json(self, call, json)
end

-- Seconds of the whole call. An absolute deadline that has passed leaves nothing.
local function take_times(self, call, given)
  if given.timeout then call.limit = check_seconds("timeout", given.timeout) end
  if given.deadline_at then
    call.deadline = given.deadline_at
  elseif given.deadline then
    call.deadline = call.deadline - self._deadline + check_seconds("deadline", given.deadline)
  end
  call.timeout = nil -- the exchange works it out
end

local function take_options(self, call, given)
  if given.timeout or given.deadline or given.deadline_at then take_times(self, call, given) end
  if given.max_body then
    call.max_body = math.tointeger(given.max_body)
    if not call.max_body or call.max_body < 1 then
      errors.raise(4, "option 'max_body': a positive integer expected")
    end
  end
  if given.retry ~= nil and given.retry ~= true then
    local settings, err = options_of.retry(given.retry, self.retry)
    if not settings then errors.raise(4, "%s", err.message) end
    call.retry = settings
  end
  call.raw, call.auth, call.renew = given.raw, given.auth, given.renew
  call.timings = given.timings
  if given.raw or given.timings then call.plain = false end
  if given.file then call.file, call.accept, call.brief = true, "*/*", true end
  if given.headers then require "zendesk.request_headers".take(call, given.headers) end
  if given.idempotency_key then call.key = given.idempotency_key end
end

-- What the address is on the account's own origin. Anything else is refused: the credential does
-- not leave its origin.
local function resolve(self, address)
  local resolved, problem = core.resolve(self._origin, address)
  if resolved then return resolved end
  return nil, errors.new("config", "the path is not usable: " .. problem, {
    code = "bad_path", sent = false, path = require "zendesk.redact".location(address),
  })
end

---Makes a call from what the caller gave. Misuse is raised at the caller's line.
---@param self zendesk.Transport
---@param method string
---@param path string
---@param given zendesk.CallOptions|zendesk.Call|nil
---@param types table<string, string> call_of.OPTIONS or call_of.FIELDS
---@return table|nil call
---@return zendesk.Error|nil err
function call_of.build(self, method, path, given, types)
  method = METHODS[method] or check_method(method)
  if type(path) ~= "string" then errors.raise(3, "path: string expected, got %s", type(path)) end
  local more, err
  if given then
    -- Read raw, like every table of options.
    if getmetatable(given) then given = require "zendesk.arguments".raw_copy(given) end
    more = check_options(given, types)
    if given.query then path = require "zendesk.query".append(path, given.query) end
  end
  -- A plain path is checked by the engine; only what is to be rewritten is looked at here.
  if byte(path) ~= SLASH or find(path, "[", 1, true) then
    path, err = resolve(self, path)
    if not path then return nil, err end
  end
  local driver = self.driver
  -- Few fields and no more: each call makes one of these. What is missing has its default where it
  -- is asked for: attempts is 1, limit, retry and repeatable come from the transport.
  local call = {
    method = method, path = path, timeout = self._first_timeout,
    connect_timeout = self._connect_timeout, max_body = self._max_body,
    deadline = driver.now(driver) + self._deadline,
  }
  if more then take_options(self, call, given) end
  if given then
    err = take_body(self, call, given)
    if err then return nil, err end
  end
  if call.key or method == "POST" and find(path, "/api/v2/tickets", 1, true) then
    local ok
    ok, err = require "zendesk.idempotency".take(call, call.key)
    if not ok then return nil, err end
  end
  return call
end

---The same of a record that goes to a path of the library's own, and of which one comes back.
---@param self zendesk.Transport
---@param method string
---@param path string
---@param json any
---@return table|nil call
---@return zendesk.Error|nil err
function call_of.record(self, method, path, json)
  local driver = self.driver
  local call = {
    method = method, path = path, timeout = self._first_timeout,
    connect_timeout = self._connect_timeout, max_body = self._max_body,
    deadline = driver.now(driver) + self._deadline, brief = true,
    body = nil, content_type = nil, owned = nil, -- room for what follows
  }
  local err = take_json(self, call, json)
  if err then return nil, err end
  return call
end

---Whether sending the request twice is the same as sending it once.
---@param self zendesk.Transport
---@param call table
---@return boolean
function call_of.is_repeatable(self, call)
  local said = (call.retry or self.retry).idempotent
  if call.repeatable or said or WITHOUT_BODY[call.method] then return true end
  return said == nil and IDEMPOTENT[call.method] and not call.once or false
end

return call_of
