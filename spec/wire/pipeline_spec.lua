-- The calls of the tutorial and the ways of ids, byte for byte, against the sandbox and against
-- scripted servers.

local raw_server = require "spec.support.raw_server"
local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

-- True when `text` is open .. the members in some order, joined by commas .. close. JSON objects
-- have no order; everything else is compared byte for byte.
local function is_object(text, open, members, close)
  if text:sub(1, #open) ~= open or text:sub(-#close) ~= close then return false end
  local inside = text:sub(#open + 1, -#close - 1)
  local function matches(rest, left)
    if #left == 0 then return rest == "" end
    for index, member in ipairs(left) do
      if rest:sub(1, #member) == member then
        local others = table.move(left, 1, #left, 1, {})
        table.remove(others, index)
        local tail = rest:sub(#member + 1)
        if #others == 0 and tail == "" then return true end
        if tail:sub(1, 1) == "," and matches(tail:sub(2), others) then return true end
      end
    end
    return false
  end
  return matches(inside, members)
end

local function base64(text)
  return (require "mime".b64(text))
end

describe("the tutorial's calls", function()
  local box, zd, basic

  setup(function()
    box = assert(sandbox.start())
    basic = "Basic " .. base64(box.email .. "/token:" .. box.api_token)
  end)

  teardown(function() box:stop() end)

  before_each(function()
    box:reset()
    zd = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
    })
  end)

  after_each(function() zd:close() end)

  local function last()
    local requests = box:requests()
    return requests[#requests]
  end

  it("create a client", function()
    local client = assert(zd.client:create {
      name = "Test client", identifier = "test_client", kind = "public",
    })
    local seen = last()
    assert.equal("POST", seen.method)
    assert.equal("/api/v2/oauth/clients", seen.path)
    assert.equal("", seen.query)
    assert.equal(basic, seen.headers.authorization)
    assert.equal("application/json", seen.headers["content-type"])
    assert.equal("application/json", seen.headers.accept)
    assert.is_true(is_object(seen.body, '{"client":{', {
      '"name":"Test client"', '"identifier":"test_client"', '"kind":"public"',
    }, "}}"))
    assert.equal(tostring(#seen.body), seen.headers["content-length"])
    assert.equal("integer", math.type(client.id))
    assert.equal("test_client", client.identifier)
  end)

  it("list the clients", function()
    assert(zd.client:create { name = "A", identifier = "a", kind = "public" })
    assert(zd.client:create { name = "B", identifier = "b", kind = "public" })
    local clients = assert(zd.client:list())
    local seen = last()
    assert.equal("GET", seen.method)
    assert.equal("/api/v2/oauth/clients", seen.path)
    assert.equal(basic, seen.headers.authorization)
    assert.equal("", seen.body)
    assert.is_nil(seen.headers["content-type"])
    assert.equal(2, #clients)
    assert.equal("b", clients[2].identifier)
  end)

  it("create a token, with the id or the record of the client", function()
    local client = assert(zd.client:create { name = "A", identifier = "a", kind = "public" })
    for _, client_id in ipairs { client.id, client } do
      local token = assert(zd.token:create { client_id = client_id, scopes = { "tickets:read" } })
      local seen = last()
      assert.equal("POST", seen.method)
      assert.equal("/api/v2/oauth/tokens", seen.path)
      assert.is_true(is_object(seen.body, '{"token":{', {
        ('"client_id":%d'):format(client.id), '"scopes":["tickets:read"]',
      }, "}}"))
      assert.equal("string", type(token.full_token))
    end
    assert(zd.token:create { client_id = client, scopes = {} })
    assert.matches('"scopes":[]', last().body, 1, true)
  end)

  describe("with the new token", function()
    local client, token, reader

    before_each(function()
      client = assert(zd.client:create { name = "A", identifier = "a", kind = "public" })
      token = assert(zd.token:create { client_id = client, scopes = { "tickets:read", "write" } })
      reader = assert(zendesk.new { base_url = box.base_url, access_token = token.full_token })
    end)

    after_each(function() reader:close() end)

    it("make a call", function()
      local body, response = reader:get "/api/v2/tickets"
      local seen = last()
      assert.equal("GET", seen.method)
      assert.equal("/api/v2/tickets", seen.path)
      assert.equal("Bearer " .. token.full_token, seen.headers.authorization)
      assert.equal("table", type(body.tickets))
      assert.equal(200, response.status)
      assert.equal("string", type(response.request_id))
    end)

    it("revoke it", function()
      assert(zd.token:revoke(token.id))
      local seen = last()
      assert.equal("DELETE", seen.method)
      assert.equal(("/api/v2/oauth/tokens/%d"):format(token.id), seen.path)
      assert.equal("", seen.body)
      local value, err = reader:get "/api/v2/tickets"
      assert.is_nil(value)
      assert.equal("auth", err.kind)
      assert.equal("invalid_token", err.code)
      assert.not_matches(token.full_token, tostring(err), 1, true)
    end)

    it("revoke it by itself, by its id", function()
      assert(reader.token:revoke_current())
      local methods = {}
      local requests = box:requests()
      for index = #requests - 2, #requests do
        methods[#methods + 1] = requests[index].method .. " " .. requests[index].path
      end
      assert.same({
        "GET /api/v2/oauth/tokens/current",
        ("DELETE /api/v2/oauth/tokens/%d"):format(token.id),
        "GET /api/v2/oauth/tokens/current",
      }, methods)
    end)

    it("hear which scopes are missing", function()
      local _, err = reader:get "/api/v2/users"
      assert.equal("forbidden", err.kind)
      assert.same({ "users:read", "read" }, err.missing_scopes)
    end)
  end)

  it("tell who one is, and that one is nobody", function()
    assert.equal(box.email, assert(zd:whoami()).email)
    local stranger = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = "canary-token",
    })
    local user, err = stranger:whoami()
    assert.is_nil(user)
    assert.equal("auth", err.kind)
    assert.not_matches("canary", tostring(err))
  end)

  it("leave no secret in any error", function()
    for _, call in ipairs {
      function() return zd:get "/api/v2/nowhere?token=canary-query" end,
      function()
        return zd.client:create { identifier = "", name = "canary-body", secret = "canary-body" }
      end,
      function() return zd.client:show(1) end,
    } do
      local value, err = call()
      assert.is_nil(value)
      for _, field in pairs(err) do assert.not_matches("canary", tostring(field)) end
      assert.not_matches("canary", tostring(err))
    end
  end)

  it("use one connection, also after POSTs and refusals", function()
    for _ = 1, 5 do
      assert(zd:whoami())
      assert(not zd:get "/api/v2/nowhere")
      assert(zd:post("/api/v2/tickets", { json = { ticket = { subject = "x",
        comment = { body = "y" } } } }))
    end
    local _, response = zd:get("/api/v2/users/me", { timings = true })
    assert.equal(0, response:timings().new_connections)
  end)
end)

describe("ids survive bit for bit", function()
  local IDS = {
    1, 2 ^ 31 | 0, (2 ^ 53 | 0) - 1, 2 ^ 53 | 0, (2 ^ 53 | 0) + 1, 123456789012345,
    1234567890123456, 1234567890123456789, math.maxinteger, -math.maxinteger,
  }

  local server, zd

  setup(function()
    local replies = {}
    for _, id in ipairs(IDS) do
      replies[#replies + 1] = { "read" }
      replies[#replies + 1] = { "reply", 200, ('{"client":{"id":%d}}'):format(id) }
    end
    replies[#replies + 1] = { "again" }
    server = raw_server.start { replies }
    zd = assert(zendesk.new { base_url = server.base_url, access_token = "test-token" })
  end)

  teardown(function()
    zd:close()
    server:stop()
  end)

  local function last()
    local requests = server:requests()
    return requests[#requests]
  end

  it("in paths and replies", function()
    for _, id in ipairs(IDS) do
      local client = assert(zd.client:show(id))
      assert.equal(id, client.id)
      assert.equal("integer", math.type(client.id))
      assert.matches(("^GET /api/v2/oauth/clients/%d HTTP/1.1\r\n"):format(id):gsub("%-", "%%-"),
        last())
    end
  end)

  it("in queries", function()
    for _, id in ipairs(IDS) do
      assert(zd:get("/x", { query = { id = id, ids = { id, 7 } } }))
      assert.equal(("GET /x?id=%d&ids=%d,7 HTTP/1.1"):format(id, id), last():match "^[^\r]*")
    end
  end)

  it("in bodies", function()
    for _, id in ipairs(IDS) do
      assert(zd:put("/x", { json = { id = id } }))
      assert.equal(('{"id":%d}'):format(id), last():match "\r\n\r\n(.*)$")
    end
  end)
end)

describe("a POST on a connection that dies", function()
  it("is sent exactly once, and is in doubt", function()
    local server <close> = raw_server.start {
      { { "read" }, { "reply", 200, '{"a":1}' }, { "read" }, { "close" } },
      { { "read" }, { "reply", 201, '{"a":2}' }, { "again" } },
    }
    local zd <close> = assert(zendesk.new { base_url = server.base_url, access_token = "t" })
    assert(zd:get "/x")
    local value, err = zd:post("/x", { json = { a = 1 } })
    assert.is_nil(value)
    assert.is_true(err.ambiguous)
    assert.is_true(err.sent)
    assert.equal(2, #server:requests())
  end)

  it("is sent again where it is a ticket with its key", function()
    local server <close> = raw_server.start {
      { { "read" }, { "close" } },
      { { "read" }, { "reply", 201, '{"ticket":{"id":1}}' } },
    }
    local zd <close> = assert(zendesk.new {
      base_url = server.base_url, access_token = "t", retry = { base = 0.01 },
    })
    assert(zd:post("/api/v2/tickets", { json = { ticket = {} } }))
    local requests = server:requests()
    assert.equal(2, #requests)
    local key = requests[1]:match "[Ii]dempotency%-[Kk]ey: ([^\r]+)"
    assert.equal(24, #key)
    assert.equal(key, requests[2]:match "[Ii]dempotency%-[Kk]ey: ([^\r]+)")
  end)
end)

describe("a GET on a connection that dies", function()
  it("is sent again", function()
    local server <close> = raw_server.start {
      { { "read" }, { "reset" } },
      { { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" }, { "close" } },
      { { "read" }, { "reply", 200, '{"a":1}' } },
    }
    local zd <close> = assert(zendesk.new {
      base_url = server.base_url, access_token = "t", retry = { base = 0.01 },
    })
    local body, response = zd:get "/x"
    assert.same({ a = 1 }, body)
    assert.equal(3, response.attempts)
  end)
end)

describe("a redirect", function()
  it("is an error that names where it pointed, and nothing is sent there", function()
    local other <close> = raw_server.start { { { "read" }, { "reply", 200, "{}" } } }
    local server <close> = raw_server.start {
      { { "read" }, { "reply", 307, "", {
        Location = other.base_url .. "/stolen?token=canary",
      } }, { "again" } },
    }
    local zd <close> = assert(zendesk.new { base_url = server.base_url, access_token = "t" })
    local value, err = zd:post("/x", { json = {} })
    assert.is_nil(value)
    assert.equal("redirect", err.kind)
    assert.equal(other.base_url .. "/stolen", err.location)
    assert.not_matches("canary", tostring(err))
    assert.equal(0, other:connections())
  end)
end)
