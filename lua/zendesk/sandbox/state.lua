-- Everything the account holds: its records, its switches, its counters. Handlers are given this
-- table and change it; nothing else in the sandbox outlives a request.

local clock = require "zendesk.sandbox.clock"
local collection = require "zendesk.sandbox.collection"
local switches = require "zendesk.sandbox.switches"

-- Ids have 13 digits, as in accounts of recent years: above 32 bits, and below the 14 digits from
-- which lua-cjson begins to round, so that users' own scripts see whole numbers too.
local FIRST_ID = 1900000000001
local API_TOKENS_END = require "zendesk.api_token_end".AT

local COLLECTIONS = {
  "users", "clients", "global_clients", "tokens", "api_tokens", "tickets",
}

---@class zendesk.sandbox.State
local State = {}
State.__index = State

local state = {}

local function new_stats()
  return {
    requests = 0, tokens_issued = 0, refreshes = 0, revoked = 0, unauthorized = 0,
    rate_limited = 0, faults = 0, codes_issued = 0, clients_created = 0, tickets_created = 0,
    grants = {
      client_credentials = 0, authorization_code = 0, refresh_token = 0, legacy = 0,
    },
    token_errors = {}, -- error code of the token endpoint → how often
    statuses = {},     -- "200" → how often
  }
end

local function add_people(self, options)
  local people = {
    { "admin", options.email or "admin@example.com", "Ada Admin" },
    { "agent", "agent@example.com", "Alex Agent" },
    { "end-user", "customer@example.com", "Casey Customer" },
  }
  local created = self.clock:now() - 86400 * 365
  for _, person in ipairs(people) do
    self:add_user { role = person[1], email = person[2], name = person[3], created_at = created }
  end
  local id = self:next_id()
  self.api_tokens:insert {
    id = id, value = options.api_token or "test-api-token", description = "sandbox",
    created_at = created, used_at = false, active = true,
  }
end

---Puts the account back to how it was started.
function State:reset()
  local options = self._options
  self.clock = clock.new(options.clock)
  self.switches = switches.new()
  if options.email then self.switches.signed_in = options.email end
  for name, value in pairs(options.switches or {}) do
    local ok, message = self:set(name, value)
    if not ok then error(message, 0) end
  end
  for _, name in ipairs(COLLECTIONS) do self[name] = collection.new() end
  self.users_by_email, self.clients_by_identifier = {}, {}
  self.token_ids, self.refresh_ids = {}, {} -- value → id of the token
  self.codes, self.consents = {}, {}
  self.idempotent = {}
  self.uploads, self.jobs = {}, {} -- by token, by id
  self.attachments, self.attachment_keys = {}, {}
  self.lists, self.timelines = {}, {}
  self.faults = {}
  self.windows = {}
  self.stats = new_stats()
  self.log, self.log_first, self.log_last = {}, 1, 0
  self._last_id = FIRST_ID - 1
  add_people(self, options)
end

---Sets a switch.
---@param name string
---@param value any
---@return boolean|nil ok, string? message
function State:set(name, value)
  local ok, message = switches.check(name, value)
  if not ok then return nil, message end
  self.switches[name] = value
  if name == "clock_offset" then self.clock.offset = value end
  return true
end

---@return integer an id that nothing has
function State:next_id()
  self._last_id = self._last_id + 1
  return self._last_id
end

---Takes a block of consecutive ids.
---@param count integer
---@return integer first
function State:next_ids(count)
  local first = self._last_id + 1
  self._last_id = self._last_id + count
  return first
end

---Adds a user; `email` is the key that Basic credentials and consent look for.
function State:add_user(user)
  user.id = user.id or self:next_id()
  user.created_at = user.created_at or self.clock:now()
  user.updated_at = user.updated_at or user.created_at
  self.users:insert(user)
  if user.email then self.users_by_email[user.email:lower()] = user.id end
  return user
end

---@param email string
---@return table|nil
function State:user_by_email(email)
  local id = self.users_by_email[email:lower()]
  return id and self.users:get(id)
end

---Adds an OAuth client.
function State:add_client(client)
  client.id = client.id or self:next_id()
  client.created_at = client.created_at or self.clock:now()
  client.updated_at = client.updated_at or client.created_at
  self.clients:insert(client)
  self.clients_by_identifier[client.identifier] = client
  return client
end

---Adds a global client: it belongs to no account, yet can be authorised in this one.
function State:add_global_client(client)
  client.id = client.id or self:next_id()
  client.created_at = client.created_at or self.clock:now()
  client.global = true
  self.global_clients:insert(client)
  self.clients_by_identifier[client.identifier] = client
  return client
end

---Adds a token that is looked up by its value.
function State:add_token(token)
  token.id = token.id or self:next_id()
  token.created_at = token.created_at or self.clock:now()
  self.tokens:insert(token)
  if token.value then self.token_ids[token.value] = token.id end
  if token.refresh_value then self.refresh_ids[token.refresh_value] = token.id end
  return token
end

---Removes a token; its values are forgotten.
---@param id integer
---@return boolean
function State:remove_token(id)
  local token = self.tokens:get(id)
  if not token then return false end
  if token.value then self.token_ids[token.value] = nil end
  if token.refresh_value then self.refresh_ids[token.refresh_value] = nil end
  return self.tokens:remove(id)
end

---@param token table
---@return boolean
function State:is_expired(token)
  return token.expires_at ~= nil and token.expires_at <= self.clock:now()
end

---Do API tokens still work?
---@return boolean
function State:takes_api_tokens()
  local switch = self.switches.api_tokens
  return switch == "on" or (switch == "by_date" and self.clock:now() < API_TOKENS_END)
end

---@param options table options of `sandbox.start`
---@return zendesk.sandbox.State
function state.new(options)
  local self = setmetatable({ _options = options }, State)
  self:reset()
  return self
end

return state
