-- /api/v2/api_tokens: the API tokens of the account. They can be read, described and deleted; since
-- 27 October 2026 none can be made.

local fields = require "zendesk.sandbox.fields"
local json = require "zendesk.sandbox.json"
local paging = require "zendesk.sandbox.paging"
local reply = require "zendesk.sandbox.reply"

local SHAPE = json.shape {
  "url", "id", "token", "description", "active", "created_at", "updated_at", "last_used_at",
}
local PATH = "/api/v2/api_tokens"
local SHOWN = 5

local api_tokens = {}

local function present(context, token)
  local clock = context.state.clock
  local shown = {
    url = context.origin .. PATH .. "/" .. token.id .. ".json", id = token.id,
    token = token.value:sub(1, SHOWN) .. "...", active = token.active,
    description = fields.nullable(token.description), created_at = clock:iso(token.created_at),
    updated_at = clock:iso(token.updated_at or token.created_at),
    last_used_at = token.used_at and clock:iso(token.used_at) or json.null,
  }
  for name, value in pairs(token.extra or {}) do shown[name] = value end
  return setmetatable(shown, SHAPE)
end

local function index(context)
  return paging.reply(context, {
    key = "api_tokens", records = context.state.api_tokens,
    present = function(token) return present(context, token) end,
  })
end

local function create()
  return reply.forbidden()
end

local function with_token(handler)
  return function(context)
    local id = fields.id(context.params.id)
    local token = id and context.state.api_tokens:get(id)
    if not token then return reply.record_not_found() end
    return handler(context, token)
  end
end

local function update(context, token)
  local object, refusal = fields.wrapped(context, "api_token")
  if not object then return refusal end
  local given = fields.permit(context, object, fields.set { "description", "active" })
  for name, value in pairs(given) do token[name] = fields.plain(value) end
  token.updated_at = context.state.clock:now()
  return reply.json(200, { api_token = present(context, token) })
end

local function delete(context, token)
  context.state.api_tokens:remove(token.id)
  return reply.no_content()
end

local function route(method, path, handler)
  local access = method == "GET" and "read" or "write"
  return { method, path, handler = handler, role = "admin", access = access }
end

api_tokens[1] = route("GET", PATH, index)
api_tokens[1].parameters = paging.parameters()
api_tokens[2] = route("POST", PATH, create)
api_tokens[3] = route("PUT", PATH .. "/{id}", with_token(update))
api_tokens[4] = route("DELETE", PATH .. "/{id}", with_token(delete))

return api_tokens
