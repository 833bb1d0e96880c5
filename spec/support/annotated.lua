-- Holds what is annotated against what is there: names, parameters, the number of returned values.
-- For the specs of spec/docs/.

local annotations = require "tools.annotations"
local assert = require "luassert"
local return_values = require "tools.return_values"
local types = require "tools.annotation_types"

local annotated = {}

---Everything that is annotated below lua/zendesk.
annotated.index = annotations.read_tree "lua/zendesk"

local index = annotated.index

-- Functions and fields under which something can be reached, without private ones.
local function names_of(tables)
  local names = {}
  for _, source in ipairs(tables) do
    for name, value in pairs(source) do
      if type(name) == "string" and (name == "_VERSION" or not name:find "^_") then
        names[name] = value
      end
    end
  end
  return names
end

---A local of a function, or of the local functions that it uses.
---@param f function
---@param wanted string
---@param seen table|nil
---@return any
function annotated.upvalue(f, wanted, seen)
  seen = seen or {}
  if seen[f] then return nil end
  seen[f] = true
  for place = 1, math.huge do
    local name, value = debug.getupvalue(f, place)
    if not name then return nil end
    if name == wanted then return value end
    local info = type(value) == "function" and debug.getinfo(value, "S")
    local found = info and info.source == debug.getinfo(f, "S").source
      and annotated.upvalue(value, wanted, seen)
    if found then return found end
  end
end

local function members(class)
  local fields, functions = annotations.members(index, class)
  local names = {}
  for name, field in pairs(fields) do names[name] = field end
  for name, entry in pairs(functions) do names[name] = entry end
  return names, functions
end

local function parameters_of(f)
  local info, names = debug.getinfo(f, "u"), {}
  for place = 1, info.nparams do names[place] = debug.getlocal(f, place) end
  if info.isvararg then names[#names + 1] = "..." end
  if names[1] == "self" or names[1] == "_" then table.remove(names, 1) end
  return names
end

local function parameters_in(entry)
  if entry.params then
    local names = {}
    for _, param in ipairs(entry.params) do
      if param.name ~= "self" then names[#names + 1] = param.name end
    end
    return names
  end
  return types.parameters(entry.type)
end

-- What a function returns, together with what the functions beside it do in `return name(…)`.
local returned

local function source_of(f)
  local info = debug.getinfo(f, "S")
  local lines, number = {}, 0
  for line in io.lines(info.source:sub(2)) do
    number = number + 1
    if number >= info.linedefined and number <= info.lastlinedefined then
      lines[#lines + 1] = line
    end
  end
  -- What stands before `function` on its first line is not its body.
  return (table.concat(lines, "\n"):match "function.*")
end

function returned(f, depth)
  local most, open, calls = return_values.count(source_of(f))
  for _, name in ipairs(calls) do
    local callee = depth > 0 and annotated.upvalue(f, name)
    if type(callee) == "function" and debug.getinfo(callee, "S").what == "Lua" then
      local theirs, their_open = returned(callee, depth - 1)
      most, open = math.max(most, theirs), open or their_open
    else
      most, open = math.max(most, 1), true
    end
  end
  return most, open
end

local function check_returns(where, entry, f)
  local most, open = returned(f, 5)
  local told, varies = #entry.returns, false
  for _, value in ipairs(entry.returns) do varies = varies or value.name == "..." end
  if varies then return end
  assert.truthy(told >= most, ("%s returns %d values, annotated are %d"):format(where, most, told))
  if not open then
    assert.equal(most, told, where .. ": the number of values that are annotated and returned")
  end
end

-- A method of records stands behind the check of its colon.
local function behind_check(f)
  if not debug.getinfo(f, "u").isvararg then return f end
  return annotated.upvalue(f, "method") or f
end

local function check_function(where, entry, f)
  f = behind_check(f)
  if debug.getinfo(f, "S").what == "C" then return end
  local wanted = parameters_in(entry)
  if not wanted then return end -- "function": nothing is said about it
  assert.same(wanted, parameters_of(f), where .. ": parameters annotated, and there")
  if entry.returns then check_returns(where, entry, f) end
end

---Fails where an annotated class and what is there differ.
---@param class string
---@param tables table[] that hold what its objects have
function annotated.check(class, tables)
  local there, told = names_of(tables), members(class)
  for name, value in pairs(there) do
    local entry = told[name]
    assert.truthy(entry, ("%s.%s is there and not annotated"):format(class, name))
    if type(value) == "function" then check_function(class .. "." .. name, entry, value) end
  end
  for name, entry in pairs(told) do
    local may_lack = entry.type and (entry.optional or types.is_optional(entry.type))
    assert.truthy(there[name] ~= nil or may_lack,
      ("%s.%s is annotated and not there"):format(class, name))
  end
end

return annotated
