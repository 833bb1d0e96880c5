-- prune: revokes the OAuth tokens that an audit names for chosen reasons, never the one in use. The
-- tokens are found first and revoked afterwards, so that revoking does not shift the pages of the
-- list. Every revocation stands for itself: a run that was stopped is simply run again. A dry run
-- that somebody has agreed to is a plan: nothing that it did not name is revoked.

local arguments = require "zendesk.arguments"
local audit = require "zendesk.lifecycle.audit"
local core = require "zendesk.core"
local errors = require "zendesk.errors"
local verdict = require "zendesk.lifecycle.verdict"

local prune = {}

---@class zendesk.PruneOutcome
---@field id integer|nil nil where the list gave none
---@field client_id integer|nil
---@field user_id integer|nil
---@field reasons string[]
---@field outcome "revoked"|"gone"|"kept"|"failed"|"would revoke"
---@field error zendesk.Error|nil

---@class zendesk.Pruned
---@field dry_run boolean
---@field looked_at integer tokens
---@field named integer tokens that the audit names for these reasons
---@field revoked integer
---@field gone integer somebody else had revoked them
---@field kept integer the token in use
---@field failed integer
---@field left integer not come to: stopped, or the limit was reached
---@field outcomes zendesk.PruneOutcome[]
local Pruned = {}
Pruned.__index = Pruned
Pruned.__name = "zendesk.Pruned"

---@return string
function Pruned:__tostring()
  local verb = self.dry_run and "would revoke" or "revoked"
  local plural = self.looked_at == 1 and "" or "s"
  local lines = {
    ("%d token%s looked at, %d named, %s %d, already gone %d, kept (in use) %d, failed %d, left %d")
      :format(self.looked_at, plural, self.named, verb, self.revoked, self.gone, self.kept,
        self.failed, self.left),
  }
  for _, outcome in ipairs(self.outcomes) do
    if outcome.outcome == "failed" then
      lines[#lines + 1] = ("  %s: %s"):format(outcome.id or "?", tostring(outcome.error))
    end
  end
  return table.concat(lines, "\n")
end

---@class zendesk.PruneOptions
---@field unused_for number|nil seconds; names the tokens not used for so long
---@field expiring_within number|nil seconds; 7 days
---@field client integer|table|nil only tokens of this client: numeric id or record
---@field client_id integer|nil the same
---@field global_client_id integer|nil only tokens of this global client
---@field all boolean|nil of all users (default), or only one's own
---@field include_expired boolean|nil passed on to Zendesk
---@field reasons string[]|nil reasons of an audit, any of which is enough; { "unused" }
---@field dry_run boolean|nil says what would be revoked
---@field plan zendesk.Pruned|nil of a dry run: revokes nothing that it did not name
---@field limit integer|nil revokes at most so many
---@field on_outcome nil|fun(outcome: zendesk.PruneOutcome): any false stops

local OPTIONS = {
  unused_for = "duration", expiring_within = "duration", reasons = "words",
  client = "integer or table", client_id = "integer", global_client_id = "integer",
  all = "boolean", include_expired = "boolean", dry_run = "boolean", plan = "table",
  limit = "count_or_zero", on_outcome = "function",
}

local AUDIT_OPTIONS = {
  "unused_for", "expiring_within", "client", "client_id", "global_client_id", "all",
  "include_expired",
}

local function reasons_of(options)
  local reasons = options.reasons or { options.unused_for and "unused" }
  if #reasons == 0 then
    errors.raise(3, "prune needs unused_for (seconds) or reasons, so that it is said what may go")
  end
  local wanted = {}
  for _, reason in ipairs(reasons) do
    if not verdict.KNOWN[reason] then
      errors.raise(3, "unknown reason '%s'", errors.clean(reason))
    end
    wanted[reason] = true
  end
  return wanted
end

-- The ids that a plan names; nil without a plan.
local function planned(plan)
  if plan == nil then return nil end
  if getmetatable(plan) ~= Pruned or not plan.dry_run then
    errors.raise(3, "option 'plan': the result of a dry run of prune expected")
  end
  local ids = {}
  for _, outcome in ipairs(plan.outcomes) do
    if outcome.id and outcome.outcome == "would revoke" then ids[outcome.id] = true end
  end
  return ids
end

---True when one of the wanted reasons is among those found. Pure.
---@param found string[]
---@param wanted table<string, boolean>
---@return boolean
function prune.is_named(found, wanted)
  for _, reason in ipairs(found) do
    if wanted[reason] then return true end
  end
  return false
end

---What a failed revocation means for the rest. Pure.
---@param err zendesk.Error
---@return "gone"|"failed"|"stop"
function prune.judge(err)
  if err.kind == "not_found" then return "gone" end
  local single = err.kind == "forbidden" or err.kind == "conflict" or err.kind == "invalid"
  return single and "failed" or "stop"
end

local function find(transport, options, wanted, ids)
  local named = {}
  local audit_options = { on_finding = function(finding)
    local may_go = not ids or ids[finding.id or false]
    if may_go and prune.is_named(finding.reasons, wanted) then
      named[#named + 1] = {
        id = finding.id, client_id = finding.client_id, user_id = finding.user_id,
        reasons = finding.reasons, outcome = nil, error = nil,
      }
    end
  end }
  for _, name in ipairs(AUDIT_OPTIONS) do audit_options[name] = options[name] end
  local report, err = audit.tokens(transport, audit_options)
  if not report then return nil, err end
  return named, report
end

-- Asked for last, so that a token renewed during the walk is known; without an answer nothing is
-- revoked.
local function in_use(transport)
  local current, err = audit.current_id(transport)
  if err then return nil, err end
  return { id = current }
end

local function revoke(transport, candidate, options, current)
  if not candidate.id then
    candidate.error = errors.new("decode", "the list gives no numeric id of this token")
    return "failed"
  end
  if candidate.id == current.id then return "kept" end
  if options.dry_run then return "would revoke" end
  local ok, err = transport:send {
    method = "DELETE", path = ("/api/v2/oauth/tokens/%d"):format(candidate.id),
  }
  if ok then return "revoked" end
  candidate.error = err
  return prune.judge(err)
end

local COUNTER = {
  revoked = "revoked", ["would revoke"] = "revoked", gone = "gone", kept = "kept",
  failed = "failed", stop = "failed",
}

local function note(result, candidate, outcome)
  candidate.outcome = outcome == "stop" and "failed" or outcome
  if outcome == "gone" then candidate.error = nil end
  local counter = COUNTER[outcome]
  result[counter] = result[counter] + 1
  result.outcomes[#result.outcomes + 1] = candidate
  result.left = result.named - #result.outcomes
end

local function tell(transport, result, started, finished)
  local elapsed, done = transport:now() - started, #result.outcomes
  transport:emit {
    type = "progress", what = "prune", records = done, total = result.named,
    revoked = result.revoked, failed = result.failed, dry_run = result.dry_run,
    finished = finished, elapsed = elapsed, rate = elapsed > 0 and done / elapsed or nil,
  }
end

local function revoke_each(transport, named, options, result, current, started)
  for _, candidate in ipairs(named) do
    if options.limit and result.revoked >= options.limit then return nil end
    local outcome = revoke(transport, candidate, options, current)
    note(result, candidate, outcome)
    tell(transport, result, started, result.left == 0)
    if outcome == "stop" then return candidate.error end
    if options.on_outcome and options.on_outcome(candidate) == false then return nil end
  end
  return nil
end

local function revoke_all(transport, named, options, result, current)
  local started = transport:now()
  local err = revoke_each(transport, named, options, result, current, started)
  if result.left > 0 then tell(transport, result, started, true) end
  if err then return nil, err, result end
  return result
end

---Revokes tokens that are not wanted any more.
---@param transport zendesk.Transport
---@param options zendesk.PruneOptions unused_for or reasons is needed
---@return zendesk.Pruned|nil result, zendesk.Error|nil err, zendesk.Pruned|nil partial
function prune.tokens(transport, options)
  options = arguments.options(options, OPTIONS)
  local wanted, ids = reasons_of(options), planned(options.plan)
  local named, report = find(transport, options, wanted, ids)
  if not named then return nil, report end
  local current, err = in_use(transport)
  if not current then return nil, err end
  return revoke_all(transport, named, options, setmetatable({
    dry_run = options.dry_run == true, looked_at = report.tokens, named = #named, revoked = 0,
    gone = 0, kept = 0, failed = 0, left = #named, outcomes = setmetatable({}, core.array_mt),
  }, Pruned), current)
end

return prune
