local core = require "zendesk.core"
local fake_driver = require "spec.support.fake_driver"
local zendesk = require "zendesk"

describe("zendesk", function()
  local driver

  before_each(function() driver = fake_driver.new() end)

  local function new(fields)
    local given = { subdomain = "acme", access_token = "canary-token", driver = driver }
    for name, value in pairs(fields or {}) do given[name] = value ~= "absent" and value or nil end
    return zendesk.new(given)
  end

  it("has a version, null and arrays", function()
    assert.equal("string", type(zendesk._VERSION))
    assert.equal(core.null, zendesk.null)
    assert.equal("userdata", type(zendesk.null))
    assert.equal(core.array_mt, getmetatable(zendesk.array()))
    local list = { 1 }
    assert.equal(list, zendesk.array(list))
    assert.error_matches(function() zendesk.array "x" end, "list: table expected")
  end)

  it("knows its own errors", function()
    local _, err = zendesk.new { subdomain = "acme" }
    assert.is_true(zendesk.is_error(err))
    assert.is_false(zendesk.is_error "x")
  end)

  it("loads its parts when they are named", function()
    assert.equal(require "zendesk.driver", zendesk.driver)
    assert.equal(require "zendesk.driver.blocking", zendesk.driver.blocking)
    assert.equal(require "zendesk.driver.group".all, zendesk.all)
    assert.equal(require "zendesk.driver.group".map, zendesk.map)
    assert.equal("function", type(zendesk.sleep))
    assert.equal(require "zendesk.auth", zendesk.auth)
    assert.is_nil(zendesk.anything)
    assert.is_nil(zendesk.driver.anything)
  end)

  it("makes an instance without sending anything", function()
    local zd = assert(new())
    assert.equal(0, #driver.requests)
    assert.equal("https://acme.zendesk.com", zd:origin())
    assert.equal("zendesk.Instance: https://acme.zendesk.com (access_token)", tostring(zd))
  end)

  it("has the short forms of request", function()
    local zd = assert(new())
    for _, method in ipairs { "get", "post", "put", "patch", "delete" } do
      driver:reply { body = "{}" }
      assert(zd[method](zd, "/x", { query = { a = 1 } }))
      local request = driver.requests[#driver.requests]
      assert.equal(method:upper(), request.method)
      assert.equal("/x?a=1", request.path)
    end
    driver:reply { body = "{}" }
    assert(zd:request("OPTIONS", "/x"))
    assert.is_nil(zd.anything)
  end)

  it("tells an instance from anything else", function()
    local instance = require "zendesk.instance"
    local zd = assert(new())
    assert.equal(zd, instance.check(zd))
    assert.error_matches(function() instance.check {} end, "an instance of zendesk.new expected")
  end)

  it("walks lists", function()
    local zd = assert(new())
    driver:reply { body = { tickets = { { id = 1 }, { id = 2 } }, meta = { has_more = false } } }
    local seen = {}
    for ticket in zd:each "/api/v2/tickets" do seen[#seen + 1] = ticket.id end
    assert.same({ 1, 2 }, seen)
  end)

  it("refuses credentials that would break a header apart, and does not show them", function()
    for option, fields in pairs {
      access_token = { access_token = "canary\r\nX: y" },
      api_token = { access_token = "absent", email = "a@example.com", api_token = "canary\n" },
      email = { access_token = "absent", email = "canary\0@example.com", api_token = "t" },
    } do
      local zd, err = new(fields)
      assert.is_nil(zd)
      assert.equal("config", err.kind)
      assert.equal(option, err.option)
      assert.matches("^option '" .. option .. "' holds a ", err.message)
      assert.not_matches("canary", tostring(err))
    end
  end)

  it("names the option of the network that is wrong", function()
    for option, value in pairs { proxy = "zz", user_agent = "", ca_file = "", ca_path = "a\0" } do
      local zd, err = new { [option] = value }
      assert.is_nil(zd)
      assert.equal(option, err.option)
      assert.matches("^option '" .. option .. "' ", err.message)
    end
  end)

  it("describes itself without giving anything away", function()
    local zd = assert(new())
    assert.same({ origin = "https://acme.zendesk.com", credential = { kind = "access_token" } },
      zd:describe())
    zd = assert(new { access_token = "absent", email = "a@example.com", api_token = "canary" })
    assert.equal("api_token", zd:describe().credential.kind)
    assert.equal(1809043200, zd:describe().credential.ends_at) -- 2027-04-30
  end)

  it("warns of the end of API tokens", function()
    local events = {}
    assert(new {
      access_token = "absent", email = "a@example.com", api_token = "canary",
      on_event = function(event) events[#events + 1] = event end,
    })
    assert.equal(1, #events)
    assert.equal("api_token_ends", events[1].code)
    assert.matches("2027-04-30", events[1].message, 1, true)
  end)

  it("takes a provider, and describes its credential", function()
    local provider = { kind = "test", renew = print }
    function provider.get() return { token = "t" } end
    function provider.describe() return { kind = "test", ends_at = 5 } end
    local zd = assert(new { access_token = "absent", auth = provider })
    assert.same({ kind = "test", ends_at = 5 }, zd:describe().credential)
    driver:reply { body = "{}" }
    assert(zd:get "/x")
  end)

  it("takes a static provider's credential into the account", function()
    local zd = assert(new {
      access_token = "absent", auth = zendesk.auth.access_token "canary-token",
    })
    driver:reply { body = "{}" }
    assert(zd:get "/x")
    assert.equal("bearer", driver.requests[1].account:scheme())
  end)

  it("takes a function for a provider", function()
    local reasons = {}
    local zd = assert(new {
      access_token = "absent",
      auth = function(reason)
        reasons[#reasons + 1] = reason
        return "canary-" .. #reasons
      end,
    })
    driver:reply({ body = "{}" }, { body = "{}" })
    assert(zd:get "/x")
    assert(zd:get "/x")
    assert.equal(1, #reasons)
  end)

  it("refuses what a provider of the host's own says is wrong, in whatever form", function()
    for said, message in pairs {
      ["no vault"] = "option 'auth': no vault", [false] = "option 'auth': false",
    } do
      local provider = { kind = "test", get = print, renew = print }
      function provider.check() return nil, said end
      local _, err = new { access_token = "absent", auth = provider }
      assert.same({ "config", "auth", message }, { err.kind, err.option, err.message })
    end
  end)

  it("refuses a static provider that has no credential", function()
    for _, fields in ipairs { {}, { acces_token = "t" }, { email = "a@b.c" }, "t" } do
      local _, err = new {
        access_token = "absent",
        auth = { kind = "test", static = true, account_options = function() return fields end },
      }
      assert.same({ "config", "auth" }, { err.kind, err.option })
      assert.matches("gave neither access_token, nor email and api_token", err.message, 1, true)
    end
  end)

  it("takes an account of the host as it is", function()
    local account = assert(core.account {
      base_url = "https://acme.zendesk.com", access_token = "canary",
    })
    local zd = assert(zendesk.new { account = account, driver = driver })
    assert.equal("https://acme.zendesk.com", zd:origin())
    assert.equal("account", zd:describe().credential.kind)
  end)

  it("refuses what a provider finds wrong with its own options, before anything is sent", function()
    local zd, err = new {
      access_token = "absent",
      auth = zendesk.auth.client_credentials { client_id = 223443, client_secret = "test-secret" },
    }
    assert.is_nil(zd)
    assert.equal("config", err.kind)
    assert.truthy(tostring(err):find("identifier", 1, true))
  end)

  describe("closes an instance", function()
    it("once, by hand or at the end of a block", function()
      local kept
      do
        local zd <close> = assert(new())
        kept = zd
        assert.is_truthy(kept:origin())
      end
      assert.error_matches(function() kept:get "/x" end, "the instance is closed")
      kept:close()
      assert.equal("zendesk.Instance: https://acme.zendesk.com (closed)", tostring(kept))
    end)

    it("with the line of who used it after that", function()
      local zd = assert(new())
      zd:close()
      local line = debug.getinfo(1, "l").currentline + 1
      local _, message = pcall(function() zd.client:show(7) end)
      assert.matches(("zendesk_spec.lua:%d: zendesk: the instance is closed"):format(line), message,
        1, true)
    end)

    it("and lets the provider save what it has", function()
      local flushed, events = 0, {}
      local provider = { kind = "test", get = print, renew = print }
      function provider.flush()
        flushed = flushed + 1
        return nil, "disk full"
      end
      local zd = assert(new {
        access_token = "absent", auth = provider,
        on_event = function(event) events[#events + 1] = event end,
      })
      local ok, problem = zd:close()
      assert.is_nil(ok)
      assert.same({ "store", "option 'auth': the provider has not saved its token: disk full" },
        { problem.kind, problem.message })
      assert.is_true(zd:close())
      assert.equal(1, flushed)
      assert.equal("not_saved", events[1].code)
    end)
  end)

  describe("from_env", function()
    local real = os.getenv

    -- Lua cannot change its own environment, so the function that reads it is changed.
    after_each(function() os.getenv = real end) -- luacheck: ignore 122

    it("reads the environment", function()
      local variables = { ZENDESK_SUBDOMAIN = "acme", ZENDESK_OAUTH_TOKEN = "canary" }
      os.getenv = function(name) return variables[name] end -- luacheck: ignore 122
      local zd = assert(zendesk.from_env { driver = driver })
      assert.equal("https://acme.zendesk.com", zd:origin())
      variables.ZENDESK_SUBDOMAIN = nil
      local none, err = zendesk.from_env()
      assert.is_nil(none)
      assert.equal("ZENDESK_SUBDOMAIN", err.option)
    end)

    it("wants a table", function()
      assert.error_matches(function() zendesk.from_env "x" end, "options: table expected")
      assert.error_matches(function()
        zendesk.from_env { subdomain = "acme", acess_token = "t", access_token = "t" }
      end, "did you mean 'access_token'")
    end)
  end)

  it("says so when new or from_env is called with a colon", function()
    local given = { subdomain = "acme", access_token = "t" }
    for _, name in ipairs { "new", "from_env" } do
      assert.error_matches(function() zendesk[name](zendesk, given) end, "call it with a dot")
    end
  end)

  it("sleeps", function()
    assert.is_true((zendesk.sleep(0)))
    for _, seconds in ipairs { -1, 0 / 0, math.huge, "1" } do
      assert.error_matches(function() zendesk.sleep(seconds) end, "seconds: a number")
    end
  end)
end)
