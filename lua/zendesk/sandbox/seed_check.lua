-- What a seed may hold: the fields that the sandbox works with, and what is wrong with one. Other
-- fields are shown as they are given.

local clock = require "zendesk.sandbox.clock"
local json = require "zendesk.sandbox.json"
local lists = require "zendesk.sandbox.lists"

local seed_check = {}

local CLIENT = {
  id = "integer", name = "string", identifier = "string", kind = "string",
  redirect_uri = "strings", company = "string", description = "string", user_id = "integer",
  secret = "string", allowed_scopes = "strings", created_at = "time", updated_at = "time",
}

---The fields of each kind and what they hold.
seed_check.FIELDS = {
  clients = CLIENT,
  global_clients = CLIENT,
  tokens = {
    id = "integer", client_id = "integer", user_id = "integer", scopes = "strings",
    full_token = "string", refresh_token = "string", created_at = "time", used_at = "time",
    expires_at = "time", refresh_token_expires_at = "time", expires_in = "seconds",
    global = "boolean",
  },
  users = {
    id = "integer", name = "string", email = "string", role = "string", verified = "boolean",
    created_at = "time", updated_at = "time",
  },
  tickets = { id = "integer", created_at = "time", updated_at = "time" },
  api_tokens = {
    id = "integer", value = "string", description = "string", created_at = "time",
    used_at = "time", active = "boolean",
  },
}

local function are_strings(value)
  if type(value) ~= "table" then return false end
  for place, item in pairs(value) do
    if math.type(place) ~= "integer" or type(item) ~= "string" then return false end
  end
  return true
end

-- What a field holds: a predicate and its words.
local HOLDS = {
  integer = { function(value) return math.type(value) == "integer" end, "an integer" },
  string = { function(value) return type(value) == "string" end, "a string" },
  boolean = { function(value) return type(value) == "boolean" end, "a boolean" },
  strings = { are_strings, "an array of strings" },
  seconds = { clock.is_second, "seconds, less than 8,000 years" },
  time = { function(value) return clock.is_second(clock.parse(value)) end,
    "epoch seconds or a time like 2026-11-25T08:00:00Z" },
}

local function fault_of_record(record, known)
  for name, value in pairs(record) do
    local holds = HOLDS[known[name]]
    if holds and value ~= json.null and not holds[1](value) then
      return (".%s must be %s"):format(name, holds[2])
    end
  end
  return nil
end

local function is_count(value)
  return math.type(value) == "integer" and value >= 0
end

local function fault_of_records(kind, wanted)
  if is_count(wanted) then return nil end
  if type(wanted) ~= "table" then return kind .. " must be an array of records or a number" end
  for index, record in pairs(wanted) do
    if math.type(index) ~= "integer" then
      return kind .. " must be an array of records or a number"
    end
    if type(record) ~= "table" then
      return ("%s[%d] must be a record, not a %s"):format(kind, index, type(record))
    end
    local fault = fault_of_record(record, seed_check.FIELDS[kind])
    if fault then return ("%s[%d]%s"):format(kind, index, fault) end
  end
  return nil
end

local function fault_of_lists(wanted)
  if type(wanted) ~= "table" then return "lists must be a table of paths" end
  for path, list in pairs(wanted) do
    if not is_count(type(list) == "table" and list.count or list) then
      return ("lists[%q] must be a number or have a count"):format(tostring(path))
    end
    local dialect = type(list) == "table" and list.dialect
    if dialect and not lists.is_dialect(dialect) then
      return ("unknown dialect %q"):format(tostring(dialect))
    end
  end
  return nil
end

---What is wrong with a seed.
---@param what table
---@return string|nil message
function seed_check.fault_of(what)
  for kind, wanted in pairs(what) do
    local fault
    if kind == "lists" then
      fault = fault_of_lists(wanted)
    elseif seed_check.FIELDS[kind] then
      fault = fault_of_records(kind, wanted)
    else
      fault = ("cannot seed %q"):format(tostring(kind))
    end
    if fault then return fault end
  end
  return nil
end

return seed_check
