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
-- callback and every half-built object somewhere. Each takes as long as there is much to look at,
-- and most of that is what earlier specs have left: so the fewer, the more there is.
local megabytes_per_interval = 8
local left = 1
hooks.everywhere(function()
  left = left - 1
  if left > 0 then return end
  if not collectgarbage "isrunning" then return end -- a spec has stopped it, and means it
  collectgarbage()
  left = 1 + collectgarbage "count" // 1024 // megabytes_per_interval
end, "", instructions_per_collection)
