-- targets: what the Lua fuzzer feeds, and what must hold whatever is fed. Each takes a text; it
-- raises where the parser raises or gives what it must not.

local callback = require "zendesk.oauth.callback"
local checkpoint = require "zendesk.pages.checkpoint"
local core = require "zendesk.core"
local error_reply = require "zendesk.error_reply"
local expiry = require "zendesk.oauth.expiry"
local failure = require "zendesk.oauth.failure"
local http_date = require "zendesk.http_date"
local jwt = require "zendesk.oauth.jwt"
local limits = require "zendesk.limits"
local link = require "zendesk.pages.link"
local listener = require "zendesk.oauth.listener"
local query = require "zendesk.pages.query"
local redact = require "zendesk.redact"
local retry_after = require "zendesk.retry_after"
local scope = require "zendesk.oauth.scope"
local timestamp = require "zendesk.timestamp"
local token_set = require "zendesk.oauth.token_set"

local NOW = 1795600000
local STATE = "canary-state-of-the-flow"

local targets = {}

local function is_line(text)
  assert(type(text) == "string" and not text:find "[%c]", "not one line")
end

local function is_epoch(value)
  assert(value == nil or math.type(value) == "integer", "neither nil nor an integer")
end

-- Lines of a text, "" where there are less.
local function lines_of(text, count)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  for number = #lines + 1, count do lines[number] = "" end
  return lines
end

local function check_set(set)
  assert(token_set.fault(set) == nil, "a set that is none")
  assert(set.expires_from, "an end from nowhere")
  for _, field in ipairs { "expires_at", "refresh_expires_at" } do is_epoch(set[field]) end
  assert(core.encode(token_set.describe(set)))
  local state = expiry.state(set, NOW)
  assert(state == "fresh" or state == "due" or state == "expired")
  assert(core.encode(token_set.copy(set)))
end

--- A reply of /oauth/tokens; and the same as something that a store gives back.
function targets.token_set(text)
  local reply = core.decode(text)
  local set, fault = token_set.from_reply(reply, {
    grant = "refresh_token", client_id = "my_client", issued_at = NOW, requested = 1800,
    previous = { access_token = "a", refresh_token = "b", scope = "read" },
  })
  if set then check_set(set) else is_line(fault) end
  if token_set.fault(reply) == nil then
    assert(expiry.state(reply, NOW))
    assert(core.encode(token_set.describe(reply)))
  end
end

--- What the browser brings back: a URL, a query, a table of parameters.
function targets.callback(text)
  local flow = { state = STATE, redirect_uri = "http://localhost:1/callback" }
  local decoded = core.decode(text)
  for _, answer in ipairs { text, type(decoded) == "table" and decoded or nil } do
    local code, err = callback.code(flow, answer)
    if code then
      assert(type(code) == "string" and code ~= "", "an empty code")
    else
      is_line(tostring(err))
      -- What the browser says may be said again.
      local said = query.decode(text):find(STATE, 1, true)
      assert(said or not tostring(err):find(STATE, 1, true), "the state in an error")
    end
  end
end

--- A request to the listener of a login.
function targets.listener(text)
  local reply, asked = listener.judge_head(text, "/callback")
  assert((reply == nil) ~= (asked == nil), "neither a reply nor a query, or both")
  if asked then assert(not asked:find "[%s#]", "a query with white space") end
end

function targets.scope(text)
  text = text:sub(1, 500) -- a suggestion is looked for to each word
  local words = scope.words(text)
  local joined = scope.join(text)
  assert(joined == nil and #words == 0 or table.concat(scope.words(joined), " ") == joined)
  assert(scope.canonical(words) == scope.canonical(scope.canonical(text)))
  assert(#scope.warnings(text) <= #words)
end

--- Retry-After, and Date on a second line.
function targets.retry_after(text)
  local lines = lines_of(text, 2)
  local seconds = retry_after.parse(lines[1], lines[2] ~= "" and lines[2] or nil, NOW)
  is_epoch(seconds)
  assert(seconds == nil or (seconds >= 1 and seconds <= 3600), "out of its bounds")
end

function targets.http_date(text)
  is_epoch(http_date.parse(text))
end

function targets.timestamp(text)
  local seconds = timestamp.parse(text)
  is_epoch(seconds)
  -- Years of four digits, which a zone can push over the edge.
  if seconds and seconds >= -62135596800 and seconds < 253402300800 then
    assert(timestamp.parse(timestamp.format(seconds)) == seconds, "another time when read again")
  end
end

--- Headers of limits, one a line: "name: value".
function targets.limits(text)
  local headers = {}
  for _, line in ipairs(lines_of(text, 1)) do
    local name, value = line:match "^([^:]+): ?(.*)$"
    if name then headers[name:lower()] = value end
  end
  local found = limits.endpoints(headers)
  found[#found + 1] = limits.account(function(name) return headers[name] end)
  for _, limit in ipairs(found) do
    is_epoch(limit.remaining)
    local wait = limits.pace(limit.limit, limit.remaining, limit.resets_in)
    assert(wait >= 0 and wait <= 3600, "a wait without an end")
  end
end

--- A reply that is no success: its status, its headers up to an empty line, its body.
function targets.error_reply(text)
  local head, body = text:match "^(.-)\n\n(.*)$"
  local lines = lines_of(head or text, 1)
  local headers = {}
  for _, line in ipairs(lines) do
    local name, value = line:match "^([^:]+): ?(.*)$"
    if name then headers[name:lower()] = value end
  end
  local status = 400 + (math.tointeger(tonumber(lines[1])) or 22) % 200
  local response = { status = status, text = body or "", value = core.decode(body or "") }
  function response:header(name) return headers[name] end
  local err = error_reply.new(response, { method = "GET", path = "/api/v2/x", now = NOW })
  is_line(tostring(err))
  assert(#err.message > 0, "an error without a message")
  assert(err.code == nil or type(err.code) == "string", "a code that is no text")
  is_line(tostring(failure.of(err, "refresh_token", { "canary-secret" })))
end

--- A checkpoint of a list, given back by somebody.
function targets.checkpoint(text)
  local list = checkpoint.list_of("/api/v2/tickets", nil)
  local place, problem = checkpoint.read(text, list)
  assert(place or problem.code, "neither a place nor a problem")
  if place then assert(checkpoint.read(checkpoint.write(list, place), list), "not read again") end
end

--- A Link header, and following it.
function targets.link(text)
  local address = link.next_of(text) or text
  local path, problem = link.follow(address, {
    path = "/api/v2/x",
    resolve = function(given) return core.resolve("https://acme.zendesk.com", given) end,
  })
  if path then
    assert(path:sub(1, 1) == "/", "a path that begins elsewhere")
    link.parameter(path, "page[after]")
  else
    assert(problem.kind == "redirect" and problem.message)
  end
end

function targets.jwt(text)
  is_epoch(jwt.expiry(text))
  is_epoch(jwt.expiry("e30." .. core.base64url(text) .. "."))
end

--- Texts of a server on their way into messages.
function targets.redact(text)
  local clean = redact.clean(text)
  assert(not clean:find "%c" and #clean <= 404, "not one short line")
  assert(not redact.path("/" .. text):find "[?#\r\n]" or text:find "#", "a query in a path")
  assert(redact.location(text))
end

return targets
