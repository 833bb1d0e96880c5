-- progress: shows how far a long walk has come, for programs on a terminal. In a pipe, a log file
-- or a cron job it stays silent.
--
--   local zd = zendesk.new { …, on_event = require("zendesk.progress").line() }

local errors = require "zendesk.errors"

---@class zendesk.progress
local progress = {}

-- Seconds between two drawings; a terminal is slower than a walk.
local PAUSE = 0.1

local VERBS = { each = "read", audit = "audited", prune = "pruned" }

local function with_separators(number)
  local text = ("%d"):format(number)
  local head = #text % 3
  local parts = head > 0 and { text:sub(1, head) } or {}
  for place = head + 1, #text, 3 do parts[#parts + 1] = text:sub(place, place + 2) end
  return table.concat(parts, ",")
end

local function check(name, value, wanted)
  if wanted:find(type(value), 1, true) then return value end
  return errors.raise(3, "%s: %s expected, got %s", name, wanted, type(value))
end

---One event in words; nil for events that count nothing. Pure.
---@param event zendesk.Event
---@return string|nil
function progress.describe(event)
  check("event", event, "table")
  local verb = event.type == "progress" and VERBS[event.what]
  if not verb then return nil end
  if event.dry_run then verb = "checked" end
  local parts = { ("%s %s"):format(verb, with_separators(event.records)) }
  if event.total then parts[1] = parts[1] .. " of " .. with_separators(event.total) end
  if event.rate then parts[#parts + 1] = ("%.0f a second"):format(event.rate) end
  for _, name in ipairs { "findings", "revoked", "failed" } do
    local number = event[name]
    if number and (number > 0 or name ~= "failed") then
      local form = event.dry_run and name == "revoked" and "would revoke %s" or "%s " .. name
      parts[#parts + 1] = form:format(with_separators(number))
    end
  end
  return table.concat(parts, ", ")
end

local OPTIONS = { stream = "table or userdata", terminal = "boolean" }

local function check_options(options)
  if options == nil then return {} end
  check("options", options, "table")
  local copy = {}
  for name, value in next, options do
    if not OPTIONS[name] then
      errors.raise(3, "unknown option '%s'", errors.clean(tostring(name)))
    end
    copy[name] = check(("option '%s'"):format(name), value, OPTIONS[name])
  end
  return copy
end

-- Lua cannot ask whether a file is a terminal; the shell's `test` can, and inherits ours.
local function is_terminal()
  return os.execute "test -t 2" == true
end

---A handler for `on_event` that draws one line on the terminal of standard error and takes it away
---at the end; without a terminal it does nothing.
---@param options { stream: file*?, terminal: boolean? }|nil for another stream than io.stderr
---@return fun(event: zendesk.Event)
function progress.line(options)
  options = check_options(options)
  local stream, terminal = options.stream or io.stderr, options.terminal
  if terminal == nil then terminal = is_terminal() end
  if not terminal then return function() end end
  local drawn = -math.huge
  return function(event)
    local text = progress.describe(event)
    if not text then return end
    if event.finished then
      stream:write "\r\27[K"
      stream:flush()
    elseif event.time - drawn >= PAUSE then
      drawn = event.time
      stream:write("\r\27[K", text)
      stream:flush()
    end
  end
end

return progress
