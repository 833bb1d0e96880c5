-- Bad arguments for the public functions, each with its exact outcome: misuse raises at the line of
-- the caller, a value that may come from outside is refused as `nil, err`. Nothing here is sent.

local core = require "zendesk.core"
local faults = require "spec.support.faults"
local zendesk = require "zendesk"

local cycle = {}
cycle.again = cycle
local bitten = setmetatable({}, { __index = function() error "bitten" end })
local text_like = setmetatable({}, { __tostring = function() return "canary" end })
local deep = {}
do
  local level = deep
  for _ = 1, 100000 do
    level[1] = {}
    level = level[1]
  end
end

local BASE = { base_url = "http://127.0.0.1:9", access_token = "test-token", retry = false }

local function options(changes)
  local given = {}
  for name, value in pairs(BASE) do given[name] = value end
  for name, value in pairs(changes) do given[name] = value end
  return given
end

-- "raises: …" must name this file; "kind: …" is an error object; "fine" anything else.
local function outcome_of(call)
  local ok, value, err = pcall(call)
  if not ok then
    assert.equal("string", type(value), "an error that is no text")
    local message = value:match "hostile_spec.lua:%d+: (.*)$"
    assert(message, "not raised at the caller's line: " .. value)
    assert.is_nil(message:find("canary", 1, true))
    return "raises: " .. message
  end
  if value == nil and zendesk.is_error(err) then
    assert.is_nil(tostring(err):find("canary", 1, true))
    return err.kind .. ": " .. err.message
  end
  return "fine"
end

local function catalogue(area, cases, call)
  local provoke = faults.area(area)
  for _, case in ipairs(cases) do
    provoke(case[1], case[2], function()
      return outcome_of(function() return call(table.unpack(case, 3, case.n or 9)) end)
    end)
  end
end

describe("zendesk.new", function()
  local function refused(option, value, message)
    return { ("%s = %s"):format(option, type(value) == "string" and ("%q"):format(value:sub(1, 30))
      :gsub("[%c\128-\255]", "?") or type(value) == "number" and tostring(value)
      or "a " .. type(value)), message, { [option] = value } }
  end
  local NAMED = "raises: zendesk: option '%s': %s expected, got %s"
  local cases = {}
  for option, wanted in pairs {
    base_url = "string", access_token = "string", timeout = "number", connect_timeout = "number",
    deadline = "number", rate_limit = "string", max_body = "integer", user_agent = "string",
    proxy = "string", ca_file = "string", ca_path = "string", on_event = "function",
    driver = "object with submit, await, sleep, now, time", retry = "table or false",
    email = "string", api_token = "string", subdomain = "string",
    auth = "table or function", account = "userdata",
  } do
    cases[#cases + 1] = refused(option, true, NAMED:format(option, wanted, "boolean"))
    if not wanted:find "function" then
      cases[#cases + 1] = refused(option, print, NAMED:format(option, wanted, "function"))
    end
  end
  for _, option in ipairs { "timeout", "connect_timeout", "deadline" } do
    for _, value in ipairs { 0, -1, -math.huge, math.huge, 0 / 0 } do
      cases[#cases + 1] = refused(option, value,
        ("config: option '%s' is not a positive number of seconds"):format(option))
      cases[#cases][1] = ("%s = %s"):format(option, value ~= value and "NaN" or value)
    end
  end
  table.move({
    refused("max_body", 0, "config: option 'max_body' is not a positive number of bytes"),
    refused("max_body", math.mininteger,
      "config: option 'max_body' is not a positive number of bytes"),
    refused("rate_limit", "Wait",
      'config: option \'rate_limit\' is none of "off", "wait", "raise"'),
    refused("retry", { attempts = 0 },
      "config: option 'retry.attempts' is not between 1 and 100"),
    refused("retry", { attempt = 1 },
      "raises: zendesk: unknown option 'retry.attempt' (did you mean 'attempts'?)"),
    refused("acces_token", "x",
      "raises: zendesk: unknown option 'acces_token' (did you mean 'access_token'?)"),
    refused("", "x", "raises: zendesk: unknown option ''"),
    { "a number as the name of an option", "raises: zendesk: unknown option '1'", { "x" } },
  }, 1, 8, #cases + 1, cases)
  catalogue("zendesk.new", cases, function(changes) return zendesk.new(options(changes)) end)

  catalogue("zendesk.new, its argument", {
    { "nothing", "raises: zendesk: options: table expected, got nil" },
    { "a string", "raises: zendesk: options: table expected, got string", "acme" },
    { "a table that bites", "config: option 'access_token' is missing: give 'access_token', or "
      .. "'email' and 'api_token', or 'auth'", setmetatable({ base_url = BASE.base_url }, {}) },
  }, zendesk.new)
end)

describe("zd:request", function()
  local zd

  setup(function() zd = assert(zendesk.new(options {})) end)
  teardown(function() zd:close() end)

  catalogue("zd:request, method", {
    { "nil", "raises: zendesk: method: string expected, got nil", nil },
    { "a number", "raises: zendesk: method: string expected, got number", 1 },
    { "an unknown word", "raises: zendesk: method 'FETCH' is not known", "FETCH" },
    { "a line break", "raises: zendesk: method 'GET X: y' is not known", "GET\r\nX: y" },
    { "an empty one", "raises: zendesk: method '' is not known", "" },
    { "a table that has a text", "raises: zendesk: method: string expected, got table", text_like },
  }, function(method) return zd:request(method, "/api/v2/x") end)

  local bad_paths = {
    { "an empty one", "" }, { "a NUL", "/a\0b" },
    { "a line break", "/a\r\nX: y" }, { "a space", "/a b" },
    { "no UTF-8", "/\xff\xfe" }, { "another origin", "https://evil.example/" },
    { "another host", "//evil.example/" }, { "dots", "/a/../b" },
    { "a megabyte", "/" .. ("x"):rep(1000000) }, { "a fragment", "/a#b" },
    { "credentials in it", "http://user:canary@127.0.0.1:9/" },
    { "another scheme", "javascript:1" }, { "no slash at its start", "a/b" },
  }
  local provoke = faults.area "zd:request, path"
  for _, case in ipairs(bad_paths) do
    provoke(case[1], "config, not sent, final", function()
      return faults.describe(zd:get(case[2]))
    end)
  end
  for _, path in ipairs { 1, true, print, text_like } do
    provoke("a " .. type(path), "raises: zendesk: path: string expected, got " .. type(path),
      function() return outcome_of(function() return zd:get(path) end) end)
  end

  local function get(changes) return zd:get("/api/v2/x", changes) end
  local function post(changes) return zd:post("/api/v2/x", changes) end

  local cases = {
    { "a number for the options", "raises: zendesk: options: table expected, got number", 1 },
    { "an unknown name", "raises: zendesk: unknown option 'jsn' (did you mean 'json'?)",
      { jsn = 1 } },
    { "json with GET", "raises: zendesk: GET takes no body: use option 'query'", { json = {} } },
    { "a content_type alone", "raises: zendesk: option 'content_type' comes without 'body'",
      { content_type = "text/plain" } },
  }
  for option, wanted in pairs {
    query = "table or string", content_type = "string", headers = "table", timeout = "number",
    deadline = "number", idempotency_key = "string", raw = "boolean", max_body = "number",
    auth = "boolean", timings = "boolean", body = "string or core.body",
  } do
    cases[#cases + 1] = { option .. " = a function",
      ("raises: zendesk: option '%s': %s expected, got function"):format(option, wanted),
      { [option] = print } }
  end
  for _, option in ipairs { "timeout", "deadline" } do
    for what, value in pairs { zero = 0, negative = -5, infinite = math.huge, NaN = 0 / 0 } do
      cases[#cases + 1] = { ("%s, %s"):format(option, what),
        ("raises: zendesk: option '%s': a positive number of seconds expected"):format(option),
        { [option] = value } }
    end
  end
  for what, value in pairs { zero = 0, negative = -1, fraction = 1.5 } do
    cases[#cases + 1] = { "max_body, " .. what,
      "raises: zendesk: option 'max_body': a positive integer expected", { max_body = value } }
  end
  catalogue("zd:request, options", cases, get)

  local provoke_json = faults.area "zd:request, json"
  for what, value in pairs {
    ["a function"] = print, ["a cycle"] = { a = cycle }, ["NaN"] = { 0 / 0 },
    ["an infinite number"] = { math.huge }, ["100,000 levels"] = deep,
    ["text that is not UTF-8"] = { "\xff" }, ["a key that is not UTF-8"] = { ["\xff"] = 1 },
    ["a key that is a table"] = { [{}] = 1 }, ["an array with a hole"] = { 1, nil, 3 },
    ["a coroutine"] = { coroutine.create(print) }, ["a file"] = { io.stdout },
    ["a mix of keys"] = { 1, a = 2 },
  } do
    provoke_json(what, "encode, not sent, final", function()
      return faults.describe(post { json = value })
    end)
  end

  local provoke_header = faults.area "zd:request, headers"
  for what, headers in pairs {
    ["a line break in a value"] = { ["X-A"] = "a\r\nX-B: c" }, ["a NUL in a value"] = { A = "\0" },
    ["a colon in a name"] = { ["X:"] = "a" }, ["an empty name"] = { [""] = "a" },
    ["a space in a name"] = { ["X A"] = "a" },
    ["a credential of its own"] = { Authorization = "a" },
    ["a length of its own"] = { ["Content-Length"] = "1" }, ["a host of its own"] = { Host = "a" },
    ["a number for a name"] = { [1] = "a" }, ["a table for a value"] = { ["X-A"] = {} },
  } do
    provoke_header(what, "refused before anything is sent", function()
      local outcome = outcome_of(function() return get { headers = headers } end)
      assert.is_truthy(outcome:find "^raises: " or outcome:find "^config: ", outcome)
      assert.is_nil(outcome:find("\r", 1, true))
      return "refused before anything is sent"
    end)
  end
end)

describe("zendesk's other functions", function()
  catalogue("zendesk.array", {
    { "a string", "raises: zendesk: list: table expected, got string", "x" },
    { "a number", "raises: zendesk: list: table expected, got number", 1 },
  }, zendesk.array)
  catalogue("zendesk.from_env", {
    { "a string", "raises: zendesk: options: table expected, got string", "x" },
  }, zendesk.from_env)

  local provoke = faults.area "Tables with metamethods"

  provoke("an __index that raises, for is_error", "fine", function()
    assert.is_false(zendesk.is_error(bitten))
    return "fine"
  end)

  provoke("a __gc that makes an instance and closes another", "fine", function()
    local other = assert(zendesk.new(options {}))
    local made
    setmetatable({}, { __gc = function()
      other:close()
      made = zendesk.new(options {})
    end })
    assert(zendesk.new(options {})):close()
    collectgarbage()
    collectgarbage()
    assert.is_not_nil(made)
    made:close()
    assert.is_false(pcall(other.get, other, "/api/v2/x"))
    return "fine"
  end)

  provoke("100 MB of JSON that is none", "refused, with its place", function()
    local text = "[" .. (" "):rep(100 * 2 ^ 20) .. "x]"
    local value, problem, place = core.decode(text)
    assert.is_nil(value)
    assert.is_string(problem)
    assert.is_true(place >= 100 * 2 ^ 20)
    return "refused, with its place"
  end)
end)
