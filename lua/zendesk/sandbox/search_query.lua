-- The query language of Zendesk's search, as its search reference has it: words and "phrases",
-- properties with :, <, >, <= and >=, a minus before what is left out. All parts must hold; of a
-- property that is named several times with a colon, one of the values. What is not known here is
-- refused: to ignore it would be to find what Zendesk does not.

local nearest = require "zendesk.nearest"
local search_text = require "zendesk.sandbox.search_text"
local search_words = require "zendesk.sandbox.search_words"

local MOST_WORDS = 64
local WORDS = search_words.WORDS
-- Organizations and groups can be asked for; there are none.
local TYPES = { ticket = true, user = true, organization = true, group = true }
local ORDERS = {
  created = "created_at", priority = "priority", status = "status", ticket_type = "ticket_type",
}
local DIRECTIONS = { asc = false, desc = true } -- is it descending?

local search_query = {}

---Every word that may stand before an operator.
---@type table<string, true>
search_query.WORDS = { type = true, order_by = true, sort = true }
for name in pairs(WORDS) do search_query.WORDS[name] = true end

---@class zendesk.sandbox.Search what a query asks for
---@field typed boolean does it name a type?
---@field types table<string, boolean> ticket, user → is it asked for?
---@field order? { by: string, descending: boolean }
---@field key string differs where the same text finds other records
---@field accepts fun(kind: "ticket"|"user"): fun(record: table): boolean

local function names(list)
  local sorted = {}
  for name in pairs(list) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  return table.concat(sorted, ", ")
end

local function shown(text)
  return '"' .. text:gsub("%c", "?") .. '"'
end

-- ---------------------------------------------------------------------------------------------
-- Reading

local function read_value(text, at)
  if text:sub(at, at) ~= '"' then
    local value = text:match("^%S*", at)
    return value, at + #value, false
  end
  local closing = text:find('"', at + 1, true)
  if not closing then return nil end
  return text:sub(at + 1, closing - 1), closing + 1, true
end

-- The part that begins at a place, and where it ends.
local function read_part(text, start)
  local part, at = { negated = text:find("^%-%S", start) ~= nil }, start
  if part.negated then at = at + 1 end
  local word = text:match("^([%a_][%w_]*)[:<>]", at)
  if word then
    part.word, part.operator = word, text:match("^[<>]=?", at + #word) or ":"
    at = at + #word + #part.operator
  end
  part.value, at, part.quoted = read_value(text, at)
  part.source = text:sub(start, at and at - 1)
  return part, at
end

local JOINS = { OR = true, AND = true, NOT = true }

-- What Zendesk's reference does not have in any part.
local function fault_of(part)
  if not part.value then return "a quotation mark is not closed" end
  if part.value == "" then
    return "nothing stands behind it; there is no space beside an operator at Zendesk"
  end
  if part.quoted then return nil end
  if JOINS[part.value] and not part.word then
    return "there are no words that join parts at Zendesk; all parts must hold, and of a property "
      .. "that is named twice one of the values"
  end
  if part.value:find "^[(']" or part.value:find "[)]$" or part.value:find('"', 1, true) then
    return "only double quotes hold words together, and they stand around all of them"
  end
  return nil
end

local function refusal(part, why)
  return ("The sandbox's search does not understand %s: %s. This limit is the sandbox's, Zendesk "
    .. "may know more."):format(shown(part.source), why)
end

local function read(text)
  local parts, at = {}, text:find "%S"
  while at do
    local part, behind = read_part(text, at)
    local fault = fault_of(part)
    if fault then return nil, refusal(part, fault) end
    parts[#parts + 1] = part
    at = text:find("%S", behind)
  end
  local _, count = text:gsub("%S+", "")
  if count <= MOST_WORDS then return parts end
  return nil, ("A search takes %d words at most, at Zendesk and in the sandbox."):format(MOST_WORDS)
end

-- ---------------------------------------------------------------------------------------------
-- Understanding: each function takes a part into what is wanted, or says why it cannot.

local function take_words(wanted, part)
  if part.value == "*" and not part.quoted and not part.negated then return nil end
  if part.value:find("*", 1, true) and not part.quoted then
    return "a wildcard needs a property before it, as in subject:photo*"
  end
  local phrase = search_text.words(part.value)
  if #phrase == 0 then return "it holds no word" end
  local negated = part.negated
  wanted.all[#wanted.all + 1] = function(_, record)
    return search_text.is_in(record, phrase, not part.quoted) ~= negated
  end
  return nil
end

local function take_type(wanted, part)
  if not TYPES[part.value] then
    local of_tickets = search_words.RANKS.ticket_type[part.value]
    return "it knows the types " .. names(TYPES)
      .. (of_tickets and "; for this one there is ticket_type" or "")
  end
  local list = part.negated and wanted.not_types or wanted.types
  list[part.value] = true
  return nil
end

local function take_order(wanted, part)
  if part.negated then return "it cannot be left out" end
  if part.word == "sort" then
    wanted.descending = DIRECTIONS[part.value]
    return wanted.descending == nil and "it knows asc and desc" or nil
  end
  wanted.by = ORDERS[part.value]
  return not wanted.by and "it knows " .. names(ORDERS) or nil
end

local function take_property(wanted, part, context)
  local word = WORDS[part.word]
  local test, why = word.judge(part, context)
  if not test then return why end
  local function holds(kind, record) return (not word.on or word.on == kind) and test(record) end
  wanted.moving = wanted.moving or part.moving
  if word.on then wanted.only[part] = word.on end
  if part.negated then
    wanted.all[#wanted.all + 1] = function(kind, record) return not holds(kind, record) end
  elseif part.operator ~= ":" then
    wanted.all[#wanted.all + 1] = holds
  else
    wanted.any[part.word] = wanted.any[part.word] or {}
    table.insert(wanted.any[part.word], holds)
  end
  return nil
end

local TAKERS = { type = take_type, order_by = take_order, sort = take_order }

local function take(wanted, part, context)
  if not part.word then return take_words(wanted, part) end
  if not search_query.WORDS[part.word] then
    local near = nearest.find(part.word, search_query.WORDS)
    return ("there is no %s here%s; it knows %s"):format(shown(part.word),
      near and ", perhaps " .. near .. " is meant" or "", names(search_query.WORDS))
  end
  local word = WORDS[part.word]
  if part.operator ~= ":" and not (word and word.ordered) then
    return "it is compared with a colon only"
  end
  return (TAKERS[part.word] or take_property)(wanted, part, context)
end

-- A property of tickets in a search for users, or the other way round.
local function misplaced(wanted)
  if not next(wanted.types) then return nil end
  for part, kind in pairs(wanted.only) do
    if not wanted.types[kind] then
      return refusal(part, ("it is a property of %ss, which are not searched"):format(kind))
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- What comes of it

local function any_holds(tests, kind, record)
  for _, test in ipairs(tests) do
    if test(kind, record) then return true end
  end
  return false
end

local function accepts(wanted)
  return function(kind)
    return function(record)
      for _, test in ipairs(wanted.all) do
        if not test(kind, record) then return false end
      end
      for _, tests in pairs(wanted.any) do
        if not any_holds(tests, kind, record) then return false end
      end
      return true
    end
  end
end

local function types_of(wanted)
  local types = {}
  for _, kind in ipairs { "ticket", "user" } do
    types[kind] = (not next(wanted.types) or wanted.types[kind] == true)
      and not wanted.not_types[kind]
  end
  return types
end

local function order_of(wanted)
  if not wanted.by then return nil end
  return { by = wanted.by, descending = wanted.descending ~= false }
end

---Understands a query.
---@param text string
---@param context zendesk.sandbox.Context whose caller is `me`
---@param kind? "ticket"|"user" what is searched, where the call says so
---@return zendesk.sandbox.Search|nil search
---@return string|nil problem what the sandbox does not understand
function search_query.compile(text, context, kind)
  local parts, problem = read(text)
  if not parts then return nil, problem end
  local wanted = { all = {}, any = {}, only = {}, types = {}, not_types = {} }
  for _, part in ipairs(parts) do
    local why = take(wanted, part, context)
    if why then return nil, refusal(part, why) end
  end
  local typed = next(wanted.types) ~= nil or next(wanted.not_types) ~= nil
  if kind and not typed then wanted.types[kind] = true end
  problem = misplaced(wanted)
  if problem then return nil, problem end
  local state = context.state
  return {
    typed = typed, types = types_of(wanted), order = order_of(wanted), accepts = accepts(wanted),
    key = table.concat({
      "search", text, context.caller.user.id, state.users.version,
      wanted.moving and state.clock:now() // 1 | 0 or "",
    }, " "),
  }
end

return search_query
