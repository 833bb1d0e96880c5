-- Idempotency-Key: the first reply to a key is kept for two hours and given again to the same body;
-- another body under the same key is refused.

local reply = require "zendesk.sandbox.reply"

local LIFETIME, MAX_KEY = 7200, 255
local LOOKUP = "x-idempotency-lookup: "

local idempotency = {}

local function refuse(text)
  return reply.json(400, { error = "IdempotentRequestError", description = text })
end

local function copy(answer)
  local headers = table.move(answer.headers, 1, #answer.headers, 1, {})
  return { status = answer.status, headers = headers, body = answer.body }
end

---Wraps a handler so that it honours the header.
---@param handler fun(context: zendesk.sandbox.Context): table
---@return fun(context: zendesk.sandbox.Context): table
function idempotency.wrap(handler)
  return function(context)
    local state, request = context.state, context.request
    local key = request.headers["idempotency-key"]
    if not key then return handler(context) end
    if #key > MAX_KEY then return refuse "Idempotency-Key must not exceed 255 characters" end
    local kept = state.idempotent[key]
    if kept and kept.ends > state.clock:now() then
      if kept.body ~= request.body or kept.path ~= request.path then
        return refuse "Request parameters do not match those of the first request with this key"
      end
      local answer = copy(kept.answer)
      table.insert(answer.headers, LOOKUP .. "hit")
      return answer
    end
    local answer = handler(context)
    if answer.status < 300 then
      state.idempotent[key] = {
        ends = state.clock:now() + LIFETIME, body = request.body, path = request.path,
        answer = copy(answer),
      }
    end
    table.insert(answer.headers, LOOKUP .. "miss")
    return answer
  end
end

return idempotency
