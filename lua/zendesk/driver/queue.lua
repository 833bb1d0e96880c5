-- queue: first in, first out. What is taken out of its place leaves a hole, over which `pop` steps:
-- thousands may be cancelled at once.
--
-- An error may come at every instruction (memory, a hook of the host's that ends a script). The
-- order of the lines below is such that a queue which was left in the middle counts too many at
-- worst, which it finds out when it gets there.

local queue = {}

---@class zendesk.Queue
local Queue = {}
Queue.__index = Queue

---@return zendesk.Queue
function queue.new()
  return setmetatable({ _first = 1, _last = 0, _holes = 0 }, Queue)
end

---@param value any not nil
---@return integer place to give to `remove`
function Queue:push(value)
  local place = self._last + 1
  self[place] = value
  self._last = place
  return place
end

-- The places of an emptied queue are used again.
local function step_over(self, place)
  if place < self._last then
    self._first = place + 1
    return
  end
  self._holes = 0
  self._first = 1
  self._last = 0
end

-- No hole is first or last: who comes and goes a thousand times leaves nothing.
local function trim(self)
  while self._first <= self._last and self[self._first] == nil do
    self._holes = self._holes - 1
    step_over(self, self._first)
  end
  while self._first <= self._last and self[self._last] == nil do
    self._holes = self._holes - 1
    self._last = self._last - 1
  end
end

---@return any value nil when the queue is empty
function Queue:pop()
  if self[self._first] == nil then trim(self) end
  local place = self._first
  local value = self[place]
  if value == nil then return nil end
  self[place] = nil
  step_over(self, place)
  return value
end

---Takes a value out of the place that `push` has given it; one that is out already stays out.
---@param value any
---@param place integer
function Queue:remove(value, place)
  if self[place] ~= value then return end
  self[place] = nil
  self._holes = self._holes + 1
  trim(self)
end

---@return table values first to last
function Queue:list()
  local values = {}
  for place = self._first, self._last do
    local value = self[place]
    if value ~= nil then values[#values + 1] = value end
  end
  return values
end

---@return integer
function Queue:size()
  return self._last - self._first + 1 - self._holes
end

return queue
