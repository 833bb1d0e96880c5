-- instance: one connection to one Zendesk account, as zendesk.new gives it.

local errors = require "zendesk.errors"

local instance = {}

---@class zendesk.Instance
---@field client zendesk.Client OAuth clients
---@field token zendesk.Token OAuth tokens
---@field user zendesk.User users, as far as a credential's own life needs them
---@field global_client zendesk.GlobalClient clients that work across accounts
---@field api_token zendesk.ApiToken API tokens, until they end
---@field package _transport zendesk.Transport
---@field package _credential string kind of credential
local Instance = {}
Instance.__name = "zendesk.Instance"

-- Each is a module in resources/.
local KINDS = { "client", "token", "user", "global_client", "api_token" }

---@class zendesk.Instance
local methods = {}
Instance.__index = methods

-- Records of a kind, before anybody has asked for them: a script that reads tickets need not load
-- what it takes to manage clients. The first use makes them what they are.
local Unloaded = {}

function Unloaded.__index(self, name)
  local class = require("zendesk.resources." .. rawget(self, "_kind"))
  self._kind = nil
  return setmetatable(self, class)[name]
end

function Unloaded.__tostring(self)
  return Unloaded.__index(self, "__tostring")(self)
end

local function records(zd, kind)
  return setmetatable({ _zd = zd, _kind = kind }, Unloaded)
end

-- The transport of an instance; raises for anything else in its place.
local function transport_of(self, call)
  if getmetatable(self) ~= Instance then
    require "zendesk.arguments".self(self, Instance, "zd:" .. call)
  end
  return self._transport
end

---Any call. Zendesk's own reference is at developer.zendesk.com/api-reference/.
---@param method string GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS
---@param path string begins with "/"; or an URL of the account's own origin
---@param options zendesk.CallOptions|nil
---@return any body decoded; true where the reply has none; a string where it is not JSON; nil on
---failure
---@return zendesk.Response|zendesk.Error response
function methods:request(method, path, options)
  return transport_of(self, "request"):request(method, path, options)
end

---@param path string
---@param options zendesk.CallOptions|nil
---@return any body
---@return zendesk.Response|zendesk.Error response
function methods:get(path, options)
  return transport_of(self, "get"):request("GET", path, options)
end

---@param path string
---@param options zendesk.CallOptions|nil
---@return any body
---@return zendesk.Response|zendesk.Error response
function methods:delete(path, options)
  return transport_of(self, "delete"):request("DELETE", path, options)
end

---@param path string
---@param options zendesk.CallOptions|nil `json` is the body
---@return any body
---@return zendesk.Response|zendesk.Error response
function methods:post(path, options)
  return transport_of(self, "post"):request("POST", path, options)
end

---@param path string
---@param options zendesk.CallOptions|nil `json` is the body
---@return any body
---@return zendesk.Response|zendesk.Error response
function methods:put(path, options)
  return transport_of(self, "put"):request("PUT", path, options)
end

---@param path string
---@param options zendesk.CallOptions|nil `json` is the body
---@return any body
---@return zendesk.Response|zendesk.Error response
function methods:patch(path, options)
  return transport_of(self, "patch"):request("PATCH", path, options)
end

---Every record of a list, following its pages: `for ticket in zd:each "/api/v2/tickets" do`.
---@param path string
---@param options zendesk.PagesOptions|nil query, page_size, limit, from, on_page, …
---@return zendesk.Iterator
function methods:each(path, options)
  return require "zendesk.pages".each(transport_of(self, "each"), path, options)
end

---The same in one table, which is written as `[]` where the list is empty.
---@param path string
---@param options zendesk.PagesOptions|nil
---@return table[]|nil records
---@return zendesk.Error|nil err
function methods:list(path, options)
  return require "zendesk.pages".collect(transport_of(self, "list"), path, options)
end

---A file, wherever it is kept: an attachment by its `content_url`. Redirects are followed, five at
---most. The credential goes to the account's own origin and nowhere else.
---@param address string a path, or an URL: https, or http on a loopback host
---@param options zendesk.DownloadOptions|nil
---@return string|nil content
---@return zendesk.Response|zendesk.Error response of the last request
function methods:download(address, options)
  return require "zendesk.download".run(transport_of(self, "download"), address, options)
end

---The user that the credential acts as.
---@param options zendesk.CallOptions|nil
---@return table|nil user
---@return zendesk.Response|zendesk.Error response kind "auth" also where Zendesk answers as to an
---anonymous user
function methods:whoami(options)
  transport_of(self, "whoami")
  return self.user:me(options)
end

---The address of the account: "https://acme.zendesk.com".
---@return string
function methods:origin()
  return transport_of(self, "origin"):origin()
end

---What can be told about this instance without giving anything away.
---@return { origin: string, credential: table } description `credential.kind`, and `ends_at` where
---it is known
function methods:describe()
  local provider = transport_of(self, "describe").provider
  local credential
  if provider and provider.describe then
    credential = provider:describe()
  else
    credential = { kind = self._credential }
    if credential.kind == "api_token" then
      credential.ends_at = require "zendesk.auth.api_token".ENDS_AT
    end
  end
  return { origin = self:origin(), credential = credential }
end

---Ends the calls under way, with an error of kind "closed", and gives everything back. A closed
---instance raises when it is used. Idempotent; also by `local zd <close>`, where a login that could
---not be saved is told by a warning event alone.
---@return true|nil
---@return zendesk.Error|nil err kind "store": the newest tokens of a login are in no store
function methods:close()
  local transport = transport_of(self, "close")
  if transport:is_closed() then return true end
  local provider = transport.provider
  transport:close()
  -- A token that could not be saved so far has its last chance.
  if not (provider and provider.flush) then return true end
  local ok, err = provider:flush()
  if ok then return true end
  err = errors.from_reason(err, "store", "option 'auth': the provider has not saved its token")
  transport:emit { type = "warning", code = "not_saved", err = err, message = tostring(err) }
  return nil, err
end

function Instance.__close(self)
  methods.close(self)
end

function Instance.__tostring(self)
  local state = self._transport:is_closed() and "closed" or self._credential
  return ("%s: %s (%s)"):format(Instance.__name, self._transport:origin(), state)
end

---@param transport zendesk.Transport
---@param credential string its kind
---@return zendesk.Instance
function instance.new(transport, credential)
  local zd = { _transport = transport, _credential = credential }
  for _, kind in ipairs(KINDS) do zd[kind] = records(zd, kind) end
  return setmetatable(zd, Instance)
end

---The instance behind a value; raises for anything else. For functions that take one.
---@param value any
---@return zendesk.Instance
function instance.check(value)
  if getmetatable(value) == Instance then return value end
  return errors.raise(3, "an instance of zendesk.new expected, got %s", type(value))
end

return instance
