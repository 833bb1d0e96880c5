-- core.account: what is accepted, what is refused, and that a credential is never shown.

local core = require "zendesk.core"

local base_url = "https://acme.zendesk.com"

local function options(more)
  local made = { base_url = base_url }
  for name, value in pairs(more) do made[name] = value end
  return made
end

describe("an account", function()
  it("knows its origin and scheme", function()
    local basic = assert(core.account(options {
      email = "a@example.com", api_token = "test-api-token",
    }))
    assert.are.equal(base_url, basic:origin())
    assert.are.equal("basic", basic:scheme())
    assert.are.equal("bearer", core.account(options { access_token = "test-token" }):scheme())
    assert.are.equal("none", core.account(options {}):scheme())
  end)

  it("shows origin and scheme and no credential", function()
    local account = assert(core.account(options { access_token = "canary-token" }))
    assert.are.equal("zendesk account (https://acme.zendesk.com, bearer)", tostring(account))
    assert.is_false(getmetatable(account))
  end)

  it("takes a new bearer token", function()
    local account = assert(core.account(options {}))
    assert.is_true(account:bearer "test-token")
    assert.are.equal("bearer", account:scheme())
  end)

  it("keeps its credential when the new one is refused", function()
    local account = assert(core.account(options {
      email = "a@example.com", api_token = "test-api-token",
    }))
    local ok, message = account:bearer "canary\n"
    assert.is_nil(ok)
    assert.is_truthy(message:find("access_token", 1, true))
    assert.is_nil(message:find("canary", 1, true))
    assert.are.equal("basic", account:scheme())
  end)

  describe("refuses, naming the option and not the value,", function()
    local refused = {
      ["no base_url"] = { "base_url", { base_url = false } },
      ["plain http to another host"] = { "base_url", { base_url = "http://canary.example" } },
      ["an email alone"] = { "api_token", { email = "canary@example.com" } },
      ["an API token alone"] = { "email", { api_token = "canary-token" } },
      ["both kinds of credential"] =
        { "access_token", { email = "a@example.com", api_token = "x", access_token = "canary" } },
      ["an email with a colon"] = { "email", { email = "canary:x@example.com", api_token = "x" } },
      ["an email with CR LF"] = { "email", { email = "canary\r\nX: y", api_token = "x" } },
      ["an API token with LF"] =
        { "api_token", { email = "a@example.com", api_token = "canary\n" } },
      ["an access token with CR"] = { "access_token", { access_token = "canary\r" } },
      ["an access token with NUL"] = { "access_token", { access_token = "can\0ary" } },
      ["an access token with a space"] = { "access_token", { access_token = "canary token" } },
      ["an empty access token"] = { "access_token", { access_token = "" } },
      ["a non-ASCII access token"] = { "access_token", { access_token = "canary\u{e9}" } },
      ["an endless access token"] = { "access_token", { access_token = ("canary"):rep(100000) } },
      ["a user agent with LF"] = { "user_agent", { user_agent = "canary\nX: y" } },
      ["a ca_file with NUL"] = { "ca_file", { ca_file = "canary\0" } },
      ["an empty ca_path"] = { "ca_path", { ca_path = "" } },
      ["a proxy that is no URL"] = { "proxy", { proxy = "canary:3128" } },
      ["a proxy with a bare # in its password"] =
        { "proxy", { proxy = "http://a:pa#canary@localhost:1" } },
    }
    for what, case in pairs(refused) do
      it(what, function()
        local given = options(case[2])
        if given.base_url == false then given.base_url = nil end
        local account, message = core.account(given)
        assert.is_nil(account)
        assert.are.equal(case[1] .. ": ", message:sub(1, #case[1] + 2))
        assert.is_nil(message:find("canary", 1, true))
      end)
    end
  end)

  it("raises for an option of the wrong type", function()
    for _, name in ipairs {
      "base_url", "email", "api_token", "access_token", "user_agent", "ca_file", "ca_path", "proxy",
    } do
      for _, value in ipairs { 12, true, {}, print } do
        local ok, message = pcall(core.account, options { [name] = value })
        assert.is_false(ok)
        assert.is_truthy(message:find(name, 1, true))
      end
    end
    assert.has_error(function() core.account() end)
    assert.has_error(function() core.account "https://acme.zendesk.com" end)
  end)

  it("is closed once and for all, and says so", function()
    local account = assert(core.account(options { access_token = "test-token" }))
    account:close()
    account:close()
    assert.are.equal("zendesk account (closed)", tostring(account))
    for _, method in ipairs { "origin", "scheme", "bearer" } do
      local ok, message = pcall(account[method], account, "x")
      assert.is_false(ok)
      assert.is_truthy(message:find("closed", 1, true))
    end
  end)

  it("closes at the end of its block", function()
    local kept
    do
      local account <close> = assert(core.account(options {}))
      kept = account
    end
    assert.are.equal("zendesk account (closed)", tostring(kept))
  end)

  it("does not take another object for itself", function()
    local account = assert(core.account(options {}))
    for _, value in ipairs { {}, 1, io.stdout, core.engine {} } do
      assert.has_error(function() account.origin(value) end)
    end
    assert.has_error(function() account.origin() end)
  end)
end)
