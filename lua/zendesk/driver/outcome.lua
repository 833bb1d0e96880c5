-- outcome: what the function of a task has come to. It is called by xpcall inside of its coroutine:
-- one that dies of an error under coroutine.resume keeps its to-be-closed variables open.

local running = coroutine.running

local outcome = {}

-- Where the function of a coroutine has raised.
local places = setmetatable({}, { __mode = "k" })

---The handler for xpcall. It hands the problem on as it is: to-be-closed variables see it.
---@param problem any
---@return any problem
function outcome.note(problem)
  places[running()] = debug and debug.traceback()
  return problem
end

---Of what xpcall has returned.
---@param thread thread in which it was
---@param ok boolean
---@param ... any
---@return table results with their number in `n`, or a failure: raised, traceback
function outcome.of(thread, ok, ...)
  if ok then return table.pack(...) end
  local place = places[thread]
  places[thread] = nil
  return { raised = (...), traceback = place }
end

---Returns what the function has returned, or raises what it has raised.
---@param results table
---@return any ...
function outcome.give(results)
  if results.n then return table.unpack(results, 1, results.n) end
  return error(results.raised, 0)
end

return outcome
