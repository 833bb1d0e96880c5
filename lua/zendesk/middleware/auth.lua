-- auth: takes the credential from a provider before each attempt, and renews it once after a 401
-- that says the token is not valid any more. Not part of the pipeline where the credential never
-- changes.

local errors = require "zendesk.errors"

local auth = {}

---Whether a refusal means that the token has ended. Other 401s (Basic credentials, IP rules) do not
---go away with a new token.
---@param err zendesk.Error
---@return boolean
function auth.is_expired(err)
  return err.status == 401 and err.code == "invalid_token"
end

local function describe(credential)
  if type(credential) ~= "table" then return "a " .. type(credential) .. " instead of a table" end
  return "a table whose field 'token' is a " .. type(credential.token)
end

-- What a provider gave, which may be code of the host's: a credential without a token would send
-- the call without one.
local function checked(credential, reason)
  if type(credential) == "table" and type(credential.token) == "string" then return credential end
  if credential then reason = "it gave " .. describe(credential) end
  local err = errors.from_reason(reason, "auth", "option 'auth': the provider gave no token")
  return nil, err
end

-- `one`: what is wrapped, with its provider, its account, and the token that the account holds now.
local function install(one, credential)
  local token = credential.token
  -- Where the instance was closed meanwhile, so is the account, and the exchange says so.
  if token == one.token or one.transport:is_closed() then return true end
  local ok, problem = one.account:bearer(token)
  if not ok then
    return nil, errors.new("config", "option 'auth': " .. tostring(problem), { option = "auth" })
  end
  one.token = token
  return true
end

-- A token that was refused is not sent again because its renewal has failed for a moment: the next
-- attempt of the call asks for another one first.
local function renew(one, call, context, used)
  local credential, err = checked(one.provider:renew(context, used))
  call.renewed, call.refused = credential ~= nil, not credential and used.token or nil
  return credential, err
end

local function acquire(one, call, context)
  local credential, err = checked(one.provider:get(context))
  if credential and credential.token == call.refused then
    return renew(one, call, context, credential)
  end
  return credential, err
end

local function replay(one, call, context, used, response, refusal)
  local credential, err = renew(one, call, context, used)
  if not credential then
    err.cause = err.cause or refusal
    return nil, response, err
  end
  -- The provider has nothing better: the refusal stands.
  if credential.token == used.token then return nil, response, refusal end
  local ok
  ok, err = install(one, credential)
  if not ok then return nil, response, err end
  -- A 401 was not carried out, and the body is kept: any method may be sent again.
  call.attempts, call.timeout = (call.attempts or 1) + 1, nil
  return one.next(call)
end

---@param next function
---@param transport zendesk.Transport
---@return function
function auth.wrap(next, transport)
  local one = {
    next = next, transport = transport, provider = transport.provider, account = transport.account,
    token = nil,
  }
  local shared = { __index = {
    driver = transport.driver,
    emit = transport._emit,
    base_url = transport:origin(),
    account_options = transport._account_options,
  } }
  return function(call)
    if call.auth == false then return next(call) end
    local context = setmetatable({ deadline = call.deadline }, shared)
    local credential, err = acquire(one, call, context)
    call.timeout = nil -- it may have waited
    if not credential then return nil, nil, err end
    local ok
    ok, err = install(one, credential)
    if not ok then return nil, nil, err end
    local value, response, refusal = next(call)
    if not refusal or not auth.is_expired(refusal) or call.renewed or call.renew == false then
      return value, response, refusal
    end
    return replay(one, call, context, credential, response, refusal)
  end
end

return auth
