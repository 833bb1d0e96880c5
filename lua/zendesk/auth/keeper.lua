--- Keeps one login: in memory for every call, in a store for every process.
--
-- What cannot be saved stays in memory as `unsaved`, is offered again at every
-- chance, and never overwrites what somebody else has stored meanwhile. A token that
-- this process has replaced is never gone back to, whoever brings it.

local decide = require "zendesk.auth.decide"
local errors = require "zendesk.errors"
local guard = require "zendesk.store.guard"
local token_set = require "zendesk.oauth.token_set"
local vault = require "zendesk.oauth.vault"

-- A holder may wait for the token endpoint for half a minute, and then save.
local LOCK_TIMEOUT = 45

-- Replaced tokens that are remembered: those of two days, with the usual life.
local MOST_REPLACED = 100

local keeper = {}
keeper.__index = keeper
keeper.__name = "zendesk.auth.keeper"

---@class zendesk.auth.keeper
---@field private _store zendesk.Store
---@field private _lock_timeout number
---@field key string

--- Raises unless a value has the four functions of a store.
---@param store any
function keeper.check_store(store)
  for _, name in ipairs { "load", "save", "delete", "lock" } do
    local found = (type(store) == "table" or type(store) == "userdata") and store[name]
    if type(found) ~= "function" then
      errors.raise(2, "option 'store' has no function '%s': a store has load, save, delete and "
        .. "lock", name)
    end
  end
end

--- Keeps the login with the name `key` in a store.
---@param store zendesk.Store
---@param key string
---@param lock_timeout number?
---@return zendesk.auth.keeper
function keeper.new(store, key, lock_timeout)
  local self = setmetatable({
    key = key, _store = store, _lock_timeout = lock_timeout or LOCK_TIMEOUT,
  }, keeper)
  vault.keep(self, {
    current = nil, credential = nil, unsaved = nil, replaced = {}, in_order = {},
  })
  return self
end

--- The set in memory.
---@return zendesk.token_set?
function keeper:current()
  return vault.of(self).current
end

--- The credential of the set in memory, the same table as long as the set is the same.
---@return zendesk.auth.credential?
function keeper:credential()
  return vault.of(self).credential
end

local Credential = {
  __name = "zendesk.auth.credential",
  __tostring = function(self) return "zendesk.auth.credential " .. self.generation end,
}

--- Makes a set the one in memory.
---@param set zendesk.token_set
function keeper:use(set)
  local state = vault.of(self)
  local before = state.current
  state.current = set
  if before and before.access_token == set.access_token
    and before.expires_at == set.expires_at then
    return
  end
  state.credential = setmetatable({
    token = set.access_token,
    expires_at = set.expires_at,
    generation = token_set.fingerprint(set.access_token),
  }, Credential)
end

--- What kind of set memory holds that the store does not.
---@return ("successor"|"login")?
function keeper:unsaved()
  return vault.of(self).unsaved
end

--- Takes the lock beside the store, until the variable that holds it is closed.
---@param driver table
---@param patience number? seconds, where that is less than usual
---@param emit fun(event: table)? hears of a lock that cannot be released
---@return table? lock
---@return zendesk.Error? err
function keeper:lock(driver, patience, emit)
  local seconds = math.min(patience or math.huge, self._lock_timeout)
  return guard.lock(self._store, self.key, seconds, driver, emit)
end

--- What is stored.
---@return zendesk.token_set? set nil without an error when there is nothing
---@return zendesk.Error? err
function keeper:load()
  local set, err = guard.ask(self._store, "load", self.key)
  if set == nil then return nil, err end
  local fault = token_set.fault(set)
  if fault then
    return nil, errors.new("store", "what the token store holds for this login " .. fault, {
      code = "damaged", remedy = "delete it from the store and log in again",
    })
  end
  return set
end

--- [lock held] The login as of now: what is stored, or its successor in memory.
---@return zendesk.token_set? base
---@return zendesk.Error? err
function keeper:base()
  local stored, err = self:load()
  if err then return nil, err end
  local state = vault.of(self)
  local base
  base, state.unsaved = decide.base(stored, state.current, state.unsaved, state.replaced)
  return base
end

--- [lock held] Writes a set without making it the one in memory.
---@param set zendesk.token_set
---@return true?
---@return zendesk.Error? err
function keeper:write(set)
  local ok, err = guard.ask(self._store, "save", self.key, set)
  if not ok then return nil, err end
  local state = vault.of(self)
  local current = state.current
  -- Also with a note of a refresh beside it, the pair in memory is safe.
  if current and current.access_token == set.access_token then state.unsaved = nil end
  return true
end

local function remember(state, token)
  local order = state.in_order
  if state.replaced[token] then return end
  state.replaced[token], order[#order + 1] = true, token
  if #order > MOST_REPLACED then state.replaced[table.remove(order, 1)] = nil end
end

--- [lock held] Makes a set the login: in memory, and in the store. When the store fails the
--- set stays in memory as unsaved.
---@param set zendesk.token_set
---@param replaced string? the access token whose place it takes
---@return true?
---@return zendesk.Error? err
function keeper:put(set, replaced)
  self:use(set)
  local state = vault.of(self)
  -- Of a chain of unsaved sets, the store may hold any: what it does not confirm may be saved.
  if replaced and replaced ~= set.access_token then remember(state, replaced) end
  local ok, err = self:write(set)
  if ok then return true end
  state.unsaved = state.unsaved or "successor"
  return nil, err
end

--- What is to be believed after invalid_grant, see `decide.after_invalid_grant`.
---@param tried zendesk.token_set
---@param stored zendesk.token_set?
---@return "adopt"|"believe"
function keeper:judge(tried, stored)
  return decide.after_invalid_grant(tried, stored, vault.of(self).replaced)
end

--- Begins with a set that a program brought along, as one that no store has yet.
---@param set zendesk.token_set
---@param wins boolean over what is stored; else it only counts where nothing is
function keeper:offer(set, wins)
  self:use(set)
  local state = vault.of(self)
  state.unsaved = wins and "login" or "successor"
  -- A login is what somebody has said that it is.
  state.replaced, state.in_order = {}, {}
end

--- [lock held] Saves what could not be saved, unless somebody has stored another login.
---@return true?
---@return zendesk.Error? err
function keeper:save_again()
  local state = vault.of(self)
  if not state.unsaved then return true end
  local base, err = self:base()
  if err then return nil, err end
  if base and base ~= state.current then
    self:use(base)
    return true
  end
  return self:write(state.current)
end

function keeper:__tostring()
  return ("%s (%s)"):format(keeper.__name, self.key)
end

return keeper
