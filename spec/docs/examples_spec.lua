-- Every public name has an example: it stands in a code block of README.md or docs/, or in a script
-- of examples/, written as a user would write it.

local annotations = require "tools.annotations"
local examples = require "tools.examples"
local public = require "tools.public_names"

local index = annotations.read_tree "lua/zendesk"
local list = examples.all()

local function names_of(part)
  local class = part.class
  local fields, functions = annotations.members(index, class)
  local names = {}
  for name, entry in pairs(functions) do
    if not entry.hidden and not (part.house or {})[name] then names[#names + 1] = name end
  end
  -- Of a module its values count, too; of an object they are in the tables of the reference.
  for name in pairs(class == "zendesk" and fields or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("every public name of", function()
  for _, page in ipairs(public) do
    for _, part in ipairs(page) do
      it(part.class .. " has an example", function()
        local missing = {}
        for _, name in ipairs(names_of(part)) do
          if not examples.find(list, part, name) then missing[#missing + 1] = part.call .. name end
        end
        assert.same({}, missing)
      end)
    end
  end
end)
