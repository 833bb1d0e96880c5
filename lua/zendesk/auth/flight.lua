--- One renewal under way, for however many calls want its token.
--
-- It is a task of its own: no call's deadline or cancellation cuts a request for a token that has
-- been sent, since its reply may be the only copy of a new pair. An event loop moves it on by
-- itself. The driver of plain scripts moves only while somebody waits, so there the last call that
-- waits stays until what was sent has landed, also beyond its own deadline; what has not been sent
-- yet (another process may hold the store's lock) is given up with that call.

local errors = require "zendesk.errors"

local flight = {}
flight.__index = flight
flight.__name = "zendesk.auth.flight"

---@class zendesk.auth.flight
---@field done boolean
---@field ok true? how it ended
---@field err zendesk.Error?
---@field noticed boolean its failure has been told
---@field private _driver table
---@field private _task table?
---@field private _waiting integer calls
---@field private _sent boolean
---@field private _given_up boolean
---@field private _raised any

-- Strong: one that nobody waits for any more is not to be collected, it has to land.
local under_way = {} -- luacheck: ignore 241

--- A flight that has not begun.
---@param driver table
---@return zendesk.auth.flight
function flight.new(driver)
  return setmetatable({
    done = false, ok = nil, err = nil, noticed = false, _driver = driver, _task = nil,
    _waiting = 0, _sent = false, _given_up = false, _raised = nil,
  }, flight)
end

--- Begins.
---@param work fun(): true?, zendesk.Error?
---@param landed fun() is called at the end, however it comes
function flight:begin(work, landed)
  local landing = setmetatable({}, { __close = function()
    self.done, under_way[self] = true, nil
    landed()
  end })
  local function body()
    local _ <close> = landing
    -- What is raised leaves no lock behind, whatever becomes of the task.
    local ran, ok, err = pcall(work)
    if ran then self.ok, self.err = ok, err else self._raised = ok end
  end
  under_way[self] = true
  -- A driver that cannot start tasks has one thing going on at a time anyway.
  if not self._driver.spawn then return body() end
  local started, task = pcall(self._driver.spawn, self._driver, body)
  if started then
    self._task = task
    return
  end
  local _ <close> = landing
  self._given_up = true -- the task may have begun
  error(task, 0)
end

local function given_up()
  return errors.new("cancelled", "the renewal of the access token was given up", { sent = false })
end

--- To be called right before a request for a token is sent.
---@return true? go_ahead
---@return zendesk.Error? err nobody waits for it any more
function flight:send()
  if self._given_up then return nil, given_up() end
  self._sent = true
  return true
end

-- The last call stops waiting. A driver says whether it is alone only where nobody but its callers
-- moves it on.
local function leave(self)
  if self._driver.alone == nil then return end
  if self._sent then
    self._task:wait() -- ends by its own time limits
  else
    self._given_up = true
    self._task:cancel()
  end
end

local function wait_for_task(self, deadline)
  self._waiting = self._waiting + 1
  local _ <close> = setmetatable({}, { __close = function() self._waiting = self._waiting - 1 end })
  return select(2, self._task:wait(deadline))
end

--- Waits for the end. Raises what the renewal has raised: a mistake of the program.
---@param deadline number?
---@return true?
---@return zendesk.Error? err `flight.err`, or, where it has not landed, one of this call alone
function flight:wait(deadline)
  local why
  if self._task and not self.done then
    why = wait_for_task(self, deadline)
    if not self.done and self._waiting == 0 then leave(self) end
  end
  if self._raised ~= nil then error(self._raised, 0) end
  if (self.ok or self.err) and not self._given_up then return self.ok, self.err end
  local kind = why == "timeout" and "timeout" or "cancelled"
  local how = kind == "timeout" and "did not end before the deadline" or "was not waited for"
  return nil, errors.new(kind, "the renewal of the access token " .. how, { sent = false })
end

--- Waits until it has landed, however it does.
function flight:land()
  if self._task and not self.done then self._task:wait() end
end

--- An error for one call out of an error for all of them. Of the call itself nothing was sent,
--- whatever became of the request for a token.
---@param err zendesk.Error
---@return zendesk.Error
function flight.copy_error(err)
  local fields = {}
  for name, value in pairs(err) do fields[name] = value end
  fields.sent = false
  return errors.new(err.kind, err.message, fields)
end

function flight:__tostring()
  return ("%s (%s)"):format(flight.__name, self.done and "landed" or "under way")
end

return flight
