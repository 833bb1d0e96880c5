-- What the transport does on the wire when the other end misbehaves, against raw sockets.

local core = require "zendesk.core"
local exchange = require "spec.support.exchange"
local raw_server = require "spec.support.raw_server"

local ok_reply = { "reply", 200, '{"ok":true}' }

local function open(server, options)
  options = options or {}
  options.base_url = server.base_url
  return exchange.open(options)
end

-- Plays `connections`, makes one call and returns its outcome.
local function outcome_of(connections, request, options)
  local server <close> = raw_server.start(connections)
  local wire <close> = open(server, options)
  local outcome = wire:outcome(request or {})
  outcome.requests = server:requests()
  return outcome
end

local function head_of(request) return request:match "^(.-\r\n)\r\n" end

describe("the transport", function()
  describe("sends", function()
    it("exactly the headers that are meant", function()
      local outcome = outcome_of({ { { "read" }, ok_reply } }, {
        path = "/api/v2/oauth/clients?page%5Bsize%5D=100", headers = { ["X-Trace"] = "abc" },
      }, { email = "admin@example.com", api_token = "test-api-token", user_agent = "specs/1" })
      local lines = {}
      for line in head_of(outcome.requests[1]):gmatch "(.-)\r\n" do lines[#lines + 1] = line end
      local request_line = table.remove(lines, 1)
      table.sort(lines)
      assert.are.equal("GET /api/v2/oauth/clients?page%5Bsize%5D=100 HTTP/1.1", request_line)
      assert.are.equal("Accept-Encoding: ", lines[1]:sub(1, 17))
      assert.are.same({
        "Accept: application/json",
        "Authorization: Basic "
          .. core.base64 "admin@example.com/token:test-api-token",
        "Host: " .. outcome.transfer:timings().ip .. ":" .. outcome.transfer:timings().port,
        "User-Agent: specs/1 zendesk-lua/" .. core._VERSION,
        "X-Trace: abc",
      }, table.move(lines, 2, #lines, 1, {}))
    end)

    it("the library's own name where no other is given, and not beside a header", function()
      local without = outcome_of { { { "read" }, ok_reply } }
      local line = "\r\nUser-Agent: zendesk-lua/" .. core._VERSION .. "\r\n"
      assert.is_truthy(without.requests[1]:find(line, 1, true))
      local own = outcome_of({ { { "read" }, ok_reply } }, {
        headers = { ["user-agent"] = "mine/1" },
      })
      assert.is_truthy(own.requests[1]:find("\r\nuser-agent: mine/1\r\n", 1, true))
      assert.is_nil(own.requests[1]:find("zendesk-lua", 1, true))
    end)

    it("a body as it stands, with its length and type", function()
      local body = "bytes \0 and more \r\n\r\n end"
      local outcome = outcome_of({ { { "read" }, ok_reply } }, {
        method = "POST", body = body, content_type = "text/plain",
      })
      local request = outcome.requests[1]
      assert.are.equal(body, request:match "\r\n\r\n(.*)$")
      assert.is_truthy(request:find("\r\nContent-Length: " .. #body .. "\r\n", 1, true))
      assert.is_truthy(request:find("\r\nContent-Type: text/plain\r\n", 1, true))
      assert.is_nil(request:find("Expect", 1, true))
    end)

    it("a large body without asking for leave first", function()
      local body = ("x"):rep(3000000)
      local outcome = outcome_of({ { { "read" }, ok_reply } }, { method = "PUT", body = body })
      assert.are.equal(200, outcome.status)
      assert.are.equal(body, outcome.requests[1]:match "\r\n\r\n(.*)$")
      assert.is_nil(head_of(outcome.requests[1]):find("Expect", 1, true))
    end)

    for _, method in ipairs { "POST", "PUT", "PATCH" } do
      it("an empty body with a " .. method .. " that has none", function()
        local outcome = outcome_of({ { { "read" }, ok_reply } }, { method = method })
        assert.is_truthy(outcome.requests[1]:find("^" .. method .. " / HTTP/1.1\r\n"))
        assert.is_truthy(outcome.requests[1]:find("\r\nContent-Length: 0\r\n", 1, true))
        assert.is_nil(outcome.requests[1]:find("Content-Type", 1, true))
      end)
    end

    it("no body with a DELETE that has none, and the one it has", function()
      local without = outcome_of({ { { "read" }, ok_reply } }, { method = "DELETE" })
      assert.is_nil(without.requests[1]:find("Content-Length", 1, true))
      local with = outcome_of({ { { "read" }, ok_reply } }, { method = "DELETE", body = "{}" })
      assert.are.equal("{}", with.requests[1]:match "\r\n\r\n(.*)$")
      assert.are.equal("DELETE", with.requests[1]:match "^%u+")
    end)

    it("a path as it stands", function()
      local path = "/a%2Fb/c%20d/é%C3%A9?x=%5B%5D&y=a+b':;=@"
      path = path:gsub("é", "")
      local outcome = outcome_of({ { { "read" }, ok_reply } }, { path = path })
      assert.are.equal(path, outcome.requests[1]:match "^GET (.-) HTTP")
    end)

    it("one Accept and one Content-Type, whoever names them", function()
      local outcome = outcome_of({ { { "read" }, ok_reply } }, {
        method = "POST", body = "a,b", content_type = "application/json",
        headers = { accept = "text/csv", ["content-type"] = "text/csv" },
      })
      local head = head_of(outcome.requests[1]):lower()
      local _, accepts = head:gsub("\r\naccept: ", "")
      local _, types = head:gsub("\r\ncontent%-type: ", "")
      assert.are.equal(1, accepts)
      assert.are.equal(1, types)
      assert.is_truthy(head:find("accept: text/csv", 1, true))
      assert.is_truthy(head:find("content-type: text/csv", 1, true))
    end)

    it("an empty header, and a blank one as such", function()
      for _, value in ipairs { "", " ", "\t", " \t " } do
        local outcome = outcome_of({ { { "read" }, ok_reply } },
          { headers = { ["X-Empty"] = value } })
        assert.is_truthy(outcome.requests[1]:find("\r\nX-Empty:\r\n", 1, true))
      end
    end)

    it("no credential when it is told not to", function()
      local outcome = outcome_of({ { { "read" }, ok_reply } }, { auth = false },
        { access_token = "test-token" })
      assert.is_nil(outcome.requests[1]:find("Authorization", 1, true))
    end)

    it("a replaced token from the next call on", function()
      local server <close> = raw_server.start { { { "read" }, ok_reply, { "again" } } }
      local wire <close> = open(server, { access_token = "first-token" })
      wire:call {}
      assert.is_true(wire.account:bearer "second-token")
      wire:call {}
      local requests = server:requests()
      assert.is_truthy(requests[1]:find("\r\nAuthorization: Bearer first-token\r\n", 1, true))
      assert.is_truthy(requests[2]:find("\r\nAuthorization: Bearer second-token\r\n", 1, true))
      assert.are.equal(1, server:connections())
    end)

    it("nothing of the request before it", function()
      local server <close> = raw_server.start { { { "read" }, { "reply", 200, "" }, { "again" } } }
      local wire <close> = open(server)
      local kinds = {
        { method = "GET", path = "/a" }, { method = "GET", path = "/a?b=1" },
        { method = "HEAD", path = "/a" }, { method = "OPTIONS", path = "/a" },
        { method = "POST", path = "/a" }, { method = "POST", path = "/a", body = "short" },
        { method = "POST", path = "/a", body = "longer" }, { method = "PUT", path = "/a" },
        { method = "PATCH", path = "/b", body = "short" }, { method = "DELETE", path = "/b" },
        { method = "DELETE", path = "/b", body = "short" },
        { method = "POST", path = "/b", body = "x", headers = { ["X-Own"] = "1" } },
      }
      local function sent(request)
        local transfer = wire:call(request)
        assert.equal(200, (transfer:outcome()))
        transfer:close()
        local requests = server:requests()
        return requests[#requests]
      end
      local alone = {}
      for index, request in ipairs(kinds) do alone[index] = sent(request) end
      for first, before in ipairs(kinds) do
        for second, request in ipairs(kinds) do
          assert.equal(alone[first], sent(before))
          assert.equal(alone[second], sent(request))
        end
      end
      for index, request in ipairs(kinds) do
        assert.matches("^" .. request.method .. " " .. request.path:gsub("%p", "%%%0") .. " ",
          alone[index])
        assert.equal(request.body or "", alone[index]:match "\r\n\r\n(.*)$")
      end
      assert.equal(1, server:connections())
    end)

    it("a body that has changed in the same place", function()
      local server <close> = raw_server.start { { { "read" }, ok_reply, { "again" } } }
      local wire <close> = open(server)
      for _, digit in ipairs { 1, 2, 3 } do
        wire:call({ method = "POST", json = { digit }, content_type = "application/json" }):close()
        local requests = server:requests()
        assert.matches("\r\n\r\n%[" .. digit .. "%]$", requests[#requests])
      end
    end)

    it("each with its own time limit", function()
      local server <close> = raw_server.start {
        { { "read" }, ok_reply, { "read" }, ok_reply, { "read" }, { "hold" } },
      }
      local wire <close> = open(server)
      wire:call({ timeout = 20 }):close()
      wire:call({ timeout = 20 }):close()
      assert.equal("timeout", wire:outcome({ timeout = 0.1 }).kind)
    end)

    it("and takes short and long replies in turn", function()
      local long = '"' .. ("x"):rep(200000) .. '"'
      local server <close> = raw_server.start {
        { { "read" }, { "reply", 200, "1" }, { "read" }, { "reply", 200, long }, { "again" } },
      }
      local wire <close> = open(server)
      for _ = 1, 3 do
        for _, body in ipairs { "1", long } do
          local transfer = wire:call {}
          assert.equal(body, transfer:body())
          transfer:close()
        end
      end
    end)

    it("to each account only its own credential, through one engine", function()
      local server <close> = raw_server.start { { { "read" }, ok_reply, { "again" } } }
      local wire <close> = open(server, { access_token = "token-of-a" })
      local accounts = {
        a = wire.account,
        b = assert(core.account {
          base_url = server.base_url, email = "b@example.com", api_token = "token-of-b",
        }),
        none = assert(core.account { base_url = server.base_url }),
      }
      local expected = {
        a = "Bearer token-of-a", b = "Basic " .. core.base64 "b@example.com/token:token-of-b",
      }
      for _ = 1, 3 do
        for name, account in pairs(accounts) do
          wire.account = account
          wire:call({}):close()
          local requests = server:requests()
          assert.are.equal(expected[name],
            requests[#requests]:match "\r\nAuthorization: (.-)\r\n")
        end
      end
    end)
  end)
end)
