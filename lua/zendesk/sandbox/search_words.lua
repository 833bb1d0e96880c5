-- The properties that the sandbox's search knows, each with what it may be compared with. A judge
-- makes a test of one part of a query, or says why it cannot.

local fields = require "zendesk.sandbox.fields"
local search_text = require "zendesk.sandbox.search_text"
local search_time = require "zendesk.sandbox.search_time"

local value = search_text.value

---@class zendesk.sandbox.SearchPart `-status<solved` is { negated, word, operator, value }
---@field word? string the property; nil for a word or a phrase alone
---@field operator? string
---@field value string
---@field quoted boolean
---@field negated boolean
---@field source string as it was written
---@field moving? boolean what it finds depends on the time

---@class zendesk.sandbox.SearchWord
---@field on? "ticket"|"user" what has the property; both when left out
---@field ordered? boolean may be compared with < and >
---@field judge fun(part: zendesk.sandbox.SearchPart, context: table): function|nil, string|nil

---The values of the properties that have an order, lowest first.
local ORDERS = {
  status = { "new", "open", "pending", "hold", "solved", "closed" },
  priority = { "low", "normal", "high", "urgent" },
  ticket_type = { "question", "incident", "problem", "task" },
}

local search_words = { ORDERS = ORDERS, RANKS = {} }

for name, list in pairs(ORDERS) do
  search_words.RANKS[name] = {}
  for rank, word in ipairs(list) do search_words.RANKS[name][word] = rank end
end

local RANK_TESTS = {
  [":"] = function(rank, wanted) return rank == wanted end,
  ["<"] = function(rank, wanted) return rank < wanted end,
  [">"] = function(rank, wanted) return rank > wanted end,
  ["<="] = function(rank, wanted) return rank <= wanted end,
  [">="] = function(rank, wanted) return rank >= wanted end,
}

local function choice(name, ranks, list)
  return function(part)
    local wanted, test = ranks[part.value], RANK_TESTS[part.operator]
    if not wanted then return nil, "it knows the values " .. table.concat(list, ", ") end
    return function(record)
      local rank = ranks[value(record, name)]
      return rank ~= nil and test(rank, wanted)
    end
  end
end

local function has_wildcard(part)
  return part.value:find("*", 1, true) ~= nil
end

-- The texts of a property hold the words that are asked for; a star behind them leaves the last one
-- open. Unlike a word alone, that of a property does not find longer ones.
local function text(texts_of)
  return function(part)
    local wanted, stars = part.value:gsub("%*$", "")
    local phrase = search_text.words(wanted)
    if #phrase == 0 or wanted:find("*", 1, true) then
      return nil, "it takes words, with a star at their end at most"
    end
    return function(record)
      for _, candidate in ipairs(texts_of(record)) do
        if search_text.has(candidate, phrase, stars > 0) then return true end
      end
      return false
    end
  end
end

local function texts_named(name)
  return function(record) return { value(record, name) } end
end

local function has_tags(record, wanted)
  local tags = value(record, "tags")
  local there = {}
  for _, tag in ipairs(type(tags) == "table" and tags or {}) do
    there[tostring(tag):lower()] = true
  end
  if not wanted then return next(there) == nil end
  for _, tag in ipairs(wanted) do
    if not there[tag] then return false end
  end
  return true
end

-- Several tags in quotes must all be there.
local function tags(part)
  if has_wildcard(part) then return nil, "it takes whole tags" end
  local wanted = {}
  for tag in part.value:lower():gmatch "%S+" do wanted[#wanted + 1] = tag end
  if #wanted == 0 then return nil, "it takes tags" end
  if part.value == "none" then wanted = nil end
  return function(record) return has_tags(record, wanted) end
end

local function exact(name)
  return function(part)
    if has_wildcard(part) then return nil, "it takes no wildcards" end
    local wanted = part.value ~= "none" and part.value:lower() or nil
    return function(record)
      local there = value(record, name)
      if there == nil or wanted == nil then return there == wanted end
      return tostring(there):lower() == wanted
    end
  end
end

local function email(part, context)
  if part.value ~= "none" and not part.value:find("@", 1, true) then
    return nil, "it takes whole e-mail addresses, or none"
  end
  return exact "email" (part, context)
end

-- The ids of the people whose name or e-mail address is meant.
local function ids_of_people(wanted, users)
  local phrase, found = search_text.words(wanted), {}
  local by_email = wanted:find("@", 1, true) and wanted:lower()
  for user in users:walk() do
    local address = value(user, "email")
    if by_email and type(address) == "string" and address:lower() == by_email
      or not by_email and search_text.has(user.name, phrase, false) then
      found[user.id] = true
    end
  end
  return found
end

local function person(name)
  return function(part, context)
    local wanted = part.value
    if wanted == "none" then return function(record) return value(record, name) == nil end end
    local id = wanted == "me" and context.caller.user.id or fields.id(wanted)
    if id then return function(record) return value(record, name) == id end end
    if has_wildcard(part) or wanted:find "^%+" or #search_text.words(wanted) == 0 then
      return nil, "it takes an id, an e-mail address, a name, me or none"
    end
    local found = ids_of_people(wanted, context.state.users)
    return function(record) return found[value(record, name)] == true end
  end
end

-- The sandbox has neither groups nor organizations, only their ids.
local function id_of(name)
  return function(part)
    local wanted = part.value ~= "none" and fields.id(part.value) or nil
    if not wanted and part.value ~= "none" then return nil, "it takes an id or none" end
    return function(record) return value(record, name) == wanted end
  end
end

local TIMES = "it takes times like 2026-11-25, 2026-11-25T08:00:00Z and 4hours (before now; or "
  .. "minutes, days, weeks, months, years)"

local function time(name)
  return function(part, context)
    local clock = context.state.clock
    local from, to, moving = search_time.range(part.value, clock:wall() // 1 | 0)
    if not from then return nil, TIMES end
    part.moving = moving
    if part.moving and part.operator == ":" then
      return nil, "such a time is compared with < or >"
    end
    return function(record)
      return search_time.holds(part.operator, clock:wall(record[name]) // 1 | 0, from, to)
    end
  end
end

-- How the search calls the channels of tickets.
local CHANNELS = {
  api = "api", web = "web", mail = "email", chat = "chat", sms = "sms", mobile_sdk = "mobile_sdk",
  native_messaging = "native_messaging",
}

local function via(part)
  local wanted = CHANNELS[part.value]
  if not wanted and part.value ~= "none" then
    return nil, "it knows the values api, chat, mail, mobile_sdk, native_messaging, none, sms, web"
  end
  return function(record)
    local there = value(record, "via")
    return (type(there) == "table" and fields.plain(there.channel) or nil) == wanted
  end
end

local function status(part)
  local judge, problem = choice("status", search_words.RANKS.status, ORDERS.status)(part)
  if not judge then return nil, problem end
  local new = { values = { status = "new" } }
  return function(record) return judge(value(record, "status") and record or new) end
end

local ROLES = { "end-user", "agent", "admin" }

---What stands before an operator.
---@type table<string, zendesk.sandbox.SearchWord>
search_words.WORDS = {
  status = { on = "ticket", ordered = true, judge = status },
  priority = { on = "ticket", ordered = true,
    judge = choice("priority", search_words.RANKS.priority, ORDERS.priority) },
  ticket_type = { on = "ticket",
    judge = choice("type", search_words.RANKS.ticket_type, ORDERS.ticket_type) },
  subject = { on = "ticket", judge = text(texts_named "subject") },
  description = { on = "ticket", judge = text(search_text.comments) },
  requester = { on = "ticket", judge = person "requester_id" },
  assignee = { on = "ticket", judge = person "assignee_id" },
  submitter = { on = "ticket", judge = person "submitter_id" },
  group = { on = "ticket", judge = id_of "group_id" },
  updated = { on = "ticket", ordered = true, judge = time "updated_at" },
  via = { on = "ticket", judge = via },
  role = { on = "user",
    judge = choice("role", { ["end-user"] = 1, agent = 2, admin = 3 }, ROLES) },
  email = { on = "user", judge = email },
  name = { on = "user", judge = text(texts_named "name") },
  organization = { judge = id_of "organization_id" },
  tags = { judge = tags },
  external_id = { judge = exact "external_id" },
  created = { ordered = true, judge = time "created_at" },
}

return search_words
