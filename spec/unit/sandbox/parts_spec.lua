local clock = require "zendesk.sandbox.clock"
local fields = require "zendesk.sandbox.fields"
local form = require "zendesk.sandbox.form"
local jwt = require "zendesk.sandbox.oauth.jwt"
local paging = require "zendesk.sandbox.paging"
local process = require "zendesk.sandbox.process"
local random = require "zendesk.sandbox.random"
local router = require "zendesk.sandbox.router"
local scopes = require "zendesk.sandbox.scopes"
local sha256 = require "zendesk.sandbox.sha256"
local switches = require "zendesk.sandbox.switches"

local function hex(bytes)
  return (bytes:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
end

describe("the sandbox's SHA-256", function()
  it("gives the digests of FIPS 180-4, at each length around a block", function()
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hex(sha256 ""))
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      hex(sha256 "abc"))
    assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      hex(sha256 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
    local pipe = io.popen [[
      for n in 55 56 63 64 65 119 120; do head -c $n /dev/zero | sha256sum; done
    ]]
    for _, length in ipairs { 55, 56, 63, 64, 65, 119, 120 } do
      assert.equal(pipe:read("l"):match "^%x+", hex(sha256(("\0"):rep(length))))
    end
    pipe:close()
  end)

  it("signs as RFC 4231 does", function()
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      hex(jwt.hmac("Jefe", "what do ya want for nothing?")))
  end)
end)

describe("the sandbox's clock", function()
  it("runs from where it is set, and can be moved", function()
    local started = clock.new(1000)
    assert.is_true(started:now() >= 1000 and started:now() < 1060)
    started:advance(3600)
    assert.is_true(started:now() >= 4600 and started:now() < 4660)
    assert.equal("1970-01-01T01:16:40Z", started:iso(4600))
  end)

  it("shows another time than it keeps, when told so", function()
    local started = clock.new(0)
    started.offset = 86400
    assert.is_true(started:now() < 60)
    assert.matches("^Fri, 02 Jan 1970 00:00:%d%d GMT$", started:http_date())
    assert.equal("1970-01-02T00:00:00Z", started:iso(0))
  end)

  it("reads the times it writes, in any time zone", function()
    local started = clock.new()
    for _, time in ipairs { 0, 951782400, 951868800, 1709208000, 1795583640, 4102444800 } do
      assert.equal(time, clock.parse(started:iso(time)))
    end
    assert.equal(12.5, clock.parse(12.5))
    assert.is_nil(clock.parse "yesterday")
  end)
end)

describe("the sandbox's forms", function()
  it("are read as they are written", function()
    local values = { ["page[size]"] = "2", q = "a b&c=d+%", empty = "" }
    local list = {}
    for name, value in pairs(values) do list[#list + 1] = { name, value } end
    assert.same(values, (form.parse(form.write(list))))
    assert.equal("page%5Bsize%5D=2", form.write { { "page[size]", "2" } })
    assert.equal("page[size]=2", form.write({ { "page[size]", "2" } }, true))
  end)

  it("keep the order of their names and the last of each value", function()
    local values, names = form.parse "b=1&a=2&b=3&flag"
    assert.same({ b = "3", a = "2", flag = "" }, values)
    assert.same({ "b", "a", "flag" }, names)
  end)
end)

describe("the sandbox's router", function()
  local routes

  setup(function()
    routes = router.new()
    routes:add("GET", "/api/v2/users/{id}", { name = "show" })
    routes:add("GET", "/api/v2/users/me", { name = "me" })
    routes:add("GET", "/api/v2/users/me/oauth/clients", { name = "mine" })
    routes:add("PUT", "/api/v2/users/{id}/{part}", { name = "part" })
  end)

  it("finds literal segments before parameters, and parameters behind literals", function()
    assert.equal("me", routes:find("GET", "/api/v2/users/me").name)
    assert.equal("mine", routes:find("GET", "/api/v2/users/me/oauth/clients.json").name)
    local route, params = routes:find("PUT", "/api/v2/users/me/x")
    assert.equal("part", route.name)
    assert.same({ id = "me", part = "x" }, params)
  end)

  it("takes .json, decodes segments and answers HEAD with GET", function()
    local route, params = routes:find("HEAD", "/api/v2/users/a%2Fb.json")
    assert.equal("show", route.name)
    assert.same({ id = "a/b" }, params)
  end)

  it("finds nothing elsewhere", function()
    for _, path in ipairs {
      "/", "/api/v2/users", "/api/v2/users/1/2/3", "/api/v2/routes", "/{}",
    } do
      assert.is_nil(routes:find("GET", path))
    end
    assert.is_nil(routes:find("DELETE", "/api/v2/users/1"))
  end)
end)

describe("the sandbox's scopes", function()
  it("allow what they name", function()
    assert.is_true(scopes.allow({ "read" }, "read", "tickets"))
    assert.is_true(scopes.allow({ "tickets:read" }, "read", "tickets"))
    assert.is_true(scopes.allow({ "tickets" }, "write", "tickets"))
    assert.is_false(scopes.allow({ "tickets:read" }, "write", "tickets"))
    assert.is_false(scopes.allow({ "tickets:read" }, "read", nil))
    assert.is_false(scopes.allow({ "write" }, "read", "tickets"))
    assert.is_true(scopes.allow({ "write" }, "read", "tickets", true))
  end)

  it("cover narrower ones", function()
    assert.is_true(scopes.cover({ "read", "users" }, { "tickets:read", "users:write" }))
    assert.is_true(scopes.cover({}, {}))
    assert.is_false(scopes.cover({ "tickets:read" }, { "read" }))
    assert.is_false(scopes.cover({ "read" }, { "tickets:write" }))
    assert.is_false(scopes.cover({ "read" }, { "impersonate" }))
  end)
end)

describe("the sandbox's small parts", function()
  it("make cursors that only they can read", function()
    for _, id in ipairs { 1, -1, math.maxinteger } do
      assert.equal(id, paging.parse_cursor(paging.cursor(id)))
    end
    for _, text in ipairs { "", "x", "eyJ4IjoxfQ==" } do
      assert.is_nil(paging.parse_cursor(text))
    end
  end)

  it("read ids of 64 bits, and nothing else", function()
    assert.equal(math.maxinteger, fields.id "9223372036854775807")
    assert.equal(-1, fields.id "-1")
    for _, text in ipairs { "", "9223372036854775808", "1.0", "0x10", " 1", "one" } do
      assert.is_nil(fields.id(text))
    end
  end)

  it("name the switches there are when one is unknown, and what a switch takes", function()
    local ok, message = switches.check("shoes", 1)
    assert.is_nil(ok)
    assert.is_truthy(message:find("token_status", 1, true))
    for name, value in pairs(switches.new()) do
      assert.is_true(switches.check(name, value))
      ok, message = switches.check(name, print)
      assert.is_nil(ok)
      assert.is_truthy(message:find(name, 1, true))
    end
    assert.is_nil((switches.check("endpoint_limits", { ["tickets-index"] = 0 })))
    assert.is_true(switches.check("endpoint_limits", { ["tickets-index"] = 1 }))
  end)

  it("take only seconds that a date can show", function()
    for _, name in ipairs { "clock_offset", "secret_overlap", "search_lag" } do
      assert.is_true(switches.check(name, 0.5))
      for _, value in ipairs { 1e17, 1e300, math.huge, 0 / 0, "5" } do
        local ok, message = switches.check(name, value)
        assert.is_falsy(ok)
        assert.matches("must be seconds.* less than 8,000 years", message)
      end
    end
    assert.is_true(switches.check("clock_offset", -90))
    assert.is_falsy((switches.check("search_lag", -1)))
  end)

  it("make values that differ", function()
    local seen = {}
    for _ = 1, 1000 do
      local value = random.hex(32)
      assert.matches("^%x+$", value)
      assert.equal(32, #value)
      assert.is_nil(seen[value])
      seen[value] = true
    end
  end)

  it("find the interpreter that runs the script", function()
    assert.equal("lua5.4", process.interpreter { [0] = "script.lua", [-1] = "lua5.4" })
    assert.equal("/opt/lua", process.interpreter { [0] = "s", [-1] = "-e x", [-2] = "/opt/lua" })
    assert.equal("lua5.4", process.interpreter(nil))
    assert.equal("lua5.4", process.interpreter { [0] = "host" })
  end)
end)
