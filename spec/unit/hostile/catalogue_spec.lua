-- Bad arguments for every public function, each with its exact outcome; nothing of it is sent. A
-- function that is new has to have an entry, or a word about why it needs none.

local hostile = require "spec.support.hostile"
local new_world = require "spec.unit.hostile.world"

local PARTS = { "account", "resources", "oauth", "stores", "sandbox", "drivers" }

local entries = {}
for _, part in ipairs(PARTS) do
  for name, entry in pairs(require("spec.unit.hostile." .. part).entries) do
    assert(entries[name] == nil, name .. " is in two catalogues")
    entries[name] = entry
  end
end

-- Called by the library alone, with what the library has made.
local INTERNAL = {
  ["api_token_provider:get"] = true, ["api_token_provider:renew"] = true,
  ["access_token_provider:get"] = true, ["access_token_provider:renew"] = true,
  ["function_provider:get"] = true, ["function_provider:renew"] = true,
  ["provider:get"] = true, ["provider:renew"] = true, ["report:count"] = true,
  ["zendesk.driver.blocking.attach"] = true, ["zendesk.driver.blocking.drain"] = true,
  ["zendesk.driver.blocking.running"] = true, ["zendesk.driver.blocking.shared"] = true,
  ["zendesk.driver.blocking.step"] = true,
  ["blocking:await"] = true, ["blocking:call"] = true, ["blocking:close"] = true,
  ["blocking:now"] = true, ["blocking:recover"] = true, ["blocking:signal"] = true,
  ["blocking:spawn_loosely"] = true, ["blocking:submit"] = true, ["blocking:time"] = true,
  ["response:timings"] = true,
  ["loop:await"] = true, ["loop:crew"] = true, ["loop:now"] = true, ["loop:ready"] = true,
  ["loop:recover"] = true, ["loop:submit"] = true, ["loop:time"] = true, ["loop:wakeup"] = true,
  -- Takes nothing.
  ["zendesk.driver.luv.new"] = true,
  -- The last thing that happens to an instance; see the spec of closed objects.
  ["zd:close"] = true,
}

local function sorted(names)
  local list = {}
  for name in pairs(names) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function arguments_of(row)
  local arguments = table.pack(table.unpack(row, 3, row.n or math.max(#row, 5)))
  local made = arguments[1]
  if type(made) == "function" and (made == hostile.huge or row.made) then arguments[1] = made() end
  return arguments
end

local world, driver = new_world()
local surface = hostile.surface(world)

describe("the catalogue of bad arguments", function()
  it("has an entry for every public function", function()
    local missing = {}
    for _, name in ipairs(sorted(surface)) do
      if not entries[name] and not INTERNAL[name] then missing[#missing + 1] = name end
    end
    assert.same({}, missing)
  end)

  it("has no entry for what is not there", function()
    for _, names in ipairs { entries, INTERNAL } do
      for name in pairs(names) do assert(surface[name], name .. " is no public function") end
    end
  end)

  it("has a row in every entry", function()
    for name, entry in pairs(entries) do assert(#hostile.rows(name, entry) > 0, name) end
  end)
end)

-- What came of a row, where it is not what is promised.
local function difference(f, object, row)
  local arguments = arguments_of(row)
  if object and not row.bare then
    arguments = table.pack(object, table.unpack(arguments, 1, arguments.n))
  end
  driver.requests = {}
  local outcome = hostile.outcome(f, table.unpack(arguments, 1, arguments.n))
  if #driver.requests > 0 then outcome = "sent something, " .. outcome end
  if outcome ~= row[2] then return ("%s → %s, not %s"):format(row[1], outcome, row[2]) end
  return nil
end

describe("bad arguments", function()
  for _, name in ipairs(sorted(entries)) do
    local rows = hostile.rows(name, entries[name])
    it(("for %s, %d of them, are refused as promised"):format(name, #rows), function()
      local f, object, wrong = surface[name], world[name:match "^.*:" or ""], {}
      for _, row in ipairs(rows) do wrong[#wrong + 1] = difference(f, object, row) end
      assert.same({}, wrong)
    end)
  end
end)
