-- A store in memory whose functions can be told to fail, and which keeps a record of what was done.

local errors = require "zendesk.errors"

local fake_store = {}
fake_store.__index = fake_store

local function copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, inner in pairs(value) do result[key] = copy(inner) end
  return result
end

fake_store.copy = copy

function fake_store.new(content)
  return setmetatable({
    content = content or {}, log = {}, failing = {}, locked = {}, before = {},
  }, fake_store)
end

-- The error of a store that cannot `what`, as long as failing[what] is set; a number counts down.
local function fault(self, what)
  self.log[#self.log + 1] = what
  if self.before[what] then self.before[what](self) end
  local failing = self.failing[what]
  if type(failing) == "number" then
    self.failing[what] = failing > 1 and failing - 1 or nil
  end
  if failing then return errors.new("store", "cannot " .. what .. ": no space left on device") end
end

function fake_store:load(key)
  local err = fault(self, "load")
  if err then return nil, err end
  return copy(self.content[key])
end

function fake_store:save(key, set)
  local err = fault(self, "save")
  if err then return nil, err end
  self.content[key] = copy(set)
  return true
end

function fake_store:delete(key)
  local err = fault(self, "delete")
  if err then return nil, err end
  self.content[key] = nil
  return true
end

function fake_store:lock(key, timeout, driver)
  local err = fault(self, "lock")
  if err then return nil, err end
  local deadline = driver:now() + timeout
  while self.locked[key] do
    if driver:now() >= deadline then
      return nil, errors.new("store", "the lock is held by somebody else",
        { code = "lock_timeout" })
    end
    local ok = driver:sleep(0.05)
    if not ok then return nil, errors.new("cancelled", "cancelled while waiting for the lock") end
  end
  self.locked[key] = true
  local store, released = self, false
  return { release = function()
    if released then return end
    released = true
    store.locked[key] = nil
    store.log[#store.log + 1] = "release"
  end }
end

-- The only thing that is stored.
function fake_store:only()
  local _, set = next(self.content)
  return set
end

return fake_store
