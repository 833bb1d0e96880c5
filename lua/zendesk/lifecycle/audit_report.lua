-- audit_report: what an audit has found, as data and as a table for a person. No I/O.

local arguments = require "zendesk.arguments"
local core = require "zendesk.core"
local resource = require "zendesk.resource"
local timestamp = require "zendesk.timestamp"
local verdict = require "zendesk.lifecycle.verdict"

-- Rows that tostring() shows; report:table(n) shows as many as wanted.
local SHOWN = 50

---@class zendesk.AuditFinding
---@field id integer|nil nil where the list gave none
---@field client_id integer|nil
---@field client string|nil identifier, where the client is known
---@field user_id integer|nil
---@field scopes string[]|nil
---@field reasons string[]
---@field last_use integer|nil epoch seconds
---@field expires_at integer|nil epoch seconds
---@field current boolean|nil it is the token that this program uses

---@class zendesk.AuditShare
---@field tokens integer
---@field findings integer

---@class zendesk.AuditReport
---@field at number epoch seconds, of Zendesk's clock
---@field tokens integer
---@field findings zendesk.AuditFinding[]
---@field counts table<string, integer> reason → number of tokens
---@field by_client table<integer, zendesk.AuditShare>
---@field by_user table<integer, zendesk.AuditShare>
---@field clients table<integer, string|true>|nil client_id → identifier, of those that exist
---@field notes string[] what could not be looked at, and why
local Report = {}
Report.__index = Report
Report.__name = "zendesk.AuditReport"

local audit_report = {}

---@param at number
---@return zendesk.AuditReport
function audit_report.new(at)
  local counts = {}
  for _, reason in ipairs(verdict.REASONS) do counts[reason[1]] = 0 end
  return setmetatable({
    at = at, tokens = 0, findings = setmetatable({}, core.array_mt), counts = counts,
    by_client = {}, by_user = {}, notes = setmetatable({}, core.array_mt),
  }, Report)
end

local function count(shares, id, found)
  id = resource.number(id)
  if not id then return end
  local share = shares[id]
  if not share then
    share = { tokens = 0, findings = 0 }
    shares[id] = share
  end
  share.tokens = share.tokens + 1
  if found then share.findings = share.findings + 1 end
end

---Counts a token that has been looked at.
---@param token table
---@param reasons string[]
function Report:count(token, reasons)
  local found = #reasons > 0
  self.tokens = self.tokens + 1
  count(self.by_client, token.client_id, found)
  count(self.by_user, token.user_id, found)
  for _, reason in ipairs(reasons) do self.counts[reason] = self.counts[reason] + 1 end
end

local function date_of(seconds, absent)
  return seconds and timestamp.format_date(seconds) or absent
end

local function row_of(finding)
  return {
    (finding.id and tostring(finding.id) or "-") .. (finding.current and " (in use)" or ""),
    finding.client or (finding.client_id and tostring(finding.client_id)) or "-",
    finding.user_id and tostring(finding.user_id) or "-",
    date_of(finding.last_use, "never"), date_of(finding.expires_at, "never"),
    (table.concat(finding.reasons, ", "):gsub("_", " ")),
  }
end

local HEADINGS = { "token", "client", "user", "last use", "ends", "why" }

local function aligned(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for place, cell in ipairs(row) do
      widths[place] = math.max(widths[place] or 0, utf8.len(cell) or #cell)
    end
  end
  local lines = {}
  for number, row in ipairs(rows) do
    local cells = {}
    for place, cell in ipairs(row) do
      cells[place] = cell .. (" "):rep(widths[place] - (utf8.len(cell) or #cell))
    end
    lines[number] = (table.concat(cells, "  "):gsub("%s+$", ""))
  end
  return lines
end

local function busiest(shares, name_of)
  local ids = {}
  for id, share in pairs(shares) do
    if share.findings > 0 then ids[#ids + 1] = id end
  end
  table.sort(ids, function(a, b)
    local left, right = shares[a].findings, shares[b].findings
    if left ~= right then return left > right end
    return a < b
  end)
  local parts = {}
  for place = 1, math.min(5, #ids) do
    local id = ids[place]
    parts[place] = ("%s %d of %d"):format(name_of(id), shares[id].findings, shares[id].tokens)
  end
  return table.concat(parts, ", ")
end

local function summary(report)
  local plural = report.tokens == 1 and "" or "s"
  local lines = { ("%d token%s looked at"):format(report.tokens, plural) }
  for _, reason in ipairs(verdict.REASONS) do
    local number = report.counts[reason[1]]
    if number > 0 then
      lines[#lines + 1] = ("  %d %s: %s"):format(number, reason[1]:gsub("_", " "), reason[2])
    end
  end
  local names = report.clients or {}
  local clients = busiest(report.by_client, function(id)
    return type(names[id]) == "string" and names[id] or tostring(id)
  end)
  if clients ~= "" then lines[#lines + 1] = "  by client: " .. clients end
  local users = busiest(report.by_user, tostring)
  if users ~= "" then lines[#lines + 1] = "  by user: " .. users end
  for _, note in ipairs(report.notes) do lines[#lines + 1] = "  note: " .. note end
  return lines
end

---The findings as a table of text.
---@param most integer|nil how many rows; all by default
---@return string
function Report:table(most)
  arguments.self(self, Report, "report:table")
  if most ~= nil then arguments.check("most", most, "count_or_zero") end
  local rows = { HEADINGS }
  for place = 1, math.min(most or #self.findings, #self.findings) do
    rows[#rows + 1] = row_of(self.findings[place])
  end
  local lines = aligned(rows)
  local left = #self.findings - (#rows - 1)
  if left > 0 then lines[#lines + 1] = ("… and %d more"):format(left) end
  return table.concat(lines, "\n")
end

---The summary and the first findings.
---@return string
function Report:__tostring()
  local text = table.concat(summary(self), "\n")
  if #self.findings == 0 then return text end
  return text .. "\n\n" .. self:table(SHOWN)
end

return audit_report
