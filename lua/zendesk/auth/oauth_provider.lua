--- What the two OAuth providers have in common: their client, their store, their key.
--
-- A provider belongs to the account of the first instance that uses it; its tokens
-- are never shown to another origin. Values that cannot be right (a numeric
-- client_id, no secret) are refused by zendesk.new, which asks `check`.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local keeper = require "zendesk.auth.keeper"
local login_key = require "zendesk.auth.login_key"
local oauth = require "zendesk.oauth"
local options = require "zendesk.oauth.options"
local renewal = require "zendesk.auth.renewal"
local scope = require "zendesk.oauth.scope"
local token_set = require "zendesk.oauth.token_set"
local vault = require "zendesk.oauth.vault"

local oauth_provider = {}

---@class zendesk.auth.oauth_provider: zendesk.Provider
---@field kind string
---@field static false
---@field private _strategy zendesk.auth.strategy
---@field private _store zendesk.Store
---@field private _origin string? of the account, once it is known
---@field private _renewal zendesk.auth.renewal?
---@field private _keeper zendesk.auth.keeper?
---@field private _driver table? the one that waited last
local Provider = {}
Provider.__index = Provider
Provider.__name = "zendesk.auth.oauth_provider"

---@class zendesk.auth.oauth_provider_definition
---@field kind string
---@field what string names the constructor in messages
---@field given any
---@field known table<string, string>
---@field needs_secret boolean
---@field prefix string? of its names in a store, so that no other kind finds what it keeps
---@field strategy zendesk.auth.strategy

local CLIENT_FIELDS = {
  "client_id", "client_secret", "redirect_uri", "scope", "expires_in",
  "refresh_token_expires_in", "pkce", "timeout",
}

local function client_options(given)
  local fields = {}
  for _, name in ipairs(CLIENT_FIELDS) do fields[name] = given[name] end
  return fields
end

local function check(definition)
  local given = arguments.required(definition.given, definition.known)
  if given.store ~= nil then keeper.check_store(given.store) end
  if given.app then
    for _, name in ipairs(CLIENT_FIELDS) do
      if given[name] ~= nil then
        errors.raise(2, "%s: give app, or %s and the other fields, not both", definition.what, name)
      end
    end
    local client = vault.of(given.app)
    if not client or not client.endpoint then
      errors.raise(2, "option 'app': an open app of zendesk.oauth.new expected")
    end
  end
  local fault = given.tokens and token_set.fault(given.tokens)
  if fault then errors.raise(2, "%s: the token set %s", definition.what, fault) end
  return given
end

local function unspoken_secret()
  return errors.new("config", "client_credentials needs a confidential client: client_secret is "
    .. "missing, and a public client has none", {
    remedy = "give client_secret of a client with kind = \"confidential\", or use "
      .. "zendesk.auth.authorization_code",
  })
end

local function fault_of(definition, given)
  if given.app then return nil end
  local err = options.client_id_fault(given.client_id) or options.secret_fault(given.client_secret)
    or options.redirect_fault(given.redirect_uri)
  if not err and definition.needs_secret and not given.client_secret then
    err = unspoken_secret()
  end
  return err
end

--- A provider; raises for what can only be a mistake of the program.
---@param definition zendesk.auth.oauth_provider_definition
---@return zendesk.auth.oauth_provider
function oauth_provider.new(definition)
  local given = check(definition)
  local self = setmetatable({
    kind = definition.kind,
    static = false,
    _strategy = definition.strategy,
    _store = given.store or require "zendesk.store".memory(),
    _name = (definition.prefix or "") .. (given.key or "default"),
    _lock_timeout = given.lock_timeout,
    _fault = fault_of(definition, given),
    _origin = nil, _renewal = nil, _keeper = nil, _driver = nil, _warned = false,
  }, Provider)
  local client = given.app and vault.of(given.app)
  if client then client.shared = true end
  vault.keep(self, {
    given = client_options(given), app = given.app, client = client, tokens = given.tokens,
  })
  return self
end

local NETWORK = { "ca_file", "ca_path", "proxy", "user_agent" }

local function make_app(secrets, context)
  local fields = {}
  for name, value in pairs(secrets.given) do fields[name] = value end
  for _, name in ipairs(NETWORK) do
    fields[name] = context.account_options and context.account_options[name]
  end
  fields.base_url, fields.driver = context.base_url, context.driver
  return oauth.new(fields)
end

local function other_account(self, base_url)
  return errors.new("config", ("this provider holds tokens of %s, they are not for %s"):format(
    self._origin, base_url), { remedy = "make one provider for each account" })
end

-- A token is shown to the client and the account that it was issued for, and to no other. What a
-- set does not tell is believed.
local function foreign(app, set)
  local same_client = set.client_id == nil or set.client_id == app.client_id
  local same_account = set.origin == nil or set.origin == app.origin
  if same_client and same_account then return nil end
  local whose = same_account and "another client" or "a client of another account"
  return errors.new("config", ("the token set was issued to %s, it is not for %s at %s"):format(
    whose, app.client_id, app.origin), {
    code = "foreign_tokens", remedy = "give the set to the provider of its own client and account",
  })
end

local function set_up(self, app)
  local secrets = vault.of(self)
  local client = secrets.client or vault.of(app)
  self._fault = secrets.tokens and foreign(app, secrets.tokens)
  if self._fault then return nil, self._fault end
  local key = login_key.of(app.origin, app.client_id, scope.canonical(app.scope), self._name)
  self._origin = app.origin
  self._keeper = keeper.new(self._store, key, self._lock_timeout)
  self._renewal = renewal.new(self._keeper, client, self._strategy)
  secrets.app = app
  if secrets.tokens then self._keeper:offer(secrets.tokens, false) end
  return true
end

-- The account is known from the app, or from the first instance that asks.
local function ready(self, context)
  if self._fault then return nil, self._fault end
  self._driver = context.driver
  if not self._renewal then
    local secrets = vault.of(self)
    local app, err = secrets.app, nil
    if not app then app, err = make_app(secrets, context) end
    if not app then return nil, err end
    local ok
    ok, err = set_up(self, app)
    if not ok then return nil, err end
    for _, event in ipairs(scope.warnings(app.scope)) do context.emit(event) end
  end
  if context.base_url and context.base_url ~= self._origin then
    return nil, other_account(self, context.base_url)
  end
  return self._renewal
end

--- Whether the options can be right; sends nothing.
---@return true?
---@return zendesk.Error? err
function Provider:check()
  arguments.self(self, Provider, "provider:check")
  if self._fault then return nil, self._fault end
  return true
end

--- The credential for a call, renewed ahead of time.
---@param context zendesk.auth.context
---@return zendesk.auth.credential?
---@return zendesk.Error? err
function Provider:get(context)
  local found, err = ready(self, context)
  if not found then return nil, err end
  return found:get(context)
end

--- Another credential, after a 401 refused the one that was used.
---@param context zendesk.auth.context
---@param used zendesk.auth.credential
---@return zendesk.auth.credential?
---@return zendesk.Error? err
function Provider:renew(context, used)
  local found, err = ready(self, context)
  if not found then return nil, err end
  return found:renew(context, used)
end

local function app_of(self, name)
  local app = vault.of(self).app
  if not app then
    errors.raise(2, "provider:%s needs to know the account: make the provider with app = "
      .. "zendesk.oauth.new{ … }, or use it in a call first", name)
  end
  if not self._renewal then
    local ok, err = set_up(self, app)
    if not ok then return nil, err end
  end
  return app
end

--- Makes a token set the login, in the store and here: of `app:exchange`, `app:login`, or
--- brought along from elsewhere.
---@param set zendesk.token_set
---@return true?
---@return zendesk.Error? err kind "config": of another client or account, and nothing is changed;
--- kind "store": the set is in use even so, see `flush`
function Provider:adopt(set)
  arguments.self(self, Provider, "provider:adopt")
  local fault = token_set.fault(set)
  if fault then errors.raise(1, "adopt takes a token set; this one %s", fault) end
  local app, err = app_of(self, "adopt")
  err = err or foreign(app, set)
  if err then return nil, err end
  -- What cannot be saved now is saved by `flush`, also when no call comes before.
  self._driver = self._driver or app:driver()
  return self._renewal:adopt(set, self._driver)
end

--- Lets a person log in, and keeps the login. Takes the options of `app:login`.
---@param given zendesk.oauth.login_options?
---@return zendesk.token_set?
---@return zendesk.Error? err
function Provider:login(given)
  arguments.self(self, Provider, "provider:login")
  local app, err = app_of(self, "login")
  if not app then return nil, err end
  local set
  set, err = app:login(given)
  if not set then return nil, err end
  local kept
  kept, err = self:adopt(set)
  if not kept then return nil, err end
  return set
end

--- Saves tokens that could not be saved when they came, after waiting for a renewal that is
--- under way. `zd:close` does this too.
---@return true?
---@return zendesk.Error? err kind "store": the newest tokens are lost if the process ends now
function Provider:flush()
  arguments.self(self, Provider, "provider:flush")
  if not self._renewal or not self._driver then return true end
  return self._renewal:flush(self._driver)
end

--- What can be told about the credential; no secrets.
---@return table
function Provider:describe()
  arguments.self(self, Provider, "provider:describe")
  local facts = { kind = self.kind, origin = self._origin }
  local app = vault.of(self).app
  facts.client_id = app and app.client_id or vault.of(self).given.client_id
  facts.token = self._renewal and self._renewal:describe() or nil
  facts.unsaved = self._keeper ~= nil and self._keeper:unsaved() ~= nil
  facts.ends_at = facts.token and facts.token.expires_at
  return facts
end

function Provider:__tostring()
  return ("zendesk.auth.%s (%s)"):format(self.kind, self._origin or "not used yet")
end

return oauth_provider
