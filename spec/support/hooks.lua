-- Sets a debug hook in the running coroutine and in every coroutine made from now on: a hook
-- belongs to one coroutine, and the code under test makes its own.

local hooks = {}

--- The arguments are those of debug.sethook.
function hooks.everywhere(hook, mask, count)
  local create, wrap = coroutine.create, coroutine.wrap
  local function hooked(body)
    return function(...)
      debug.sethook(hook, mask, count)
      return body(...)
    end
  end
  -- luacheck: push ignore 122 (the point is to replace these two)
  coroutine.create = function(body) return create(hooked(body)) end
  coroutine.wrap = function(body) return wrap(hooked(body)) end
  -- luacheck: pop
  debug.sethook(hook, mask, count)
end

return hooks
