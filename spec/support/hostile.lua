-- hostile: bad arguments for public functions, made from what a function takes, and what must come
-- of each. A catalogue (spec/unit/hostile/) has an entry for every function of the public surface:
--
--   ["app:refresh"] = {
--     { "set", "table or string", good = "refresh-token" },            -- a parameter and its type
--     { options = { scope = "scope", expires_in = "count" } },         -- a table of options
--     rows = { { "an empty token", "oauth: the token set holds no …", "" } },
--   }
--
-- Made of it: a missing self for methods (unless `self = false`), for each parameter a value of
-- every other type, for each option too, unknown names, and
-- tables whose metamethods raise. `called` is what a message calls a method whose object has
-- another name here. An outcome is "raises: …" (at the line of the caller, here), "kind: …" of an
-- error object, or "fine".

local core = require "zendesk.core"
local zendesk = require "zendesk"

local hostile = {}

-- What a message calls a type; a type of Lua is called by its name.
local TEXTS = {
  seconds = "number of seconds above 0", duration = "number of at least 0 (seconds)",
  moment = "number (a moment of driver:now())",
  count = "integer above 0", count_or_zero = "integer of at least 0", words = "array of strings",
  scope = "string or array of strings",
  key = "1 to 1024 bytes of UTF-8 without control characters",
  driver = "object with submit, await, sleep, now, time", waiter = "object with now, sleep",
}

local BASES = {
  seconds = "number", duration = "number", moment = "number", count = "number",
  count_or_zero = "number", words = "table", scope = "table", key = "string",
  driver = "table", waiter = "table",
}

local function bite() error "bitten" end

--- A table whose every metamethod raises.
hostile.bitten = setmetatable({}, {
  __index = bite, __newindex = bite, __pairs = bite, __len = bite, __tostring = bite, __eq = bite,
  __call = bite, __close = bite, __concat = bite,
})

hostile.cycle = {}
hostile.cycle.again = hostile.cycle

local huge

--- 100 MB of text, made once.
function hostile.huge()
  huge = huge or ("x"):rep(100 * 2 ^ 20)
  return huge
end

local SAMPLES = {
  { "nil", nil }, { "a boolean", true }, { "a number", 7 }, { "a string", "canary" },
  { "a table", {} }, { "a function", print }, { "a coroutine", coroutine.create(print) },
  { "a file", io.stdout }, { "null", core.null }, { "a table that bites", hostile.bitten },
}

-- Of the right type of Lua, and wrong all the same.
local NEARLY = {
  seconds = { 0, -1, math.huge, -math.huge, 0 / 0 },
  duration = { -1, math.huge, -math.huge, 0 / 0 },
  moment = { 0 / 0 },
  count = { 0, -1, 1.5, math.mininteger, math.huge, 0 / 0 },
  count_or_zero = { -1, 1.5, math.mininteger, math.huge, 0 / 0 },
  integer = { 1.5, math.huge, 0 / 0 },
  words = { { 1 }, { a = "b" }, { "a", nil, "c" } },
  scope = { { 1 }, { a = "b" }, { "a", nil, "c" } },
  key = { "", ("k"):rep(1025), "a\0b", "a\r\nb", "\xff\xfe" },
  driver = { {}, { submit = print } },
  waiter = { {}, { now = print } },
}

local function fits(value, wanted)
  if wanted == "any" then return true end
  local base = BASES[wanted]
  if wanted == "scope" and type(value) == "string" then return true end
  if base then return type(value) == base end
  for name in wanted:gmatch "%a+" do
    if type(value) == name or math.type(value) == name then return true end
    if name == "false" and value == false then return true end
  end
  return false
end

local function shown(value, wanted)
  if type(value) == "number" then
    local number = BASES[wanted] == "number" or wanted:find "integer"
    return ", got " .. (number and ("%.14g"):format(value) or "number")
  end
  if BASES[wanted] == type(value) then return "" end
  return ", got " .. type(value)
end

--- What is raised for a value that is not of the wanted type, and, without a name, for an option
--- that there is none of.
---@param name string|nil
---@param wanted string
---@param value any
---@param text string|nil what the message calls the type
function hostile.refusal(name, wanted, value, text)
  if not name then return ("raises: unknown option '%s'"):format(wanted) end
  return ("raises: %s: %s expected%s"):format(name, text or TEXTS[wanted] or wanted,
    shown(value, wanted))
end

local function describe(value)
  if type(value) == "number" then return ("the number %.14g"):format(value) end
  if type(value) ~= "string" then return "a " .. type(value) end
  return ("%q"):format(value:sub(1, 12)):gsub("[%c\128-\255]", "?")
end

-- Calls `add(what, value)` for the values that are not of a type.
local function misfits(wanted, optional, add)
  for _, sample in ipairs(SAMPLES) do
    local what, value = sample[1], sample[2]
    local skipped = fits(value, wanted) or (optional and value == nil)
    if not skipped then add(what, value) end
  end
  for _, value in ipairs(NEARLY[wanted] or {}) do add(describe(value), value) end
end

-- ---------------------------------------------------------------------------------------------
-- Rows

local function add_options(rows, place, parameter, good)
  local function add(what, outcome, value)
    local arguments = table.move(good, 1, place - 1, 1, {})
    arguments[place] = value
    rows[#rows + 1] = { what, outcome, table.unpack(arguments, 1, place) }
  end
  local refusal = parameter.refusal or hostile.refusal
  misfits("table", not parameter.required, function(what, value)
    add("options = " .. what, refusal("options", "table", value), value)
  end)
  for name, wanted in pairs(parameter.options) do
    misfits(wanted, true, function(what, value)
      add(("%s = %s"):format(name, what), refusal(("option '%s'"):format(name), wanted, value),
        { [name] = value })
    end)
  end
  for name, shown_name in pairs { zzzzzzzz = "zzzzzzzz", [1] = "1", ["a\r\nb"] = "a b" } do
    -- Where a query can be given, a word that nobody knows is probably Zendesk's.
    local hint = parameter.options.query and type(name) == "string"
      and " (Zendesk's own parameters go into option 'query')" or ""
    add("an unknown option " .. shown_name, refusal(nil, shown_name) .. hint, { [name] = true })
  end
end

local function add_parameter(rows, place, parameter, good)
  local name, wanted = parameter[1], parameter[2]
  local refusal = parameter.refusal or hostile.refusal
  misfits(wanted, parameter.optional, function(what, value)
    local arguments = table.move(good, 1, place - 1, 1, {})
    arguments[place] = value
    rows[#rows + 1] = {
      ("%s = %s"):format(name, what), refusal(name, wanted, value, parameter.text),
      table.unpack(arguments, 1, place),
    }
  end)
end

local function add_missing_self(rows, name)
  local refusal = ("raises: call it with a colon: %s(…)"):format(name)
  for _, value in ipairs { "canary", {}, 7, hostile.bitten } do
    rows[#rows + 1] = { "no self, but " .. describe(value), refusal, value, bare = true }
  end
  rows[#rows + 1] = { "no self and nothing else", refusal, bare = true }
end

--- The rows of one function: what is wrong, the outcome, and the arguments. `bare`: the arguments
--- stand in the place of self.
---@param name string "zendesk.new", "app:login"
---@param entry table
---@return table[]
function hostile.rows(name, entry)
  local rows, good = {}, {}
  if name:find ":" and entry.self ~= false then add_missing_self(rows, entry.called or name) end
  for place, parameter in ipairs(entry) do
    if parameter.options then
      add_options(rows, place, parameter, good)
    else
      add_parameter(rows, place, parameter, good)
    end
    good[place] = parameter.good
  end
  for _, row in ipairs(entry.rows or {}) do rows[#rows + 1] = row end
  return rows
end

-- ---------------------------------------------------------------------------------------------
-- Outcomes

-- The one line from which the functions under test are called.
local function call_it(f, arguments)
  local results = table.pack(f(table.unpack(arguments, 1, arguments.n)))
  return table.unpack(results, 1, results.n)
end

---@param f function
---@param ... any its arguments
---@return string outcome
function hostile.outcome(f, ...)
  local ok, value, err = pcall(call_it, f, table.pack(...))
  if not ok then
    local message = tostring(value):match "spec/support/hostile%.lua:%d+: (.*)$"
    if not message then return "raises elsewhere: " .. tostring(value) end
    if message:find("canary", 1, true) then return "gives away: " .. message end
    return "raises: " .. message:gsub("^zendesk: ", "")
  end
  if value ~= nil or not zendesk.is_error(err) then return "fine" end
  if tostring(err):find("canary", 1, true) then return "gives away: " .. tostring(err) end
  return err.kind .. ": " .. err.message
end

-- ---------------------------------------------------------------------------------------------
-- The surface

-- The functions of a table and of what it inherits from.
local function functions_of(value, found)
  for name, member in next, value do
    local is_public = type(name) == "string" and not name:find "^_" and type(member) == "function"
    if is_public then found[name] = true end
  end
  local inherited = (getmetatable(value) or {}).__index
  if type(inherited) == "table" and inherited ~= value then functions_of(inherited, found) end
  return found
end

--- The public functions of the objects and modules of a world: "zendesk.new", "app:login", ….
---@param world table<string, table> modules by their name; objects by theirs, with a colon
---@return table<string, function>
function hostile.surface(world)
  local surface = {}
  for name, value in pairs(world) do
    local dot = name:find ":$" and "" or "."
    for member in pairs(functions_of(value, {})) do
      surface[name .. dot .. member] = value[member]
    end
  end
  return surface
end

return hostile
