-- ensure_token: a token that is there when it is needed. What the store holds is used while it
-- lasts; else one is made, kept, and only then given out. The store's lock makes one maker of many
-- processes.

local arguments = require "zendesk.arguments"
local beside = require "zendesk.beside"
local client_app = require "zendesk.lifecycle.client_app"
local core = require "zendesk.core"
local ensure = require "zendesk.lifecycle.ensure"
local errors = require "zendesk.errors"
local expiry = require "zendesk.oauth.expiry"
local guard = require "zendesk.store.guard"
local login_key = require "zendesk.auth.login_key"
local resource = require "zendesk.resource"
local scope = require "zendesk.oauth.scope"
local timestamp = require "zendesk.timestamp"
local token_set = require "zendesk.oauth.token_set"

local ensure_token = {}

local PATH = "/api/v2/oauth/tokens"

local MIN_TTL = 300
local LOCK_TIMEOUT = 60

-- Seconds that a new token is to live beyond `min_ttl`: the next call is to find it good, too.
local MARGIN = 300

-- Zendesk gives no token of a grant a longer life.
local LONGEST_LIFE = 172800

---@class zendesk.EnsureTokenOptions
---@field client integer|string|table numeric id, record, or identifier
---@field scopes string[]|nil may be left out where a secret is given
---@field store zendesk.Store
---@field min_ttl number|nil seconds that the token has to live at least; 300
---@field client_secret string|nil of a confidential client: asks for a grant of its own
---@field expires_in integer|nil of that grant; 1800, or five minutes above min_ttl if that is more
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

-- The scopes that were wanted and not granted. A word without an access stands for both, and one
-- without a resource for all of them; that write lets read is said nowhere.
local function missing_of(granted, wanted)
  local has, missing = {}, {}
  for word in (granted or ""):gmatch "%S+" do has[word] = true end
  for _, word in ipairs(wanted) do
    local name, access = word:match "^([^:]*):([^:]*)$"
    if not (has[word] or has[name] or has[access]) then missing[#missing + 1] = word end
  end
  return missing
end

-- Whether a token never had that long to live, although as much was asked for as would be now.
local function is_short(set, wanted)
  local life = set.expires_at - (set.issued_at or -math.huge)
  return life < wanted.min_ttl and (set.requested_expires_in or math.huge) >= (wanted.life or 0)
end

---Whether a stored token will do. Pure.
---@param set any
---@param wanted { now: number, min_ttl: number, scopes: string[], life: integer|nil }
---@return "keep"|"absent"|"ending"|"scopes"|"short" verdict short: a new one would not do either
function ensure_token.decide(set, wanted)
  if token_set.fault(set) then return "absent" end
  if #missing_of(set.scope, wanted.scopes) > 0 then return "scopes" end
  local now = wanted.now + (tonumber(set.clock_skew) or 0)
  if not set.expires_at or set.expires_at >= now + wanted.min_ttl then return "keep" end
  return now < set.expires_at and is_short(set, wanted) and "short" or "ending"
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

-- The life to ask a grant for; the other way of making a token takes none.
local function life_of(job)
  if not job.options.client_secret then return nil end
  local needed = math.ceil(math.min(job.min_ttl + MARGIN, LONGEST_LIFE))
  return math.max(job.options.expires_in or expiry.DEFAULT_LIFE, needed)
end

local function by_grant(job, client)
  return client_app.client_credentials(job.transport, {
    client_id = client.identifier, client_secret = job.options.client_secret,
    expires_in = job.life, scope = #job.scopes > 0 and job.scopes or nil,
  })
end

local function take_back(job, id)
  if math.type(id) ~= "integer" then return end
  job.transport:send { method = "DELETE", path = ("%s/%d"):format(PATH, id) }
end

-- A time that cannot be read does not mean that there is no end.
local function end_of(token, issued_at)
  local ends = timestamp.parse(token.expires_at)
  if ends then return ends, "reply" end
  if token.expires_at == nil or token.expires_at == core.null then return nil, "never" end
  return issued_at + expiry.DEFAULT_LIFE, "default"
end

local function by_endpoint(job, client)
  local token, err = job.create { client_id = client.id, scopes = job.scopes }
  if not token then return nil, err end
  if not token_set.is_token(token.full_token) then
    take_back(job, token.id)
    return nil, errors.new("decode", "the reply to the creation of a token holds no usable "
      .. "full_token", {
      remedy = "give client_secret of a confidential client: client_credentials makes the token",
    })
  end
  local issued_at = math.floor(job.transport:time())
  local ends, from = end_of(token, issued_at)
  return {
    access_token = token.full_token, token_type = "bearer",
    scope = scope.join(token.scopes) or table.concat(job.scopes, " "),
    client_id = client.identifier or tostring(client.id), grant = "api", token_id = token.id,
    issued_at = issued_at, expires_at = ends, expires_from = from,
  }
end

-- Not kept: what is in the store is what was wanted.
local function refuse_scopes(job, set, missing)
  take_back(job, set.token_id)
  return nil, errors.new("forbidden", "the token that Zendesk gives this client lacks the scopes "
    .. table.concat(missing, ", "), {
    code = "scopes_not_granted",
    remedy = "allow the client these scopes in Admin Center, or want fewer",
  })
end

local function short_life(job, set)
  local life = set.expires_at - set.issued_at
  return errors.new("config", ("option 'min_ttl' asks for %.14g s, and a token that Zendesk gives "
    .. "this client lives for %.14g s"):format(job.min_ttl, life), {
    code = "short_life", option = "min_ttl", remedy = "give a min_ttl that is well below",
  })
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
  local missing = missing_of(set.scope, job.scopes)
  if #missing > 0 then return refuse_scopes(job, set, missing) end
  local ok
  ok, err = guard.ask(job.store, "save", job.key, set)
  if not ok then
    take_back(job, set.token_id) -- nobody would ever know it again
    return nil, err
  end
  -- It is kept all the same, so that the next call does not make another one.
  if set.expires_at and is_short(set, job) then return nil, short_life(job, set) end
  return set, true
end

-- A grant does not name the id of what it gives, so the token is asked about itself.
local function is_accepted(job, token)
  local asker, problem = beside.new(job.transport, {
    origin = job.transport:origin(), access_token = token,
  })
  if not asker then return nil, errors.new("config", problem) end
  local body, err = asker:send { method = "GET", path = PATH .. "/current" }
  asker:close()
  -- Who is let in and may not ask is let in.
  if body ~= nil or err.kind == "forbidden" or err.kind == "not_found" then return true end
  if err.kind == "auth" then return false end
  return nil, err
end

-- A token that has not ended can still have been revoked.
local function is_alive(job, set)
  if job.options.check == false then return true end
  if math.type(set.token_id) ~= "integer" then return is_accepted(job, set.access_token) end
  local body, err = job.transport:send {
    method = "GET", path = ("%s/%d"):format(PATH, set.token_id),
  }
  if body ~= nil then return true end
  if err.kind == "not_found" then return false end
  -- Who may make tokens need not be allowed to look at them.
  if err.kind == "forbidden" then return is_accepted(job, set.access_token) end
  return nil, err
end

local function stored(job)
  local set, err = guard.ask(job.store, "load", job.key)
  if err then return nil, err end
  local verdict = ensure_token.decide(set, {
    now = job.transport:time(), min_ttl = job.min_ttl, scopes = job.scopes, life = job.life,
  })
  if verdict == "short" then return nil, short_life(job, set) end
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
  return login_key.of(transport:origin(), tostring(client), table.concat(scopes, " "), "ensured")
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
---Where Zendesk gives none of that life, an error says so.
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
    scopes = scopes, key = key_of(transport, options, scopes), min_ttl = options.min_ttl or MIN_TTL,
  }
  job.life = life_of(job)
  local set, err = stored(job)
  if set then return set, false end
  if err then return nil, err end
  local held <close>, held_err = guard.lock(job.store, job.key, LOCK_TIMEOUT, transport.driver,
    function(event) transport:emit(event) end)
  if not held then return nil, held_err end
  -- somebody else may have made one while this waited
  set, err = stored(job)
  if set then return set, false end
  if err then return nil, err end
  return make(job)
end

return ensure_token
