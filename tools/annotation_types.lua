-- The type expressions of LuaCATS annotations: where one ends, and which names it mentions.

local types = {}

local CLOSING = { ["("] = ")", ["{"] = "}", ["<"] = ">", ["["] = "]" }

-- The place behind the bracket that closes the one at `place`.
local function behind_bracket(text, place)
  local open = text:sub(place, place)
  local close, depth = CLOSING[open], 0
  for at = place, #text do
    local char = text:sub(at, at)
    if char == open then depth = depth + 1 end
    if char == close then depth = depth - 1 end
    if depth == 0 then return at + 1 end
  end
  error("no end of the bracket in the type: " .. text)
end

local behind_type

-- `fun(a: b): c, d`
local function behind_function(text, place)
  place = behind_bracket(text, place)
  local colon = text:match("^%s*:%s*()", place)
  if not colon then return place end
  place = behind_type(text, colon)
  local more = text:match("^,%s+()[%a(\"{]", place)
  while more do
    place = behind_type(text, more)
    more = text:match("^,%s+()[%a(\"{]", place)
  end
  return place
end

local function behind_single(text, place)
  local quoted = text:match('^"[^"]*"()', place)
  if quoted then return quoted end
  if text:find("^[({]", place) then return behind_bracket(text, place) end
  if text:find("^fun%(", place) then return behind_function(text, place + 3) end
  local behind = text:match("^[%w_%.%*]+()", place)
  assert(behind, "no type at '" .. text:sub(place) .. "' of: " .. text)
  return text:find("^<", behind) and behind_bracket(text, behind) or behind
end

function behind_type(text, place)
  place = behind_single(text, place)
  local suffix = text:match("^%[%]()", place) or text:match("^%?()", place)
  while suffix do
    place = suffix
    suffix = text:match("^%[%]()", place) or text:match("^%?()", place)
  end
  local other = text:match("^%s*|%s*()", place)
  return other and behind_type(text, other) or place
end

---Takes the type from the head of a text.
---@param text string
---@return string type_text
---@return string rest without the spaces between
function types.split(text)
  local place = behind_type(text, 1)
  return text:sub(1, place - 1), text:match("^%s*(.*)$", place)
end

---The names with a dot or of classes that a type mentions: what has to be defined somewhere.
---@param text string
---@return string[]
function types.names(text)
  local names = {}
  for name in text:gsub('"[^"]*"', ""):gmatch "zendesk[%w_%.]*" do
    names[#names + 1] = name
  end
  return names
end

---The alternatives of a type, without nil, and whether nil is one of them.
---@param text string
---@return string[] alternatives
---@return boolean optional
function types.alternatives(text)
  local list, optional, place = {}, false, 1
  while place do
    local behind = behind_single(text, place)
    behind = text:match("^[%[%]]+()", behind) or behind
    local alternative = text:sub(place, behind - 1)
    if text:find("^%?", behind) then optional, behind = true, behind + 1 end
    if alternative == "nil" then optional = true else list[#list + 1] = alternative end
    place = text:match("^%s*|%s*()", behind)
  end
  return list, optional
end

---The parameters of a function type, in order, without `self`.
---@param text string
---@return string[]|nil names nil where the type is no function
function types.parameters(text)
  local inside = text:match "fun(%b())"
  if not inside then return nil end
  local flat = inside:sub(2, -2):gsub("%b{}", ""):gsub("%b()", ""):gsub("%b<>", "")
  local names = {}
  for part in flat:gmatch "[^,]+" do
    local name = part:match "^%s*([%w_%.]+)%??%s*:" or part:match "^%s*(%.%.%.)"
    if name and name ~= "self" then names[#names + 1] = name end
  end
  return names
end

---Whether a value of the type may be nil.
---@param text string
---@return boolean
function types.is_optional(text)
  local _, optional = types.alternatives(text)
  return optional or text == "any"
end

return types
