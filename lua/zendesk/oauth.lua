--- The grants of Zendesk's OAuth: how a program gets tokens that outlive API tokens.
--
--     local app = assert(zendesk.oauth.new {
--       subdomain = "acme", client_id = "my_integration", client_secret = secret,
--     })
--     local set = assert(app:client_credentials())
--
-- An app is one OAuth client of one account. It gives token sets, plain tables
-- that can be kept anywhere; renewing and keeping them is what the providers of
-- `zendesk.auth` do. Secrets lie outside of the app's fields.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local endpoint = require "zendesk.oauth.endpoint"
local errors = require "zendesk.errors"
local expiry = require "zendesk.oauth.expiry"
local grants = require "zendesk.oauth.grants"
local clock = require "zendesk.oauth.clock"
local options = require "zendesk.oauth.options"
local pkce = require "zendesk.oauth.pkce"
local scope = require "zendesk.oauth.scope"
local token_set = require "zendesk.oauth.token_set"
local vault = require "zendesk.oauth.vault"

local AUTHORIZE = "/oauth/authorizations/new"
local TIMEOUT = 30

---@class zendesk.oauth
local oauth = {}

---@class zendesk.oauth.options
---@field subdomain string? "acme" of acme.zendesk.com
---@field base_url string? instead of subdomain
---@field client_id string the client's unique identifier, not its numeric id
---@field client_secret string? of a confidential client
---@field redirect_uri string? one that is registered with the client; for authorisations
---@field scope string|string[]? left out: what the client's settings allow
---@field expires_in integer? the life to ask for, 1800 unless given; the server judges its range
---@field refresh_token_expires_in integer? the refresh token's life to ask for
---@field pkce boolean? false leaves PKCE out, which only a confidential client may do
---@field timeout number? seconds for one token request, 30 unless given
---@field connect_timeout number?
---@field ca_file string?
---@field ca_path string?
---@field proxy string?
---@field user_agent string?
---@field driver zendesk.Driver? how to wait, blocking unless given
---@field on_event fun(event: table)? gets warnings about scopes

local KNOWN = {
  subdomain = "string", base_url = "string", client_id = "string or integer",
  client_secret = "string",
  redirect_uri = "string", scope = "scope", expires_in = "count",
  refresh_token_expires_in = "count", pkce = "boolean", timeout = "seconds",
  connect_timeout = "seconds", ca_file = "string", ca_path = "string", proxy = "string",
  user_agent = "string", driver = "waiter", on_event = "function",
}
local FLOW_KNOWN = { scope = "scope", redirect_uri = "string" }
local CREDENTIALS_KNOWN = { scope = "scope", expires_in = "count" }
local REFRESH_KNOWN = { scope = "scope", expires_in = "count", refresh_token_expires_in = "count" }
local LOGIN_KNOWN = {
  open = "boolean or function", paste = "function", timeout = "seconds", say = "function",
  driver = "waiter",
}

---@class zendesk.oauth.app
---@field client_id string
---@field origin string
---@field scope string? as it is sent
---@field redirect_uri string?
local App = {}
App.__index = App
App.__name = "zendesk.oauth.app"

---@class zendesk.oauth.flow plain, so that it can be kept between two processes; hold it like a
--- secret until the exchange
---@field state string
---@field verifier string? absent without PKCE
---@field redirect_uri string
---@field scope string?
---@field client_id string
---@field origin string
---@field created_at integer

local function fault_of(given)
  local err = options.client_id_fault(given.client_id) or options.secret_fault(given.client_secret)
    or options.redirect_fault(given.redirect_uri)
  if not err and given.pkce == false and not given.client_secret then
    err = errors.new("config", "a client without a secret is a public one, and those must use PKCE",
      { option = "pkce", remedy = "leave pkce out" })
  end
  return err
end

local function announce(on_event, words)
  if not on_event then return end
  -- A handler's mistake must not break what it only watches.
  for _, event in ipairs(scope.warnings(words)) do pcall(on_event, event) end
end

--- An OAuth client of one account.
---@param given zendesk.oauth.options
---@return zendesk.oauth.app? app
---@return zendesk.Error? err kind "config", a value that cannot be right, e.g. a numeric client_id;
---`option` names the option
function oauth.new(given)
  given = arguments.required(given, KNOWN)
  local base_url, err = options.base_url(given)
  if not base_url then return nil, err end
  err = fault_of(given)
  if err then return nil, err end
  local settings = {
    timeout = given.timeout or TIMEOUT, connect_timeout = given.connect_timeout,
    ca_file = given.ca_file, ca_path = given.ca_path, proxy = given.proxy,
    user_agent = given.user_agent,
  }
  local point
  point, err = endpoint.new(base_url, settings, clock.new())
  if not point then return nil, err end
  local app = setmetatable({
    client_id = given.client_id,
    origin = base_url,
    scope = scope.join(given.scope),
    redirect_uri = given.redirect_uri,
    _pkce = given.pkce ~= false,
    _driver = given.driver,
    _on_event = given.on_event,
  }, App)
  vault.keep(app, {
    endpoint = point,
    client_id = given.client_id,
    client_secret = given.client_secret,
    scope = app.scope,
    expires_in = given.expires_in or expiry.DEFAULT_LIFE,
    refresh_token_expires_in = given.refresh_token_expires_in,
  })
  announce(given.on_event, given.scope)
  return app
end

local function check_app(app, name)
  arguments.self(app, App, "app:" .. name)
  local client = vault.of(app)
  if not client then errors.raise(2, "the app is closed") end
  return client
end

--- The driver that the app waits with.
---@return zendesk.Driver
function App:driver()
  arguments.self(self, App, "app:driver")
  self._driver = self._driver or require "zendesk.driver.blocking".shared()
  return self._driver
end

local function complete(app, client, set, err)
  if not set then return nil, err end
  grants.complete(client, { driver = app:driver() }, set)
  return set
end

--- Asks for a token of the client's own. It acts as the person who created the client, has no
--- refresh token, and can be asked for again at any time. Confidential clients only.
---@param asked { scope: string|string[]|nil, expires_in: integer? }?
---@return zendesk.token_set?
---@return zendesk.Error? err
function App:client_credentials(asked)
  local client = check_app(self, "client_credentials")
  asked = arguments.options(asked, CREDENTIALS_KNOWN)
  announce(self._on_event, asked.scope)
  local set, err = grants.client_credentials(client, { driver = self:driver() }, asked)
  return complete(self, client, set, err)
end

local function escape_query(pairs_in_order)
  local parts = {}
  for _, pair in ipairs(pairs_in_order) do
    parts[#parts + 1] = pair[1] .. "=" .. core.escape(pair[2])
  end
  return table.concat(parts, "&")
end

local function begin_flow(app, redirect_uri, asked_scope)
  local state, message = pkce.random_word()
  local verifier
  if state and app._pkce then verifier, message = pkce.random_word() end
  if message then return nil, errors.new("config", message) end
  return {
    state = state, verifier = verifier, redirect_uri = redirect_uri, scope = asked_scope,
    client_id = app.client_id, origin = app.origin,
    created_at = math.floor(core.time()),
  }
end

--- The page on which a person allows the access, and what `exchange` needs afterwards.
---@param asked { scope: string|string[]|nil, redirect_uri: string? }?
---@return string? url
---@return zendesk.oauth.flow|zendesk.Error flow a plain table that may be kept in a session
function App:authorize_url(asked)
  check_app(self, "authorize_url")
  asked = arguments.options(asked, FLOW_KNOWN)
  local redirect_uri = asked.redirect_uri or self.redirect_uri
  local err = options.redirect_fault(redirect_uri)
  if not redirect_uri then
    err = errors.new("config", "an authorisation needs a redirect_uri that is registered with the "
      .. "client", { option = "redirect_uri", remedy = "give redirect_uri to zendesk.oauth.new" })
  end
  if err then return nil, err end
  announce(self._on_event, asked.scope)
  local flow
  flow, err = begin_flow(self, redirect_uri, scope.join(asked.scope) or self.scope)
  if not flow then return nil, err end
  local query = {
    { "response_type", "code" }, { "client_id", self.client_id },
    { "redirect_uri", redirect_uri }, { "state", flow.state },
  }
  if flow.scope then query[#query + 1] = { "scope", flow.scope } end
  if flow.verifier then
    query[#query + 1] = { "code_challenge", pkce.challenge(flow.verifier) }
    query[#query + 1] = { "code_challenge_method", pkce.METHOD }
  end
  return self.origin .. AUTHORIZE .. "?" .. escape_query(query), flow
end

local function is_text_or_nil(value)
  return value == nil or type(value) == "string"
end

-- Whether a flow or a set, as far as it tells, is of another client or of another account.
local function is_foreign(app, issued)
  return issued.client_id ~= nil and issued.client_id ~= app.client_id
    or issued.origin ~= nil and issued.origin ~= app.origin
end

local function check_flow(app, flow)
  local is_flow = type(flow) == "table" and type(flow.state) == "string" and flow.state ~= ""
    and type(flow.redirect_uri) == "string" and is_text_or_nil(flow.verifier)
    and is_text_or_nil(flow.scope)
  if not is_flow then errors.raise(2, "exchange takes the flow that authorize_url gave") end
  if is_foreign(app, flow) then
    return errors.new("oauth", "the flow was begun by another client or for another account", {
      code = "flow_mismatch", remedy = "exchange it with the app whose authorize_url began it",
    })
  end
end

--- Turns what the browser brought back into a token set.
---@param flow zendesk.oauth.flow
---@param answer string|zendesk.oauth.callback the callback's URL, its query string, or a table
--- of its parameters
---@return zendesk.token_set?
---@return zendesk.Error? err
function App:exchange(flow, answer)
  local client = check_app(self, "exchange")
  local err = check_flow(self, flow)
  if err then return nil, err end
  if type(answer) ~= "string" and type(answer) ~= "table" then
    errors.raise(1, "exchange takes the callback's URL, query string or parameters, got %s",
      type(answer))
  end
  local set
  set, err = grants.authorization_code(client, { driver = self:driver() }, flow, answer)
  return complete(self, client, set, err)
end

-- A refresh token is a credential, and belongs to those who issued it.
local function check_set(app, set)
  if type(set.refresh_token) ~= "string" or set.refresh_token == "" then
    return errors.new("oauth", "the token set holds no refresh token", {
      code = "no_refresh_token", remedy = "ask for client credentials again, or log in again",
    })
  end
  if is_foreign(app, set) then
    return errors.new("oauth", "the token set is of another client or of another account", {
      code = "flow_mismatch", remedy = "refresh it with an app of its client_id and origin",
    })
  end
end

--- Renews a token set. Zendesk deletes the old pair at once: keep the new one before using it.
--- A reply that was lost is `err.ambiguous`; nothing is repeated here. A set of another client or
--- account is refused.
---@param set zendesk.token_set|string the set, or its refresh token
---@param asked { scope: any, expires_in: integer?, refresh_token_expires_in: integer? }?
---@return zendesk.token_set?
---@return zendesk.Error? err
function App:refresh(set, asked)
  local client = check_app(self, "refresh")
  if type(set) == "string" then set = { refresh_token = set } end
  if type(set) ~= "table" then
    errors.raise(1, "refresh takes a token set or a refresh token, got %s", type(set))
  end
  asked = arguments.options(asked, REFRESH_KNOWN)
  local err = check_set(self, set)
  if err then return nil, err end
  local renewed
  renewed, err = grants.refresh_token(client, { driver = self:driver() }, set, asked)
  return complete(self, client, renewed, err)
end

--- Lets a person log in with a browser, and waits for it: on loopback at the redirect URI's
--- port, or, with `open = false`, until the address is pasted.
---@param given zendesk.oauth.login_options?
---@return zendesk.token_set?
---@return zendesk.Error? err
function App:login(given)
  check_app(self, "login")
  given = arguments.options(given, LOGIN_KNOWN)
  return require "zendesk.oauth.login".run(self, given)
end

--- What can be shown of a token set: everything but the tokens.
---@param set zendesk.token_set
---@return table facts
function oauth.describe(set)
  local fault = token_set.fault(set)
  if fault then errors.raise(2, "describe takes a token set; this one %s", fault) end
  return token_set.describe(set)
end

--- Ends the app and wipes its account. Idempotent. A provider that was made with the app goes on.
function App:close()
  arguments.self(self, App, "app:close")
  local client = vault.of(self)
  -- What a provider renews with goes when the provider goes.
  if client and not client.shared then client.endpoint:close() end
  vault.keep(self, nil)
end

App.__close = App.close

function App:__tostring()
  return ("%s (%s at %s)"):format(App.__name, self.client_id, self.origin)
end

return oauth
