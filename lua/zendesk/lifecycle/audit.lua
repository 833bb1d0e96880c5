-- audit: walks the OAuth tokens of an account and reports what is worth a look. Reads only. Tokens
-- pass through one page at a time; what is kept are the findings, or nothing where the caller takes
-- them one by one.

local arguments = require "zendesk.arguments"
local audit_report = require "zendesk.lifecycle.audit_report"
local errors = require "zendesk.errors"
local http_date = require "zendesk.http_date"
local pages = require "zendesk.pages"
local resource = require "zendesk.resource"
local timestamp = require "zendesk.timestamp"
local verdict = require "zendesk.lifecycle.verdict"

local audit = {}

local CURRENT = "/api/v2/oauth/tokens/current"

local DAY = 86400
local CLOCKS_DIFFER = 300 -- seconds; less is not worth a word
local EVERY = 100 -- tokens between two progress events

---@class zendesk.AuditOptions
---@field unused_for number|nil seconds; 90 days
---@field expiring_within number|nil seconds; 7 days; of tokens that were made to live longer
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

-- What a 403, a 404 or an odd reply leaves out is said in the report; any other error ends it.
local function may_be_missing(err)
  return err.kind == "forbidden" or err.kind == "not_found" or err.kind == "decode"
end

local function note_names(transport, path, names)
  local iterator <close> = pages.each(transport, path, { progress = false })
  while true do
    local client, err = iterator:next()
    if err then return nil, err end
    if client == nil then return true end
    local id = resource.number(client.id)
    if not id then return nil, errors.new("decode", "a client has no numeric id") end
    names[id] = type(client.identifier) == "string" and client.identifier or true
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
  local body, response = transport:send { method = "GET", path = CURRENT }
  local token, err = resource.unwrap(body, response, "token")
  if not token then return nil, err end
  local id = resource.number(token.id)
  if id then return id end
  return nil, errors.new("decode", "the reply to GET " .. CURRENT .. " names no token")
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
  local id, made_for = resource.number(token.id), resource.number(token.client_id)
  local name = report.clients and made_for and report.clients[made_for]
  return {
    id = id, client_id = made_for, client = type(name) == "string" and name or nil,
    user_id = token.user_id, scopes = token.scopes, reasons = reasons,
    last_use = verdict.last_use(token), expires_at = timestamp.parse(token.expires_at),
    current = current ~= nil and id == current or nil,
  }
end

local function tell(transport, report, found, started, finished)
  local elapsed = transport:now() - started
  transport:emit {
    type = "progress", what = "audit", records = report.tokens, findings = found,
    finished = finished, elapsed = elapsed, rate = elapsed > 0 and report.tokens / elapsed or nil,
  }
end

-- The times in the records are of Zendesk's clock; that of this machine may be wrong by years.
local function set_clock(report, rules, response)
  local now = response.date and http_date.parse(response.date)
  if not now then return end
  local ahead = math.floor(report.at - now)
  if math.abs(ahead) > CLOCKS_DIFFER then
    report.notes[#report.notes + 1] = ("this machine's clock is %d s %s of Zendesk's, which counts")
      :format(math.abs(ahead), ahead > 0 and "ahead" or "short")
  end
  report.at, rules.now = now, now
end

local function tokens_of(transport, options, report, rules)
  return pages.each(transport, "/api/v2/oauth/tokens", {
    query = query_of(options), from = options.from,
    progress = false, -- the audit gives its own
    on_page = function(page)
      if page.number == 1 then set_clock(report, rules, page.response) end
      if options.on_page then options.on_page(page) end
    end,
  })
end

-- Counted by field: a list of tokens may be long.
local function note_unreadable(report, counts)
  for field, number in pairs(counts) do
    report.notes[#report.notes + 1] = ("%d token%s a %s that is no time, of which nothing is said")
      :format(number, number == 1 and " has" or "s have", field)
  end
end

local function current_of(transport, report)
  local current, err = audit.current_id(transport)
  if not err then return true, current end
  if not may_be_missing(err) then return nil, err end
  report.notes[#report.notes + 1] = "the token in use is not marked: " .. err.message
  return true, nil
end

local function walk(transport, options, report, rules, iterator)
  local ok, current = current_of(transport, report)
  if not ok then return nil, current end
  local unreadable = {}
  local take = options.on_finding or function(finding)
    report.findings[#report.findings + 1] = finding
  end
  local started, found = transport:now(), 0
  while true do
    local token, err = iterator:next()
    if err then
      err.checkpoint = iterator:checkpoint()
      tell(transport, report, found, started, true)
      return nil, err
    end
    if token == nil then break end
    local reasons, odd = verdict.of(token, rules), verdict.unreadable(token)
    if odd then unreadable[odd] = (unreadable[odd] or 0) + 1 end
    report:count(token, reasons)
    if #reasons > 0 then
      found = found + 1
      take(finding_of(token, reasons, report, current))
    end
    if report.tokens % EVERY == 0 then tell(transport, report, found, started, false) end
  end
  note_unreadable(report, unreadable)
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
  local report = audit_report.new(transport:time())
  local rules = {
    now = report.at, unused_for = options.unused_for or 90 * DAY,
    expiring_within = options.expiring_within or 7 * DAY,
  }
  -- Made first: what is wrong with the options is told before anything is sent.
  local iterator <close> = tokens_of(transport, options, report, rules)
  local fault = pages.fault(iterator)
  if fault then return nil, fault end
  local ok, clients = known_clients(transport, report)
  if not ok then return nil, clients end
  rules.clients = clients
  return walk(transport, options, report, rules, iterator)
end

return audit
