--- guard: asks a store that may be the host's own. What one raises is a failure as much as what it
--- returns, and its reasons may be strings. Databases quote what they refuse, so nothing of the set
--- that was to be saved is left in them.

local errors = require "zendesk.errors"

local guard = {}

local DOING = { load = "loading", save = "saving", lock = "locking" }

-- What is shorter is found in plain words, which tells more about it than it hides.
local SHORTEST_SECRET = 8

local function without(text, secret)
  local from, to = text:find(secret, 1, true)
  while from do
    text = text:sub(1, from - 1) .. "[redacted]" .. text:sub(to + 1)
    from, to = text:find(secret, from + 10, true)
  end
  return text
end

local function is_secret(name, value)
  return type(name) == "string" and (name:find "token$" or name:find "secret$")
    and type(value) == "string" and #value >= SHORTEST_SECRET
end

-- The reason that a store has given, without the secrets of the set that it was given.
local function told(reason, set)
  if reason == nil or errors.is(reason) then return reason end
  local words = errors.words(reason)
  for name, value in pairs(type(set) == "table" and set or {}) do
    if is_secret(name, value) then words = without(words, value) end
  end
  return errors.clean(words)
end

--- Calls a function of a store. Does not raise.
---@param store zendesk.Store
---@param name "load"|"save"|"lock"
---@param key string
---@param ... any
---@return any value nil of `load` without an error: nothing is there
---@return zendesk.Error? err
function guard.ask(store, name, key, ...)
  local ran, value, reason = pcall(store[name], store, key, ...)
  if ran and value then return value end
  if ran and name == "load" and reason == nil then return nil end
  if not ran then reason = value == nil and "nil was raised" or value end
  reason = told(reason, name == "save" and (...) or nil)
  return nil, errors.from_reason(reason, "store", "the token store failed while " .. DOING[name])
end

local Held = {}

-- The locks of somebody else's store may have only `release`.
function Held:__close()
  if not self._lock then return end
  local ran, problem = pcall(function() self._lock:release() end)
  if ran or not self._emit then return end
  local err = errors.from_reason(tostring(problem), "store",
    "the token store failed while releasing its lock")
  self._emit { type = "warning", code = "store", err = err, message = err.message }
end

--- Takes the lock of a key, for `local held <close>`; a store without locks has nothing to hold.
---@param store zendesk.Store
---@param key string
---@param seconds number how long to wait for it
---@param driver table
---@param emit fun(event: table)? hears of a lock that cannot be released
---@return table? held
---@return zendesk.Error? err
function guard.lock(store, key, seconds, driver, emit)
  if not store.lock then return setmetatable({ _lock = nil, _emit = emit }, Held) end
  local lock, err = guard.ask(store, "lock", key, seconds, driver)
  if not lock then return nil, err end
  return setmetatable({ _lock = lock, _emit = emit }, Held)
end

return guard
