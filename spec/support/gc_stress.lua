-- busted helper of `make stress`: the garbage collector runs far more often than anything in the
-- code can rely on. $ZENDESK_GC_STRESS is "incremental" (no pause between cycles, and a full
-- collection every few thousand instructions; the default) or "generational" (minor collections all
-- the time, and the same full ones).

dofile "spec/support/paths.lua"
local hooks = require "spec.support.hooks"

local instructions_per_collection = 20000

if os.getenv "ZENDESK_GC_STRESS" == "generational" then
  collectgarbage("generational", 5, 20)
else
  collectgarbage("incremental", 0, 1000, 2)
end

-- Full collections are rare enough to keep the suite within minutes and still hit every wait, every
-- callback and every half-built object somewhere.
hooks.everywhere(function() collectgarbage() end, "", instructions_per_collection)
