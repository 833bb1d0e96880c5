--- memory: a store for this process only; everything is gone when it ends.
--
-- Sets are kept in their JSON form, so that this store takes and gives exactly what the others do.

local arguments = require "zendesk.arguments"
local entry = require "zendesk.store.entry"
local lock = require "zendesk.store.lock"

local memory = {}

---@class zendesk.store.Memory: zendesk.Store
local Memory = {}
Memory.__index = Memory
Memory.__name = "zendesk.store.memory"

-- Outside of the object: whoever prints its fields must not print tokens.
local contents = setmetatable({}, { __mode = "k" })

--- An empty store.
---@param options nil there are none
---@return zendesk.store.Memory
function memory.new(options)
  arguments.options(options, {})
  local self = setmetatable({ _locked = {} }, Memory)
  contents[self] = {}
  return self
end

--- What was saved under the key.
---@param key string
---@return table? set nil when nothing is there
---@return zendesk.Error? err
function Memory:load(key)
  entry.check(self, Memory, "store:load", key)
  local json = contents[self][key]
  if json then return entry.decode(json) end
  return nil
end

--- Keeps a set under the key, in the place of an earlier one.
---@param key string
---@param set table
---@return true?
---@return zendesk.Error? err
function Memory:save(key, set)
  entry.check(self, Memory, "store:save", key)
  entry.check_set(set)
  local json, err = entry.encode(set)
  if not json then return nil, err end
  contents[self][key] = json
  return true
end

--- Forgets the key.
---@param key string
---@return true
function Memory:delete(key)
  entry.check(self, Memory, "store:delete", key)
  contents[self][key] = nil
  return true
end

--- Excludes the other coroutines of this process.
---@param key string
---@param timeout number seconds
---@param driver zendesk.Driver
---@return zendesk.Lock?
---@return zendesk.Error? err
function Memory:lock(key, timeout, driver)
  entry.check(self, Memory, "store:lock", key)
  lock.check_wait(timeout, driver)
  local locked = self._locked
  return lock.await(function()
    if locked[key] then return nil, "busy" end
    locked[key] = true
    return lock.new(function() locked[key] = nil end)
  end, timeout, driver, "the token in memory")
end

function Memory.__tostring()
  return Memory.__name
end

return memory
