-- tools/return_values.lua: how many values a function returns, from its source.

local return_values = require "tools.return_values"

local function of(body)
  local most, open, calls = return_values.count("function f(a, b)\n" .. body .. "\nend")
  return { most, open, table.concat(calls, " ") }
end

describe("the values that a function returns", function()
  for body, wanted in pairs {
    [""] = { 0, false, "" },
    ["return"] = { 0, false, "" },
    ["if a then return end"] = { 0, false, "" },
    ["return a"] = { 1, false, "" },
    ["if a then return nil, b end\nreturn { a, b }"] = { 2, false, "" },
    ["return a and b or 'x, y', #a"] = { 2, false, "" },
    ["return function() return 1, 2, 3 end"] = { 1, false, "" },
    ["return { f = function() return 1, 2 end }, [[a, b]]"] = { 2, false, "" },
    ["return a.b(1, 2)"] = { 1, true, "" },
    ["return nil, a(b)"] = { 2, true, "" },
    ["return ..."] = { 1, true, "" },
    ["return helper(a, b)"] = { 0, false, "helper" },
    ["return a, b { 1, 2 }"] = { 2, true, "" },
    ["-- return a, b\nfor _ in a do if b then return 1 else return 1, 2 end end"] = {
      2, false, "",
    },
    ["repeat local x = [==[ return 1, 2 ]==] until x\nreturn '\\'return 1, 2'"] = { 1, false, "" },
  } do
    it("are counted: " .. body:gsub("\n", " "), function() assert.same(wanted, of(body)) end)
  end
end)
