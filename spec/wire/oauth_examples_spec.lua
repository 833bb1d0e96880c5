-- The examples of OAuth run as a reader would run them.

local account_of = require "spec.support.account"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local zendesk = require "zendesk"

local NO_ACCOUNT = {
  ZENDESK_SUBDOMAIN = false, ZENDESK_BASE_URL = false, ZENDESK_OAUTH_TOKEN = false,
  ZENDESK_OAUTH_CLIENT_ID = false, ZENDESK_OAUTH_CLIENT_SECRET = false, ZENDESK_EMAIL = false,
  ZENDESK_API_TOKEN = false,
}

local function environment(more)
  local env = {}
  for name, value in pairs(NO_ACCOUNT) do env[name] = value end
  for name, value in pairs(more or {}) do env[name] = value end
  return env
end

describe("examples/login.lua", function()
  it("logs in at a sandbox, whose page is clicked in Chromium, #browser", function()
    local directory, remove = process.temporary_directory()
    local browser = directory .. "/browser"
    process.write_file(browser, ("#!/bin/sh\nexec node %s \"$1\" 'button[value=allow]' >%s 2>&1\n")
      :format(process.quote(paths.root .. "/spec/support/browser.mjs"),
        process.quote(directory .. "/page")))
    os.execute("chmod +x " .. process.quote(browser))
    local result = process.run_lua_file("examples/login.lua", {
      env = environment { BROWSER = browser }, timeout = 120,
    })
    assert.equal(0, result.status, result.stderr)
    assert.matches("nobody has logged in yet", result.stdout, 1, true)
    assert.matches("Logged in as Ada Admin <admin@example.com>", result.stdout, 1, true)
    remove()
  end)

  it("asks the account that ZENDESK_BASE_URL names, and a sandbox where a name is empty", function()
    local directory, remove = process.temporary_directory()
    local function asked(more)
      return process.run_lua_file(paths.root .. "/examples/login.lua", {
        env = environment(more), args = { "--paste" }, stdin = "\n", cwd = directory,
      }).stderr
    end
    local named = asked {
      ZENDESK_BASE_URL = "https://support.example.com", ZENDESK_OAUTH_CLIENT_ID = "my_tool",
    }
    assert.matches("https://support.example.com/oauth/authorizations/new?", named, 1, true)
    assert.matches("client_id=my_tool", named, 1, true)
    local empty = asked { ZENDESK_SUBDOMAIN = "", ZENDESK_BASE_URL = "" }
    assert.matches("http://127%.0%.0%.1:%d+/oauth/authorizations/new%?", empty)
    remove()
  end)

  it("asks for the address with --paste, and takes an empty line for no", function()
    local result = process.run_lua_file("examples/login.lua", {
      env = environment(), args = { "--paste" }, stdin = "\n", timeout = 60,
    })
    assert.equal(1, result.status)
    assert.matches("/oauth/authorizations/new?", result.stderr, 1, true)
    assert.matches("given up", result.stderr, 1, true)
  end)
end)

describe("examples/migrate.lua", function()
  local account = account_of.use()

  it("runs without an account", function()
    local result = process.run_lua_file("examples/migrate.lua", { env = environment() })
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
    assert.matches("It works", result.stdout, 1, true)
  end)

  it("leaves a secret that works, prints none, and changes nothing when it is run again", function()
    local box = account.box
    local directory, remove = process.temporary_directory()
    local path = directory .. "/secrets.json"
    local function run()
      return process.run_lua_file("examples/migrate.lua", {
        args = { "exporter", path },
        env = environment { ZENDESK_BASE_URL = box.base_url, ZENDESK_EMAIL = box.email,
          ZENDESK_API_TOKEN = box.api_token },
      })
    end
    local result = run()
    assert.equal("", result.stderr)
    assert.matches("It works: admin@example.com (admin)", result.stdout, 1, true)
    local kept = assert(zendesk.store.file { path = path }
      :load(box.base_url .. "|exporter|client_secret"))
    assert.is_nil(result.stdout:find(kept.client_secret, 1, true))
    local again = run()
    assert.equal("", again.stderr)
    assert.matches("is as wanted", again.stdout, 1, true)
    assert.same(kept, zendesk.store.file { path = path }
      :load(box.base_url .. "|exporter|client_secret"))
    remove()
  end)

  it("makes no secret that nobody keeps, and ends none that is in use unless it is told", function()
    local box = account.box
    local directory, remove = process.temporary_directory()
    local path = directory .. "/secrets.json"
    local client = box:seed { clients = { {
      identifier = "exporter", name = "exporter", kind = "confidential",
    } } }.clients[1]
    local function run(...)
      return process.run_lua_file("examples/migrate.lua", {
        args = { "exporter", ... },
        env = environment { ZENDESK_BASE_URL = box.base_url, ZENDESK_EMAIL = box.email,
          ZENDESK_API_TOKEN = box.api_token },
      })
    end
    local function still_works()
      local app <close> = assert(zendesk.oauth.new {
        base_url = box.base_url, client_id = "exporter", client_secret = client.secret,
      })
      return app:client_credentials() ~= nil
    end
    local result = run()
    assert.equal(1, result.status)
    assert.matches("a FILE is missing", result.stderr, 1, true)
    assert.is_true(still_works())
    result = run(path)
    assert.equal(1, result.status)
    assert.matches("`rotate` after FILE", result.stderr, 1, true)
    assert.is_true(still_works())
    result = run(path, "rotate")
    assert.equal("", result.stderr)
    assert.is_false(still_works())
    assert.matches("It works", run(path).stdout, 1, true)
    remove()
  end)
end)
