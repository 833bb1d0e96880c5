-- timers: moments in time, the earliest first. A binary heap in which every entry knows its place,
-- so that a wait that ended early is taken out at once: a thousand calls with a deadline of five
-- minutes must not leave a thousand entries behind for five minutes.

local arguments = require "zendesk.arguments"

local timers = {}

---@class zendesk.Timer
---@field at number
---@field value any held weakly: a timer does not keep alive who waits for it
---@field place integer|nil position in the heap; nil when it is out

---@class zendesk.Timers
local Timers = {}
Timers.__index = Timers

---@return zendesk.Timers
function timers.new()
  return setmetatable({ _heap = {}, _count = 0 }, Timers)
end

---A deadline as a caller gives it.
---@param deadline any
---@return number|nil moment nil for none, which the end of time is as good as
function timers.deadline(deadline)
  if deadline == nil or deadline == math.huge then return nil end
  return arguments.check("deadline", deadline, "moment")
end

local function put(heap, place, timer)
  heap[place] = timer
  timer.place = place
end

local function rise(heap, place, timer)
  while place > 1 do
    local parent = place // 2
    if heap[parent].at <= timer.at then break end
    put(heap, place, heap[parent])
    place = parent
  end
  put(heap, place, timer)
end

local function sink(heap, count, place, timer)
  while true do
    local child = 2 * place
    if child > count then break end
    if child < count and heap[child + 1].at < heap[child].at then child = child + 1 end
    if timer.at <= heap[child].at then break end
    put(heap, place, heap[child])
    place = child
  end
  put(heap, place, timer)
end

local WEAK = { __mode = "v" }

---@param at number
---@param value any
---@return zendesk.Timer timer to give to `remove`
function Timers:add(at, value)
  local timer = setmetatable({ at = at, value = value, place = nil }, WEAK)
  self._count = self._count + 1
  rise(self._heap, self._count, timer)
  return timer
end

---Takes a timer out; one that is out already stays out.
---@param timer zendesk.Timer
function Timers:remove(timer)
  local place, heap, last = timer.place, self._heap, self._count
  if not place then return end
  local moved = heap[last]
  heap[last], timer.place, self._count = nil, nil, last - 1
  if moved == timer then return end
  rise(heap, place, moved)
  if moved.place == place then sink(heap, last - 1, place, moved) end
end

---The earliest moment.
---@return number|nil
function Timers:next()
  local first = self._heap[1]
  return first and first.at
end

---Takes the earliest timer out when its moment has come.
---@param now number
---@return any value nil when none is due
function Timers:due(now)
  local first = self._heap[1]
  while first and first.at <= now do
    self:remove(first)
    if first.value ~= nil then return first.value end
    first = self._heap[1]
  end
  return nil
end

return timers
