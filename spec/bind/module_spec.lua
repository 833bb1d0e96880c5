-- The module itself, and its functions about addresses.

local core = require "zendesk.core"
local paths = require "spec.support.paths"
local process = require "spec.support.process"

describe("zendesk.core", function()
  it("tells its version and those of the libraries under it", function()
    local versions = core.versions()
    assert.is_truthy(core._VERSION:match "^%d+%.%d+%.%d+")
    assert.is_truthy(versions.curl:match "^%d+%.%d+")
    assert.are.equal("string", type(versions.ssl))
    assert.is_true(versions.features.ssl)
  end)

  it("exports exactly one symbol", function()
    local object = paths.build .. "/lib/zendesk/core.so"
    local result = process.run { "nm", "-D", "--defined-only", object }
    local symbols = {}
    for name in result.stdout:gmatch "%x+ %u ([%w_]+)" do symbols[#symbols + 1] = name end
    assert.are.same({ "luaopen_zendesk_core" }, symbols)
  end)

  it("may be loaded by many states of one process, one after the other", function()
    local result = process.run_lua [[
      for i = 1, 3 do
        package.loaded["zendesk.core"] = nil
        assert(require "zendesk.core".engine {}:running() == 0)
      end
      io.write "done"
    ]]
    assert.are.equal("done", result.stdout)
  end)

  it("has a clock that only goes forward and one that tells the date", function()
    local first, second = core.monotonic(), core.monotonic()
    assert.is_true(second >= first)
    assert.is_true(math.abs(core.time() - os.time()) < 60)
  end)

  describe("check_subdomain", function()
    it("accepts one label", function()
      for _, subdomain in ipairs { "acme", "ACME-2", "1", ("a"):rep(63) } do
        assert.is_true(core.check_subdomain(subdomain))
      end
    end)

    it("refuses anything else with a message that shows it", function()
      for _, subdomain in ipairs {
        "", "evil.com/#", "a.b", "-x", "x-", "x@y", "a b", ("a"):rep(64), "acm\u{e9}", "a\0b",
      } do
        local ok, message = core.check_subdomain(subdomain)
        assert.is_nil(ok)
        assert.is_truthy(message:find("subdomain", 1, true))
        assert.is_nil(message:find "[^\x20-\x7e]")
      end
      local _, message = core.check_subdomain "evil.com/#"
      assert.is_truthy(message:find("'evil.com/#'", 1, true))
      assert.is_truthy(message:find("acme for acme.zendesk.com", 1, true))
    end)

    it("raises for what is no string", function()
      for _, value in ipairs { 1, true, {} } do
        assert.has_error(function() core.check_subdomain(value) end)
      end
      assert.has_error(function() core.check_subdomain() end)
    end)
  end)

  describe("parse_origin", function()
    it("splits and normalises", function()
      assert.are.same({
        scheme = "https", host = "acme.zendesk.com", port = 443,
        origin = "https://acme.zendesk.com",
      }, core.parse_origin "HTTPS://Acme.zendesk.com:443/")
      assert.are.same({
        scheme = "http", host = "::1", port = 8080, origin = "http://[::1]:8080",
      }, core.parse_origin "http://[::1]:8080")
      assert.are.equal("integer", math.type(core.parse_origin("https://a.example").port))
    end)

    it("refuses plain http off loopback, paths and user information", function()
      for _, url in ipairs {
        "http://acme.zendesk.com", "https://acme.zendesk.com/api", "https://a:b@acme.zendesk.com",
        "acme.zendesk.com", "https://acme.zendesk.com?x", "https://acme.zendesk.com#x", "",
      } do
        local origin, message = core.parse_origin(url)
        assert.is_nil(origin)
        assert.are.equal("base_url: ", message:sub(1, 10))
      end
    end)

    it("does not show what it refuses", function()
      local _, message = core.parse_origin "https://user:canary-password@acme.zendesk.com"
      assert.is_nil(message:find("canary", 1, true))
    end)
  end)

  describe("resolve", function()
    local acme = "https://acme.zendesk.com"

    it("takes a path as it is, apart from raw brackets", function()
      assert.are.equal("/api/v2/a?b=%20", core.resolve(acme, "/api/v2/a?b=%20"))
      assert.are.equal("/a?page%5Bsize%5D=1", core.resolve(acme, "/a?page[size]=1"))
    end)

    it("takes an absolute URL on the same origin, however it is spelt", function()
      assert.are.equal("/a?b", core.resolve(acme, "https://ACME.zendesk.com:443/a?b"))
      assert.are.equal("/", core.resolve(acme, acme))
    end)

    it("refuses another origin and what is no URL", function()
      for _, url in ipairs {
        "https://evil.example/a", "http://acme.zendesk.com/a", "https://acme.zendesk.com:444/a",
        "https://acme.zendesk.com@evil.example/a", "//evil.example/a", "a", "", "/a b", "/a#b",
        "/a\\b", "/a\r\nb", "/a\0b", "/a/../b", "/" .. ("a"):rep(70000), ("a"):rep(1000000),
      } do
        local path, message = core.resolve(acme, url)
        assert.is_nil(path)
        assert.are.equal("path: ", message:sub(1, 6))
      end
    end)

    it("raises when its first argument is no origin", function()
      assert.has_error(function() core.resolve("acme", "/") end)
    end)
  end)

  it("escapes everything but unreserved characters", function()
    assert.are.equal("AZaz09-._~", core.escape "AZaz09-._~")
    assert.are.equal("a%20b%2F%3F%FF%00%5B", core.escape "a b/?\xff\0[")
    assert.are.equal("", core.escape "")
    local long = ("é"):rep(10000)
    assert.are.equal(("%C3%A9"):rep(10000), core.escape(long))
  end)
end)
