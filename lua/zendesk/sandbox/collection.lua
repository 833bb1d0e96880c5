-- The records of one kind, in the order of their ids. A seed of 100,000 is kept as a range and a
-- function that makes record n when somebody looks at it; only what is looked at singly, and so may
-- be changed, is stored.

local Collection = {}
Collection.__index = Collection

local collection = {}

function collection.new()
  return setmetatable({
    version = 0,    -- differs after each change
    _ids = {},      -- ascending; removed ones stay until the next compaction
    _records = {},  -- id → record; false where one was removed; nil where it has not been made
    _ranges = {},   -- { first, last, make }
    _removed = 0,
    _selected = {}, -- key of the last selection, its version and its ids
  }, Collection)
end

-- The position of the first id that is not below `id`.
local function lower_bound(ids, id)
  local low, high = 1, #ids + 1
  while low < high do
    local middle = (low + high) // 2
    if ids[middle] < id then low = middle + 1 else high = middle end
  end
  return low
end

local function compact(self)
  if self._removed == 0 then return end
  local ids, records = {}, self._records
  for _, id in ipairs(self._ids) do
    if records[id] == false then records[id] = nil else ids[#ids + 1] = id end
  end
  self._ids, self._removed = ids, 0
end

local function make(self, id)
  for _, range in ipairs(self._ranges) do
    if id >= range.first and id <= range.last then return range.make(id, id - range.first + 1) end
  end
  return nil
end

local function look(self, id)
  local record = self._records[id]
  if record == nil then return make(self, id) end
  return record or nil
end

local function known(self, id)
  local at = lower_bound(self._ids, id)
  return self._ids[at] == id and self._records[id] ~= false
end

---@param id integer
---@return table|nil record the stored one: changes to it stay
function Collection:get(id)
  local record = self._records[id]
  if record ~= nil then return record or nil end
  if not known(self, id) then return nil end
  record = make(self, id)
  self._records[id] = record
  return record
end

---@return integer
function Collection:count()
  return #self._ids - self._removed
end

---@param record table with an `id` that is not taken
function Collection:insert(record)
  if self._records[record.id] == false then compact(self) end
  local ids, id = self._ids, record.id
  local at = #ids + 1
  if at > 1 and ids[at - 1] >= id then at = lower_bound(ids, id) end
  if ids[at] == id then error("id " .. id .. " is taken", 0) end
  table.insert(ids, at, id)
  self._records[id] = record
  self.version = self.version + 1
end

---Adds `count` records with consecutive ids, made on demand.
---@param first integer
---@param count integer
---@param maker fun(id: integer, n: integer): table the same record for the same arguments
function Collection:generate(first, count, maker)
  local ids, last = self._ids, first + count - 1
  local at = lower_bound(ids, first)
  if ids[at] and ids[at] <= last then error("ids of a generated range are taken", 0) end
  table.move(ids, at, #ids, at + count)
  for offset = 0, count - 1 do ids[at + offset] = first + offset end
  table.insert(self._ranges, { first = first, last = last, make = maker })
  self.version = self.version + 1
end

---@param id integer
---@return boolean removed
function Collection:remove(id)
  if not known(self, id) then return false end
  self._records[id] = false
  self._removed = self._removed + 1
  self.version = self.version + 1
  if self._removed > 1024 and self._removed > #self._ids // 2 then compact(self) end
  return true
end

---Walks from one id on, in the order of ids.
---@param from integer|nil id to begin behind; from the start (or the end) when nil
---@param backwards boolean
---@return fun(): table|nil
function Collection:walk(from, backwards)
  local ids, step = self._ids, backwards and -1 or 1
  local at = backwards and #ids or 1
  if from then
    at = lower_bound(ids, from)
    if backwards then at = at - 1 elseif ids[at] == from then at = at + 1 end
  end
  return function()
    while ids[at] do
      local record = self._records[ids[at]] ~= false and look(self, ids[at]) or nil
      at = at + step
      if record then return record end
    end
    return nil
  end
end

---Says that a record has been changed.
function Collection:touch()
  self.version = self.version + 1
end

---The ids of the records that a predicate lets through. The last selection is kept, so that walking
---its pages does not look at every record again.
---@param key string names the predicate
---@param accept? fun(record: table): boolean
---@return integer[]
function Collection:select(key, accept)
  compact(self)
  if not accept then return self._ids end
  local last = self._selected
  if last.key == key and last.version == self.version then return last.ids end
  local ids = {}
  for record in self:walk() do
    if accept(record) then ids[#ids + 1] = record.id end
  end
  self._selected = { key = key, version = self.version, ids = ids }
  return ids
end

---A record as it is now, without keeping it.
---@param id integer
---@return table|nil
function Collection:peek(id)
  local record = self._records[id]
  if record ~= nil then return record or nil end
  return known(self, id) and make(self, id) or nil
end

return collection
