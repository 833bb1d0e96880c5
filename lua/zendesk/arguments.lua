-- arguments: checks what a caller passes to a method. A wrong type and an unknown name are misuse
-- and raise at the caller's line.

local errors = require "zendesk.errors"
local nearest = require "zendesk.nearest"

local arguments = {}

-- "integer or table" → true for either
local function is_a(value, wanted)
  for name in wanted:gmatch "%a+" do
    if type(value) == name or math.type(value) == name then return true end
  end
  return false
end

---Checks a table of options against their types.
---@param options any nil counts as an empty table
---@param known table<string, string> option → "string", "integer or table", …
---@return table options
function arguments.options(options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then
    errors.raise(3, "options must be a table, is a %s", type(options))
  end
  for name, value in next, options do
    local wanted = known[name]
    if not wanted then
      local meant = type(name) == "string" and nearest.find(name, known)
      errors.raise(3, "unknown option '%s'%s", errors.clean(tostring(name)),
        meant and (" (did you mean '%s'?)"):format(meant) or "")
    elseif not is_a(value, wanted) then
      errors.raise(3, "option '%s': %s expected, got %s", name, wanted,
        math.type(value) or type(value))
    end
  end
  return options
end

return arguments
