-- What a token may do. A scope is `read`, `write`, `impersonate`, `<resource>:read`,
-- `<resource>:write`, or a bare `<resource>`, which means both.

local scopes = {}

---The scopes of which any one would do for an action.
---@param access "read"|"write"
---@param resource? string nil where only the broad scope reaches
---@return string[]
function scopes.alternatives(access, resource)
  if not resource then return { access } end
  return { resource .. ":" .. access, access }
end

---@param granted string[]
---@param access "read"|"write"
---@param resource? string
---@param write_implies_read? boolean
---@return boolean
function scopes.allow(granted, access, resource, write_implies_read)
  local narrow = resource and resource .. ":" .. access
  for _, scope in ipairs(granted) do
    if scope == access or (narrow and (scope == narrow or scope == resource)) then return true end
  end
  if access == "read" and write_implies_read then
    return scopes.allow(granted, "write", resource)
  end
  return false
end

---@param granted string[]
---@param wanted string
---@return boolean
function scopes.include(granted, wanted)
  for _, scope in ipairs(granted) do
    if scope == wanted then return true end
  end
  return false
end

---True when every scope of `wanted` is covered by `granted`; `read` covers `tickets:read`.
---@param granted string[]
---@param wanted string[]
---@return boolean
function scopes.cover(granted, wanted)
  for _, scope in ipairs(wanted) do
    local resource, access = scope:match "^([^:]+):(%a+)$"
    local covered = scopes.include(granted, scope)
      or (access and (scopes.include(granted, access) or scopes.include(granted, resource)))
    if not covered then return false end
  end
  return true
end

---Splits the space-separated form of the token endpoint.
---@param text string
---@return string[]
function scopes.split(text)
  local list = {}
  for scope in text:gmatch "%S+" do list[#list + 1] = scope end
  return list
end

return scopes
