-- Logging in with a browser and out again, on a terminal.

local console = require "spec.cli.console"
local json = require "cjson"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local socket = require "socket"

local function free_port()
  local probe = assert(socket.bind("127.0.0.1", 0))
  local _, port = probe:getsockname()
  probe:close()
  return math.tointeger(tonumber(port))
end

describe("a login on the command line #pty", function()
  local box, home, remove, terminal, redirect_uri

  setup(function() box = assert(sandbox.start()) end)

  teardown(function() box:stop() end)

  before_each(function()
    box:reset()
    box:set("consent", "allow")
    redirect_uri = ("http://localhost:%d/callback"):format(free_port())
    box:seed { clients = { {
      identifier = "tool", name = "Tool", kind = "public", redirect_uri = { redirect_uri },
    } } }
    box:clear_requests()
    home, remove = process.temporary_directory()
    terminal = console.terminal(console.environment(home), home)
  end)

  after_each(function()
    terminal:close()
    remove()
  end)

  local function zendesk(words)
    return console.run(words, { env = console.environment(home), cwd = home })
  end

  local function command(more)
    return ("zendesk login --base-url %s --client-id tool --redirect-uri %s %s"):format(
      box.base_url, redirect_uri, more or "")
  end

  -- What a browser does with the address that is on the screen.
  local function visit(address, ...)
    return process.run { "curl", "-s", "-o", "/dev/null", address, ... }
  end

  local function address_on_screen()
    local screen = terminal:wait_for "code_challenge_method=S256"
    return screen:match "(http://127[^\n]+S256)"
  end

  local function credentials()
    return process.read_file(home .. "/.config/zendesk/credentials.json")
  end

  it("prints the address with --no-browser, and waits for the answer", function()
    terminal:start(command "--no-browser")
    visit(address_on_screen(), "-L")
    local screen, status = terminal:finish()
    assert.equal(0, status, screen)
    assert.truthy(screen:find('Ada Admin <admin@example.com>, profile "default".', 1, true))
    local me = json.decode(zendesk({ "whoami" }).stdout)
    assert.same({ "authorization_code", "default", "tool" },
      { me.credential, me.profile, me.client })
  end)

  it("takes the address that is pasted with --paste", function()
    terminal:start(command "--paste")
    local answer = visit(address_on_screen(), "-w", "%{redirect_url}").stdout
    terminal:type(answer)
    local _, status = terminal:finish()
    assert.equal(0, status)
    assert.equal(0, zendesk({ "whoami" }).status)
  end)

  it("asks for what is missing", function()
    terminal:start(command("--dry-run"):gsub("%-%-client%-id tool ", ""))
    terminal:wait_for "Client identifier:"
    terminal:type "tool"
    local screen, status = terminal:finish()
    assert.equal(0, status)
    assert.truthy(screen:find("would log in to " .. box.base_url, 1, true))
  end)

  it("says no when the person does, and keeps nothing", function()
    box:set("consent", "deny")
    terminal:start(command "--no-browser")
    visit(address_on_screen(), "-L")
    local screen, status = terminal:finish()
    assert.equal(3, status, screen)
    assert.is_nil(credentials())
    assert.equal(3, zendesk({ "whoami" }).status)
  end)

  it("is kept when it may not ask who it is", function()
    terminal:start(command "--no-browser --scope tickets:read")
    visit(address_on_screen(), "-L")
    local screen, status = terminal:finish()
    assert.equal(0, status, screen)
    assert.equal(0, zendesk({ "request", "GET", "/api/v2/tickets" }).status)
  end)

  it("is ended by Ctrl-C, without a word of Lua", function()
    terminal:start(command "--no-browser")
    address_on_screen()
    terminal:press "C-c"
    local screen, status = terminal:finish()
    assert.equal(130, status)
    assert.is_nil(screen:find("lua", 1, true), screen)
    assert.is_nil(credentials())
  end)

  describe("is undone by logout,", function()
    local function log_in(more)
      terminal:start(command("--no-browser " .. (more or "")))
      visit(address_on_screen(), "-L")
      local _, status = terminal:finish()
      assert.equal(0, status)
    end

    it("which revokes the token and forgets the login", function()
      log_in()
      local token = credentials():match '"access_token":"([^"]+)"'
      local result = zendesk { "logout" }
      assert.equal(0, result.status, result.stderr)
      assert.is_true(json.decode(result.stdout).revoked)
      assert.is_nil(credentials())
      assert.equal(3, zendesk({ "whoami" }).status)
      local answer = process.run { "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
        "-H", "Authorization: Bearer " .. token, box.base_url .. "/api/v2/users/me" }
      assert.equal("401", answer.stdout)
    end)

    it("which forgets a login that Zendesk has ended already", function()
      log_in()
      box:advance(86400 * 365)
      local result = zendesk { "logout" }
      assert.equal(0, result.status, result.stderr)
      assert.is_false(json.decode(result.stdout).revoked)
      assert.is_nil(credentials())
    end)

    it("which says when the token could not be revoked, and forgets the login even so", function()
      log_in()
      box:fail { path = "/oauth/tokens/%d+", method = "DELETE", status = 403, times = 9 }
      local result = zendesk { "logout" }
      assert.equal(1, result.status)
      assert.truthy(result.stderr:find("was not revoked", 1, true))
      assert.is_nil(credentials())
    end)

    it("and a second login of the profile revokes the token of the first", function()
      log_in()
      local token = credentials():match '"access_token":"([^"]+)"'
      log_in()
      local answer = process.run { "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
        "-H", "Authorization: Bearer " .. token, box.base_url .. "/api/v2/users/me" }
      assert.equal("401", answer.stdout)
      assert.equal(0, zendesk({ "whoami" }).status)
    end)
  end)
end)
