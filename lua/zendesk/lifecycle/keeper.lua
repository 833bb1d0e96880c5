-- keeper: where a client secret is kept while it is changed: a store (load, save, lock) that can be
-- asked what became of an earlier run, or a function that only takes the secret. Both look the same
-- to the rotation; a function never remembers, so a second run begins anew.

local errors = require "zendesk.errors"
local guard = require "zendesk.store.guard"

local keeper = {}
keeper.__index = keeper

local LOCK_TIMEOUT = 60

local function is_store(value)
  return type(value) == "table" and type(value.load) == "function"
    and type(value.save) == "function"
end

---@param store table|function
---@param key string|nil the name under which a store keeps the secret
---@return table keeper
function keeper.new(store, key)
  if type(store) ~= "function" and not is_store(store) then
    errors.raise(3, "option 'store': a function(secret, client) or a store expected, got %s",
      store == nil and "nothing: a new secret is shown once" or "a table without load and save")
  end
  return setmetatable({
    _store = type(store) == "table" and store or nil,
    _take = type(store) == "function" and store or nil,
    _key = key,
  }, keeper)
end

---Gives the secret its usual name where the caller has chosen none.
---@param origin string
---@param identifier string
function keeper:name(origin, identifier)
  self._key = self._key or table.concat({ origin, identifier, "client_secret" }, "|")
end

---Keeps other rotations of the same client away; a value for `local held <close>`.
---@param transport zendesk.Transport
---@return table|nil held
---@return zendesk.Error|nil err
function keeper:lock(transport)
  return guard.lock(self._store or {}, self._key, LOCK_TIMEOUT, transport.driver, function(event)
    transport:emit(event)
  end)
end

---What an earlier run has left.
---@return table|nil entry, zendesk.Error|nil err
function keeper:load()
  if not self._store then return nil end
  return guard.ask(self._store, "load", self._key)
end

-- A function that says nothing has taken it.
local function hand_over(take, ...)
  local ran, ok, err = pcall(take, ...)
  if ran and (ok or ok == nil and err == nil) then return true end
  return nil, errors.from_reason(ran and err or tostring(ok), "store",
    "the function of option 'store' has not taken the secret")
end

---Notes an entry. Functions are given the secret once, when it is new.
---@param entry table
---@param client table
---@return true|nil ok, zendesk.Error|nil err
function keeper:save(entry, client)
  if self._store then return guard.ask(self._store, "save", self._key, entry) end
  if entry.phase ~= "unverified" then return true end
  return hand_over(self._take, entry.client_secret, client)
end

return keeper
