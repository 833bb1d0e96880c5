-- Reads fields of a decoded reply by type, so that JSON null and fields of a wrong type are the
-- same as absent ones. Pure functions.

local values = {}

---@param value any
---@return string|nil
function values.text(value)
  if type(value) == "string" and value ~= "" then return value end
  return nil
end

---@param value any
---@return table|nil
function values.table(value)
  return type(value) == "table" and value or nil
end

--- An integer, also one written as text.
---@param value any
---@return integer|nil
function values.integer(value)
  if type(value) == "string" then value = tonumber(value) end
  return math.tointeger(value)
end

return values
