-- fake_engine: stands in for the engine of the C module, with a clock of its own, for specs of the
-- drivers. A transfer takes the seconds that its request's `takes` says; a step moves the clock to
-- the next end, or by the time that it may wait.
--
--   local engine, take_back = fake_engine.install()   -- before zendesk.driver.* are loaded afresh
--   … take_back()

local core = require "zendesk.core"

local fake_engine = {}

local Transfer = {}
Transfer.__index = Transfer

function Transfer:done() return self._done end

function Transfer:cancel()
  if self._done then return end
  self._done, self.cancelled = true, true
  self._engine._running[self] = nil
end

local Engine = {}
Engine.__index = Engine

function Engine:submit(_, request)
  local transfer = setmetatable({
    _engine = self, _done = false, cancelled = false, ends = self.seconds + (request.takes or 1),
    name = request.name,
  }, Transfer)
  self._running[transfer] = true
  self.submitted = self.submitted + 1
  local running = self:running()
  if running > self.most then self.most = running end
  return transfer
end

function Engine:running()
  local count = 0
  for _ in pairs(self._running) do count = count + 1 end
  return count
end

function Engine:step(seconds)
  self.steps = self.steps + 1
  assert(self.steps < 100000, "the driver spins")
  local target = self.seconds + seconds
  for transfer in pairs(self._running) do target = math.min(target, transfer.ends) end
  self.seconds = math.max(self.seconds, target)
  local ended = {}
  for transfer in pairs(self._running) do
    if transfer.ends <= self.seconds then ended[#ended + 1] = transfer end
  end
  table.sort(ended, function(a, b) return tostring(a.name) < tostring(b.name) end)
  for _, transfer in ipairs(ended) do
    transfer._done = true
    self._running[transfer] = nil
    self._finished[#self._finished + 1] = transfer
  end
  return self:running()
end

function Engine:next() return table.remove(self._finished, 1) end

function Engine:close() self.closed = true end

local FRESH = {
  "zendesk.driver.blocking", "zendesk.driver.tasks", "zendesk.driver.scheduler",
  "zendesk.driver.group",
}

---Puts a fake engine and its clock into the core, and loads the drivers afresh.
---@return table engine
---@return function take_back
function fake_engine.install()
  local engine = setmetatable({
    seconds = 100, steps = 0, submitted = 0, most = 0, closed = false,
    _running = {}, _finished = {},
  }, Engine)
  local real = { engine = core.engine, monotonic = core.monotonic }
  local loaded = {}
  for _, name in ipairs(FRESH) do
    loaded[name] = package.loaded[name]
    package.loaded[name] = nil
  end
  core.engine = function() return engine end
  core.monotonic = function() return engine.seconds end
  return engine, function()
    core.engine, core.monotonic = real.engine, real.monotonic
    for _, name in ipairs(FRESH) do package.loaded[name] = loaded[name] end
  end
end

return fake_engine
