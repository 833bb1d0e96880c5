-- One request, from its bytes to its outcome: control or API, faults, limits, route, credentials,
-- handler, the headers that every reply has.

local auth = require "zendesk.sandbox.auth"
local control = require "zendesk.sandbox.control"
local faults = require "zendesk.sandbox.faults"
local form = require "zendesk.sandbox.form"
local json = require "zendesk.sandbox.json"
local limits = require "zendesk.sandbox.limits"
local lists = require "zendesk.sandbox.lists"
local log = require "zendesk.sandbox.log"
local random = require "zendesk.sandbox.random"
local reply = require "zendesk.sandbox.reply"
local router = require "zendesk.sandbox.router"

local ENDPOINTS = {
  "zendesk.sandbox.api.account", "zendesk.sandbox.api.api_tokens",
  "zendesk.sandbox.api.attachments", "zendesk.sandbox.api.clients",
  "zendesk.sandbox.api.global_clients", "zendesk.sandbox.api.incremental",
  "zendesk.sandbox.api.jobs", "zendesk.sandbox.api.search", "zendesk.sandbox.api.tickets",
  "zendesk.sandbox.api.tokens", "zendesk.sandbox.api.users", "zendesk.sandbox.oauth.authorize",
  "zendesk.sandbox.oauth.token_endpoint",
}

---@class zendesk.sandbox.Context what a handler is given
---@field state zendesk.sandbox.State
---@field request zendesk.sandbox.Request
---@field caller zendesk.sandbox.Caller
---@field params table<string, string> parts of the path
---@field query table<string, string>
---@field query_names string[]
---@field origin string scheme and host for links
---@field json? any the decoded body
---@field warnings string[] keys and parameters that were ignored

local App = {}
App.__index = App

local app = {}

-- Reads the JSON body of a call that may have one.
local function read_body(context)
  local request = context.request
  if request.body == "" then return nil end
  local kind = (request.headers["content-type"] or ""):lower()
  if not kind:find("json", 1, true) then return reply.unsupported_media_type() end
  local value, message = json.decode(request.body)
  if message then return reply.unparsable() end
  context.json = value
  return nil
end

local function authorize(context, route)
  if route.public then return nil end
  local state = context.state
  local caller, refusal = auth.identify(state, context.request, context.query.access_token)
  if not caller then return refusal end
  context.caller = caller
  return auth.check(state, caller, route)
end

-- Parameters that a list does not know are passed over, as at Zendesk, and named like keys of a
-- body that are: here it may be that Zendesk knows them.
local function note_unknown(context, route)
  if not route.parameters then return end
  for _, name in ipairs(context.query_names) do
    if not route.parameters[name] and name ~= "access_token" then
      table.insert(context.warnings, name)
    end
  end
end

local function carry_out(context, route)
  local refusal = authorize(context, route)
  if refusal then return refusal end
  note_unknown(context, route)
  if not route.raw_body then
    refusal = read_body(context)
    if refusal then return refusal end
  end
  return route.handler(context)
end

local function new_context(self, request)
  local query, names = form.parse(request.query)
  return {
    state = self.state, request = request, params = {}, query = query, query_names = names,
    origin = "http://" .. (request.headers.host or "127.0.0.1"), warnings = {},
  }
end

local function not_found(request)
  if request.path:find "^/api/" then return reply.invalid_endpoint() end
  return reply.html(404, "<html><body><h1>The page you were looking for doesn't exist</h1>"
    .. "</body></html>")
end

-- The reply as Zendesk would give it, before faults.
local function answer_for(self, request)
  local context = new_context(self, request)
  local route, params = self._router:find(request.method, request.path)
  route = route or lists.find(self.state, request)
  context.params = params
  local headers, refusal = limits.check(self.state, route and route.limit)
  local answer = refusal
  if not answer then
    answer = route and carry_out(context, route) or not_found(request)
  end
  for _, line in ipairs(headers) do table.insert(answer.headers, line) end
  if #context.warnings > 0 then
    local keys = {}
    for index, key in ipairs(context.warnings) do
      keys[index] = '"' .. key:gsub('[%c"\\]', "?") .. '"'
    end
    table.insert(answer.headers,
      "X-Zendesk-API-Warn: {:unpermitted_keys=>[" .. table.concat(keys, ", ") .. "]}")
  end
  return answer
end

local function common_headers(self, answer)
  local headers = answer.headers
  headers[#headers + 1] = "Date: " .. self.state.clock:http_date()
  headers[#headers + 1] = "X-Request-Id: " .. random.hex(16) .. "-SBX"
  headers[#headers + 1] = "X-Zendesk-API-Version: v2"
  return answer
end

local function with_fault(self, request, rule)
  local stats = self.state.stats
  stats.faults = stats.faults + 1
  local answer = faults.carries_out(rule) and answer_for(self, request) or nil
  if rule.drop then
    return { drop = true, reset = rule.reset, delay = rule.delay }
  end
  answer = faults.override(rule, common_headers(self, faults.reply(rule, answer)))
  return { reply = answer, delay = rule.delay, truncate = rule.truncate }
end

local function count(self, entry, outcome)
  local stats, answer = self.state.stats, outcome.reply
  if not answer then return end
  if entry then entry.status = answer.status end
  local key = tostring(answer.status)
  stats.statuses[key] = (stats.statuses[key] or 0) + 1
  if answer.status == 401 then stats.unauthorized = stats.unauthorized + 1 end
end

local function outcome_of(self, request)
  if request.path:find("^/__sandbox/") then
    return { reply = common_headers(self, self._control(request)) }
  end
  local state = self.state
  state.stats.requests = state.stats.requests + 1
  local entry = log.add(state, request)
  local rule = faults.pick(state.faults, request)
  local outcome = rule and with_fault(self, request, rule)
    or { reply = common_headers(self, answer_for(self, request)) }
  count(self, entry, outcome)
  return outcome
end

---Answers a request. A mistake in here costs one reply, not the server.
---@param request zendesk.sandbox.Request
---@return zendesk.sandbox.Outcome
function App:handle(request)
  local ok, outcome = xpcall(outcome_of, debug.traceback, self, request)
  if ok then return outcome end
  outcome = tostring(outcome)
  if outcome:find("interrupted!", 1, true) then error(outcome, 0) end -- Ctrl-C
  io.stderr:write("zendesk.sandbox: ", outcome, "\n")
  return {
    reply = reply.html(500, "<html><body><h1>500 Internal Server Error</h1></body></html>"),
  }
end

---Every route: { method, path, … }.
---@return zendesk.sandbox.Route[]
function app.routes()
  local list = {}
  for _, name in ipairs(ENDPOINTS) do
    for _, route in ipairs(require(name)) do list[#list + 1] = route end
  end
  return list
end

---@param state zendesk.sandbox.State
---@param options { key: string, stop: function, info?: function }
function app.new(state, options)
  local routes = router.new()
  for _, route in ipairs(app.routes()) do routes:add(route[1], route[2], route) end
  return setmetatable({
    state = state, _router = routes, _control = control.new(state, options),
  }, App)
end

return app
