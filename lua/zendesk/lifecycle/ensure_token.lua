-- ensure_token: a token that is there when it is needed. What the store holds is used while it
-- lasts; else one is made, kept, and only then given out. The store's lock makes one maker of many
-- processes.

local arguments = require "zendesk.arguments"
local ensure = require "zendesk.lifecycle.ensure"
local errors = require "zendesk.errors"
local hold = require "zendesk.lifecycle.hold"
local resource = require "zendesk.resource"
local timestamp = require "zendesk.timestamp"

local ensure_token = {}

local MIN_TTL = 300
local LOCK_TIMEOUT = 60

---@class zendesk.EnsureTokenOptions
---@field client integer|string|table numeric id, record, or identifier
---@field scopes string[]|nil may be left out where a secret is given
---@field store zendesk.Store
---@field min_ttl number|nil seconds that the token has to live at least; 300
---@field client_secret string|nil of a confidential client: asks for a grant of its own
---@field expires_in integer|nil of that grant
---@field key string|nil the name under which the store keeps it
---@field check boolean|nil false: does not ask whether a stored token was revoked

local OPTIONS = {
  client = "integer or table or string", scopes = "words", min_ttl = "duration",
  store = "table", key = "key", client_secret = "string", expires_in = "count", check = "boolean",
}

local function words_of(scopes)
  local words = {}
  for place, word in ipairs(scopes or {}) do words[place] = word end
  table.sort(words)
  return words
end

local function covers(granted, wanted)
  local has = {}
  for word in (granted or ""):gmatch "%S+" do has[word] = true end
  for _, word in ipairs(wanted) do
    if not has[word] then return false end
  end
  return true
end

---Whether a stored token will do. Pure.
---@param set table|nil token set
---@param wanted { now: number, min_ttl: number, scopes: string[], client_id: integer|string|nil }
---@return "keep"|"absent"|"ending"|"scopes"
function ensure_token.decide(set, wanted)
  if type(set) ~= "table" or type(set.access_token) ~= "string" then return "absent" end
  local now = wanted.now + (tonumber(set.clock_skew) or 0)
  if set.expires_at and set.expires_at < now + wanted.min_ttl then return "ending" end
  if not covers(set.scope, wanted.scopes) then return "scopes" end
  return "keep"
end

-- The record where more than the id is needed; a string is an identifier and has to be looked up.
local function client_of(transport, client, with_secret)
  if type(client) == "table" then
    resource.id(client, "client")
    return client
  end
  if type(client) == "string" then
    if with_secret then return { identifier = client } end
    local found, err = ensure.find(transport, client)
    if found or err then return found, err end
    return nil, errors.new("not_found", ("the account has no OAuth client %q"):format(client))
  end
  if not with_secret then return { id = client } end
  local body, err = transport:send {
    method = "GET", path = ("/api/v2/oauth/clients/%d"):format(client),
  }
  return resource.unwrap(body, err, "client")
end

local function by_grant(job, client)
  local oauth = require "zendesk.oauth"
  local network = job.transport._account_options or {}
  local app, err = oauth.new {
    base_url = job.transport:origin(), client_id = client.identifier,
    client_secret = job.options.client_secret, expires_in = job.options.expires_in,
    scope = #job.scopes > 0 and job.scopes or nil, driver = job.transport.driver,
    ca_file = network.ca_file, ca_path = network.ca_path, proxy = network.proxy,
    user_agent = network.user_agent,
  }
  if not app then return nil, err end
  return app:client_credentials()
end

local function by_endpoint(job, client)
  local token, err = job.create { client_id = client.id, scopes = job.scopes }
  if not token then return nil, err end
  local ends = timestamp.parse(token.expires_at)
  return {
    access_token = token.full_token, token_type = "bearer", scope = table.concat(job.scopes, " "),
    client_id = client.identifier or tostring(client.id), grant = "api", token_id = token.id,
    issued_at = math.floor(job.transport:time()), expires_at = ends,
    expires_from = ends and "reply" or "never",
  }
end

local function take_back(job, set)
  if not set.token_id then return end
  job.transport:send {
    method = "DELETE", path = ("/api/v2/oauth/tokens/%d"):format(set.token_id),
  }
end

local function make(job)
  local client, err = client_of(job.transport, job.options.client, job.options.client_secret ~= nil)
  if not client then return nil, err end
  local set
  if job.options.client_secret then
    set, err = by_grant(job, client)
  else
    set, err = by_endpoint(job, client)
  end
  if not set then return nil, err end
  local ok
  ok, err = job.store:save(job.key, set)
  if ok then return set, true end
  take_back(job, set) -- nobody would ever know it again
  return nil, err
end

-- A token without an end can still have been revoked; its record tells.
local function is_alive(job, set)
  if job.options.check == false or not set.token_id then return true end
  local body, err = job.transport:send {
    method = "GET", path = ("/api/v2/oauth/tokens/%d"):format(set.token_id),
  }
  if body ~= nil then return true end
  if err.kind == "not_found" then return false end
  return nil, err
end

local function stored(job)
  local set, err = job.store:load(job.key)
  if err then return nil, err end
  local verdict = ensure_token.decide(set, {
    now = job.transport:time(), min_ttl = job.options.min_ttl or MIN_TTL,
    scopes = job.scopes,
  })
  if verdict ~= "keep" then return nil end
  local alive
  alive, err = is_alive(job, set)
  if err then return nil, err end
  return alive and set or nil
end

local function key_of(transport, options, scopes)
  if options.key then return options.key end
  local client = options.client
  if type(client) == "table" then client = client.identifier or client.id end
  return table.concat({
    transport:origin(), tostring(client), table.concat(scopes, " "), "ensured",
  }, "|")
end

local function check(options)
  options = arguments.options(options, OPTIONS)
  local client, store = options.client, options.store
  if client == nil or client == "" then errors.raise(3, "token:ensure needs client=") end
  if type(client) == "table" then resource.id(client, "client") end
  if not store or type(store.load) ~= "function" or type(store.save) ~= "function" then
    errors.raise(3, "token:ensure needs store=, for example zendesk.store.file { path = … }")
  end
  if not options.client_secret and #(options.scopes or {}) == 0 then
    errors.raise(3, "token:ensure needs scopes=")
  end
  return options, require "zendesk.oauth.options".secret_fault(options.client_secret)
end

---A token set with at least `min_ttl` seconds to live and the wanted scopes, from the store or new.
---@param transport zendesk.Transport
---@param options zendesk.EnsureTokenOptions
---@param create fun(attributes: table): table|nil, zendesk.Error|nil makes a token without a grant
---@return table|nil set, boolean|zendesk.Error|nil made or err
function ensure_token.token(transport, options, create)
  local problem
  options, problem = check(options)
  if problem then return nil, problem end
  local scopes = words_of(options.scopes)
  local job = {
    transport = transport, options = options, create = create, store = options.store,
    scopes = scopes, key = key_of(transport, options, scopes),
  }
  local set, err = stored(job)
  if set then return set, false end
  if err then return nil, err end
  local held <close>, held_err = hold.lock(job.store, job.key, LOCK_TIMEOUT, transport.driver)
  if not held then return nil, held_err end
  -- somebody else may have made one while this waited
  set, err = stored(job)
  if set then return set, false end
  if err then return nil, err end
  return make(job)
end

return ensure_token
