-- A person's login: the listener on loopback, the paste, and the whole of it in a real browser.

local account = require "spec.support.account"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local socket = require "socket"
local zendesk = require "zendesk"

local function free_port()
  local probe = assert(socket.bind("127.0.0.1", 0))
  local _, port = probe:getsockname()
  probe:close()
  return math.tointeger(tonumber(port))
end

-- Sends bytes to the listener as some program on this machine would, and leaves; the replies are
-- read later, since the listener answers only while the login waits.
local Knocker = {}
Knocker.__index = Knocker

local function knock(port, bytes, address)
  local client = assert((address == "::1" and socket.tcp6 or socket.tcp4)())
  client:settimeout(10)
  assert(client:connect(address or "127.0.0.1", port))
  assert(client:send(bytes))
  return setmetatable({ client = client }, Knocker)
end

function Knocker:reply()
  local text, _, partial = self.client:receive "*a"
  self.client:close()
  return text or partial
end

local function get(target)
  return "GET " .. target .. " HTTP/1.1\r\nHost: localhost\r\n\r\n"
end

describe("a login", function()
  local a = account.use()
  local box, port, said

  before_each(function()
    box, port, said = a.box, free_port(), {}
    box:set("consent", "allow")
  end)

  local function app_with(fields)
    local redirect = ("http://localhost:%d/callback"):format(port)
    if fields and fields.redirect_uri then redirect = fields.redirect_uri end
    box:seed { clients = {
      { identifier = "tool", name = "Tool", kind = "public", redirect_uri = { redirect } },
    } }
    return assert(zendesk.oauth.new {
      base_url = box.base_url, client_id = "tool", redirect_uri = redirect, scope = "read",
    })
  end

  local function login(app, options)
    options.say = function(line) said[#said + 1] = line end
    options.timeout = options.timeout or 20
    return app:login(options)
  end

  -- The address that the sandbox sends a browser to.
  local function consent(url)
    local result = process.run { "curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", url }
    return result.stdout
  end

  local function target_of(callback_url)
    return callback_url:match "^http://[^/]+(.*)$"
  end

  describe("with the listener", function()
    it("takes the callback, and the page says that the window may be closed", function()
      local visitor
      local set = assert(login(app_with(), {
        open = function(url) visitor = knock(port, get(target_of(consent(url)))) end,
      }))
      assert.truthy(set.refresh_token)
      local reply = visitor:reply()
      assert.truthy(reply:find("^HTTP/1.1 200 OK\r\n"))
      assert.truthy(reply:find("You may close this window", 1, true))
      assert.same({}, said)
    end)

    it("listens on ::1 as well", function()
      local visitor
      assert(login(app_with(), {
        open = function(url) visitor = knock(port, get(target_of(consent(url))), "::1") end,
      }))
      assert.truthy(visitor:reply():find "200 OK")
    end)

    it("listens on loopback only", function()
      local bound
      login(app_with(), {
        timeout = 0.2,
        open = function()
          local listing = process.run { "cat", "/proc/net/tcp", "/proc/net/tcp6" }.stdout
          bound = {}
          for address in listing:gmatch((" (%%x+):%04X %%x+:0000 0A"):format(port)) do
            bound[#bound + 1] = address
          end
        end,
      })
      table.sort(bound)
      assert.same({ "00000000000000000000000001000000", "0100007F" }, bound)
    end)

    it("answers everybody else and goes on waiting", function()
      local strangers = {}
      local set = assert(login(app_with(), {
        open = function(url)
          local target = target_of(consent(url))
          strangers.icon = knock(port, get "/favicon.ico")
          strangers.forged = knock(port, get "/callback?code=stolen&state=forged")
          strangers.bare = knock(port, get "/callback")
          strangers.denied = knock(port, get "/callback?error=access_denied&state=forged")
          strangers.post = knock(port, "POST /callback HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
          strangers.noise = knock(port, "\22\3\1\2\0\1\0\1\252\3\3\r\n\r\n")
          strangers.silent = knock(port, "G")
          strangers.long = knock(port, "GET /" .. ("x"):rep(20000))
          strangers.right = knock(port, get(target))
        end,
      }))
      assert.truthy(set.access_token)
      for name, status in pairs {
        icon = 404, forged = 400, bare = 400, denied = 400, post = 405, noise = 400, long = 431,
        right = 200,
      } do
        local reply = strangers[name]:reply()
        assert.equal(status, tonumber(reply:match "^HTTP/1.1 (%d+)"), name)
      end
    end)

    it("shows nothing that came from outside as HTML", function()
      box:set("consent", "deny")
      local visitor
      local set, err = login(app_with(), {
        open = function(url)
          local state = url:match "state=([%w_-]+)"
          visitor = knock(port, get("/callback?error=server_error&error_description="
            .. "%3Cscript%3Ealert(1)%3C/script%3E&state=" .. state))
        end,
      })
      assert.is_nil(set)
      assert.equal("server_error", err.code)
      local reply = visitor:reply()
      assert.truthy(reply:find("&lt;script&gt;", 1, true))
      assert.is_nil(reply:find("<script", 1, true))
    end)

    it("ends with access_denied when the person says no", function()
      box:set("consent", "deny")
      local visitor
      local set, err = login(app_with(), {
        open = function(url) visitor = knock(port, get(target_of(consent(url)))) end,
      })
      assert.is_nil(set)
      assert.equal("access_denied", err.code)
      assert.truthy(visitor:reply():find("did not work", 1, true))
    end)

    it("tells the person when the exchange fails", function()
      local visitor
      local set, err = login(app_with(), {
        open = function(url)
          local target = target_of(consent(url))
          box:advance(121)
          visitor = knock(port, get(target))
        end,
      })
      assert.is_nil(set)
      assert.equal("invalid_grant", err.code)
      assert.truthy(visitor:reply():find("did not work", 1, true))
    end)

    it("gives up when the time is over, and frees the port", function()
      local app = app_with()
      for _ = 1, 2 do
        local set, err = login(app, { timeout = 0.2, open = function() end })
        assert.is_nil(set)
        assert.equal("timeout", err.kind)
      end
      assert(socket.bind("127.0.0.1", port)):close()
    end)

    it("frees the port while the browser that it has started still runs", function()
      local app, browser = app_with(), nil
      assert(login(app, { open = function(url)
        browser = assert(io.popen("cat >/dev/null", "w"))
        knock(port, get(target_of(consent(url))))
      end }))
      local _, err = login(app, { timeout = 0.2, open = function() end })
      browser:close()
      assert.equal("timeout", err.kind)
    end)

    it("says so when the port is taken", function()
      local holder = assert(socket.bind("127.0.0.1", port))
      local set, err = login(app_with(), { open = function() error "not reached" end })
      holder:close()
      assert.is_nil(set)
      assert.equal("config", err.kind)
      assert.truthy(err.message:find(tostring(port), 1, true))
    end)

    it("says so when the redirect URI does not lead to this machine", function()
      local app = app_with { redirect_uri = "https://tool.example.com/callback" }
      local set, err = login(app, { open = function() error "not reached" end })
      assert.is_nil(set)
      assert.equal("config", err.kind)
      assert.truthy(err.remedy:find("open = false", 1, true))
    end)

    it("lets other tasks go on", function()
      local app, ticks, done = app_with(), 0, false
      local results = assert(zendesk.all({
        function()
          local set = assert(login(app, { open = function(url)
            zendesk.sleep(0.3)
            knock(port, get(target_of(consent(url))))
          end }))
          done = true
          return set.access_token
        end,
        function()
          while not done and zendesk.sleep(0.01) do ticks = ticks + 1 end
          return ticks
        end,
      }))
      assert.is_string(results[1])
      assert.is_true(ticks > 10)
    end)
  end)

  describe("by pasting", function()
    it("asks for the address and takes it", function()
      local app = app_with { redirect_uri = "https://tool.example.com/callback" }
      local set = assert(login(app, { open = false, paste = consent }))
      assert.truthy(set.refresh_token)
      assert.truthy(table.concat(said, "\n"):find("/oauth/authorizations/new", 1, true))
    end)

    it("asks again after a wrong paste, but not for ever", function()
      local pasted = 0
      local set = assert(login(app_with(), { paste = function(url)
        pasted = pasted + 1
        return pasted < 3 and "https://acme.zendesk.com/" or consent(url)
      end }))
      assert.truthy(set.access_token)
      pasted = -100
      local none, err = login(app_with(), { paste = function()
        pasted = pasted + 1
        return "code=abc&state=wrong"
      end })
      assert.is_nil(none)
      assert.equal("state_mismatch", err.code)
      assert.equal(-97, pasted)
    end)

    it("is given up with an empty line", function()
      local set, err = login(app_with(), { paste = function() return "" end })
      assert.is_nil(set)
      assert.equal("cancelled", err.kind)
    end)

    it("reads the terminal when nothing else is said", function()
      local app = app_with()
      local script = ([[
        local zendesk = require "zendesk"
        local app = assert(zendesk.oauth.new {
          base_url = %q, client_id = "tool", redirect_uri = %q, scope = "read" })
        local set, err = app:login { open = false }
        io.write(set and "logged in" or tostring(err))
      ]]):format(box.base_url, app.redirect_uri)
      local result = process.run_lua(script, { stdin = "nonsense\n\n" })
      assert.truthy(result.stderr:find("/oauth/authorizations/new", 1, true))
      assert.truthy(result.stderr:find("neither a code nor an error", 1, true))
      assert.truthy(result.stdout:find("given up", 1, true))
    end)
  end)

  describe("in headless Chromium, #browser", function()
    local function click(url, button)
      return process.start({ "node", paths.root .. "/spec/support/browser.mjs", url, button },
        { timeout = 90 })
    end

    it("goes from the consent page to a window that may be closed", function()
      box:set("consent", "ask")
      local browser
      local set = assert(login(app_with(), { timeout = 90, open = function(url)
        browser = click(url, "button[value=allow]")
      end }))
      browser:wait_for("You may close this window", 60)
      browser:stop()
      local zd <close> = a:connect { access_token = set.access_token }
      assert.equal("admin", assert(zd:whoami()).role)
    end)

    it("ends with access_denied when the person presses Deny", function()
      box:set("consent", "ask")
      local browser
      local set, err = login(app_with(), { timeout = 90, open = function(url)
        browser = click(url, "button[value=deny]")
      end })
      browser:wait_for("The login did not work", 60)
      browser:stop()
      assert.is_nil(set)
      assert.equal("access_denied", err.code)
    end)
  end)
end)
