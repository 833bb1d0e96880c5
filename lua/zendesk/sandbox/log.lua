-- The requests that the sandbox has seen, in order; the oldest make room once there are too many.

local json = require "zendesk.sandbox.json"

local ENTRY = json.shape { "method", "path", "query", "status", "headers", "body" }

local log = {}

---Notes a request; its status is filled in when it is known.
---@param state zendesk.sandbox.State
---@param request zendesk.sandbox.Request
---@return table|nil entry nil while the log is switched off
function log.add(state, request)
  local most = state.switches.log
  if not most then return nil end
  local entry = setmetatable({
    method = request.method, path = request.path, query = request.query,
    headers = request.headers, body = request.body, status = json.null,
  }, ENTRY)
  state.log_last = state.log_last + 1
  state.log[state.log_last] = entry
  while state.log_last - state.log_first + 1 > most do
    state.log[state.log_first] = nil
    state.log_first = state.log_first + 1
  end
  return entry
end

---@param state zendesk.sandbox.State
---@return table[] entries in order
function log.list(state)
  return json.array(table.move(state.log, state.log_first, state.log_last, 1, {}))
end

function log.clear(state)
  state.log, state.log_first, state.log_last = {}, 1, 0
end

return log
