-- How many values a Lua function returns, read from its source: for the spec that compares bodies
-- with their `---@return` lines.

local return_values = {}

local OPENS = {
  ["function"] = "function", ["do"] = "block", ["then"] = "block", ["repeat"] = "block",
}
local CLOSES = { ["end"] = true, ["until"] = true, ["elseif"] = true, ["else"] = true }
local ENDS_RETURN = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }

local function long_bracket(text, place)
  local level = text:match("^%[(=*)%[", place)
  if not level then return nil end
  local _, behind = text:find("]" .. level .. "]", place, true)
  return behind and behind + 1
end

-- The next token from a place: its text and the place behind it; nil at the end. A string is the
-- token "''", whatever it holds.
local function token(text, place)
  place = text:match("^%s*()", place)
  if text:find("^%-%-", place) then
    local behind = long_bracket(text, place + 2) or text:find("\n", place, true) or #text + 1
    return token(text, behind)
  end
  local behind = long_bracket(text, place)
  if behind then return "''", behind end
  local quote = text:match("^[\"']", place)
  if quote then
    local at = place + 1
    while text:sub(at, at) ~= quote do at = at + (text:sub(at, at) == "\\" and 2 or 1) end
    return "''", at + 1
  end
  local word = text:match("^[%a_][%w_]*", place) or text:match("^%.%.%.", place)
    or text:match("^%.?%d[%w%.]*", place) or text:match("^.", place)
  if not word then return nil, place end
  return word, place + #word
end

-- `return name(…)` and nothing else: the name.
local function lone_call(text, place)
  local rest = text:match("^%s*()", place)
  local name, behind = text:match("^([%a_][%w_]*)%b()()", rest)
  local after = name and token(text, behind)
  return name and name ~= "error" and (after == nil or ENDS_RETURN[after]) and name or nil
end

-- `{ … }` and `"…"` as a whole value: they end as a call with one argument would.
local function is_constant(text, place)
  local first, behind = token(text, place)
  local depth = first == "{" and 1 or 0
  while depth > 0 do
    first, behind = token(text, behind)
    if first == "{" then depth = depth + 1 end
    if first == "}" then depth = depth - 1 end
  end
  return (first == "}" or first == "''") and ENDS_RETURN[token(text, behind) or "end"] == true
end

-- The values behind one `return`: their number, and whether the last is a call or `...`.
local function count_values(text, place)
  local count, depth, functions, last = 0, 0, 0, nil
  local start = place -- of the last value
  while true do
    local word, behind = token(text, place)
    if not word then break end
    if functions == 0 and depth == 0 and (ENDS_RETURN[word] or word == ";") then break end
    if count == 0 then count = 1 end
    if word == "," and depth == 0 and functions == 0 then count, start = count + 1, behind end
    if OPENS[word] and word ~= "then" or word == "if" then functions = functions + 1 end
    if word == "end" or word == "until" then functions = functions - 1 end
    if word:find "^[({%[]$" then depth = depth + 1 end
    if word:find "^[)}%]]$" then depth = depth - 1 end
    last, place = word, behind
  end
  local as_call = last == ")" or last == "}" or last == "''" or last == "..."
  return count, count > 0 and as_call and not is_constant(text, start)
end

---What a function returns.
---@param text string its source, from `function` to `end`
---@return integer most values that one of its returns names
---@return boolean open one of them ends in a call or `...`: there may be more
---@return string[] calls the names in `return name(…)`, which are not counted
function return_values.count(text)
  local place = select(2, text:find "function[^(]*%b()") + 1
  local stack, most, open, calls = {}, 0, false, {}
  while true do
    local word, behind = token(text, place)
    if not word then return most, open, calls end
    if CLOSES[word] then table.remove(stack) end
    if OPENS[word] then stack[#stack + 1] = OPENS[word] end
    if word == "else" then stack[#stack + 1] = "block" end
    local is_inside = false
    for _, kind in ipairs(stack) do is_inside = is_inside or kind == "function" end
    if word == "return" and not is_inside and lone_call(text, behind) then
      calls[#calls + 1] = lone_call(text, behind)
    elseif word == "return" and not is_inside then
      local count, is_open = count_values(text, behind)
      most = math.max(most, count)
      open = open or is_open
    end
    place = behind
  end
end

return return_values
