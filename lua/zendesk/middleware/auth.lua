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

---@param next function
---@param transport zendesk.Transport
---@return function
function auth.wrap(next, transport)
  local provider, account = transport.provider, transport.account
  local shared = { __index = {
    driver = transport.driver,
    emit = transport._emit,
    base_url = transport:origin(),
    account_options = transport._account_options,
  } }
  local token -- what the account holds now

  local function install(credential)
    if credential.token == token then return true end
    local ok, problem = account:bearer(credential.token)
    if not ok then
      return nil, errors.new("config", "option 'auth': " .. tostring(problem), { option = "auth" })
    end
    token = credential.token
    return true
  end

  local function replay(call, context, used, response, refusal)
    local credential, err = checked(provider:renew(context, used))
    if not credential then
      err.cause = err.cause or refusal
      return nil, response, err
    end
    -- The provider has nothing better: the refusal stands.
    if credential.token == used.token then return nil, response, refusal end
    local ok
    ok, err = install(credential)
    if not ok then return nil, response, err end
    -- A 401 was not carried out, and the body is kept: any method may be sent again.
    call.attempts, call.timeout = (call.attempts or 1) + 1, nil
    return next(call)
  end

  return function(call)
    if call.auth == false then return next(call) end
    local context = setmetatable({ deadline = call.deadline }, shared)
    local credential, err = checked(provider:get(context))
    call.timeout = nil -- it may have waited
    if not credential then return nil, nil, err end
    local ok
    ok, err = install(credential)
    if not ok then return nil, nil, err end
    local value, response, refusal = next(call)
    if not refusal or not auth.is_expired(refusal) or call.renewed or call.renew == false then
      return value, response, refusal
    end
    call.renewed = true
    return replay(call, context, credential, response, refusal)
  end
end

return auth
