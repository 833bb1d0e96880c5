-- token: OAuth access tokens of the account (developer.zendesk.com/api-reference/ticketing/oauth/
-- oauth_tokens/).

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local resource = require "zendesk.resource"
local scope = require "zendesk.oauth.scope"

local getmetatable, math_type, next, type = getmetatable, math.type, next, type

local PATH = "/api/v2/oauth/tokens"

---@class zendesk.Token: zendesk.Resource
local methods = {}

-- ---------------------------------------------------------------------------------------------
-- create

-- Here Zendesk wants the number of the client; the grants of /oauth/tokens want its identifier.
local function client_id(value)
  if type(value) == "table" then
    value = rawget(value, "id")
    if value == nil then
      errors.raise(4, "client_id: the table has no 'id': is it a client record?")
    end
  end
  if math.type(value) == "integer" then return value end
  if type(value) == "string" then
    errors.raise(4, "client_id: the numeric id of the client, or its record, is expected here; a "
      .. "string is taken for its identifier, which belongs to zendesk.oauth: "
      .. "zd.client:find(identifier) gives the record")
  end
  return errors.raise(4, "client_id: integer or client record expected, got %s",
    math.type(value) or type(value))
end

-- Always an array on the wire, an empty one too.
local function scope_list(value)
  if type(value) == "string" then value = scope.words(value) end
  if type(value) ~= "table" then
    errors.raise(4, "scopes: array of strings expected, got %s", type(value))
  end
  local list, size = {}, rawlen(value)
  for index = 1, size do
    local word = rawget(value, index)
    if type(word) ~= "string" then
      errors.raise(4, "scopes[%d]: string expected, got %s", index, type(word))
    end
    if word == "" or word:find "%s" then
      errors.raise(4, "scopes[%d]: one scope expected, without spaces", index)
    end
    list[index] = word
  end
  for key in next, value do
    if math.type(key) ~= "integer" or key < 1 or key > size then
      errors.raise(4, "scopes: array of strings expected, got the key %s",
        errors.clean(tostring(key)))
    end
  end
  return setmetatable(list, core.array_mt)
end

local function token_fields(fields)
  if type(fields) ~= "table" then
    errors.raise(3, "token: table of attributes expected, got %s", type(fields))
  end
  local sent = arguments.raw_copy(fields)
  if sent.client_id == nil then errors.raise(3, "client_id is missing") end
  -- Zendesk ignores it, and makes a token that may do everything.
  if sent.scope ~= nil then
    errors.raise(3, "unknown attribute 'scope' (did you mean 'scopes'?)")
  end
  sent.client_id = client_id(sent.client_id)
  if sent.scopes ~= nil then sent.scopes = scope_list(sent.scopes) end
  return sent
end

-- Scopes that have been looked at, some at most: programs use a few, again and again.
local MOST_SEEN = 64
local seen, seen_count = {}, 0

local function remember(scopes)
  for _, word in ipairs(scopes or {}) do
    if seen_count < MOST_SEEN and not seen[word] then
      seen[word], seen_count = true, seen_count + 1
    end
  end
end

-- Whether attributes can be sent as they are, without a copy: the number of a client, and scopes in
-- their order that have been looked at.
local function is_usual(fields)
  if type(fields) ~= "table" or getmetatable(fields) ~= nil
    or math_type(fields.client_id) ~= "integer" or fields.scope ~= nil then
    return false
  end
  local scopes = fields.scopes
  if scopes == nil then return true end
  if type(scopes) ~= "table" or getmetatable(scopes) ~= nil then return false end
  local size = 0
  for place, word in next, scopes do
    size = size + 1
    if place ~= size or not seen[word] then return false end
  end
  return size > 0 -- an empty list needs a mark
end

local SWITCHED_OFF = { [403] = true, [404] = true, [410] = true }

local DEPRECATED = "Zendesk has deprecated POST /api/v2/oauth/tokens on 26 August 2026 and may "
  .. "have switched it off here; zendesk.oauth replaces it: client_credentials for a confidential "
  .. "client, authorization_code for a person"

local function explain(err)
  if err.ambiguous then
    err.remedy = "a token may have been made: zd.token:list{ client_id = … } shows it, "
      .. "zd.token:revoke(id) removes it"
  elseif SWITCHED_OFF[err.status] and not err.missing_scopes then
    err.remedy = DEPRECATED
  end
  return err
end

-- What a record is sent in. One serves all calls; it is taken for the time of a call, in which a
-- finaliser may make another one.
local envelope = false

local class -- made of the methods, below

---Makes a token; `full_token` of the record is the credential, in this reply alone. Deprecated by
---Zendesk since 2026-08-26: where it is switched off, the error says what replaces it.
---@param fields table client_id: number or record of the client; scopes: array of strings; …
---@param options zendesk.CallOptions|nil
---@return table|nil token
---@return zendesk.Response|zendesk.Error response
function methods:create(fields, options)
  if getmetatable(self) ~= class then arguments.self(self, class, "zd.token:create") end
  local transport = self._zd._transport
  if options == nil and not transport.observed and is_usual(fields) then
    local taken = envelope or { token = false }
    envelope, taken.token = false, fields
    local body, response = transport:write("POST", PATH, taken)
    envelope, taken.token = taken, false
    local token = type(body) == "table" and body.token
    if type(token) == "table" then return token, response end
    local _, err = resource.unwrap(body, response, "token")
    return nil, explain(err)
  end
  local sent = token_fields(fields)
  remember(sent.scopes)
  if transport.observed then
    for _, event in ipairs(scope.warnings(sent.scopes)) do transport:emit(event) end
  end
  local token, response = resource.verbs.create(self, sent, options)
  if token then return token, response end
  return nil, explain(response)
end

-- ---------------------------------------------------------------------------------------------
-- current, revoke

---The token that this instance uses. Only for instances with a bearer token.
---@param options zendesk.CallOptions|nil
---@return table|nil token
---@return zendesk.Response|zendesk.Error response
function methods:current(options)
  local body, response = self._zd:request("GET", PATH .. "/current", options)
  return resource.unwrap(body, response, "token")
end

---Revokes a token. It ends at once.
---@param id integer|string|table
---@param options zendesk.CallOptions|nil
---@return true|nil
---@return zendesk.Response|zendesk.Error response
function methods:revoke(id, options)
  return resource.verbs.delete(self, id, options)
end

-- Whether the credential still opens the door. Without a renewal: a provider would simply fetch
-- another token, and every answer would be "yes".
local function still_works(self, id)
  local body = self._zd._transport:send {
    method = "GET", path = PATH .. "/current", renew = false, retry = false,
  }
  local token = type(body) == "table" and body.token
  return type(token) == "table" and resource.number(token.id) == id
end

-- By somebody else meanwhile, or by this DELETE, whose first reply was lost.
local function has_ended(err)
  return err.status == 404 or err.status == 401 and err.code == "invalid_token"
end

-- Without a renewal: it would put another token in the place of the one that is to end.
local function end_it(self, id, options)
  local call = arguments.raw_copy(options or {})
  call.method, call.path, call.renew = "DELETE", ("%s/%d"):format(PATH, id), false
  return self._zd._transport:send(call)
end

---Revokes the token that this instance uses: by its id, since DELETE …/current has been answered
---with 204 while the token lived on (support.zendesk.com/hc/en-us/community/posts/4627188332186),
---and with a look afterwards.
---@param options zendesk.CallOptions|nil
---@return true|nil
---@return zendesk.Response|zendesk.Error response code "still_valid" where the token lives on
function methods:revoke_current(options)
  local token, response = self:current(options)
  if not token then return nil, response end
  local id = resource.number(token.id)
  if not id then
    return nil, errors.new("decode", "the reply does not say which token is in use", {
      status = response.status, request_id = response.request_id, sent = true,
      remedy = "zd.token:list() shows the tokens, zd.token:revoke(id) ends one",
    })
  end
  local ok
  ok, response = end_it(self, id, options)
  if not ok and not has_ended(response) then return nil, response end
  if still_works(self, id) then
    return nil, errors.new("conflict", "the token was revoked, and is still accepted", {
      code = "still_valid", status = response.status, request_id = response.request_id,
      sent = true, remedy = ("revoke it again, by its id %d"):format(id),
    })
  end
  return true, response
end

-- ---------------------------------------------------------------------------------------------
-- The whole life

---Looks at the tokens of the account: without an end, unused, too broad, of deleted clients, about
---to end. Reads only.
---@param options zendesk.AuditOptions|nil
---@return zendesk.AuditReport|nil report data, and a table for people by tostring()
---@return zendesk.Error|nil err its `checkpoint` is where to go on from
function methods:audit(options)
  return require "zendesk.lifecycle.audit".tokens(self._zd._transport, options)
end

---Revokes what an audit names, never the token in use.
---@param options zendesk.PruneOptions unused_for (seconds) or reasons is needed
---@return zendesk.Pruned|nil result
---@return zendesk.Error|nil err
---@return zendesk.Pruned|nil partial beside an error: what was done before it
function methods:prune(options)
  return require "zendesk.lifecycle.prune".tokens(self._zd._transport, options)
end

---A token with at least `min_ttl` seconds to live, from the store or new.
---@param options zendesk.EnsureTokenOptions client and store are needed
---@return zendesk.token_set|nil set
---@return boolean|zendesk.Error made true: it is new
function methods:ensure(options)
  return require "zendesk.lifecycle.ensure_token".token(self._zd._transport, options,
    function(fields) return self:create(fields) end)
end

class = resource.define {
  name = "token",
  path = PATH,
  singular = "token",
  plural = "tokens",
  verbs = { "list", "each", "show" },
  filters = {
    client_id = "integer", global_client_id = "integer", all = "boolean",
    include_expired = "boolean", sort = "string",
  },
  methods = methods,
  careful = { create = true },
}

return class
