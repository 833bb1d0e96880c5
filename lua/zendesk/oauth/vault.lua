--- Keeps the secrets of an object outside of its fields.
--
-- Inspectors, debuggers and loggers walk fields; what lies here is reached only
-- by asking for it. Entries go when their object goes.

local entries = setmetatable({}, { __mode = "k" })

local vault = {}

--- Puts the secrets of an object away, replacing earlier ones.
---@param object table
---@param secrets table
function vault.keep(object, secrets)
  entries[object] = secrets
end

--- The secrets of an object.
---@param object table
---@return table
function vault.of(object)
  return entries[object]
end

return vault
