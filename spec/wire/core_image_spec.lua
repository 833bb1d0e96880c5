-- What is left of a credential in a process that has closed everything: searched for in its memory,
-- freed memory included. SECURITY.md says the same in words.

local core = require "zendesk.core"
local core_image = require "spec.support.core_image"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"

-- Long enough to be told from everything else in memory, short enough for a header.
local function canary(name)
  return ("canary-%s-%s"):format(name, ("of-the-core-image-"):rep(3))
end

local GIVEN = {
  access_token = canary "access", api_token = canary "api", client_secret = canary "secret",
  refresh_token = canary "refresh",
}

local MARK = '"in_a_reply":true,'

local function reply()
  local fields = { '{"user":{"id":1,"email":"a@example.com"},"token_type":"bearer"' }
  for name, value in pairs(GIVEN) do
    fields[#fields + 1] = ('%s"%s":"%s"'):format(MARK, name, value)
  end
  return table.concat(fields, ",") .. ',"expires_in":3600,"scope":"read"}'
end

local function pair(name) return ('"%s":"%s"'):format(name, GIVEN[name]) end

-- What only C writes, by where it is written.
local function written_by_c()
  local basic = core.base64("admin@example.com/token:" .. GIVEN.api_token):sub(1, -5)
  return {
    ["a line of the core: Bearer"] = "Authorization: Bearer " .. GIVEN.access_token,
    ["a line of the core: Basic"] = "Authorization: Basic " .. basic,
    ["a request: Bearer"] = "Bearer " .. GIVEN.access_token,
    ["a request: Basic"] = "Basic " .. basic,
    ["a request: refresh_token"] = '"grant_type":"refresh_token",' .. pair "refresh_token",
    ["a request: client_secret"] = '"client_id":"tool",' .. pair "client_secret",
    ["a reply: access_token"] = MARK .. pair "access_token",
    ["a reply: refresh_token"] = MARK .. pair "refresh_token",
  }
end

local function image_of(plain, base_url, ca_file, needles)
  local child <close> = process.start({
    "lua5.4", paths.root .. "/spec/support/core_image_child.lua", plain, base_url, ca_file or "",
  }, { env = process.lua_environment() })
  return core_image.search(math.tointeger(child:wait_for "pid (%d+)\n"), needles)
end

describe("the memory of a process that has closed everything", function()
  local server

  setup(function()
    server = raw_server.start { { { "read" }, { "reply", 200, reply() }, { "again" } } }
  end)
  teardown(function() server:stop() end)

  -- Nothing is left of what C wrote, `spared` apart; of the credentials themselves, what is left
  -- is strings of Lua.
  local function check(base_url, ca_file, spared)
    local needles = written_by_c()
    for name, value in pairs(GIVEN) do needles[name] = value end
    local found = image_of(server.base_url, base_url, ca_file, needles)
    for name, counts in pairs(found) do
      if os.getenv "ZENDESK_SHOW" then print(name, counts.lua, counts.other) end
      if GIVEN[name] then
        assert.is_true(counts.lua > 0, "the search does not find " .. name)
        if not spared then assert.equal(0, counts.other, name .. " outside of Lua") end
      elseif not (spared and name:find(spared)) then
        assert.equal(0, counts.lua + counts.other, name)
      end
    end
  end

  it("holds no credential but in strings of Lua", function()
    check(server.base_url)
  end)

  -- OpenSSL keeps the text of the last reply.
  it("holds no request after TLS #tls", function()
    local tls <close> = tls_server.start { upstream = server.base_url }
    check(tls.base_url, tls.ca_file, "^a reply")
  end)

  -- nghttp2 copies each request and does not wipe its copies.
  it("holds nothing of the core's after HTTP/2 #tls", function()
    local tls <close> = tls_server.start { upstream = server.base_url, http2 = true }
    check(tls.base_url, tls.ca_file, "^a re")
  end)
end)
