-- The remote control: POST /__sandbox/<verb> with JSON, guarded by a key that only the process that
-- started the sandbox knows. Its calls are neither counted nor logged, limited nor failed.

local faults = require "zendesk.sandbox.faults"
local json = require "zendesk.sandbox.json"
local log = require "zendesk.sandbox.log"
local reply = require "zendesk.sandbox.reply"
local seed = require "zendesk.sandbox.seed"

local verbs = {}

function verbs.requests(state)
  return { requests = log.list(state) }
end

function verbs.clear_requests(state)
  log.clear(state)
  return {}
end

function verbs.stats(state, _, options)
  local stats = state.stats
  stats.now = state.clock:now()
  stats.connections = options.connections()
  return { stats = stats }
end

function verbs.fail(state, rule)
  local checked, message = faults.new(rule)
  if not checked then return nil, message end
  table.insert(state.faults, checked)
  return {}
end

function verbs.clear_faults(state)
  state.faults = {}
  return {}
end

function verbs.advance(state, arguments)
  state.clock:advance(arguments.seconds)
  return { now = state.clock:now() }
end

function verbs.set(state, arguments)
  local ok, message = state:set(arguments.switch, arguments.value)
  if not ok then return nil, message end
  return {}
end

function verbs.seed(state, arguments)
  return seed.apply(state, arguments)
end

function verbs.reset(state)
  state:reset()
  return {}
end

function verbs.stop(_, _, options)
  options.stop()
  return {}
end

local control = {}

---@param state zendesk.sandbox.State
---@param options { key: string, stop: function, connections: fun(): integer }
---@return fun(request: zendesk.sandbox.Request): table
function control.new(state, options)
  return function(request)
    if request.headers["x-sandbox-key"] ~= options.key then
      return reply.text(403, "the control key is missing or wrong")
    end
    local verb = verbs[request.path:match "^/__sandbox/([%w_]+)$"]
    if not verb or request.method ~= "POST" then return reply.text(404, "no such control") end
    local arguments, unreadable = {}, nil
    if request.body ~= "" then arguments, unreadable = json.decode(request.body) end
    if unreadable then return reply.json(400, { error = unreadable }) end
    local ok, result, message = pcall(verb, state, arguments, options)
    if not ok then return reply.json(400, { error = tostring(result) }) end
    if not result then return reply.json(400, { error = message }) end
    return reply.json(200, result)
  end
end

return control
