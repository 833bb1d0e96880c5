--- A person's login, from opening the browser to the token set.
--
-- Two ways bring the callback back: a listener on loopback, or the person, who
-- pastes the address (SSH sessions, redirect URIs that are not loopback).

local callback = require "zendesk.oauth.callback"
local errors = require "zendesk.errors"
local listener = require "zendesk.oauth.listener"
local opener = require "zendesk.oauth.opener"
local page = require "zendesk.oauth.page"

-- As long as Zendesk's own command line waits.
local TIMEOUT = 300
-- How often a wrong paste is forgiven.
local PASTES = 3

local LOOPBACK = { ["localhost"] = true, ["127.0.0.1"] = true, ["[::1]"] = true }

local login = {}

---@class zendesk.oauth.login_options
---@field open (boolean|fun(url: string))? true (default): the machine's browser; a function: it
--- shows the URL; false: the URL is printed and the callback is pasted
---@field paste (fun(url: string): string?)? asks the person for the callback's address
---@field timeout number? seconds that the person has, 300 unless given
---@field say (fun(line: string))? prints a line for the person, to stderr unless given
---@field driver zendesk.Driver? the driver to wait with, unless the app's

--- Where the listener has to be for a redirect URI.
---@param redirect_uri string
---@return integer? port nil when the URI is not http on loopback
---@return string path
function login.place(redirect_uri)
  local host, rest = redirect_uri:match "^http://(%[[%x:]+%])(.*)$"
  if not host then host, rest = redirect_uri:match "^http://([^/:?#]+)(.*)$" end
  if not host or not LOOPBACK[host:lower()] then return nil, "/" end
  local digits, path = rest:match "^:?(%d*)([^?#]*)"
  if path == "" then path = "/" end
  local port = math.tointeger(tonumber(digits == "" and "80" or digits))
  if not port or port < 1 or port > 65535 or path:sub(1, 1) ~= "/" then return nil, "/" end
  return port, path
end

local function say_to_stderr(line)
  io.stderr:write(line, "\n")
end

local function ask_on_terminal(say)
  return function()
    say "Paste the address that the browser shows afterwards, and press Enter:"
    return io.read "l"
  end
end

local function show(options, url, say)
  if type(options.open) == "function" then
    options.open(url)
    return
  end
  local opened = options.open ~= false and opener.open(url)
  if opened then
    say "The browser shows a page of Zendesk; allow the access there. If it does not, open:"
  else
    say "Open this address in a browser and allow the access:"
  end
  say(url)
end

local function by_pasting(app, url, flow, options, say)
  local ask = options.paste or ask_on_terminal(say)
  local err
  for _ = 1, PASTES do
    local answer = ask(url)
    if type(answer) ~= "string" or answer == "" then
      return nil, errors.new("cancelled", "no address was pasted, the login was given up")
    end
    local code
    code, err = callback.code(flow, answer)
    if code then return app:exchange(flow, answer) end
    -- A refusal is an answer; only a wrong paste is asked for again.
    if err.code ~= "invalid_callback" and err.code ~= "state_mismatch" then return nil, err end
    say(err.message)
  end
  return nil, err
end

local function by_listening(app, ears, url, flow, options, say)
  local driver = options.driver or app:driver()
  local deadline = driver:now() + (options.timeout or TIMEOUT)
  show(options, url, say)
  local query, respond = ears:wait(driver, deadline, function(text)
    return callback.has_state(flow, (callback.parse_query(text)))
  end)
  if not query then return nil, respond end
  local set, err = app:exchange(flow, query)
  respond(set and page.success() or page.failure(err.message))
  return set, err
end

local function not_loopback(redirect_uri)
  return errors.new("config", ("login cannot listen for the redirect_uri %s: only "
    .. "http://localhost, http://127.0.0.1 and http://[::1] lead here"):format(redirect_uri), {
    remedy = "register such a redirect_uri with the client, or log in with open = false and paste "
      .. "the address",
  })
end

--- Runs a login. See `zendesk.oauth.app:login`.
---@param app zendesk.oauth.app
---@param options zendesk.oauth.login_options
---@return zendesk.token_set?
---@return zendesk.Error? err
function login.run(app, options)
  local say = options.say or say_to_stderr
  local url, flow = app:authorize_url()
  if not url then return nil, flow end
  if options.open == false or options.paste then
    if options.open ~= nil or not options.paste then show(options, url, say) end
    return by_pasting(app, url, flow, options, say)
  end
  local port, path = login.place(flow.redirect_uri)
  if not port then return nil, not_loopback(flow.redirect_uri) end
  local ears <close>, err = listener.new(port, path)
  if not ears then return nil, err end
  return by_listening(app, ears, url, flow, options, say)
end

return login
