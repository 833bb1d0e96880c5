-- Finds the route of a method and a path. Patterns are `/api/v2/users/{id}`; a literal segment wins
-- over a parameter; `.json` at the end of a path is optional, as at Zendesk.

local form = require "zendesk.sandbox.form"

local Router = {}
Router.__index = Router

local router = {}

function router.new()
  return setmetatable({ _root = {} }, Router)
end

---@param method string
---@param pattern string
---@param route table
function Router:add(method, pattern, route)
  local node = self._root
  local names = {}
  for segment in pattern:gmatch "[^/]+" do
    local name = segment:match "^{(.*)}$"
    if name then names[#names + 1] = name end
    local key = name and "{}" or segment
    node[key] = node[key] or {}
    node = node[key]
  end
  node.routes = node.routes or {}
  node.routes[method] = { route = route, names = names }
end

local function descend(node, segments, at, captures)
  local segment = segments[at]
  if not segment then return node.routes and node or nil end
  if segment ~= "routes" and segment ~= "{}" then
    local literal = node[segment]
    local found = literal and descend(literal, segments, at + 1, captures)
    if found then return found end
  end
  local parameter = node["{}"]
  if not parameter then return nil end
  captures[#captures + 1] = segment
  local found = descend(parameter, segments, at + 1, captures)
  if not found then captures[#captures] = nil end
  return found
end

---@param method string
---@param path string
---@return table|nil route
---@return table<string, string>|nil params
function Router:find(method, path)
  local segments, captures = {}, {}
  path = path:gsub("%.json$", "")
  for segment in path:gmatch "[^/]+" do segments[#segments + 1] = form.unescape_path(segment) end
  local node = descend(self._root, segments, 1, captures)
  local entry = node and (node.routes[method] or (method == "HEAD" and node.routes.GET))
  if not entry then return nil end
  local params = {}
  for index, name in ipairs(entry.names) do params[name] = captures[index] end
  return entry.route, params
end

return router
