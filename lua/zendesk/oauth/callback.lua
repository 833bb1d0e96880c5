--- Reads what the browser brought back from the authorise page.
--
-- Accepts the callback's URL as pasted from an address bar, its query string, or
-- a table of its parameters, and compares the state before anything else is
-- believed. The values end up in no message.

local core = require "zendesk.core"
local errors = require "zendesk.errors"

-- A code and a state are far shorter; an address bar can hold anything.
local LONGEST = 16 * 1024

local callback = {}

---@class zendesk.oauth.callback
---@field code string?
---@field state string?
---@field error string?
---@field error_description string?

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- Parameters of a query string. A parameter given twice is an attack or an accident
--- (RFC 6749 §3.1): `twice` names it.
---@param query string
---@return table<string, string> parameters
---@return string? twice
function callback.parse_query(query)
  local parameters, twice = {}, nil
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name, value = unescape(name), unescape(value)
    if parameters[name] ~= nil then twice = twice or name end
    parameters[name] = value
  end
  return parameters, twice
end

local function query_of(text)
  text = text:match "^%s*(.-)%s*$"
  local before_fragment = text:match "^[^#]*"
  return before_fragment:match "%?(.*)$" or before_fragment
end

local function failure(code, message, remedy)
  return errors.new("oauth", message, { code = code, remedy = remedy })
end

local AGAIN = "start the authorisation again with authorize_url()"

local function parameters_of(value)
  if type(value) == "table" then return value end
  if #value > LONGEST then
    return nil, failure("invalid_callback", "the callback is too long to be one", AGAIN)
  end
  local parameters, twice = callback.parse_query(query_of(value))
  if twice == "code" or twice == "state" or twice == "error" then
    return nil, failure("invalid_callback",
      ("the callback holds %s more than once"):format(twice), AGAIN)
  end
  return parameters
end

--- Whether the callback carries the state of this flow; takes the same time for every
--- wrong state of the right length.
---@param flow zendesk.oauth.flow
---@param parameters zendesk.oauth.callback
---@return boolean
function callback.has_state(flow, parameters)
  local state = parameters.state
  return type(state) == "string" and core.equal(state, flow.state)
end

local MEANINGS = {
  access_denied = "the person (or Zendesk) refused the authorisation",
  invalid_scope = "the client may not ask for one of these scopes",
  invalid_request = "Zendesk could not make sense of the authorisation request",
  unauthorized_client = "the client may not use the authorisation code grant",
  unsupported_response_type = "the account does not offer the authorisation code grant",
  server_error = "Zendesk failed while handling the authorisation",
  temporarily_unavailable = "Zendesk is too busy for the authorisation",
}

-- A description comes from outside: printable, one line, of bounded length.
local function tidy(text)
  if type(text) ~= "string" or text == "" then return "" end
  return ": " .. text:sub(1, 300):gsub("[^\x20-\x7e\x80-\xff]", " ")
end

local function refusal(parameters)
  local code = parameters.error
  if not code:match "^[%w_.-]+$" or #code > 64 then code = "invalid_callback" end
  local meaning = MEANINGS[code] or ("the authorisation failed (%s)"):format(code)
  return failure(code, meaning .. tidy(parameters.error_description), AGAIN)
end

--- The authorisation code of a callback that belongs to a flow.
---@param flow zendesk.oauth.flow
---@param value string|zendesk.oauth.callback URL, query string or parameters
---@return string? code
---@return zendesk.Error? err
function callback.code(flow, value)
  local parameters, err = parameters_of(value)
  if not parameters then return nil, err end
  local refused = type(parameters.error) == "string" and parameters.error ~= ""
  if refused and parameters.state == nil then return nil, refusal(parameters) end
  if not refused and type(parameters.code) ~= "string" then
    return nil, failure("invalid_callback",
      "the callback holds neither a code nor an error: it is not the address that Zendesk "
      .. "sent the browser to", "paste the whole address that the browser shows after consent")
  end
  if not callback.has_state(flow, parameters) then
    return nil, failure("state_mismatch", "the callback's state is not that of this flow: it "
      .. "belongs to another authorisation, or somebody made it up", AGAIN)
  end
  if refused then return nil, refusal(parameters) end
  if parameters.code == "" then
    return nil, failure("invalid_callback", "the callback's code is empty", AGAIN)
  end
  return parameters.code
end

return callback
