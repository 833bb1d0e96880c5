-- context: what a command is given: its arguments, the connection, the output, and the questions
-- that come before something is written.

local failure = require "zendesk.cli.failure"
local output = require "zendesk.cli.output"
local profile = require "zendesk.cli.profile"
local terminal = require "zendesk.cli.terminal"
local zendesk = require "zendesk"

---@class zendesk.cli.Context
---@field args table the parsed command line
---@field out zendesk.cli.Output
local Context = {}
Context.__index = Context

local context = {}

local function set(variable)
  local value = os.getenv(variable)
  return value ~= "" and value or nil
end

-- Progress is for terminals; warnings about scopes and stores are for everybody. That API tokens
-- end is said by whoami and doctor, and not with every call.
local function events_of(self)
  local draw = require "zendesk.progress".line {
    stream = terminal.progress, terminal = not self.args.quiet and terminal.is(2),
  }
  return function(event)
    draw(event)
    if event.type == "warning" and event.code ~= "api_token_ends" then
      self.out:note("warning: %s", event.message)
    end
  end
end

---The name of the profile to use, where one is asked for.
---@return string|nil
function Context:profile_name()
  return self.args.profile or set "ZENDESK_PROFILE"
end

---The provider of a profile's credential.
---@param name string
---@param fields table
---@param secret string|nil of its client, where the store does not have it yet
---@return zendesk.auth.oauth_provider provider
---@return zendesk.oauth.app app
function Context:provider(name, fields, secret)
  local app = assert(zendesk.oauth.new {
    base_url = fields.base_url, subdomain = fields.subdomain, client_id = fields.client_id,
    client_secret = secret or profile.secret(fields), scope = fields.scope,
    redirect_uri = fields.redirect_uri, proxy = "environment",
    ca_file = set "ZENDESK_CA_FILE", on_event = events_of(self),
  })
  local make = zendesk.auth[fields.grant or "authorization_code"]
  return make { app = app, store = profile.login_store(name, fields) }, app
end

---A connection with a profile.
---@param name string
---@param fields table
---@param provider zendesk.Provider|nil
---@return zendesk.Instance
function Context:open(name, fields, provider)
  return assert(zendesk.new {
    base_url = fields.base_url, subdomain = fields.subdomain, proxy = "environment",
    ca_file = set "ZENDESK_CA_FILE", auth = provider or self:provider(name, fields),
    on_event = events_of(self),
  })
end

---The profile to use: the one that is asked for, else, where the environment names no account, the
---one called "default".
---@return string|nil name nil: the environment is to be used
---@return table|nil fields
function Context:profile()
  local name = self:profile_name()
  if not name and (set "ZENDESK_SUBDOMAIN" or set "ZENDESK_BASE_URL") then return nil end
  local fields = profile.all()[name or "default"]
  if fields then return name or "default", fields end
  failure.raise("auth", name and ("there is no profile %q"):format(name) or "nobody is logged in",
    "run `zendesk login`, or set ZENDESK_SUBDOMAIN and a credential")
end

---The connection that a command works with.
---@return zendesk.Instance
function Context:connect()
  local name, fields = self:profile()
  if name then return self:open(name, fields) end
  return assert(zendesk.from_env { on_event = events_of(self) })
end

---With --dry-run: says what would be done. Nothing may be done then.
---@param facts table
---@param format string
---@param ... any
---@return boolean
function Context:would(facts, format, ...)
  if not self.args.dry_run then return false end
  facts.dry_run = true
  assert(zendesk.json.encode(facts)) -- what has no JSON form could not be sent
  self.out:done(facts, "would " .. format, ...)
  return true
end

---Asks before something that cannot be undone. Without a terminal --yes is the answer.
---@param format string
---@param ... any
function Context:confirm(format, ...)
  if self.args.yes then return end
  local question = terminal.clean(format:format(...))
  if not (terminal.is(0) and terminal.is(2)) then
    failure.raise("usage", "there is nobody to ask: " .. question, "--yes is the answer")
  end
  local answer = terminal.ask(question .. " [y/N] ")
  if not (answer or ""):lower():find "^y" then failure.raise("failed", "nothing was done") end
end

---The OAuth client that somebody means.
---@param zd zendesk.Instance
---@param word string its numeric id, or its identifier
---@return table client
function context.client(zd, word)
  if word:find "^%d+$" then
    local id = math.tointeger(tonumber(word))
    if not id or id == 0 then failure.raise("usage", ("%s is no id of a client"):format(word)) end
    return assert(zd.client:show(id))
  end
  local client, err = zd.client:find(word)
  if err then error(err, 0) end
  if client then return client end
  return failure.raise("not_found", ("there is no OAuth client %q"):format(word),
    "`zendesk clients list` names them")
end

---@param given table the parsed command line
---@return zendesk.cli.Context
function context.new(given)
  return setmetatable({ args = given, out = output.new(given), client = context.client }, Context)
end

return context
