-- tools/check_layers.lua on small trees that break one rule each.

local paths = require "spec.support.paths"
local process = require "spec.support.process"

local sound = {
  ["csrc/onezd.c"] = '#include "bind/lmodule.c"\n#include "core/buf.c"\n',
  ["csrc/core/buf.c"] = '#include "status.h"\n',
  ["csrc/bind/lmodule.c"] = '#include <lua.h>\n#include "../core/engine.h"\n#include "lzd.h"\n',
  ["lua/zendesk/init.lua"] = 'local request = require "zendesk.request"\nreturn request\n',
  ["lua/zendesk/request.lua"] = 'local errors = require "zendesk.errors"\nreturn errors\n',
  ["lua/zendesk/errors.lua"] = "return {}\n",
  ["spec/a_spec.lua"] = "",
  ["tools/a.lua"] = "",
  ["examples/a.lua"] = "",
  ["bench/a.lua"] = "",
}

-- What the tool says about the sound tree with some files changed.
local function findings(changes)
  local directory, remove = process.temporary_directory()
  local tree = {}
  for path, text in pairs(sound) do tree[path] = text end
  for path, text in pairs(changes) do tree[path] = text end
  for path, text in pairs(tree) do
    os.execute(("mkdir -p '%s/%s'"):format(directory, path:match "^(.*)/"))
    process.write_file(directory .. "/" .. path, text)
  end
  local result = process.run({ "lua5.4", paths.root .. "/tools/check_layers.lua" }, {
    cwd = directory,
  })
  remove()
  assert.equal("", result.stderr)
  assert.equal(result.stdout == "" and 0 or 1, result.status)
  return result.stdout
end

local function lines(text, count) return text:rep(count) end

describe("tools/check_layers.lua", function()
  it("has nothing to say about a sound tree", function() assert.equal("", findings {}) end)

  for what, case in pairs {
    ["an include that points upwards"] = {
      { ["csrc/core/buf.c"] = '#include "engine.h"\n' }, "arrow upwards, from buf",
    },
    ["Lua in the core"] = {
      { ["csrc/core/buf.c"] = "#include <lauxlib.h>\n" }, "the core knows no Lua",
    },
    ["the binding in the core"] = {
      { ["csrc/core/buf.c"] = '#include "../bind/lzd.h"\n' }, "includes nothing from bind",
    },
    ["libcurl in the binding"] = {
      { ["csrc/bind/lmodule.c"] = "#include <curl/curl.h>\n" }, "the binding knows no libcurl",
    },
    ["a file of the core that has no floor"] = {
      { ["csrc/core/buf.c"] = '#include "novelty.h"\n' }, "novelty has no floor",
    },
    ["a file that the amalgamation leaves out"] = {
      { ["csrc/core/url.c"] = "" }, "csrc/core/url.c is missing",
    },
    ["a require that points upwards"] = {
      { ["lua/zendesk/request.lua"] = 'require "zendesk.instance"\n' },
      "arrow upwards, from request",
    },
    ["a command that goes around the public API"] = {
      { ["lua/zendesk/cli/init.lua"] = 'require "zendesk.request"\n' }, "stands on the public API",
    },
    ["a require that leaves the ground floor"] = {
      { ["lua/zendesk/errors.lua"] = 'return { f = function() require("zendesk.pages") end }\n' },
      "arrow upwards, from errors",
    },
    ["a file that is too long"] = {
      { ["spec/a_spec.lua"] = lines("\n", 351) }, "351 lines",
    },
    ["a C function that is too long"] = {
      { ["csrc/core/buf.c"] = "int f(void) {\n" .. lines("  f();\n", 59) .. "}\n" },
      "a function of 61 lines",
    },
    ["a Lua function that is too long"] = {
      { ["lua/zendesk/errors.lua"] = "local function f()\n" .. lines("f()\n", 59) .. "end\n" },
      "a function of 61 lines",
    },
  } do
    it("finds " .. what, function()
      local text = findings(case[1])
      assert.truthy(text:find(case[2], 1, true), text)
      assert.is_nil(text:find "\n.*\n", "one finding is expected, not\n" .. text)
    end)
  end

  it("lets functions and files be as long as the limits allow", function()
    assert.equal("", findings {
      ["spec/a_spec.lua"] = lines("\n", 350),
      ["csrc/core/buf.c"] = "int f(void) {\n" .. lines("  f();\n", 58) .. "}\n",
      ["lua/zendesk/errors.lua"] = "local function f()\n" .. lines("f()\n", 58) .. "end\n",
    })
  end)
end)
