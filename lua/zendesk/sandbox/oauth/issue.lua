-- Makes tokens: their values, their place in the account, the counters.

local jwt = require "zendesk.sandbox.oauth.jwt"
local random = require "zendesk.sandbox.random"

local VALUE_LENGTH = 64

local issue = {}

local function count(state, grant)
  local stats = state.stats
  stats.tokens_issued = stats.tokens_issued + 1
  stats.grants[grant] = stats.grants[grant] + 1
end

local function value_of(state, client, fields, expires_at)
  if not state.switches.jwt_tokens then return random.hex(VALUE_LENGTH) end
  local clock = state.clock
  return jwt.sign {
    sub = tostring(fields.user_id), client_id = client.identifier, jti = random.hex(32),
    scope = table.concat(fields.scopes, " "), iat = clock:wall() // 1 | 0,
    exp = expires_at and clock:wall(expires_at) // 1 | 0,
  }
end

---A token of the deprecated endpoint: it never expires and cannot be refreshed.
---@param state zendesk.sandbox.State
---@param fields { client_id: integer, user_id: integer, scopes: string[] }
---@return table token
function issue.legacy(state, fields)
  count(state, "legacy")
  return state:add_token {
    client_id = fields.client_id, user_id = fields.user_id, scopes = fields.scopes,
    value = random.hex(VALUE_LENGTH), grant = "legacy",
  }
end

---A token of the token endpoint.
---@param state zendesk.sandbox.State
---@param client table
---@param fields table `grant`, `user_id`, `scopes`, `lifetime`
---@return table token
function issue.grant(state, client, fields)
  count(state, fields.grant)
  local now, lifetime = state.clock:now(), fields.lifetime
  local expires_at = lifetime.access and now + lifetime.access
  return state:add_token {
    client_id = client.id, user_id = fields.user_id, scopes = fields.scopes, grant = fields.grant,
    value = value_of(state, client, fields, expires_at), expires_at = expires_at,
    global = client.global,
    refresh_value = lifetime.refresh and random.hex(VALUE_LENGTH),
    refresh_expires_at = lifetime.refresh and now + lifetime.refresh,
  }
end

return issue
