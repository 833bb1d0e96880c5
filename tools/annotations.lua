-- Reads the LuaCATS annotations of Lua files, line by line, without running them: what a class has
-- of fields and functions, and what each function takes and returns. For the reference pages
-- (tools/docgen.lua) and for the spec that holds the annotations against the loaded module
-- (spec/docs/types_spec.lua).
--
--   local index = annotations.read_tree "lua/zendesk"
--   index.classes["zendesk.Iterator"].functions.next.params
--
-- A block of `---` lines belongs to the code line below it. `---@class` above a `local` makes that
-- local stand for the class: `function local:name()` further down is a function of it.
-- Understood: @class @field @alias @param @return @type, and @private, @protected and @package for
-- functions that are not for users; others are left alone.

local types = require "tools.annotation_types"

local annotations = {}

local HIDDEN = { private = true, protected = true, package = true }

-- ---------------------------------------------------------------------------------------------
-- Tags

-- "type name text", and further values of the same line behind commas.
local function read_returns(list, rest)
  repeat
    local type_text, tail = types.split(rest)
    local name, text = tail:match "^([%a_][%w_]*)(.*)$"
    if not name then name, text = tail:match "^(%.%.%.)(.*)$" end
    list[#list + 1] = { type = type_text, name = name, text = (text or tail):match "^%s*(.*)$" }
    rest = (text or tail):match "^%s*,%s*(.+)$"
    if rest then list[#list].text = "" end
  until not rest
  return list[#list]
end

local function read_param(block, rest)
  local name, optional, tail = rest:match "^([%w_%.]+)(%??)%s+(.*)$"
  assert(name, "cannot read @param " .. rest)
  local type_text, text = types.split(tail)
  local param = { name = name, optional = optional == "?", type = type_text, text = text }
  block.params[#block.params + 1] = param
  return param
end

local function read_field(block, rest)
  local scope, tail = rest:match "^(%l+)%s+(.*)$"
  if HIDDEN[scope] then rest = tail end
  local name, optional, type_part = rest:match "^([%w_]+)(%??)%s+(.*)$"
  assert(name, "cannot read @field " .. rest)
  local type_text, text = types.split(type_part)
  local field = {
    name = name, optional = optional == "?", type = type_text, text = text,
    hidden = HIDDEN[scope] or false,
  }
  block.fields[#block.fields + 1] = field
  return field
end

local function read_class(block, rest)
  local name, tail = rest:match "^([%w_%.]+)(.*)$"
  local parents, text = tail:match "^:%s*([%w_%., ]+)(.*)$"
  block.class = { name = name, parents = {}, text = (text or tail):match "^%s*(.*)$" }
  for parent in (parents or ""):gmatch "[%w_%.]+" do
    block.class.parents[#block.class.parents + 1] = parent
  end
  return block.class
end

local function read_alias(block, rest)
  local name, tail = rest:match "^([%w_%.]+)%s*(.*)$"
  local type_text, text = "", ""
  if tail ~= "" then type_text, text = types.split(tail) end
  block.alias = { name = name, type = type_text, text = text, choices = {} }
  return block.alias
end

local TAGS = {
  class = read_class, field = read_field, alias = read_alias, param = read_param,
  ["return"] = function(block, rest) return read_returns(block.returns, rest) end,
  type = function(block, rest)
    block.type = types.split(rest)
    return nil
  end,
}

for tag in pairs(HIDDEN) do
  TAGS[tag] = function(block)
    block.hidden = true
    return nil
  end
end

-- ---------------------------------------------------------------------------------------------
-- Blocks

local function new_block(line)
  return {
    line = line, text = {}, params = {}, returns = {}, fields = {}, hidden = false, last = nil,
  }
end

local function append(target, text)
  target.text = target.text == "" and text or target.text .. " " .. text
end

-- `---| "choice" # meaning`
local function read_choice(block, rest)
  local type_text, text = types.split(rest)
  local alias = block.alias
  alias.choices[#alias.choices + 1] = { type = type_text, text = text:match "^#?%s*(.*)$" }
end

-- A line without a tag goes on with the tag above it, or belongs to the text of the whole.
local function add_line(block, line)
  local tag, rest = line:match "^@(%l+)%s*(.*)$"
  if tag then
    local read = TAGS[tag]
    block.last = read and read(block, rest) or nil
  elseif line:find "^|" then
    read_choice(block, line:match "^|%s*(.*)$")
  elseif block.last then
    append(block.last, line:match "^%s*(.*)$")
  else
    block.text[#block.text + 1] = line:match "^ ?(.*)$"
  end
end

-- ---------------------------------------------------------------------------------------------
-- Declarations

local function arguments_of(text)
  local list = {}
  for name in text:gmatch "[%w_%.]+" do list[#list + 1] = name end
  return list
end

local function class_of(index, name)
  local class = index.classes[name]
  if not class then
    class = { name = name, parents = {}, text = "", fields = {}, functions = {}, order = {} }
    index.classes[name] = class
  end
  return class
end

local function add_function(class, entry)
  if not class.functions[entry.name] then class.order[#class.order + 1] = entry.name end
  class.functions[entry.name] = entry
end

local function take_class(reader, block, variable)
  local class = class_of(reader.index, block.class.name)
  class.path = class.path or reader.path
  if #block.class.parents > 0 then class.parents = block.class.parents end
  if block.class.text ~= "" then class.text = block.class.text end
  if class.text == "" then class.text = table.concat(block.text, "\n") end
  for _, field in ipairs(block.fields) do class.fields[#class.fields + 1] = field end
  if variable then reader.variables[variable] = class end
end

local function take_function(reader, block, owner, separator, name, arguments)
  local entry = {
    name = name, separator = separator, arguments = arguments_of(arguments),
    params = block.params, returns = block.returns, text = table.concat(block.text, "\n"),
    hidden = block.hidden or false,
    documented = #block.text + #block.params + #block.returns > 0,
    path = reader.path, line = reader.line,
  }
  reader.index.functions[#reader.index.functions + 1] = entry
  local class = reader.variables[owner]
  if class then add_function(class, entry) end
end

-- `owner.name = value`: a function made elsewhere when it has tags of one, else a field.
local function take_assignment(reader, block, owner, name)
  local class = reader.variables[owner]
  if not class or name:find "^__" then return end
  if #block.params + #block.returns > 0 then
    local arguments = {}
    for _, param in ipairs(block.params) do arguments[#arguments + 1] = param.name end
    take_function(reader, block, owner, ".", name, table.concat(arguments, " "))
  elseif block.type or #block.text > 0 then
    class.fields[#class.fields + 1] = {
      name = name, type = block.type or "any", text = table.concat(block.text, " "),
      optional = false, hidden = false,
    }
  end
end

local function take_declaration(reader, block, line)
  local owner, separator, name, arguments = line:match "^function ([%w_]+)([.:])([%w_]+)%((.-)%)"
  if owner then return take_function(reader, block, owner, separator, name, arguments) end
  local plain
  plain, arguments = line:match "^l?o?c?a?l? ?function ([%w_]+)%((.-)%)"
  if plain then return take_function(reader, block, nil, "", plain, arguments) end
  owner, name = line:match "^([%w_]+)%.([%w_]+) = "
  if owner then return take_assignment(reader, block, owner, name) end
  name = reader.constructor and line:match "^  ([%w_]+) = "
  if name then return take_assignment(reader, block, reader.constructor, name) end
end

local function finish(reader, line)
  local block = reader.block or new_block(reader.line)
  reader.block = nil
  local variable = line:match "^local ([%w_]+) ="
  if block.class then take_class(reader, block, variable) end
  if block.alias then
    reader.index.aliases[block.alias.name] = block.alias
    block.alias.path = reader.path
    if block.alias.text == "" then block.alias.text = table.concat(block.text, " ") end
  end
  if variable and line:find "{$" then reader.constructor = variable end
  if line:find "^}" then reader.constructor = nil end
  take_declaration(reader, block, line)
end

-- ---------------------------------------------------------------------------------------------
-- Files

local function read_file(index, path)
  local reader = {
    index = index, path = path, line = 0, variables = {}, block = nil, constructor = nil,
  }
  for line in io.lines(path) do
    reader.line = reader.line + 1
    local comment = line:match "^%s*%-%-%-([^%-].*)$" or line:match "^%s*%-%-%-$" and ""
    if comment then
      reader.block = reader.block or new_block(reader.line)
      add_line(reader.block, comment)
    else
      finish(reader, line)
    end
  end
  finish(reader, "")
end

---Reads files into one index: `classes` and `aliases` by name, `functions` as a list of all.
---@param paths string[]
---@return table index
function annotations.read(paths)
  local index = { classes = {}, aliases = {}, functions = {} }
  for _, path in ipairs(paths) do read_file(index, path) end
  return index
end

---Reads every Lua file below a folder, in the order of their names.
---@param root string
---@return table index
function annotations.read_tree(root)
  local paths, pipe = {}, assert(io.popen(("find '%s' -name '*.lua'"):format(root)))
  for path in pipe:lines() do paths[#paths + 1] = path end
  pipe:close()
  -- Stubs last: what a class has beyond them comes first.
  table.sort(paths, function(a, b)
    local stub, other = a:find "/_meta/" ~= nil, b:find "/_meta/" ~= nil
    if stub ~= other then return other end
    return a < b
  end)
  return annotations.read(paths)
end

---The public fields and functions of a class and of what it inherits from; its own win.
---@param index table
---@param name string
---@return table fields name → field
---@return table functions name → function
function annotations.members(index, name)
  local class = assert(index.classes[name], name .. " is no annotated class")
  local fields, functions = {}, {}
  for _, parent in ipairs(class.parents) do
    if index.classes[parent] then
      local of_parent, their_functions = annotations.members(index, parent)
      for key, field in pairs(of_parent) do fields[key] = field end
      for key, entry in pairs(their_functions) do functions[key] = entry end
    end
  end
  for _, field in ipairs(class.fields) do
    if not field.hidden then fields[field.name] = field end
  end
  for key, entry in pairs(class.functions) do
    -- What says nothing of itself is as the interface has it.
    local known = entry.documented or not functions[key]
    if known and not key:find "^_" then functions[key] = entry end
  end
  return fields, functions
end

return annotations
