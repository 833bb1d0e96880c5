-- group: zendesk.all and zendesk.map. A number of tasks, so many at a time, results in order.
--
-- In a plain script the tasks are the scheduler's. Inside of an event loop they are coroutines of
-- that loop, started and woken by its driver, and the loop goes on.

local arguments = require "zendesk.arguments"
local drivers = require "zendesk.driver"
local errors = require "zendesk.errors"
local scheduler = require "zendesk.driver.scheduler"

---@class zendesk.group
local group = {}

---@class zendesk.AllOptions
---@field concurrency integer|nil tasks at a time; 8
---@field errors "first"|"values"|nil "first" (the default): the first failure cancels the rest and
---is what comes back. "values": a failure is an error object at its place among the results
---@field on_progress fun(progress: zendesk.Progress)|nil called after each end
---@field driver zendesk.Driver|nil of the instances that the tasks use; by default that of the
---event loop around, see zendesk.driver.current

---@class zendesk.Progress
---@field done integer ended so far
---@field total integer
---@field failed integer of those that ended
---@field running integer
---@field index integer which one has ended

local DEFAULT_CONCURRENCY = 8
local KNOWN = {
  concurrency = "count", errors = "string", on_progress = "function", driver = "driver",
}

local function check_options(given)
  local options = arguments.options(given, KNOWN)
  local mode = options.errors
  if mode and mode ~= "first" and mode ~= "values" then
    errors.raise(3, "option 'errors': \"first\" or \"values\" expected")
  end
  return options
end

local function cancel_all(self)
  self.stopped = true
  for index = 1, self.next - 1 do
    local task = self.active[index]
    if task then task:cancel() end
  end
end

local function tell(self, index)
  if not self.on_progress then return end
  local ok, problem = pcall(self.on_progress, {
    done = self.done, total = self.total, failed = self.failed, running = self.running,
    index = index,
  })
  -- Raised where zendesk.all was called, not in the task that happened to end.
  if not ok and not self.broken then
    self.broken = { raised = problem }
    cancel_all(self)
  end
end

local function failure_of(results)
  if not results.n then return { raised = results.raised, traceback = results.traceback } end
  if results[1] == nil and results[2] ~= nil then return { err = results[2] } end
  return nil
end

-- The reasons that waits give (zendesk.sleep, task:wait) are kinds of errors, too.
local REASONS = { cancelled = true, timeout = true, closed = true }

local function as_value(failure)
  local reason = failure.err
  if reason ~= nil then
    return errors.from_reason(reason, REASONS[reason] and reason or "raised",
      "the function gave no result")
  end
  return errors.new("raised", errors.words(failure.raised), {
    cause = failure.raised, traceback = failure.traceback,
  })
end

local start_more -- starts tasks as places become free; `ended` frees them

local function ended(task)
  local self, index = task._group, task._index
  self.running, self.done = self.running - 1, self.done + 1
  self.active[index] = nil
  local failure = failure_of(task._results)
  if not failure then
    self.results[index] = task._results[1]
  else
    self.failed = self.failed + 1
    if self.errors == "values" then
      self.results[index] = as_value(failure)
    elseif not self.stopped then
      self.broken = failure
      cancel_all(self)
    end
  end
  tell(self, index)
  start_more(self)
  if self.running == 0 and (self.stopped or self.next > self.total) then self.over:fire() end
end

function start_more(self)
  while not self.stopped and self.running < self.concurrency and self.next <= self.total do
    local index = self.next
    -- A finaliser may come here while the task is made.
    self.next, self.running = index + 1, self.running + 1
    local task = self.make(self.crew, index)
    task._group, task._index, task._on_end = self, index, ended
    self.active[index] = task
    self.crew.enqueue(task)
  end
end

local function outcome(self)
  local broken = self.broken
  if not broken then return self.results, self.failed end
  if broken.err ~= nil then return nil, broken.err end
  return error(broken.raised, 0)
end

-- How many items a list has; one with holes says it in `n`, as table.pack and zendesk.map do.
local function count(name, list)
  local class = getmetatable(list)
  if type(class) == "table" and rawget(class, "__name") == "zendesk.Iterator" then
    errors.raise(3, "%s: a list expected, got an iterator: zd:list gives the whole list", name)
  end
  local total = math.type(list.n) == "integer" and list.n or #list
  if total < 0 then errors.raise(3, "%s: a list expected, its 'n' is %d", name, total) end
  for key in next, list do
    if key ~= "n" and not (math.type(key) == "integer" and key >= 1 and key <= total) then
      errors.raise(3, "%s: a list expected, found the key '%s'", name, errors.clean(tostring(key)))
    end
  end
  return total
end

-- What runs the tasks: the driver of an event loop, or the scheduler.
local function crew_for(options)
  local driver = options.driver or drivers.current()
  return driver.crew and driver:crew() or scheduler
end

local function run(total, make, options)
  local crew = crew_for(options)
  local self = {
    total = total, make = make, next = 1, running = 0, done = 0, failed = 0, stopped = false,
    concurrency = options.concurrency or DEFAULT_CONCURRENCY, errors = options.errors or "first",
    on_progress = options.on_progress, results = { n = total }, active = {}, broken = nil,
    crew = crew, over = crew.signal(),
  }
  if total == 0 then return self.results, 0 end
  self.over._group = self
  -- Whatever ends this function ends its tasks.
  local _ <close> = setmetatable({}, { __close = function() cancel_all(self) end })
  start_more(self)
  local ok = self.over:wait()
  if ok then return outcome(self) end
  cancel_all(self)
  return nil, errors.new("cancelled", "cancelled, or every task waits for another one")
end

---Runs functions side by side on one thread. Each gets its task, which can be cancelled. What
---counts is the first value that it returns; `nil, err` and a raised error are failures.
---@param functions (fun(task: zendesk.Task): any)[] a list; one with holes has its number in `n`
---@param options zendesk.AllOptions|nil
---@return table|nil results in the order of the functions, with their number in `n`, without which
---they are a list that JSON can write; nil where a failure cancelled the rest. What a function has
---raised is raised again, unless errors = "values"
---@return integer|zendesk.Error failed the number of failures, or the first one
function group.all(functions, options)
  arguments.check("functions", functions, "table")
  options = check_options(options)
  local total = count("functions", functions)
  for index = 1, total do
    if type(functions[index]) ~= "function" then
      arguments.check(("functions[%d]"):format(index), functions[index], "function")
    end
  end
  return run(total, function(crew, index)
    local given = { nil, n = 1 }
    given[1] = crew.new_task(functions[index], given)
    return given[1]
  end, options)
end

---Calls a function for each item of a list, side by side on one thread.
---@param list table items from 1; one with holes has its number in `n`, as results have
---@param f fun(item: any, index: integer, task: zendesk.Task): any
---@param options zendesk.AllOptions|nil
---@return table|nil results
---@return integer|zendesk.Error failed
function group.map(list, f, options)
  arguments.check("list", list, "table")
  arguments.check("f", f, "function")
  options = check_options(options)
  return run(count("list", list), function(crew, index)
    local given = { list[index], index, nil, n = 3 }
    given[3] = crew.new_task(f, given)
    return given[3]
  end, options)
end

return group
