--- Scopes: one spelling for both forms, and a look at the words.
--
-- The grants take a space-separated string, the management API an array; people
-- write either. The list of words is open, because Zendesk adds to it: an
-- unknown word is worth a warning, never a refusal.

local nearest = require "zendesk.nearest"

local scope = {}

local function set_of(list)
  local set = {}
  for _, word in ipairs(list) do set[word] = true end
  return set
end

-- Resource words that Zendesk has published or that were seen in use (Aug 2026).
local RESOURCES = set_of {
  "account_settings", "any_channel", "apps", "auditlogs", "automations", "brands",
  "custom_objects", "deletion_schedules", "dynamic_content", "groups", "hc", "macros",
  "organizations", "requests", "satisfaction_ratings", "security", "sla_policies", "targets",
  "themes", "ticket_attachments", "ticket_views", "tickets", "triggers", "unrestricted",
  "users", "web_widget", "webhooks", "zis",
}
local ACCESS = set_of { "read", "write" }
local BROAD = set_of { "read", "write", "impersonate" }

--- The words of a scope, in the order given, each once.
---@param value string|string[]|nil
---@return string[] words
function scope.words(value)
  local words, seen = {}, {}
  local function add(text)
    for word in text:gmatch "[^%s]+" do
      if not seen[word] then
        seen[word] = true
        words[#words + 1] = word
      end
    end
  end
  if type(value) == "string" then
    add(value)
  elseif type(value) == "table" then
    for index = 1, rawlen(value) do add(rawget(value, index)) end
  end
  return words
end

--- The form that the grants take: words separated by spaces; nil when there are none, which
--- leaves the choice to the client's settings in Zendesk.
---@param value string|string[]|nil
---@return string?
function scope.join(value)
  local words = scope.words(value)
  return #words > 0 and table.concat(words, " ") or nil
end

--- One spelling for every order of the same words; for keys of stores.
---@param value string|string[]|nil
---@return string
function scope.canonical(value)
  local words = scope.words(value)
  table.sort(words)
  return table.concat(words, " ")
end

--- What was probably meant by a word that Zendesk does not seem to know.
---@param word string
---@return boolean known
---@return string? suggestion
function scope.check_word(word)
  if BROAD[word] or RESOURCES[word] then return true end
  local resource, access = word:match "^([^:]*):([^:]*)$"
  if not resource then
    return false, nearest.find(word, BROAD) or nearest.find(word, RESOURCES)
  end
  if RESOURCES[resource] and ACCESS[access] then return true end
  local meant = nearest.find(resource, RESOURCES)
  local meant_access = nearest.find(access, ACCESS)
  return false, meant and meant_access and meant .. ":" .. meant_access or nil
end

--- One warning event for each word of a scope that looks unknown.
---@param value string|string[]|nil
---@return table[] events
function scope.warnings(value)
  local events = {}
  for _, word in ipairs(scope.words(value)) do
    local known, suggestion = scope.check_word(word)
    if not known then
      local hint = suggestion and ("; did you mean %q?"):format(suggestion) or ""
      events[#events + 1] = {
        type = "warning", code = "unknown_scope", scope = word, suggestion = suggestion,
        message = ("the scope %q is not one that this module knows; it is sent as it is%s")
          :format(word, hint),
      }
    end
  end
  return events
end

return scope
