-- tools/annotations.lua on small files, and the types in them.

local annotations = require "tools.annotations"
local process = require "spec.support.process"
local types = require "tools.annotation_types"

local function read(text)
  local directory, remove = process.temporary_directory()
  process.write_file(directory .. "/a.lua", text)
  local index = annotations.read { directory .. "/a.lua" }
  remove()
  return index
end

local SMALL = [[
---A house.
---@class house: building
---@field doors integer|nil how many
---@field package _key string
local House = {}

---Opens a door.
---And leaves it open.
---@param door integer from the left,
---counted from 1
---@param ... any
---@return true|nil, string|nil message why not
function House:open(door, ...)
  return true
end

---@package
---@return nil
function House.close() return nil end

House.colour = "red"
---How high it is.
House.height = 3

---@alias house.kind
---| "hut"  # small
---| "villa"
]]

describe("the annotation reader", function()
  local index = read(SMALL)
  local house = index.classes.house

  it("binds a class to the local below it, with its text, parents and fields", function()
    assert.equal("A house.", house.text)
    assert.same({ "building" }, house.parents)
    assert.same({ name = "doors", type = "integer|nil", text = "how many", optional = false,
      hidden = false }, house.fields[1])
    assert.equal("package", house.fields[2].name == "_key" and house.fields[2].hidden and "package")
  end)

  it("gives a function its text, parameters and results", function()
    local open = house.functions.open
    assert.equal("Opens a door.\nAnd leaves it open.", open.text)
    assert.same({ "door", "..." }, open.arguments)
    assert.equal("from the left, counted from 1", open.params[1].text)
    assert.same({ { type = "true|nil", text = "" },
      { type = "string|nil", name = "message", text = "why not" } }, open.returns)
  end)

  it("takes values with a text for fields, and leaves those without one alone", function()
    assert.equal("height", house.fields[3].name)
    assert.is_nil(house.fields[4])
  end)

  it("shows neither private fields nor functions of the package to users", function()
    local fields = annotations.members(index, "house")
    assert.is_nil(fields._key)
    assert.is_true(house.functions.close.hidden)
  end)

  it("reads the choices of an alias", function()
    assert.same({ { type = '"hut"', text = "small" }, { type = '"villa"', text = "" } },
      index.aliases["house.kind"].choices)
  end)

  it("refuses a tag that it cannot read", function()
    assert.error(function() read "---@param\nlocal function f() end\n" end)
  end)
end)

describe("the types of annotations", function()
  for text, rest in pairs {
    ["string|nil the name"] = "the name",
    ["fun(a: string, b: { c: integer }): table|nil, string|nil what it does"] = "what it does",
    ["table<string, integer>[] by name"] = "by name",
    ['"a b"|"c" one of both'] = "one of both",
    ["(fun(): any)[]"] = "",
  } do
    it("end where their text begins: " .. text, function()
      assert.equal(rest, select(2, types.split(text)))
    end)
  end

  it("come apart into alternatives and nil", function()
    assert.same({ "string", "fun(a: b|nil)" }, (types.alternatives "string|fun(a: b|nil)|nil"))
    assert.is_true(types.is_optional "string?")
    assert.is_false(types.is_optional "fun(a: b|nil)")
  end)

  it("name the parameters of a function, without self", function()
    assert.same({ "a", "b", "..." }, types.parameters "fun(self: x, a: y, b?: fun(c: z), ...): w")
    assert.is_nil(types.parameters "function")
  end)
end)
