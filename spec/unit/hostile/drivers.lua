-- The drivers of event loops, and the tasks and signals of every driver.

local function self_only(called) return { called = called } end

local DEADLINE = { "deadline", "moment", optional = true }

local function no_controller() return "raises: controller: a controller of cqueues expected" end

local entries = {
  ["zendesk.driver.cqueues.new"] = {
    { "controller", "controller", optional = true, refusal = no_controller },
  },
  ["loop:sleep"] = { called = "driver:sleep", { "seconds", "duration" } },
  ["loop:spawn"] = { called = "driver:spawn", { "f", "function" } },
  ["loop:signal"] = self_only "driver:signal", ["loop:close"] = self_only "driver:close",
  ["loop:is_closed"] = self_only "driver:is_closed",
}

for _, kind in ipairs { "", "loop_" } do
  for _, method in ipairs { "cancel", "is_done", "is_cancelled" } do
    entries[kind .. "task:" .. method] = self_only("task:" .. method)
  end
  entries[kind .. "task:wait"] = { called = "task:wait", DEADLINE }
  entries[kind .. "signal:wait"] = { called = "signal:wait", DEADLINE }
  entries[kind .. "signal:fire"] = self_only "signal:fire"
end

return { entries = entries }
