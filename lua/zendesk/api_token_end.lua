-- api_token_end: the day on which Zendesk ends all API tokens, and what is said about it. Pure.

local timestamp = require "zendesk.timestamp"

local api_token_end = {
  ---"All API tokens stop working", Zendesk's announcement of 2026-06-01.
  DAY = "2027-04-30",
}

---The same in epoch seconds.
api_token_end.AT = timestamp.parse(api_token_end.DAY)

local SECONDS_A_DAY = 86400

local MOVE = "move to OAuth: zendesk.auth.client_credentials for programs, "
  .. "zendesk.auth.authorization_code for people (examples/migrate.lua does it with you)"

---What an instance with an API token is told when it begins.
---@param now number epoch seconds
---@return string
function api_token_end.warning(now)
  if now >= api_token_end.AT then
    return ("API tokens stopped working on %s; %s"):format(api_token_end.DAY, MOVE)
  end
  local days = math.ceil((api_token_end.AT - now) / SECONDS_A_DAY)
  return ("API tokens stop working on %s, in %d day%s; %s"):format(api_token_end.DAY, days,
    days == 1 and "" or "s", MOVE)
end

---Why a 401 came, for an instance with an API token.
---@param now number epoch seconds
---@return string message
---@return string remedy
function api_token_end.explain_401(now)
  if now >= api_token_end.AT then
    return ("Zendesk refused the API token: API tokens stopped working on %s"):format(
      api_token_end.DAY), MOVE
  end
  return "Zendesk refused the e-mail address and API token", "check email and api_token; a "
    .. "token that was not used for 30 days is deactivated, and new ones cannot be made: " .. MOVE
end

return api_token_end
