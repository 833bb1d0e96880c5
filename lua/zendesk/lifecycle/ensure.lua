-- ensure: makes an OAuth client be as wanted. The identifier is the key; what is already so stays
-- untouched. Reading, deciding and acting are repeated when somebody else was faster, so that runs
-- at the same time in several processes end with one client and no error.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local difference = require "zendesk.lifecycle.difference"
local errors = require "zendesk.errors"
local pages = require "zendesk.pages"
local resource = require "zendesk.resource"

local ensure = {}

local PATH = "/api/v2/oauth/clients"

-- Reading, acting, and once more for each of the two races (created or deleted meanwhile).
local ROUNDS = 4

-- Set by the server alone.
local READ_ONLY = {
  id = true, secret = true, url = true, global = true, logo_url = true,
  created_at = true, updated_at = true,
}

---@class zendesk.Ensured
---@field changed boolean the account was changed (or would be, in a dry run)
---@field actions string[] { "create" }, { "update" } or {}
---@field diff zendesk.Difference[] what was not as wanted
---@field client table|nil the client as it is now; nil where a dry run would create it
---@field dry_run boolean
---@field ignored string[] fields that the server did not take over
---@field secret_unseen boolean|nil it was created, and nobody here saw its secret: rotate it
local Ensured = {}
Ensured.__index = Ensured
Ensured.__name = "zendesk.Ensured"

local function title(result)
  local name = ("OAuth client %q"):format(result.identifier)
  local id = result.client and result.client.id
  return id and ("%s (id %s)"):format(name, id) or name
end

---What was done, or would be, for a person to read.
---@return string
function Ensured:__tostring()
  local refused = table.concat(self.ignored, ", ")
  if not self.changed then
    if refused == "" then return title(self) .. " is as wanted" end
    return ("%s is not as wanted: Zendesk did not take over %s"):format(title(self), refused)
  end
  local action = self.actions[1]
  local verb = self.dry_run and "would " .. action or action .. "d"
  local lines = { verb .. " " .. title(self) }
  for _, change in ipairs(self.diff) do
    local line = action == "update" and difference.describe(change)
      or ("%s: %s"):format(change.field, difference.show(change.to))
    lines[#lines + 1] = "  " .. line
  end
  if refused ~= "" then lines[#lines + 1] = "  Zendesk did not take over " .. refused end
  return table.concat(lines, "\n")
end

-- A client that is new needs a name; one that is there keeps its own.
local function named(wanted)
  if wanted.name ~= nil then return wanted end
  local copy = arguments.raw_copy(wanted)
  copy.name = wanted.identifier
  return copy
end

---Decides what has to be done. Pure.
---@param present table|nil the client in the account
---@param wanted table
---@return "create"|"update"|"none" action, zendesk.Difference[] diff, table attributes
function ensure.plan(present, wanted)
  if not present then
    local attributes = named(wanted)
    return "create", difference.between({}, attributes), attributes
  end
  local diff = difference.between(present, wanted)
  if #diff == 0 then return "none", diff, {} end
  local attributes = {}
  for _, change in ipairs(diff) do attributes[change.field] = change.to end
  return "update", diff, attributes
end

local function check(wanted)
  arguments.check("wanted", wanted, "table")
  local attributes = arguments.raw_copy(wanted)
  if type(attributes.identifier) ~= "string" or attributes.identifier == "" then
    errors.raise(3, "the wanted client needs an identifier: it is the key")
  end
  for field in next, attributes do
    if READ_ONLY[field] then errors.raise(3, "field '%s' is set by Zendesk alone", field) end
  end
  local uris = attributes.redirect_uri
  if type(uris) == "string" then uris = { uris } end
  if type(uris) == "table" then
    -- a list on the wire, an empty one too; the caller's own table stays as it is
    attributes.redirect_uri = setmetatable(arguments.raw_copy(uris), core.array_mt)
  end
  -- What cannot be sent is refused before anything is.
  local text, problem = core.encode(attributes)
  if not text then return nil, errors.new("encode", problem, { sent = false }) end
  return attributes
end

---The client with an identifier; the account has no such look-up, so the list is read.
---@param transport zendesk.Transport
---@param identifier string
---@param options zendesk.PagesOptions|nil
---@return table|nil client, zendesk.Error|nil err
function ensure.find(transport, identifier, options)
  options = options or { key = "clients", progress = false }
  local iterator <close> = pages.each(transport, PATH, options)
  while true do
    local client, err = iterator:next()
    if err then return nil, err end
    if client == nil or client.identifier == identifier then return client end
  end
end

local function act(transport, action, present, attributes)
  local call = { method = "POST", path = PATH, json = { client = attributes } }
  if action == "update" then
    local id = resource.number(present.id)
    if not id then return nil, errors.new("decode", "the list names no id of the client") end
    call.method, call.path = "PUT", ("%s/%d"):format(PATH, id)
  end
  local body, err = transport:send(call)
  if body == nil then return nil, err end
  if type(body) ~= "table" or type(body.client) ~= "table" then
    return nil, errors.new("decode", "the reply to " .. call.method .. " " .. call.path
      .. " holds no client")
  end
  return body.client
end

-- Somebody else was faster, or the answer to our own request was lost: what is there now decides.
local function worth_another_look(action, err)
  if err.ambiguous or err.kind == "conflict" then return true end
  if action == "create" then return err.status == 422 end
  return err.kind == "not_found"
end

-- Lists for other programs, too: an empty one is written [].
local function array(list) return setmetatable(list, core.array_mt) end

local function names_of(diff)
  local names = array {}
  for place, change in ipairs(diff) do names[place] = change.field end
  return names
end

local function record(result, action, diff, before, client)
  result.actions = array { action }
  result.client = client
  result.ignored = names_of(difference.between(client, result.wanted))
  local kept = array {}
  for _, change in ipairs(diff) do
    local same = #difference.between(before or {}, { [change.field] = client[change.field] }) == 0
    if action == "create" or not same then kept[#kept + 1] = change end
  end
  result.diff = kept
  result.changed = action == "create" or #kept > 0
end

local function round(transport, result)
  local present, err = ensure.find(transport, result.identifier)
  if err then return nil, err end
  if present == nil and result.refusal then return nil, result.refusal end
  local action, diff, attributes = ensure.plan(present, result.wanted)
  result.client = present
  if action == "none" then return true end
  if result.dry_run then
    result.actions, result.diff, result.changed = array { action }, diff, true
    return true
  end
  local client
  client, err = act(transport, action, present, attributes)
  if client then
    record(result, action, diff, present, client)
    return true
  end
  if not worth_another_look(action, err) then return nil, err end
  -- refused as taken, and still not there: then it was refused for another reason
  if action == "create" and err.status == 422 then result.refusal = err end
  if action == "create" and err.ambiguous then result.secret_unseen = true end
  return nil, err, true
end

local function finish(result)
  result.secret_unseen = result.secret_unseen and result.actions[1] ~= "create" or nil
  result.wanted, result.refusal = nil, nil
  return setmetatable(result, Ensured)
end

---Makes a client be as wanted. One that is new and has no `name` is named after its identifier.
---@param transport zendesk.Transport
---@param wanted table identifier, and any attributes of a client
---@param options { dry_run: boolean? }|nil
---@return zendesk.Ensured|nil result, zendesk.Error|nil err
function ensure.client(transport, wanted, options)
  options = arguments.options(options, { dry_run = "boolean" })
  local attributes, problem = check(wanted)
  if not attributes then return nil, problem end
  local result = {
    identifier = attributes.identifier, wanted = attributes, dry_run = options.dry_run == true,
    changed = false, actions = array {}, diff = array {}, ignored = array {}, client = nil,
    refusal = nil, secret_unseen = nil,
  }
  local last
  for _ = 1, ROUNDS do
    local done, err, again = round(transport, result)
    if done then return finish(result) end
    if not again then return nil, err end
    last = err
  end
  return nil, last
end

return ensure
