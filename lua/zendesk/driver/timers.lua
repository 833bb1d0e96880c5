-- timers: moments in time, the earliest first. A binary heap in which every entry knows its place,
-- so that a wait that ended early is taken out at once: a thousand calls with a deadline of five
-- minutes must not leave a thousand entries behind for five minutes.
--
-- An error may come at every instruction (memory, a hook of the host's that ends a script). What
-- was being put in or taken out then is out, and the next who comes puts the rest in order.

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
  return setmetatable({ _heap = {}, _count = 0, _changing = nil }, Timers)
end

---A deadline as a caller gives it.
---@param deadline any
---@return number|nil moment nil for none, which the end of time is as good as
function timers.deadline(deadline)
  if deadline == nil or deadline == math.huge then return nil end
  return arguments.check("deadline", deadline, "moment")
end

local WEAK = { __mode = "v" }

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

-- Only which timers there are in the heap is known; some may be there twice.
local function mend(self)
  local heap, count, known = {}, 0, {}
  local cut = self._changing
  if not cut then return end -- a finaliser has been here meanwhile
  known[cut] = true
  for _, timer in next, self._heap do
    if not known[timer] then
      known[timer] = true
      count = count + 1
      rise(heap, count, timer)
    end
  end
  self._heap = heap
  self._count = count
  cut.place = nil
  self._changing = nil
end

---@param at number
---@param value any
---@return zendesk.Timer timer to give to `remove`
function Timers:add(at, value)
  if self._changing then mend(self) end
  local timer = setmetatable({ at = at, value = value, place = nil }, WEAK)
  local count = self._count + 1
  self._changing = timer
  rise(self._heap, count, timer)
  self._count = count
  self._changing = nil
  return timer
end

---Takes a timer out; one that is out already stays out.
---@param timer zendesk.Timer
function Timers:remove(timer)
  if self._changing then mend(self) end
  local place, heap, last = timer.place, self._heap, self._count
  if not place then return end
  local moved = heap[last]
  self._changing = timer
  timer.place = nil
  if moved ~= timer then
    rise(heap, place, moved)
    if moved.place == place then sink(heap, last - 1, place, moved) end
  end
  heap[last] = nil
  self._count = last - 1
  self._changing = nil
end

---The earliest moment.
---@return number|nil
function Timers:next()
  if self._changing then mend(self) end
  local first = self._heap[1]
  return first and first.at
end

---Takes the earliest timer out when its moment has come.
---@param now number
---@return any value nil when none is due
function Timers:due(now)
  if self._changing then mend(self) end
  local first = self._heap[1]
  while first and first.at <= now do
    self:remove(first)
    if first.value ~= nil then return first.value end
    first = self._heap[1]
  end
  return nil
end

return timers
