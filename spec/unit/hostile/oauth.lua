-- Logins: the app of a client, its grants, the providers.

local hostile = require "spec.support.hostile"

local NUMERIC = "config: client_id is the client's numeric id; the grants want its unique "
  .. "identifier, the text chosen when the client was made (its field \"identifier\", in Admin "
  .. "Center \"Unique identifier\"), e.g. \"my_integration\". The numeric id (field \"id\") is "
  .. "only for the management API: /api/v2/oauth/clients/{id}, and client_id of "
  .. "/api/v2/oauth/tokens"

local NO_URI = "config: redirect_uri must be an absolute http or https address without a fragment"

local NO_CLIENT = "config: client_id is missing: the unique identifier of the OAuth client"

local BAD_LABEL = "config: subdomain '%s: give only the first label, as in acme for "
  .. "acme.zendesk.com: letters, digits and inner hyphens"

local function app_options(changes)
  local given = { subdomain = "acme", client_id = "my_client" }
  for name, value in pairs(changes) do given[name] = value end
  return given
end

local FLOW = { state = "canary-state", redirect_uri = "http://localhost:1/callback" }

local function flow(changes)
  local copy = {}
  for name, value in pairs(FLOW) do copy[name] = value end
  for name, value in pairs(changes) do copy[name] = value end
  return copy
end

local function flow_expected() return "raises: exchange takes the flow that authorize_url gave" end

local function answer_expected(_, _, value)
  return "raises: exchange takes the callback's URL, query string or parameters, got "
    .. type(value)
end

local function set_expected(verb)
  return function(_, _, value)
    if rawequal(value, hostile.bitten) then return "raises: bitten" end
    return ("raises: %s takes a token set; this one %s"):format(verb,
      type(value) == "table" and "holds no usable access_token" or "is not a table")
  end
end

local function refreshed(_, _, value)
  return "raises: refresh takes a token set or a refresh token, got " .. type(value)
end

local NO_CALLBACK = "oauth: the callback holds neither a code nor an error: it is not the address "
  .. "that Zendesk sent the browser to"

local STATE_DIFFERS = "oauth: the callback's state is not that of this flow: it belongs to another "
  .. "authorisation, or somebody made it up"

local LOGIN = {
  open = "boolean or function", paste = "function", timeout = "seconds", say = "function",
  driver = "waiter",
}

local CLIENT = {
  app = "table", client_id = "string or integer", client_secret = "string", scope = "scope",
  expires_in = "count", store = "table or userdata", key = "key", lock_timeout = "seconds",
  timeout = "seconds",
}

local PERSON = {
  redirect_uri = "string", refresh_token_expires_in = "count", pkce = "boolean", tokens = "table",
}
for name, wanted in pairs(CLIENT) do PERSON[name] = wanted end

local function provider_rows(what)
  return {
    { "a store that is none", "raises: option 'store' has no function 'load': a store has load, "
      .. "save, delete and lock", { client_id = "a", store = {} } },
    { "a store that bites", "raises: bitten", { client_id = "a", store = hostile.bitten } },
    { "an app that is none", "raises: option 'app': an open app of zendesk.oauth.new expected",
      { app = {} } },
    { "an app that bites", "raises: option 'app': an open app of zendesk.oauth.new expected",
      { app = hostile.bitten } },
    { "an app and a client", ("raises: %s: give app, or client_id and the other fields, not both")
      :format(what), { app = {}, client_id = "a" } },
  }
end

local person_rows = provider_rows "zendesk.auth.authorization_code"
person_rows[#person_rows + 1] = {
  "tokens that are none", "raises: zendesk.auth.authorization_code: the token set holds no usable "
    .. "access_token", { client_id = "a", tokens = {} },
}
person_rows[#person_rows + 1] = {
  "a token with a line break", "raises: zendesk.auth.authorization_code: the token set holds no "
    .. "usable access_token", { client_id = "a", tokens = { access_token = "canary\r\nX: y" } },
}

local DESCRIBE = { called = "provider:describe", rows = { { "as it should be", "fine" } } }
local FIELDS = { called = "provider:account_options", rows = { { "as it should be", "fine" } } }

return { entries = {
  ["zendesk.oauth.new"] = {
    { required = true, options = {
      subdomain = "string", base_url = "string", client_id = "string or integer",
      client_secret = "string", redirect_uri = "string", scope = "scope", expires_in = "count",
      refresh_token_expires_in = "count", pkce = "boolean", timeout = "seconds",
      connect_timeout = "seconds", ca_file = "string", ca_path = "string", proxy = "string",
      user_agent = "string", driver = "waiter", on_event = "function",
    } },
    rows = {
      { "nothing in it", 'config: the account is missing: give subdomain = "acme" (of '
        .. "acme.zendesk.com)", {} },
      { "a table that bites", 'config: the account is missing: give subdomain = "acme" (of '
        .. "acme.zendesk.com)", hostile.bitten },
      { "no client", NO_CLIENT, { subdomain = "acme" } },
      { "an empty client", NO_CLIENT,
        app_options { client_id = "" } },
      { "a numeric client", NUMERIC, app_options { client_id = 7 } },
      { "digits for a client", NUMERIC, app_options { client_id = "7" } },
      { "a NUL in the client", "config: client_id holds a control character",
        app_options { client_id = "a\0b" } },
      { "a line break in the secret", "config: client_secret holds a line break or another control "
        .. "character", app_options { client_secret = "canary\r\nX: y" } },
      { "an empty secret", "config: client_secret is empty", app_options { client_secret = "" } },
      { "a redirect URI with a line break", NO_URI,
        app_options { redirect_uri = "http://localhost/\r\nX: y" } },
      { "a redirect URI with a NUL", NO_URI, app_options { redirect_uri = "http://localhost/\0" } },
      { "a script for a redirect URI", NO_URI, app_options { redirect_uri = "javascript:1" } },
      { "no PKCE for a public client", "config: a client without a secret is a public one, and "
        .. "those must use PKCE", app_options { pkce = false } },
      { "two addresses", "config: give subdomain or base_url, not both",
        app_options { base_url = "https://acme.zendesk.com" } },
      { "a NUL in the subdomain", BAD_LABEL:format "ac\\x00me'",
        app_options { subdomain = "ac\0me" } },
      { "a subdomain of 100 MB", BAD_LABEL:format(("x"):rep(64) .. "'..."), function()
        return app_options { subdomain = hostile.huge() }
      end, made = true },
      { "a user agent with a line break", "config: option 'user_agent' holds a control character",
        app_options { user_agent = "a\r\nX: y" } },
    },
  },
  ["zendesk.oauth.describe"] = { { "set", "table", refusal = set_expected "describe" },
    rows = { { "a set that bites", "raises: bitten", hostile.bitten } } },
  ["app:driver"] = { rows = { { "what nobody asked for", "fine", "canary" } } },
  ["app:close"] = { rows = {} },
  ["app:client_credentials"] = { { options = { scope = "scope", expires_in = "count" } } },
  ["app:authorize_url"] = {
    { options = { scope = "scope", redirect_uri = "string" } },
    rows = {
      { "a redirect URI with a line break", NO_URI,
        { redirect_uri = "http://a.example/\r\nX: y" } },
      { "a redirect URI that is no UTF-8", "fine", { redirect_uri = "http://a.example/\xff" } },
      { "a table that bites", "fine", hostile.bitten },
    },
  },
  ["app:exchange"] = {
    { "flow", "table", refusal = flow_expected, good = FLOW },
    { "answer", "string or table", refusal = answer_expected },
    rows = {
      { "a flow of nothing", flow_expected(), {} },
      { "a flow that bites", "raises: bitten", hostile.bitten },
      { "a state that is empty", flow_expected(), flow { state = "" } },
      { "a state that is a number", flow_expected(), flow { state = 7 } },
      { "a verifier that is a table", flow_expected(), flow { verifier = {} }, "code=a" },
      { "a scope that is a number", flow_expected(), flow { scope = 7 }, "code=a" },
      { "a flow of another client", "oauth: the flow was begun by another client or for another "
        .. "account", flow { client_id = "other" }, "code=a" },
      { "an empty callback", NO_CALLBACK, FLOW, "" },
      { "a callback of NULs", NO_CALLBACK, FLOW, "\0\0" },
      { "a callback that is no UTF-8", NO_CALLBACK, FLOW, "\xff\xfe" },
      { "a callback without state", STATE_DIFFERS, FLOW, "code=canary" },
      { "another state", STATE_DIFFERS, FLOW, "code=a&state=canary" },
      { "two codes", "oauth: the callback holds code more than once", FLOW, "code=a&code=b" },
      { "a code that is a table", NO_CALLBACK, FLOW, { code = {}, state = FLOW.state } },
      { "a state that is a table", STATE_DIFFERS, FLOW, { code = "a", state = {} } },
      { "an empty code", "oauth: the callback's code is empty", FLOW,
        { code = "", state = FLOW.state } },
      { "an answer that bites", "raises: bitten", FLOW, hostile.bitten },
    },
  },
  ["app:refresh"] = {
    { "set", "table or string", refusal = refreshed, good = "canary" },
    { options = { scope = "scope", expires_in = "count", refresh_token_expires_in = "count" } },
    rows = {
      { "a set without one", "oauth: the token set holds no refresh token", {} },
      { "an empty token", "oauth: the token set holds no refresh token", "" },
      { "a token that is a number", "oauth: the token set holds no refresh token",
        { refresh_token = 7 } },
      { "a set that bites", "raises: bitten", hostile.bitten },
    },
  },
  ["app:login"] = {
    { options = LOGIN },
    rows = {
      { "a paste that gives nothing", "cancelled: no address was pasted, the login was given up",
        { say = function() end, paste = function() return nil end, open = false } },
      { "a paste that gives a table", "cancelled: no address was pasted, the login was given up",
        { say = function() end, paste = function() return {} end, open = false } },
    },
  },
  ["zendesk.auth.api_token"] = {
    { required = true, options = { email = "string", api_token = "string" } },
    rows = { { "nothing in it", "raises: zendesk.auth.api_token needs email", {} } },
  },
  ["zendesk.auth.access_token"] = {
    { required = true, options = { access_token = "string", expires_at = "seconds" },
      refusal = function(name, wanted, value)
        if type(value) == "string" and wanted == "table" then return "fine" end
        return hostile.refusal(name, wanted, value)
      end },
    rows = { { "nothing in it", "raises: zendesk.auth.access_token needs access_token", {} } },
  },
  ["zendesk.auth.from_function"] = { { "f", "function" } },
  ["zendesk.auth.client_credentials"] = {
    { required = true, options = CLIENT },
    rows = provider_rows "zendesk.auth.client_credentials",
  },
  ["zendesk.auth.authorization_code"] = {
    { required = true, options = PERSON }, rows = person_rows,
  },
  ["api_token_provider:describe"] = DESCRIBE, ["access_token_provider:describe"] = DESCRIBE,
  ["function_provider:describe"] = DESCRIBE, ["provider:describe"] = DESCRIBE,
  ["api_token_provider:account_options"] = FIELDS,
  ["access_token_provider:account_options"] = FIELDS,
  ["provider:check"] = { rows = { { "as it should be", "fine" } } },
  ["provider:flush"] = { rows = { { "as it should be", "fine" } } },
  ["provider:login"] = { { options = LOGIN } },
  ["provider:adopt"] = {
    { "set", "table", refusal = set_expected "adopt" },
    rows = {
      { "a set of nothing", set_expected "adopt"(nil, nil, {}), {} },
      { "a token with a line break", set_expected "adopt"(nil, nil, {}),
        { access_token = "canary\r\nX: y" } },
      { "an end that is a text", "raises: adopt takes a token set; this one holds a field "
        .. "expires_at that is not a time", { access_token = "canary", expires_at = "soon" } },
      { "a set that bites", "raises: bitten", hostile.bitten },
    },
  },
} }
