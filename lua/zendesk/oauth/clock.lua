--- The server's clock, as far as this side can tell.
--
-- Two estimates are kept, both measured from Date headers: the distance to the
-- monotonic clock, which nobody can set, and the distance to the wall clock,
-- which goes on while a laptop sleeps. The later of the two counts: a wall
-- clock set back does not keep a dead token alive, a nap is noticed, and a wall
-- clock set forward costs one early renewal, whose reply measures it anew.

local clock = {}
clock.__index = clock
clock.__name = "zendesk.oauth.clock"

-- Date has whole seconds; the moment it names is on average half a second past.
local HALF_A_SECOND = 0.5
-- A difference below this says more about the network than about the clock.
local NOISE = 2

---@class zendesk.oauth.clock
---@field private _monotonic_offset number?
---@field private _wall_offset number

--- A clock that has measured nothing yet.
---@return zendesk.oauth.clock
function clock.new()
  return setmetatable({ _monotonic_offset = nil, _wall_offset = 0 }, clock)
end

--- Believes a skew that was measured earlier, e.g. by the process that stored a token, until
--- this clock has measured by itself.
---@param skew number?
function clock:hint(skew)
  local known = type(skew) == "number" and skew == skew and self._monotonic_offset == nil
  if known then self._wall_offset = skew end
end

--- Takes the Date of a reply that has just arrived.
---@param date integer? epoch seconds; nil (no Date) is ignored
---@param monotonic number
---@param wall number
function clock:observe(date, monotonic, wall)
  if not date then return end
  local server = date + HALF_A_SECOND
  local first = self._monotonic_offset == nil
  if first or math.abs(server - (monotonic + self._monotonic_offset)) > NOISE then
    self._monotonic_offset = server - monotonic
  end
  if first or math.abs(server - (wall + self._wall_offset)) > NOISE then
    self._wall_offset = server - wall
    if math.abs(self._wall_offset) <= NOISE then self._wall_offset = 0 end
  end
end

--- What the server's clock shows now.
---@param monotonic number
---@param wall number
---@return number epoch seconds
function clock:now(monotonic, wall)
  local by_wall = wall + self._wall_offset
  if not self._monotonic_offset then return by_wall end
  return math.max(by_wall, monotonic + self._monotonic_offset)
end

--- By how much the server is ahead of this machine's wall clock.
---@return number seconds
function clock:skew()
  return self._wall_offset
end

function clock:__tostring()
  return ("%s (skew %+.0f s)"):format(clock.__name, self._wall_offset)
end

return clock
