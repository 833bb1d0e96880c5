-- download: fetches a file, wherever it is kept. The `content_url` of an attachment leads through
-- the account to a host of files, with a pass of its own in the address; Zendesk's page on
-- attachments warns of sending credentials there. So the account's credential goes to the account's
-- origin alone, and a request that has left it is without one, also when it is sent back.

local arguments = require "zendesk.arguments"
local beside = require "zendesk.beside"
local core = require "zendesk.core"
local errors = require "zendesk.errors"

local download = {}

local MOST_REDIRECTS = 5

---@class zendesk.DownloadOptions
---@field timeout number|nil seconds for one attempt
---@field deadline number|nil seconds for the whole way: redirects, attempts, waits, token renewals
---@field retry zendesk.RetryOptions|boolean|nil false: each request is sent once
---@field max_body integer|nil bytes

local OPTIONS = {
  timeout = "seconds", deadline = "seconds", retry = "table or boolean", max_body = "count",
}

-- Servers write addresses with spaces and letters of all kinds (RFC 3986, section 2, has neither).
local function escaped(address)
  return (address:gsub("[^A-Za-z0-9%-._~:/?#%[%]@!$&'()*+,;=%%]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end

-- What a message may say of an address: its query may let anybody in.
local function shown(address)
  local place = require "zendesk.redact".location(address)
  return place ~= "" and place or "nowhere"
end

local function origin_of(home, address)
  local base = address:match "^%a[%w+.-]*://[^/?#]*"
  if not base then return nil, "it is neither a path nor an URL" end
  local parsed, problem = core.parse_origin(base)
  if not parsed then return nil, problem end
  -- An account on the network has no business with what listens on this machine.
  if parsed.scheme == "http" and home:origin():find "^https:" then return nil, "it is not https" end
  return parsed.origin
end

-- A transport without a credential. It is kept for the next file of that host, and closed with the
-- instance.
local function stranger(home, origin)
  home._strangers = home._strangers or {}
  local found = home._strangers[origin]
  if found then return found end
  local made, problem = beside.new(home, {
    origin = origin, emit = home.observed and home._emit or nil, numbers = home._numbers,
  })
  if not made then return nil, errors.new("config", problem) end
  home._strangers[origin] = made
  return made
end

local function refused(kind, address, problem)
  local place = shown(address)
  return errors.new(kind, ("the file at %s cannot be fetched: %s"):format(place, problem), {
    sent = kind == "redirect", location = place,
  })
end

-- Who asks for an address that `current` was given or has been sent to.
local function transport_for(home, current, address, kind)
  if current:resolve(address) then return current end
  local origin, problem = origin_of(home, address)
  if not origin then return nil, refused(kind, address, problem) end
  if home._lent then
    return nil, refused(kind, address, "the account of this host reaches its own origin alone")
  end
  return stranger(home, origin)
end

---Fetches a file: see zd:download.
---@param home zendesk.Transport
---@param address string
---@param options zendesk.DownloadOptions|nil
---@return string|nil content
---@return zendesk.Response|zendesk.Error response
function download.run(home, address, options)
  if home:is_closed() then errors.raise(2, "the instance is closed") end
  arguments.check("address", address, "string")
  options = arguments.options(options, OPTIONS)
  options.deadline_at = home:now() + (options.deadline or home._deadline)
  options.deadline = nil
  options.method, options.raw, options.file = "GET", true, true
  address = escaped(address)
  local current, err = transport_for(home, home, address, "config")
  for _ = 0, MOST_REDIRECTS do
    if not current then return nil, err end
    if home:is_closed() then -- by a handler of events, or another task
      return nil, errors.new("closed", "the instance was closed", { sent = true })
    end
    options.path = address
    local content, response = current:send(options)
    if not content or response.status < 300 then return content, response end
    address = escaped(response:header "location")
    current, err = transport_for(home, current, address, "redirect")
  end
  return nil, refused("redirect", address, ("more than %d redirects"):format(MOST_REDIRECTS))
end

return download
