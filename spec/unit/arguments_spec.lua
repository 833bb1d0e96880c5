local arguments = require "zendesk.arguments"

local function raises(message, f, ...)
  local given = table.pack(...)
  local ok, raised = pcall(function()
    local checked = f(table.unpack(given, 1, given.n))
    return checked
  end)
  assert.is_false(ok)
  assert.equal("zendesk: " .. message, (raised:gsub("^.*arguments_spec%.lua:%d+: ", "")))
  assert.matches("arguments_spec%.lua:%d+: ", raised)
end

describe("a checked argument", function()
  it("is given back", function()
    assert.equal("a", arguments.check("name", "a", "string"))
    assert.equal(1.5, arguments.check("name", 1.5, "integer or number"))
    assert.is_false(arguments.check("name", false, "table or false"))
    assert.same({ "a" }, arguments.check("name", { "a" }, "scope"))
    assert.same({}, arguments.check("name", {}, "words"))
    assert.equal(0, arguments.check("name", 0, "duration"))
  end)

  it("is an integer where one is wanted and a float has its value", function()
    for _, wanted in ipairs { "integer", "integer or table", "count", "count_or_zero" } do
      assert.equal("integer", math.type(arguments.check("name", 64e6, wanted)))
      assert.equal(64000000, arguments.check("name", 64e6, wanted))
    end
    assert.equal("float", math.type(arguments.check("name", 2.0, "number")))
    assert.same({ count = 2 }, arguments.options({ count = 2.0 }, { count = "count" }))
    raises("name: integer above 0 expected, got 0", arguments.check, "name", 0.0, "count")
    raises("name: integer expected, got 9.007199254741e+15", arguments.check, "name", 2.0 ^ 53,
      "integer")
  end)

  it("is refused with what was wanted and what it is, and is itself not shown", function()
    raises("name: string expected, got nil", arguments.check, "name", nil, "string")
    raises("name: table or false expected, got boolean", arguments.check, "name", true,
      "table or false")
    raises("name: array of strings expected, got string", arguments.check, "name", "canary",
      "words")
    raises("name: array of strings expected", arguments.check, "name", { 1 }, "words")
    raises("name: array of strings expected", arguments.check, "name", { a = "b" }, "words")
    raises("name: 1 to 1024 bytes of UTF-8 without control characters expected", arguments.check,
      "name", "canary\n", "key")
  end)

  it("is shown where it is a number in the place of another one", function()
    raises("name: integer expected, got 1.5", arguments.check, "name", 1.5, "integer")
    raises("name: number of seconds above 0 expected, got -1", arguments.check, "name", -1,
      "seconds")
    raises("name: string expected, got number", arguments.check, "name", 7, "string")
  end)
end)

describe("checked options", function()
  local KNOWN = { name = "string", count = "count" }

  it("are a plain copy", function()
    local given = setmetatable({ name = "a" }, {
      __index = function() error "read" end, __pairs = function() error "walked" end,
    })
    local options = arguments.options(given, KNOWN)
    assert.same({ name = "a" }, options)
    assert.is_nil(getmetatable(options))
    assert.is_nil(options.count)
  end)

  it("are no module that a colon has put there", function()
    raises("call it with a dot, not with a colon: the options are a module", arguments.options,
      require "zendesk", KNOWN)
    raises("call it with a dot, not with a colon: the options are a module", arguments.options,
      require "zendesk", { new = "string", is_error = "string" })
  end)

  it("may be left out, unless they are required", function()
    assert.same({}, arguments.options(nil, KNOWN))
    raises("options: table expected, got nil", arguments.required, nil, KNOWN)
    raises("options: table expected, got string", arguments.options, "canary", KNOWN)
  end)

  it("have known names, or what was probably meant is said", function()
    raises("unknown option 'nam' (did you mean 'name'?)", arguments.options, { nam = 1 }, KNOWN)
    raises("unknown option '1'", arguments.options, { "a" }, KNOWN)
    raises("unknown option 'in.nam' (did you mean 'name'?)", arguments.required, { nam = 1 }, KNOWN,
      "in.")
    raises("option 'in.count': integer above 0 expected, got 0", arguments.required, { count = 0 },
      KNOWN, "in.")
  end)
end)

describe("self", function()
  it("must be an object of the class", function()
    local class = {}
    arguments.self(setmetatable({}, class), class, "thing:go")
    raises("call it with a colon: thing:go(…)", arguments.self, {}, class, "thing:go")
    raises("call it with a colon: thing:go(…)", arguments.self, nil, class, "thing:go")
  end)
end)
