-- rotate: gives an OAuth client a new secret. The order is what matters: the intent is noted, the
-- secret is generated, it is in the caller's hands before anything else can fail, it is proved by a
-- real grant, and only then is the rotation done. A run that died at any point is finished by the
-- next one: a secret that was saved is proved, one that was lost with its process is replaced.

local arguments = require "zendesk.arguments"
local client_app = require "zendesk.lifecycle.client_app"
local errors = require "zendesk.errors"
local keeper = require "zendesk.lifecycle.keeper"
local resource = require "zendesk.resource"

local rotate = {}

-- Right after the change another server of theirs may still know the old secret only.
local PROOFS = 4
local FIRST_WAIT = 1

-- Seconds that the token of a proof lives. 300 is the end of the range that Zendesk takes, and may
-- lie outside of it.
local PROOF_LIFE = 600

---@class zendesk.Rotated
---@field client table the client, its secret masked
---@field verified boolean|nil true: proved by a grant; nil: not asked for, or a public client
---@field resumed boolean the secret of an earlier run was proved, none was generated
---@field client_secret string|nil only beside an error, where it could not be stored

---@class zendesk.RotateOptions
---@field store zendesk.Store|fun(secret: string, client: table): any, any
---takes the new secret; a function that returns false, or nil and a reason, or raises, has not
---@field verify nil|boolean|fun(secret: string, client: table): (boolean|nil, any) false: no proof
---@field scope string|nil of the grant that proves the secret
---@field key string|nil the name under which a store keeps it; made of origin and identifier

---What is to be done, from what an earlier run has noted. Pure.
---@param entry table|nil
---@return "generate"|"verify"
function rotate.decide(entry)
  if entry and entry.phase == "unverified" and entry.client_secret then return "verify" end
  return "generate"
end

---True for a secret that is shown in full; a masked one ends in dots.
---@param secret any
---@return boolean
function rotate.is_whole(secret)
  return type(secret) == "string" and #secret > 0 and not secret:find "%.%.%.$"
    and not secret:find "…$" and not secret:find "^%*+$"
end

local function masked(client)
  local copy = {}
  for name, value in pairs(client) do copy[name] = value end
  if type(copy.secret) == "string" then copy.secret = copy.secret:sub(1, 4) .. "..." end
  return copy
end

local function tell(transport, client, step)
  transport:emit {
    type = "progress", what = "rotate", step = step, client_id = client.id,
    identifier = client.identifier,
  }
end

local function ask(transport, method, path)
  local body, err = transport:send { method = method, path = path }
  if body == nil then return nil, err end
  if type(body) ~= "table" or type(body.client) ~= "table" then
    return nil, errors.new("decode", ("the reply to %s %s holds no client"):format(method, path))
  end
  return body.client
end

-- ---------------------------------------------------------------------------------------------
-- Proof

local function prove_by_grant(transport, client, secret, scope)
  local set, err = client_app.client_credentials(transport, {
    client_id = client.identifier, client_secret = secret, scope = scope, expires_in = PROOF_LIFE,
  })
  if not set then return nil, err end
  return true
end

local function is_unknown_secret(err)
  return err.code == "invalid_client"
end

local function prove(job, secret)
  if job.verify == false then return nil end
  local wait = FIRST_WAIT
  for attempt = 1, PROOFS do
    local ok, err
    if type(job.verify) == "function" then
      ok, err = job.verify(secret, job.client)
      if not ok and not errors.is(err) then
        err = errors.new("oauth", "the new secret was not accepted: "
          .. errors.clean(tostring(err or "no reason given")))
      end
    elseif job.client.kind ~= "confidential" then
      return nil
    else
      ok, err = prove_by_grant(job.transport, job.client, secret, job.scope)
    end
    if ok then return true end
    if attempt == PROOFS or not is_unknown_secret(err) then return nil, err end
    local slept, cancelled = job.transport:sleep(wait)
    if not slept then return nil, errors.new(cancelled or "cancelled", "the wait was ended") end
    wait = wait * 2
  end
end

-- ---------------------------------------------------------------------------------------------
-- Steps

local function entry_of(job, phase, secret)
  return {
    client_id = job.client.identifier, id = job.client.id, client_secret = secret,
    phase = phase, noted_at = math.floor(job.transport:time()),
  }
end

local function result_of(job, verified, resumed)
  return { client = masked(job.client), verified = verified, resumed = resumed }
end

local function lost(job, secret, err)
  err.remedy = "the new secret is in the third value of rotate(); or run rotate again: it will"
    .. " generate another one. The old secret has ended."
  local result = result_of(job, nil, false)
  result.client_secret = secret
  return nil, err, result
end

-- Without a reply that can be read nobody knows which secret holds.
local function in_doubt(err)
  local is_refused = err.sent == false or err.status and err.status >= 400 and err.status < 500
  if is_refused then return err end
  err.ambiguous = true
  err.remedy = "the old secret may have ended, and a new one was seen by nobody: run rotate again,"
    .. " which generates another one"
  return err
end

local function finish(job, secret, resumed)
  local verified, err = prove(job, secret)
  if err then
    err.remedy = "the new secret is stored and not yet proved: run rotate again"
      .. (err.remedy and "; " .. err.remedy or "")
    return nil, err, result_of(job, false, resumed)
  end
  tell(job.transport, job.client, "verified")
  local ok
  ok, err = job.keeper:save(entry_of(job, "done", secret), job.client)
  if not ok then return nil, err, result_of(job, verified, resumed) end
  tell(job.transport, job.client, "done")
  return result_of(job, verified, resumed)
end

local function generate(job, before)
  local ok, err = job.keeper:save(entry_of(job, "intent", before and before.client_secret),
    job.client)
  if not ok then return nil, err end
  tell(job.transport, job.client, "intent")

  local path = ("/api/v2/oauth/clients/%d/generate_secret"):format(job.client.id)
  local client
  client, err = ask(job.transport, "PUT", path)
  if not client then return nil, in_doubt(err) end
  local secret = client.secret
  if not rotate.is_whole(secret) then
    return nil, errors.new("decode", "the reply shows the new secret only in part", {
      code = "secret_masked", ambiguous = true,
      remedy = "the old secret has ended: take a new one from Admin Center, or create a new client",
    })
  end
  ok, err = job.keeper:save(entry_of(job, "unverified", secret), client)
  if not ok then return lost(job, secret, err) end
  tell(job.transport, job.client, "stored")
  return finish(job, secret, false)
end

local function run(job)
  local lock <close>, err = job.keeper:lock(job.transport)
  if not lock then return nil, err end
  local entry
  entry, err = job.keeper:load()
  if err then return nil, err end
  if rotate.decide(entry) == "verify" then
    local result, failure, partial = finish(job, entry.client_secret, true)
    if result or not is_unknown_secret(failure) then return result, failure, partial end
  end
  return generate(job, entry)
end

---Changes the secret of a client.
---@param transport zendesk.Transport
---@param id integer|table numeric id or client record
---@param options zendesk.RotateOptions
---@return zendesk.Rotated|nil result, zendesk.Error|nil err, zendesk.Rotated|nil partial
function rotate.client(transport, id, options)
  options = arguments.options(options, {
    store = "function or table", verify = "boolean or function", scope = "string", key = "key",
  })
  local path = "/api/v2/oauth/clients/" .. resource.id(id, "client")
  -- checked before anything is sent
  local hands = keeper.new(options.store, options.key)
  local client, err = ask(transport, "GET", path)
  if not client then return nil, err end
  hands:name(transport:origin(), client.identifier)
  return run {
    transport = transport, client = client, keeper = hands, verify = options.verify,
    scope = options.scope,
  }
end

return rotate
