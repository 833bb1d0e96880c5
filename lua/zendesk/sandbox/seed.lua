-- Fills the account: a number makes that many records on demand, an array makes the records that it
-- describes. What was made is given back in full, secrets included.

local clients_api = require "zendesk.sandbox.api.clients"
local clock = require "zendesk.sandbox.clock"
local json = require "zendesk.sandbox.json"
local lists = require "zendesk.sandbox.lists"
local random = require "zendesk.sandbox.random"
local seed_check = require "zendesk.sandbox.seed_check"

local DAY = 86400
local MAX_AT_ONCE = 100000

-- Users before what belongs to them, clients before their tokens.
local ORDER = { "users", "clients", "global_clients", "tokens", "api_tokens", "tickets" }

local seed = {}

-- Splits what a test gives into the fields the sandbox works with and those it only shows.
local function split(kind, given)
  local known = seed_check.FIELDS[kind]
  local own, extra = {}, {}
  for name, value in pairs(given) do
    if value ~= json.null or not known[name] then
      if known[name] == "time" then value = clock.parse(value) end
      if known[name] then own[name] = value else extra[name] = value end
    end
  end
  if next(extra) then own.extra = extra end
  return own
end

local function admin_id(state)
  for user in state.users:walk() do
    if user.role == "admin" then return user.id end
  end
  error "the account has no admin"
end

local makers = {}

function makers.clients(state, given)
  local own = split("clients", given)
  own.identifier = own.identifier or "client_" .. random.hex(8)
  own.name = own.name or own.identifier
  own.kind = own.kind or "confidential"
  own.redirect_uri = own.redirect_uri or {}
  own.user_id = own.user_id or admin_id(state)
  own.secret = own.secret or clients_api.new_secret()
  return state:add_client(own)
end

local function client_of(state, given)
  if given.client_id then return given.client_id end
  local first = state.clients:walk()()
  return (first or makers.clients(state, { identifier = "seeded_client" })).id
end

function makers.tokens(state, given)
  local own = split("tokens", given)
  if own.expires_in then own.expires_at = state.clock:now() + own.expires_in end
  return state:add_token {
    id = own.id, client_id = client_of(state, own), user_id = own.user_id or admin_id(state),
    scopes = own.scopes or { "read", "write" }, value = own.full_token or random.hex(64),
    refresh_value = own.refresh_token, created_at = own.created_at, used_at = own.used_at,
    expires_at = own.expires_at, refresh_expires_at = own.refresh_token_expires_at,
    global = own.global, extra = own.extra, grant = "seed",
  }
end

function makers.users(state, given)
  local own = split("users", given)
  own.name = own.name or "Seeded user"
  own.role = own.role or "end-user"
  return state:add_user(own)
end

function makers.tickets(state, given)
  local own = split("tickets", given)
  own.id = own.id or state:next_id()
  own.created_at = own.created_at or state.clock:now()
  own.updated_at = own.updated_at or own.created_at
  own.values, own.extra = own.extra or {}, nil
  if own.values.requester_id == nil then own.values.requester_id = admin_id(state) end
  state.tickets:insert(own)
  return own
end

function makers.global_clients(state, given)
  local own = split("global_clients", given)
  own.identifier = own.identifier or "zdg-" .. random.hex(8)
  own.name = own.name or "Global client"
  own.kind = own.kind or "confidential"
  own.redirect_uri = own.redirect_uri or {}
  own.user_id = own.user_id or admin_id(state)
  own.secret = own.secret or clients_api.new_secret()
  return state:add_global_client(own)
end

function makers.api_tokens(state, given)
  local own = split("api_tokens", given)
  own.id = own.id or state:next_id()
  own.created_at = own.created_at or state.clock:now()
  own.value = own.value or random.hex(40)
  if own.active == nil then own.active = true end
  state.api_tokens:insert(own)
  return own
end

-- Generators: record n of a range, the same each time it is asked for. The ages are spread over the
-- past so that reports have something to say.
local generators = {}

function generators.tokens(state, count)
  local now, user, client = state.clock:now(), admin_id(state), client_of(state, {})
  return function(id, n)
    local created = now - (count - n) * 60 - 60
    return {
      id = id, client_id = client, user_id = user, scopes = { "read" }, created_at = created,
      value = ("generated-token-%d"):format(id), grant = "seed",
      used_at = n % 3 ~= 0 and created + 30 or nil,
      expires_at = n % 2 == 0 and now + 400 * DAY + n or nil,
    }
  end
end

function generators.tickets(state, count)
  local now, user = state.clock:now(), admin_id(state)
  local statuses = { "new", "open", "pending", "solved" }
  return function(id, n)
    local created = now - (count - n) * 60 - 120
    return { id = id, created_at = created, updated_at = created, values = {
      subject = "Generated ticket " .. n, description = "Generated", requester_id = user,
      submitter_id = user, status = statuses[n % 4 + 1], tags = { "generated" },
    } }
  end
end

function generators.users(state)
  local now = state.clock:now()
  return function(id, n)
    return {
      id = id, name = "Generated user " .. n, role = "end-user", created_at = now, updated_at = now,
      email = ("generated-%d@example.com"):format(id),
    }
  end
end

local function generate(state, kind, count)
  local generator = generators[kind]
  if generator then
    local make = generator(state, count)
    local first = state:next_ids(count)
    state[kind]:generate(first, count, make)
    return { first_id = first, last_id = first + count - 1, count = count }
  end
  if count > MAX_AT_ONCE then error("too many " .. kind .. " to seed", 0) end
  local first, last
  for n = 1, count do
    local fields = kind == "clients" and { identifier = "generated_client_" .. n } or {}
    local record = makers[kind](state, fields)
    first, last = first or record.id, record.id
  end
  return { first_id = first, last_id = last, count = count }
end

-- The names under which the outside knows the secrets.
local function disclose(record)
  local out = {}
  for name, value in pairs(record) do out[name] = value end
  for name, value in pairs(record.extra or {}) do out[name] = value end
  for name, value in pairs(record.values or {}) do out[name] = value end
  out.full_token, out.refresh_token = record.grant and record.value, record.refresh_value
  out.extra, out.values = nil, nil
  return out
end

---@param state zendesk.sandbox.State
---@param what table<string, integer|table[]>
---@return table|nil made, string? message
function seed.apply(state, what)
  local fault = seed_check.fault_of(what)
  if fault then return nil, fault end
  local made = {}
  for path, wanted in pairs(what.lists or {}) do
    made.lists = made.lists or {}
    made.lists[path] = lists.add(state, path, wanted)
  end
  for _, kind in ipairs(ORDER) do
    local wanted = what[kind]
    if type(wanted) == "number" then
      made[kind] = generate(state, kind, wanted)
    elseif wanted then
      made[kind] = json.array()
      for index, given in ipairs(wanted) do
        made[kind][index] = disclose(makers[kind](state, given))
      end
    end
  end
  return made
end

return seed
