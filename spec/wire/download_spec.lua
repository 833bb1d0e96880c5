-- zd:download on real sockets: an account and a host of files, each on a port of its own.

local core = require "zendesk.core"
local raw_server = require "spec.support.raw_server"
local sandbox = require "zendesk.sandbox"
local tls_server = require "spec.support.tls_server"
local zendesk = require "zendesk"

local TOKEN = "test-bearer-token"
local CONTENT = "\0\xFF\x89PNG\r\n not UTF-8, and no JSON"

local function redirect(location, status)
  return { "reply", status or 302, "", { Location = location } }
end

-- Answers as many requests, each on a connection of its own.
local function serve(...)
  local connections = {}
  for place, reply in ipairs { ... } do connections[place] = { { "read" }, reply } end
  return raw_server.start(connections)
end

local function new(server, more)
  local options = { base_url = server.base_url, access_token = TOKEN, retry = false }
  for name, value in pairs(more or {}) do options[name] = value end
  return assert(zendesk.new(options))
end

local FILE = { "reply", 200, CONTENT, { ["Content-Type"] = "image/png" } }

describe("zd:download", function()
  it("gives a file of the account as it is, and its response", function()
    local account <close> = serve(FILE)
    local zd <close> = new(account)
    local content, response = zd:download "/attachments/token/abc/?name=a.png"
    assert.equal(CONTENT, content)
    assert.equal("image/png", response:header "Content-Type")
    assert.matches("Authorization: Bearer " .. TOKEN, account:requests()[1], 1, true)
  end)

  it("leaves JSON undecoded", function()
    local account <close> = serve { "reply", 200, '{"a":1}' }
    local zd <close> = new(account)
    assert.equal('{"a":1}', zd:download "/attachments/token/abc/?name=a.json")
  end)

  for _, status in ipairs { 301, 302, 303, 307, 308 } do
    it(("follows a %d to another host, without the credential"):format(status), function()
      local files <close> = serve(FILE)
      local account <close> = serve(redirect(files.base_url .. "/a b|\u{E9}?pass=x%20y", status))
      local zd <close> = new(account)
      assert.equal(CONTENT, zd:download "/attachments/token/abc/?name=a.png")
      local request = files:requests()[1]
      assert.is_nil(request:lower():find("authorization", 1, true))
      assert.matches("^GET /a%%20b%%7C%%C3%%A9%?pass=x%%20y HTTP/1.1\r\n", request)
    end)
  end

  it("takes an address that lies elsewhere from the start, without the credential", function()
    local files <close> = serve(FILE)
    local account <close> = serve()
    local zd <close> = new(account)
    assert.equal(CONTENT, zd:download(files.base_url .. "/a.png"))
    assert.is_nil(files:requests()[1]:lower():find("authorization", 1, true))
    assert.equal(0, account:connections())
  end)

  it("keeps the credential on the account, and has none when it is sent back", function()
    local account, files
    account = raw_server.start {}
    files = serve(redirect(account.base_url .. "/third"))
    account:stop()
    account = raw_server.start({
      { { "read" }, redirect "/second" },
      { { "read" }, redirect(files.base_url .. "/away") },
      { { "read" }, FILE },
    }, { port = account.port })
    local zd <close> = new(account)
    assert.equal(CONTENT, zd:download "/first")
    local requests = account:requests()
    assert.matches("GET /second.*Authorization: Bearer", requests[2])
    assert.matches("GET /third", requests[3])
    assert.is_nil(requests[3]:lower():find("authorization", 1, true))
    account:stop()
    files:stop()
  end)

  it("uses one connection to a host of files for one file after the other", function()
    local files <close> = raw_server.start { { { "read" }, FILE, { "again" } } }
    local account <close> = serve()
    local zd <close> = new(account)
    for _ = 1, 3 do assert.equal(CONTENT, zd:download(files.base_url .. "/a.png")) end
    assert.equal(1, files:connections())
  end)

  describe("ends with an error", function()
    it("after five redirects", function()
      local account <close> = raw_server.start { { { "read" }, redirect "/again", { "again" } } }
      local zd <close> = new(account)
      local content, err = zd:download "/first"
      assert.is_nil(content)
      assert.equal("redirect", err.kind)
      assert.matches("more than 5 redirects", tostring(err))
      assert.equal(6, #account:requests())
    end)

    it("where a redirect leads to no https address, which is shown without its query", function()
      for _, location in ipairs {
        "http://files.example/a?pass=hidden", "ftp://files.example/a?pass=hidden",
        "https://user:hidden@files.example/a", "//files.example/a?pass=hidden", "a?pass=hidden",
      } do
        local account <close> = serve(redirect(location))
        local zd <close> = new(account)
        local content, err = zd:download "/attachments/token/abc/"
        assert.is_nil(content)
        assert.equal("redirect", err.kind, location)
        assert.is_nil(tostring(err):find("hidden", 1, true), tostring(err))
        assert.is_nil((err.location or ""):find("hidden", 1, true))
      end
    end)

    it("where an account of a host is sent elsewhere", function()
      local files <close> = serve(FILE)
      local account <close> = serve(FILE, redirect(files.base_url .. "/a"))
      local lent = assert(core.account { base_url = account.base_url, access_token = TOKEN })
      local zd <close> = assert(zendesk.new { account = lent })
      assert.equal(CONTENT, zd:download "/attachments/token/abc/")
      local _, err = zd:download "/attachments/token/abc/"
      assert.equal("redirect", err.kind)
      assert.equal("config", select(2, zd:download(files.base_url .. "/a")).kind)
      assert.equal(0, files:connections())
    end)

    it("where an account on the network points to this machine, before anything is sent", function()
      local files <close> = serve(FILE)
      local zd <close> = assert(zendesk.new { subdomain = "acme", access_token = TOKEN })
      local _, err = zd:download(files.base_url .. "/a")
      assert.equal("config", err.kind)
      assert.matches("not https", err.message, 1, true)
      assert.equal(0, files:connections())
    end)

    it("where a redirect leads nowhere", function()
      local account <close> = serve { "reply", 302, "" }
      local zd <close> = new(account)
      local _, err = zd:download "/attachments/token/abc/"
      assert.equal("redirect", err.kind)
      assert.matches("nowhere", tostring(err))
    end)

    it("of the host of files, as of the account", function()
      local files <close> = serve { "reply", 403, "<Error>AccessDenied</Error>" }
      local account <close> = serve(redirect(files.base_url .. "/a?pass=hidden"))
      local zd <close> = new(account)
      local _, err = zd:download "/attachments/token/abc/"
      assert.equal("forbidden", err.kind)
      assert.equal("/a", err.path)
      assert.is_nil(tostring(err):find("hidden", 1, true))
    end)

    it("where the address is none, before anything is sent", function()
      local account <close> = serve()
      local zd <close> = new(account)
      for _, address in ipairs { "", "a.png", "http://files.example/a", "file:///etc/passwd" } do
        local content, err = zd:download(address)
        assert.is_nil(content)
        assert.equal("config", err.kind, address)
        assert.is_false(err.sent)
      end
      assert.equal(0, account:connections())
    end)

    it("past max_body, and past the deadline of the whole way", function()
      local files <close> = raw_server.start { { { "read" }, { "hold" } } }
      local account <close> = raw_server.start {
        { { "read" }, FILE }, { { "read" }, redirect(files.base_url .. "/slow") },
      }
      local zd <close> = new(account)
      assert.equal("too_large", select(2, zd:download("/a", { max_body = 5 })).kind)
      assert.equal("timeout", select(2, zd:download("/a", { deadline = 0.2 })).kind)
    end)
  end)

  it("repeats a request to the host of files that is busy", function()
    local files <close> = serve({ "reply", 503, "" }, FILE)
    local account <close> = serve(redirect(files.base_url .. "/a"))
    local zd <close> = new(account, { retry = { base = 0.01 } })
    assert.equal(CONTENT, zd:download "/attachments/token/abc/")
  end)

  it("raises misuse at the caller's line", function()
    local account <close> = serve()
    local zd <close> = new(account)
    assert.error_matches(function() zd:download() end, "address: string expected")
    assert.error_matches(function() zd:download("/a", { json = {} }) end, "unknown option 'json'")
    assert.error_matches(function() zd.download("/a") end, "zd:download")
  end)

  it("tells of each request, numbered with the other calls, and of no query", function()
    local files <close> = serve(FILE)
    local elsewhere = redirect(files.base_url .. "/a?pass=hidden")
    local account <close> = serve({ "reply", 200, "{}" }, elsewhere)
    local seen = {}
    local zd <close> = new(account, { on_event = function(event)
      if event.type == "response" then
        seen[#seen + 1] = ("%d %s %d"):format(event.call, event.path, event.status)
      end
    end })
    assert(zd:get "/api/v2/users/me")
    assert(zd:download "/attachments/token/abc/?name=a.png")
    assert.same({
      "1 /api/v2/users/me 200", "2 /attachments/token/[redacted]/ 302", "3 /a 200",
    }, seen)
  end)

  it("ends where the instance is closed on the way", function()
    local files <close> = serve(FILE)
    local account <close> = serve(redirect(files.base_url .. "/a"))
    local zd
    zd = new(account, { on_event = function(event)
      if event.status == 302 then zd:close() end
    end })
    local _, err = zd:download "/attachments/token/abc/"
    assert.equal("closed", err.kind)
    assert.equal(0, files:connections())
  end)

  it("renews a token that the account refuses", function()
    local files <close> = serve(FILE)
    local account <close> = serve(
      { "reply", 401, '{"error":"invalid_token"}' }, redirect(files.base_url .. "/a"))
    local given = 0
    local zd <close> = assert(zendesk.new { base_url = account.base_url, auth = function()
      given = given + 1
      return TOKEN .. given
    end })
    assert.equal(CONTENT, zd:download "/attachments/token/abc/")
    assert.matches("Bearer " .. TOKEN .. "2", account:requests()[2], 1, true)
  end)

  it("verifies other hosts as it does the account #tls", function()
    local files <close> = serve(FILE)
    local account <close> = serve()
    local front <close> = tls_server.start { upstream = files.base_url }
    local unknown <close> = tls_server.start { upstream = files.base_url }
    local zd <close> = new(account, { ca_file = front.ca_file })
    assert.equal(CONTENT, zd:download(front.base_url .. "/a"))
    assert.equal("tls", select(2, zd:download(unknown.base_url .. "/a")).kind)
    assert.equal(1, #files:requests())
  end)

  it("works side by side", function()
    local box <close> = assert(sandbox.start {})
    local zd <close> = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
    })
    local upload = assert(zd:post("/api/v2/uploads", {
      query = { filename = "a.bin" }, body = CONTENT, content_type = "image/png",
    })).upload
    local address = upload.attachment.content_url
    local contents = assert(zendesk.map({ address, address, address }, function(each)
      return zd:download(each)
    end))
    assert.same({ CONTENT, CONTENT, CONTENT, n = contents.n }, contents)
  end)
end)
