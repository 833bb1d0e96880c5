-- Finds the records in the reply to a list request: most lists name their array after the last
-- word of the path, and the rest is a table of exceptions. Pure functions.

local core = require "zendesk.core"

local records = {}

-- Paths (below /api/v2/, ids as they are) whose array has another name than their last word.
-- The first match wins.
local IRREGULAR = {
  { "^search$", "results" },
  { "^search/export$", "results" },
  { "^help_center/.*articles/search$", "results" },
  { "^help_center/.*posts/search$", "results" },
  { "^dynamic_content/items$", "items" },
  { "^dynamic_content/items/[^/]+/variants$", "variants" },
  { "^ticket_audits$", "audits" },
  { "^slas/policies$", "sla_policies" },
  { "^group_slas/policies$", "group_sla_policies" },
  { "satisfaction_reasons$", "reasons" },
  { "^oauth/global_clients/token_summary$", "global_clients" },
  { "^tickets/[^/]+/conversation_log$", "events" },
  { "^custom_objects/[^/]+/records$", "custom_object_records" },
  { "^custom_objects/[^/]+/records/search$", "custom_object_records" },
  { "^incremental/custom_objects/[^/]+/cursor$", "custom_object_records" },
  { "^custom_objects/[^/]+/fields$", "custom_object_fields", "fields" },
  { "/permission_policies$", "policies" },
  { "^brands/[^/]+/agents$", "brand_agents" },
  { "^organizations/[^/]+/subscriptions$", "organization_subscriptions" },
  { "^groups/[^/]+/memberships$", "group_memberships" },
  { "^ticket_fields/[^/]+/options$", "custom_field_options" },
  { "^views/[^/]+/execute$", "rows" },
  { "^problems$", "tickets" },
  { "^macros/[^/]+/attachments$", "macro_attachments" },
}

-- Arrays that accompany records and are never the list itself.
local SIDELOADS = { facets = true, errors = true, columns = true, permissions = true }

local function is_list(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

-- "/api/v2/users/12/tickets.json" → "users/12/tickets"
local function route(path)
  local short = path:gsub("^/api/v2/", ""):gsub("^/", ""):gsub("/+$", "")
  return (short:gsub("%.json$", ""))
end

local function irregular(short, body)
  for _, rule in ipairs(IRREGULAR) do
    if short:find(rule[1]) then
      for place = 2, #rule do
        if is_list(body[rule[place]]) then return rule[place] end
      end
    end
  end
  return nil
end

-- Words of the path from its end: users/search → search, users.
local function words(short)
  local found = {}
  for word in short:gmatch "[^/]+" do
    table.insert(found, 1, (word:gsub("%-", "_")))
  end
  return found
end

local function lists_of(body)
  local names = {}
  for name, value in pairs(body) do
    if type(name) == "string" and not SIDELOADS[name] and is_list(value) then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

local function undecided(path, names)
  local what = #names == 0 and "it holds no array"
    or "it holds the arrays " .. table.concat(names, ", ")
  return {
    kind = "decode", code = "no_records",
    message = ("the reply to %s does not show which of its fields is the list: %s")
      :format(path, what),
    remedy = 'name it: each(path, { key = "…" })',
  }
end

--- The name of the field that holds the records.
---@param path string path of the request, without its query
---@param body table decoded reply
---@param override string|nil the caller's choice
---@return string|nil key, table|nil problem
function records.key(path, body, override)
  if override then
    if is_list(body[override]) then return override end
    local names = lists_of(body)
    return nil, {
      kind = "decode", code = "no_records",
      message = ("the reply to %s has no array %q%s"):format(path, override,
        #names > 0 and ("; it has " .. table.concat(names, ", ")) or ""),
    }
  end
  local short = route(path)
  local special = irregular(short, body)
  if special then return special end
  local from_end = words(short)
  if from_end[1] and is_list(body[from_end[1]]) then return from_end[1] end
  local names = lists_of(body)
  if #names == 1 then return names[1] end
  for place = 2, #from_end do
    if is_list(body[from_end[place]]) then return from_end[place] end
  end
  return nil, undecided(path, names)
end

--- The records themselves; a reply that is a bare array is its own list.
---@param path string
---@param body any
---@param override string|nil
---@return table|nil list, string|table|nil key_or_problem
function records.of(path, body, override)
  if type(body) ~= "table" then
    return nil, {
      kind = "decode", code = "no_records",
      message = ("the reply to %s is not a list: it holds no JSON object"):format(path),
    }
  end
  if body[1] ~= nil or getmetatable(body) == core.array_mt then return body, nil end
  local key, problem = records.key(path, body, override)
  if not key then return nil, problem end
  return body[key], key
end

return records
