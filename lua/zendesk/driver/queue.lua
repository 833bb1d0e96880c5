-- queue: first in, first out.

local queue = {}

---@class zendesk.Queue
local Queue = {}
Queue.__index = Queue

---@return zendesk.Queue
function queue.new()
  return setmetatable({ _first = 1, _last = 0 }, Queue)
end

---@param value any not nil
function Queue:push(value)
  self._last = self._last + 1
  self[self._last] = value
end

---@return any value nil when the queue is empty
function Queue:pop()
  local place = self._first
  if place > self._last then return nil end
  local value = self[place]
  self[place] = nil
  if place == self._last then
    self._first, self._last = 1, 0 -- the places of an emptied queue are used again
  else
    self._first = place + 1
  end
  return value
end

---Takes a value out of its place, where it has one.
---@param value any
function Queue:remove(value)
  for place = self._first, self._last do
    if self[place] == value then
      table.move(self, place + 1, self._last + 1, place)
      self._last = self._last - 1
      return
    end
  end
end

---@return integer
function Queue:size()
  return self._last - self._first + 1
end

return queue
