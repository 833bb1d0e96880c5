local core = require "zendesk.core"
local errors = require "zendesk.errors"
local options = require "zendesk.options"

local function with(fields)
  local given = { subdomain = "acme", access_token = "test-token" }
  for name, value in pairs(fields) do
    given[name] = value ~= "absent" and value or nil
  end
  return given
end

local function refused(fields)
  local config, err = options.check(with(fields))
  assert.is_nil(config)
  assert.is_true(errors.is(err))
  assert.equal("config", err.kind)
  return err
end

describe("options", function()
  it("give a configuration with the defaults filled in", function()
    local config = assert(options.check(with {}))
    assert.equal("https://acme.zendesk.com", config.origin)
    assert.equal("access_token", config.credential)
    assert.equal(60, config.timeout)
    assert.equal(10, config.connect_timeout)
    assert.equal(300, config.deadline)
    assert.equal(64 * 1024 * 1024, config.max_body)
    assert.equal("off", config.rate_limit)
    assert.same({ attempts = 4, base = 0.5, cap = 20 }, config.retry)
  end)

  it("take what is given over the defaults", function()
    local config = assert(options.check(with {
      timeout = 1.5, deadline = 9, max_body = 10, rate_limit = "wait",
      retry = { attempts = 2 },
    }))
    assert.equal(1.5, config.timeout)
    assert.equal(9, config.deadline)
    assert.equal(10, config.max_body)
    assert.equal("wait", config.rate_limit)
    assert.equal(2, config.retry.attempts)
    assert.equal(0.5, config.retry.base)
  end)

  it("take a float that is an integer for that integer", function()
    local config = assert(options.check(with { max_body = 64e6, retry = { attempts = 2.0 } }))
    assert.equal("integer", math.type(config.max_body))
    assert.equal("integer", math.type(config.retry.attempts))
  end)

  it("understand retry = false as one attempt", function()
    local given = with {}
    given.retry = false
    assert.equal(1, options.check(given).retry.attempts)
  end)

  it("give a call what its own retry does not name", function()
    local defaults = { attempts = 9, base = 1, cap = 2, idempotent = true }
    assert.same({ attempts = 3, base = 1, cap = 2, idempotent = true },
      options.retry({ attempts = 3 }, defaults))
    assert.is_false(options.retry({ idempotent = false }, defaults).idempotent)
    assert.is_nil(options.retry(false, defaults).idempotent)
  end)

  it("put the subdomain into lower case", function()
    assert.equal("https://acme.zendesk.com", options.check(with { subdomain = "ACME" }).origin)
  end)

  it("take an origin instead of a subdomain", function()
    local config = assert(options.check(with {
      subdomain = "absent", base_url = "http://127.0.0.1:8080",
    }))
    assert.equal("http://127.0.0.1:8080", config.origin)
  end)

  describe("of unknown names and wrong types raise", function()
    it("with the nearest name", function()
      assert.error_matches(function() options.check(with { subdomian = "acme" }) end,
        "unknown option 'subdomian' %(did you mean 'subdomain'%?%)")
      assert.error_matches(function() options.check(with { acess_token = "x" }) end,
        "did you mean 'access_token'")
      assert.error_matches(function() options.check(with { xyzzy = 1 }) end,
        "unknown option 'xyzzy'$")
      assert.error_matches(function() options.check(with { [1] = 1 }) end, "unknown option '1'")
      assert.error_matches(function() options.check(with { retry = { attempt = 1 } }) end,
        "unknown option 'retry.attempt' %(did you mean 'attempts'%?%)")
    end)

    it("with the type that was expected", function()
      for name, value in pairs {
        subdomain = 7, access_token = {}, timeout = "5", on_event = {}, driver = "luv",
        auth = "token", max_body = 1.5, retry = true, account = {}, rate_limit = true, proxy = true,
      } do
        assert.error_matches(function() options.check(with { [name] = value }) end,
          "option '" .. name .. "': .* expected, got ")
      end
      assert.error_matches(function() options.check() end, "options: table expected, got nil")
      assert.error_matches(function() options.check(with { retry = { attempts = 1.5 } }) end,
        "option 'retry.attempts': integer expected")
    end)

    it("at the line of the caller", function()
      local line = debug.getinfo(1, "l").currentline + 1
      local _, message = pcall(function() options.check(with { subdomian = "x" }) end)
      assert.matches("options_spec.lua:" .. line .. ":", message, 1, true)
    end)

    it("for a driver that lacks a method", function()
      assert.error_matches(function() options.check(with { driver = { submit = print } }) end,
        "option 'driver': object with submit, await, ")
    end)

    it("for a provider that is none", function()
      for missing, auth in pairs {
        get = { kind = "x" }, renew = { get = print }, account_options = { static = true },
      } do
        assert.error_matches(function()
          options.check(with { access_token = "absent", auth = auth })
        end, ("option 'auth': a provider of zendesk.auth, or a function, expected: this table has "
          .. "no function '%s'"):format(missing))
      end
    end)
  end)

  describe("with bad addresses are refused", function()
    it("for what is no subdomain", function()
      for _, subdomain in ipairs {
        "evil.com/#", "a.b", "-x", "x@y", "", ("a"):rep(64), "caf\u{e9}", "a b", "a\r\nb", "a\0b",
        "evil.com/.zendesk.com", "x@evil.com",
      } do
        local err = refused { subdomain = subdomain }
        assert.equal("subdomain", err.option, subdomain)
        assert.matches("subdomain", err.message, 1, true)
        assert.not_matches("[\r\n%z]", tostring(err))
      end
    end)

    it("with the label that was meant", function()
      for _, subdomain in ipairs {
        "acme.zendesk.com", "https://acme.zendesk.com", "https://acme.zendesk.com/",
        "https://acme.zendesk.com/agent",
      } do
        assert.matches("write 'acme'", refused { subdomain = subdomain }.message, 1, true)
      end
      assert.matches("not an URL",
        refused { subdomain = "https://help.example.com" }.message, 1, true)
    end)

    it("for both kinds, and for none", function()
      assert.matches("'base_url' and option 'subdomain' are both given",
        refused { base_url = "https://acme.zendesk.com" }.message, 1, true)
      assert.matches("'subdomain' is missing", refused { subdomain = "absent" }.message, 1, true)
    end)

    it("for origins that are none", function()
      for _, base_url in ipairs {
        "http://example.com", "https://user@acme.zendesk.com", "https://acme.zendesk.com/api",
        "ftp://acme.zendesk.com", "acme.zendesk.com", "",
      } do
        assert.equal("base_url", refused { subdomain = "absent", base_url = base_url }.option)
      end
    end)
  end)

  describe("with bad credentials are refused", function()
    it("for none at all, with the names of all options", function()
      local message = refused { access_token = "absent" }.message
      for _, name in ipairs { "access_token", "email", "api_token", "auth" } do
        assert.matches("'" .. name .. "'", message, 1, true)
      end
    end)

    it("for several kinds at once, with the names of two options", function()
      local err = refused { email = "a@example.com", api_token = "canary" }
      assert.matches("'access_token' and option 'email' are both given", err.message, 1, true)
      assert.not_matches("canary", tostring(err))
      assert.equal("config", refused { auth = function() end }.kind)
    end)

    it("for half a pair", function()
      assert.equal("api_token",
        refused { access_token = "absent", email = "a@example.com" }.option)
      assert.equal("email", refused { access_token = "absent", api_token = "canary" }.option)
    end)

    it("for empty ones", function()
      assert.equal("access_token", refused { access_token = "" }.option)
      assert.equal("api_token",
        refused { access_token = "absent", email = "a@example.com", api_token = "" }.option)
    end)

    it("for an address that has /token already", function()
      local err = refused {
        access_token = "absent", email = "a@example.com/token", api_token = "canary",
      }
      assert.matches("'/token' is added by the library", err.message, 1, true)
    end)
  end)

  it("with an account of the host take no address beside it", function()
    local account = core.account { base_url = "https://acme.zendesk.com", access_token = "t" }
    local given = { account = account, subdomain = "acme" }
    local config, err = options.check(given)
    assert.is_nil(config)
    assert.equal("account", err.option)
    assert.equal("account", options.check({ account = account }).credential)
    account:close()
    assert.error_matches(function() options.check { account = account } end,
      "option 'account': the account is closed")
    for _, other in ipairs { io.stdout, core.null, (core.body {}) } do
      assert.error_matches(function() options.check { account = other } end,
        "option 'account': core.account expected, got userdata")
    end
  end)

  it("with numbers out of range are refused", function()
    for name, values in pairs {
      timeout = { 0, -1, math.huge, 0 / 0 }, connect_timeout = { 0 }, deadline = { -5 },
      max_body = { 0, -1 },
    } do
      for _, value in ipairs(values) do
        assert.equal(name, refused { [name] = value }.option)
      end
    end
    assert.equal("rate_limit", refused { rate_limit = "never" }.option)
    assert.equal("retry.attempts", refused { retry = { attempts = 0 } }.option)
    assert.equal("retry.base", refused { retry = { base = -1 } }.option)
  end)
end)
