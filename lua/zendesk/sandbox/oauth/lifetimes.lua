-- How long a token lives: what the caller asks for within Zendesk's ranges, else what the date of
-- the client says (none of old, 30 minutes since May 2026, for everybody since April 2027).

local reply = require "zendesk.sandbox.reply"

local ACCESS_MIN, ACCESS_MAX, ACCESS_DEFAULT = 300, 172800, 1800
local REFRESH_MIN, REFRESH_MAX, REFRESH_DEFAULT = 604800, 7776000, 2592000
local ENFORCED_FOR_NEW = 1777593600 -- 2026-05-01, clients made from here on
local ENFORCED_FOR_ALL = 1806537600 -- 2027-04-01

local lifetimes = {}

local function range(params, name, least, most)
  local value = params[name]
  if value == nil then return nil end
  local seconds = math.tointeger(tonumber(value))
  if seconds and seconds >= least and seconds <= most then return seconds end
  local text = ("%s must be between %d and %d"):format(name, least, most)
  return nil, reply.oauth_error("invalid_request", text)
end

local function default(state, client)
  local rule = state.switches.default_expiry
  if rule == "enforced" then return ACCESS_DEFAULT end
  if rule == "none" then return nil end
  local enforced = client.created_at >= ENFORCED_FOR_NEW or state.clock:now() >= ENFORCED_FOR_ALL
  return enforced and ACCESS_DEFAULT or nil
end

---@class zendesk.sandbox.Lifetime
---@field access? integer seconds; nil for a token that does not expire
---@field refresh? integer seconds; nil where there is no refresh token

---@param state zendesk.sandbox.State
---@param client table
---@param params table<string, any> of the token request
---@param refreshable boolean false for client credentials
---@return zendesk.sandbox.Lifetime|nil lifetime, table? refusal
function lifetimes.resolve(state, client, params, refreshable)
  local access, refusal = range(params, "expires_in", ACCESS_MIN, ACCESS_MAX)
  if refusal then return nil, refusal end
  local refresh
  refresh, refusal = range(params, "refresh_token_expires_in", REFRESH_MIN, REFRESH_MAX)
  if refusal then return nil, refusal end
  access = access or default(state, client)
  if not access then return {} end
  return { access = access, refresh = refreshable and (refresh or REFRESH_DEFAULT) or nil }
end

return lifetimes
