-- audit: walks the OAuth tokens of an account and reports what is worth a look. Reads only. Tokens
-- pass through one page at a time; what is kept are the findings, or nothing where the caller takes
-- them one by one.

local arguments = require "zendesk.arguments"
local audit_report = require "zendesk.lifecycle.audit_report"
local errors = require "zendesk.errors"
local pages = require "zendesk.pages"
local resource = require "zendesk.resource"
local timestamp = require "zendesk.timestamp"
local verdict = require "zendesk.lifecycle.verdict"

local audit = {}

local DAY = 86400
local EVERY = 100 -- tokens between two progress events

---@class zendesk.AuditOptions
---@field unused_for number|nil seconds; 90 days
---@field expiring_within number|nil seconds; 7 days
---@field client integer|table|nil only tokens of this client: numeric id or record
---@field client_id integer|nil the same
---@field global_client_id integer|nil only tokens of this global client
---@field all boolean|nil of all users (default), or only one's own
---@field include_expired boolean|nil passed on to Zendesk
---@field on_finding fun(finding: zendesk.AuditFinding)|nil takes findings instead of the report
---@field from string|nil a checkpoint of the list of tokens
---@field on_page fun(page: zendesk.Page)|nil

local OPTIONS = {
  unused_for = "duration", expiring_within = "duration", client = "integer or table",
  client_id = "integer", global_client_id = "integer", all = "boolean",
  include_expired = "boolean", on_finding = "function", from = "string", on_page = "function",
}

-- What a 403 or a 404 leaves out is said in the report; any other error ends the audit.
local function may_be_missing(err)
  return err.kind == "forbidden" or err.kind == "not_found"
end

local function note_names(transport, path, names)
  local iterator <close> = pages.each(transport, path, { progress = false })
  while true do
    local client, err = iterator:next()
    if err then return nil, err end
    if client == nil then return true end
    if math.type(client.id) == "integer" then
      names[client.id] = type(client.identifier) == "string" and client.identifier or true
    end
  end
end

-- Local and global clients by id; a client can only be called gone when both lists are known.
local function known_clients(transport, report)
  local names = {}
  for _, path in ipairs { "/api/v2/oauth/clients", "/api/v2/oauth/global_clients" } do
    local ok, err = note_names(transport, path, names)
    if not ok then
      if not may_be_missing(err) then return nil, err end
      report.notes[#report.notes + 1] = ("%s could not be read (%s), so tokens of deleted clients"
        .. " are not named"):format(path, err.message)
      report.clients = names
      return true, nil
    end
  end
  report.clients = names
  return true, names
end

---The id of the token that this program uses; nil where it uses none.
---@param transport zendesk.Transport
---@return integer|nil id, zendesk.Error|nil err
function audit.current_id(transport)
  if transport.account:scheme() ~= "bearer" then return nil end
  local body, err = transport:send { method = "GET", path = "/api/v2/oauth/tokens/current" }
  if body == nil then return nil, err end
  return type(body) == "table" and type(body.token) == "table" and body.token.id or nil
end

-- The numeric id of the client that options name.
local function client_id(options)
  if not options.client then return options.client_id end
  if options.client_id then
    errors.raise(3, "options 'client' and 'client_id' are both given: give one of them")
  end
  return math.tointeger(resource.id(options.client, "client"))
end

local function query_of(options)
  local all = options.all
  if all == nil then all = true end
  return {
    client_id = client_id(options), global_client_id = options.global_client_id, all = all or nil,
    include_expired = options.include_expired,
  }
end

local function finding_of(token, reasons, report, current)
  local name = report.clients and report.clients[token.client_id]
  return {
    id = token.id, client_id = token.client_id, client = type(name) == "string" and name or nil,
    user_id = token.user_id, scopes = token.scopes, reasons = reasons,
    last_use = verdict.last_use(token), expires_at = timestamp.parse(token.expires_at),
    current = current ~= nil and token.id == current or nil,
  }
end

local function tell(transport, report, found, started, finished)
  local elapsed = transport:now() - started
  transport:emit {
    type = "progress", what = "audit", records = report.tokens, findings = found,
    finished = finished, elapsed = elapsed, rate = elapsed > 0 and report.tokens / elapsed or nil,
  }
end

local function tokens_of(transport, options)
  return pages.each(transport, "/api/v2/oauth/tokens", {
    query = query_of(options), from = options.from, on_page = options.on_page,
    progress = false, -- the audit gives its own
  })
end

local function walk(transport, options, report, rules, iterator)
  local current, err = audit.current_id(transport)
  if err and not may_be_missing(err) then return nil, err end
  local take = options.on_finding or function(finding)
    report.findings[#report.findings + 1] = finding
  end
  local started, found = transport:now(), 0
  while true do
    local token
    token, err = iterator:next()
    if err then
      err.checkpoint = iterator:checkpoint()
      tell(transport, report, found, started, true)
      return nil, err
    end
    if token == nil then break end
    local reasons = verdict.of(token, rules)
    report:count(token, reasons)
    if #reasons > 0 then
      found = found + 1
      take(finding_of(token, reasons, report, current))
    end
    if report.tokens % EVERY == 0 then tell(transport, report, found, started, false) end
  end
  tell(transport, report, found, started, true)
  return report
end

---Looks at the tokens of the account.
---@param transport zendesk.Transport
---@param options zendesk.AuditOptions|nil
---@return zendesk.AuditReport|nil report
---@return zendesk.Error|nil err its `checkpoint` is where to go on from
function audit.tokens(transport, options)
  options = arguments.options(options, OPTIONS)
  -- Made first: what is wrong with the options is told before anything is sent.
  local iterator <close> = tokens_of(transport, options)
  local fault = pages.fault(iterator)
  if fault then return nil, fault end
  local report = audit_report.new(transport:time())
  local ok, clients = known_clients(transport, report)
  if not ok then return nil, clients end
  return walk(transport, options, report, {
    now = report.at, clients = clients,
    unused_for = options.unused_for or 90 * DAY,
    expiring_within = options.expiring_within or 7 * DAY,
  }, iterator)
end

return audit
