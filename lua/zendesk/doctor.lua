-- doctor: looks at an instance from all sides and says in plain words how it does: which credential
-- is in use and when it ends, what it may do, the clock, the rate limit, and the libraries. Reads
-- only; what cannot be read is said, and is no error.

local core = require "zendesk.core"
local http_date = require "zendesk.http_date"
local instance = require "zendesk.instance"
local judge = require "zendesk.doctor.judge"
local limits = require "zendesk.limits"
local pages = require "zendesk.pages"
local software = require "zendesk.doctor.software"
local values = require "zendesk.pages.values"

---@class zendesk.doctor
---@overload fun(zd: zendesk.Instance): zendesk.DoctorReport
local doctor = {}

---@class zendesk.DoctorReport
---@field ok boolean nothing worse than a warning
---@field findings zendesk.DoctorFinding[]
---@field lines string[] the findings as text
---@field facts table what was read: kind, user, token, skew, limit, api_tokens, versions
local Report = {}
Report.__index = Report
Report.__name = "zendesk.DoctorReport"

local MARKS = { good = "ok", note = "note", warning = "warning", problem = "PROBLEM" }

---@return string
function Report:__tostring()
  return table.concat(self.lines, "\n")
end

local function may_be_missing(err)
  return err.kind == "forbidden" or err.kind == "not_found"
end

-- Date has whole seconds: the middle of that second against the middle of the call.
local function skew_of(response, began, ended)
  local date = response.date and http_date.parse(response.date)
  return date and date + 0.5 - (began + ended) / 2
end

-- The call that everything else is measured by.
local function read_user(transport, facts)
  local began = transport:time()
  local body, response = transport:send { method = "GET", path = "/api/v2/users/me" }
  if body == nil then return response end
  facts.skew = skew_of(response, began, transport:time())
  facts.limit = limits.account(function(name) return response:header(name) end)
  local user = type(body) == "table" and body.user
  if type(user) == "table" and math.type(user.id) == "integer" then
    facts.user = { id = user.id, name = values.text(user.name), role = values.text(user.role) }
  else
    facts.anonymous = true
  end
  return nil
end

-- The texts among the elements of what a reply has in place of a list.
local function words_of(list)
  local words = {}
  for _, word in ipairs(values.table(list) or {}) do words[#words + 1] = values.text(word) end
  return words
end

local function read_token(transport, facts)
  if transport.account:scheme() ~= "bearer" then return nil end
  local body, err = transport:send { method = "GET", path = "/api/v2/oauth/tokens/current" }
  if body == nil then return not may_be_missing(err) and err or nil end
  local token = type(body) == "table" and body.token
  if type(token) == "table" then
    facts.token = {
      id = values.integer(token.id), client_id = values.integer(token.client_id),
      scopes = words_of(token.scopes), expires_at = values.text(token.expires_at),
    }
  end
  return nil
end

-- What the list of API tokens may answer with once there are none any more.
local SWITCHED_OFF = { [400] = true, [405] = true, [410] = true, [501] = true }

local function read_api_tokens(transport, facts)
  if facts.anonymous then return nil end
  local tokens, err = pages.collect(transport, "/api/v2/api_tokens", { key = "api_tokens" })
  if tokens then
    facts.api_tokens = tokens
    return nil
  end
  return not (may_be_missing(err) or err.kind == "decode" or SWITCHED_OFF[err.status]) and err
    or nil
end

local function cjson_version()
  local found, cjson = pcall(require, "cjson")
  return found and type(cjson) == "table" and cjson._VERSION or nil
end

local function read_software(facts)
  facts.versions = core.versions()
  facts.versions.lua_cjson = cjson_version()
  facts.versions.lua = _VERSION
  facts.versions.zendesk = core._VERSION
end

local function append(findings, more)
  for _, finding in ipairs(more) do findings[#findings + 1] = finding end
end

local function judge_all(facts, now)
  local findings = {}
  if facts.failure then
    findings[1] = {
      level = "problem", area = "access", text = "a call failed: " .. tostring(facts.failure),
    }
  elseif facts.anonymous then
    findings[1] = {
      level = "problem", area = "access",
      text = "Zendesk does not know the credential and answers as to an anonymous user",
    }
  end
  findings[#findings + 1] = judge.credential(facts, now)
  append(findings, judge.access(facts))
  append(findings, { judge.api_tokens(facts.api_tokens) })
  if not facts.failure then
    append(findings, { judge.clock(facts.skew), judge.limits(facts.limit) })
  end
  append(findings, software.judge(facts.versions, facts.versions.lua_cjson))
  return findings
end

local function report_of(facts, now)
  local findings = judge_all(facts, now)
  local lines, ok = {}, true
  for place, finding in ipairs(findings) do
    ok = ok and finding.level ~= "problem"
    lines[place] = ("%-8s %-11s %s"):format(MARKS[finding.level], finding.area, finding.text)
  end
  return setmetatable({ ok = ok, findings = findings, lines = lines, facts = facts }, Report)
end

---Examines an instance. A call that fails is a finding like any other, so there always is a report.
---@param zd zendesk.Instance
---@return zendesk.DoctorReport
function doctor.examine(zd)
  local transport = instance.check(zd)._transport
  local credential = values.table(zd:describe().credential) or {}
  local facts = { kind = credential.kind or "auth", refresh_expires_at = nil }
  if type(credential.token) == "table" then
    facts.refresh_expires_at = credential.token.refresh_expires_at
  end
  facts.failure = read_user(transport, facts)
  if not facts.failure then facts.failure = read_token(transport, facts) end
  if not facts.failure then facts.failure = read_api_tokens(transport, facts) end
  read_software(facts)
  return report_of(facts, transport:time())
end

---`zendesk.doctor(zd)` and `require "zendesk.doctor" (zd)` are the same.
return setmetatable(doctor, { __call = function(_, zd) return doctor.examine(zd) end })
