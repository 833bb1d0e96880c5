-- A canary for a credential goes through every channel that the library has, and comes out on the
-- wire alone.

local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

-- Not found as a literal, so that what is found was put there by the library.
local CANARY = table.concat({ "canary", "of", "the", "secret", "specs" }, "-")

local function base64(text) return (require "mime".b64(text)) end

local FORMS = { CANARY, base64(CANARY), base64("admin@example.com/token:" .. CANARY) }

local function shows(text)
  for _, form in ipairs(FORMS) do
    if text:find(form, 1, true) then return true end
  end
  return false
end

-- Every string that can be reached from `value` as a debugger would: fields, metatables, upvalues,
-- user values. Returns the way to the first that shows the canary.
local function find_in(value, way, seen)
  if type(value) == "string" then return shows(value) and way or nil end
  if seen[value] then return nil end
  local kind, found = type(value), nil
  if kind ~= "table" and kind ~= "function" and kind ~= "userdata" then return nil end
  seen[value] = true
  if kind == "table" then
    for key, item in next, value do
      found = found or find_in(key, way .. " key", seen)
        or find_in(item, ("%s.%s"):format(way, type(key) == "string" and key or type(key)), seen)
    end
  elseif kind == "function" then
    for place = 1, 255 do
      local name, item = debug.getupvalue(value, place)
      if not name then break end
      if name == "_ENV" then item = nil end -- everything there is
      found = found or find_in(item, ("%s^%s"):format(way, name), seen)
    end
  else
    for place = 1, 8 do
      found = found or find_in(debug.getuservalue(value, place), way .. " user value", seen)
    end
    found = found or find_in(tostring(value), way .. " tostring", seen)
  end
  local metatable = debug.getmetatable(value)
  return found or metatable and find_in(metatable, way .. " metatable", seen)
end

-- What this file itself holds, and the modules that were there before, are not the library's.
local function reachable(value)
  return find_in(value, "instance", { [FORMS] = true, [_G] = true, [package.loaded] = true })
end

local ECHO = '{"error":"invalid","description":"you sent Bearer ' .. CANARY .. '"}'

local REPLIES = {
  ["a success"] = { { "read" }, { "reply", 200, '{"ok":true}' } },
  ["a refusal that echoes it"] = { { "read" }, { "reply", 422, ECHO } },
  ["a 401 that echoes it in its challenge"] = {
    { "read" }, { "reply", 401, "", { ["WWW-Authenticate"] = "Bearer realm=" .. CANARY } },
  },
  ["a redirect that carries it away"] = {
    { "read" },
    { "reply", 302, "", { Location = ("https://x:%s@a.example/?t=%s"):format(CANARY, CANARY) } },
  },
  ["a request id that is the credential"] = {
    { "read" }, { "reply", 500, "", { ["X-Request-Id"] = "Bearer " .. CANARY } },
  },
  ["a broken reply"] = { { "read" }, { "send", "HTTP/1.1 2" } },
  ["a connection that is reset"] = { { "read" }, { "reset" } },
  ["a stalled reply"] = { { "read" }, { "hold" } },
  ["HTML that echoes it"] = {
    { "read" }, { "reply", 200, "<html><title>Bearer " .. CANARY .. "</title></html>",
      { ["Content-Type"] = "text/html" } },
  },
}

local CREDENTIALS = {
  ["an access token"] = { access_token = CANARY },
  ["an API token"] = { email = "admin@example.com", api_token = CANARY },
  ["the token of a function"] = {
    auth = function()
      return table.concat({ "canary", "of", "the", "secret", "specs" }, "-")
    end,
  },
}

describe("a secret", function()
  for credential, options in pairs(CREDENTIALS) do
    for what, steps in pairs(REPLIES) do
      it(("is in no channel: %s, %s"):format(credential, what), function()
        local events = {}
        local server <close> = raw_server.start { steps }
        local given = { base_url = server.base_url, retry = false, timeout = 0.5 }
        for name, value in pairs(options) do given[name] = value end
        given.on_event = function(event) events[#events + 1] = event end
        local zd <close> = assert(zendesk.new(given))
        local value, second = zd:post("/api/v2/x?token=" .. CANARY, { json = { secret = CANARY } })
        assert.is_true(shows(server:requests()[1]), "it does not even arrive")
        if value == nil then
          assert.is_false(shows(tostring(second)), tostring(second))
          -- What the server sent is kept as it came: SECURITY.md.
          second.body, second.details = nil, nil
          assert.is_nil(find_in(second, "error", {}))
        end
        for _, event in ipairs(events) do assert.is_nil(find_in(event, event.type, {})) end
        assert.is_false(shows(tostring(zd)))
        assert.is_nil(find_in(zd:describe(), "describe", {}))
      end)
    end
  end

  for credential, options in pairs(CREDENTIALS) do
    it("is in no object that a debugger reaches after close: " .. credential, function()
      if options.auth then return end -- the function is the caller's
      local server <close> = raw_server.start { { { "read" }, { "reply", 200, "{}" } } }
      local given = { base_url = server.base_url }
      for name, value in pairs(options) do given[name] = value end
      local zd = assert(zendesk.new(given))
      assert(zd:get "/api/v2/x")
      assert.is_nil(reachable(zd))
      zd:close()
      assert.is_nil(reachable(zd))
    end)
  end

  it("is in no message of a configuration that is refused", function()
    for _, wrong in ipairs {
      { base_url = "https://x:" .. CANARY .. "@acme.zendesk.com", access_token = CANARY },
      { base_url = "https://acme.zendesk.com", access_token = CANARY .. "\n" },
      { subdomain = "acme", email = "a@example.com", api_token = CANARY .. "\0" },
      { base_url = "https://acme.zendesk.com", access_token = CANARY, timeout = -1 },
      { subdomain = "https://x:" .. CANARY .. "@a", access_token = CANARY },
    } do
      local zd, err = zendesk.new(wrong)
      assert.is_nil(zd)
      assert.is_false(shows(tostring(err)))
      assert.is_nil(find_in(err, "error", {}))
    end
  end)

  it("is in no traceback of a program that dies with it", function()
    local result = process.run_lua([[
      local zd = assert(require "zendesk".new { base_url = "http://127.0.0.1:9",
        access_token = os.getenv "CANARY", retry = false })
      assert(zd:get("/api/v2/x?token=" .. os.getenv "CANARY"))
    ]], { env = { CANARY = CANARY } })
    assert.equal(1, result.status)
    assert.matches("transport", result.stderr)
    assert.is_false(shows(result.stderr))
  end)
end)
