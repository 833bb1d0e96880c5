-- What a seed may hold: the fields that the sandbox works with, those that it only shows, and what
-- is wrong with one. A field that Zendesk's records do not have is a slip, or is for writing only.

local nearest = require "zendesk.nearest"
local clock = require "zendesk.sandbox.clock"
local sets = require "zendesk.sandbox.fields"
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

-- The fields that are shown as they are given.
local SHOWN = {
  tickets = sets.set {
    "url", "external_id", "via", "generated_timestamp", "type", "subject", "raw_subject",
    "description", "priority", "status", "recipient", "requester_id", "submitter_id",
    "assignee_id", "organization_id", "group_id", "collaborator_ids", "follower_ids",
    "email_cc_ids", "forum_topic_id", "problem_id", "has_incidents", "is_public", "due_at", "tags",
    "custom_fields", "fields", "satisfaction_rating", "sharing_agreement_ids", "custom_status_id",
    "encoded_id", "followup_ids", "ticket_form_id", "brand_id", "allow_channelback",
    "allow_attachments", "from_messaging_channel", "support_type",
  },
  users = sets.set {
    "url", "active", "alias", "chat_only", "custom_role_id", "default_group_id", "details",
    "external_id", "iana_time_zone", "last_login_at", "locale", "locale_id", "moderator", "notes",
    "only_private_comments", "organization_id", "phone", "photo", "report_csv", "restricted_agent",
    "role_type", "shared", "shared_agent", "shared_phone_number", "signature", "suspended", "tags",
    "ticket_restriction", "time_zone", "two_factor_auth_enabled", "user_fields",
  },
  clients = sets.set { "url", "logo_url", "global" },
  global_clients = sets.set { "url", "logo_url", "global" },
  tokens = sets.set { "url" },
  api_tokens = sets.set { "url", "updated_at", "last_used_at" },
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

local function unknown_field(name, kind)
  local known, names = {}, {}
  for _, list in ipairs { seed_check.FIELDS[kind], SHOWN[kind] } do
    for word in pairs(list) do known[word], names[#names + 1] = true, word end
  end
  table.sort(names)
  name = tostring(name)
  local near = nearest.find(name, known)
  return (" has no field %q%s"):format(name:gsub("%c", "?"),
    near and ('; did you mean "%s"?'):format(near) or "; it has " .. table.concat(names, ", "))
end

local function fault_of_record(record, kind)
  local known = seed_check.FIELDS[kind]
  for name, value in pairs(record) do
    if not known[name] and not SHOWN[kind][name] then return unknown_field(name, kind) end
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
    local fault = fault_of_record(record, kind)
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
