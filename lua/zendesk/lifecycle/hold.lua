-- hold: the lock of a store for the length of a block, for stores whose locks know release() only
-- and for stores that have none.

local hold = {}

local Held = {}
Held.__index = Held

function Held:__close()
  if self._lock then self._lock:release() end
end

---Takes the lock of a key; a value for `local held <close>`.
---@param store table
---@param key string
---@param seconds number how long to wait for it
---@param driver zendesk.Driver
---@return table|nil held
---@return zendesk.Error|nil err
function hold.lock(store, key, seconds, driver)
  if not store.lock then return setmetatable({ _lock = nil }, Held) end
  local lock, err = store:lock(key, seconds, driver)
  if not lock then return nil, err end
  return setmetatable({ _lock = lock }, Held)
end

return hold
