-- client: OAuth clients of the account (developer.zendesk.com/api-reference/ticketing/oauth/
-- oauth_clients/). `identifier` is what the grants call client_id; `id` is the number that the
-- management API wants.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local resource = require "zendesk.resource"

local PATH = "/api/v2/oauth/clients"

---@class zendesk.Client: zendesk.Resource
local methods = {}

-- A create whose reply was lost: what is there now tells the caller how to go on. Identifiers are
-- unique in an account, so asking again cannot make a second client.
local function look_after(self, err, fields)
  local identifier = rawget(fields, "identifier")
  if not err.ambiguous or type(identifier) ~= "string" then return err end
  local found, trouble = self:find(identifier)
  if trouble then return err end
  if not found then
    err.remedy = "create it again: it was not there when looked for, and an identifier is unique"
    return err
  end
  err.found = found
  err.remedy = ("a client with this identifier is there, id %s (err.found)"):format(found.id)
  if found.kind == "confidential" then
    err.remedy = err.remedy .. ": its secret was in the lost reply, generate_secret gives a new one"
  end
  return err
end

-- redirect_uri is a list on the wire, an empty one too. The caller's own table stays as it is.
local function with_list(fields)
  local uris = type(fields) == "table" and rawget(fields, "redirect_uri")
  if type(uris) ~= "table" or next(uris) ~= nil then return fields end
  local copy = arguments.raw_copy(fields)
  copy.redirect_uri = setmetatable({}, core.array_mt)
  return copy
end

---Makes a client. The full secret of a confidential one is in this reply and never again.
---`err.ambiguous`: the identifier has been looked for; `err.found` is the client that is there.
---@param fields table identifier and name; kind "public" or "confidential"; redirect_uri (list); …
---@param options zendesk.CallOptions|nil
---@return table|nil client
---@return zendesk.Response|zendesk.Error response
function methods:create(fields, options)
  local client, response = resource.verbs.create(self, with_list(fields), options)
  if client then return client, response end
  return nil, look_after(self, response, fields)
end

---Changes the attributes that are given.
---@param id integer|string|table
---@param fields table
---@param options zendesk.CallOptions|nil
---@return table|nil client as it is now
---@return zendesk.Response|zendesk.Error response
function methods:update(id, fields, options)
  return resource.verbs.update(self, id, with_list(fields), options)
end

---The client with an identifier. Zendesk has no look-up for it: the list is read until it is found.
---@param identifier string
---@param options zendesk.CallOptions|nil
---@return table|nil client nil without an error where there is none
---@return zendesk.Error|nil err
function methods:find(identifier, options)
  arguments.check("identifier", identifier, "string")
  return require "zendesk.lifecycle.ensure".find(self._zd._transport, identifier,
    resource.list_options(self, options))
end

---The clients that the present user has made.
---@param options table|nil as for list
---@return table[]|nil clients
---@return zendesk.Error|nil err
function methods:mine(options)
  local pages = require "zendesk.pages"
  return pages.collect(self._zd._transport, "/api/v2/users/me/oauth/clients",
    resource.list_options(self, options))
end

---Gives a client a new secret. The old one ends at once, and the new one is in this reply alone:
---client:rotate does it without an outage.
---@param id integer|string|table
---@param options zendesk.CallOptions|nil
---@return table|nil client with the new `secret`
---@return zendesk.Response|zendesk.Error response
function methods:generate_secret(id, options)
  local path = resource.path(self, id) .. "/generate_secret"
  local body, response = self._zd:request("PUT", path, options)
  return resource.unwrap(body, response, "client")
end

---Makes a client be as wanted; a second run changes nothing. See zendesk.lifecycle.ensure.
---@param wanted table identifier, which is the key, and any attributes; where `name` is left out, a
---client that is there keeps its own and a new one is named after its identifier
---@param options { dry_run: boolean? }|nil dry_run: only looks, and says what would be done
---@return zendesk.Ensured|nil result
---@return zendesk.Error|nil err
function methods:ensure(wanted, options)
  return require "zendesk.lifecycle.ensure".client(self._zd._transport, wanted, options)
end

---Gives a client a new secret without losing it. See zendesk.lifecycle.rotate.
---@param id integer|string|table
---@param options zendesk.RotateOptions store is needed
---@return zendesk.Rotated|nil result
---@return zendesk.Error|nil err
---@return zendesk.Rotated|nil partial beside an error; holds a secret that could not be stored
function methods:rotate(id, options)
  return require "zendesk.lifecycle.rotate".client(self._zd._transport, id, options)
end

return resource.define {
  name = "client",
  path = PATH,
  singular = "client",
  plural = "clients",
  verbs = { "create", "list", "each", "show", "update", "delete" },
  filters = { sort = "string" },
  methods = methods,
}
