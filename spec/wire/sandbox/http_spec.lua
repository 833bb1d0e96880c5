local plain = require "spec.support.plain_http"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"

local TICKET = '{"ticket":{"subject":"x","comment":{"body":"y"}}}'

describe("the sandbox speaks HTTP", function()
  local box, http

  setup(function() box = assert(sandbox.start()) end)
  teardown(function() box:stop() end)
  before_each(function()
    box:reset()
    http = plain.admin(box)
  end)
  after_each(function() http:close() end)

  it("with a date, a request id and a type on each reply", function()
    local seen = {}
    for _, path in ipairs { "/api/v2/users/me", "/api/v2/tickets/1", "/nowhere" } do
      local headers = http:get(path).headers
      assert.matches("^%a+, %d%d %a+ %d%d%d%d %d%d:%d%d:%d%d GMT$", headers.date)
      assert.is_string(headers["content-type"])
      assert.is_nil(seen[headers["x-request-id"]])
      seen[headers["x-request-id"]] = true
    end
  end)

  it("with 404 in Zendesk's shape for what it does not know", function()
    local reply = http:get "/api/v2/shoes.json"
    assert.equal(404, reply.status)
    assert.same({ error = "InvalidEndpoint", description = "Not found" }, reply.json)
    assert.equal(404, http:delete("/api/v2/users/me").status)
    assert.matches("^text/html", http:get("/nowhere").headers["content-type"])
  end)

  it("without bodies for HEAD and 204", function()
    local reply = http:call("HEAD", "/api/v2/users/me")
    assert.equal(200, reply.status)
    assert.is_true(tonumber(reply.headers["content-length"]) > 100)
    local ticket = box:seed({ tickets = { {} } }).tickets[1]
    reply = http:delete(("/api/v2/tickets/%d"):format(ticket.id))
    assert.equal(204, reply.status)
    assert.is_nil(reply.headers["content-length"])
    assert.equal(200, http:get("/api/v2/users/me").status)
  end)

  it("with chunked bodies, trailers included", function()
    local chunks = { ("%x\r\n%s\r\n"):format(10, TICKET:sub(1, 10)),
      ("%x;note=1\r\n%s\r\n"):format(#TICKET - 10, TICKET:sub(11)) }
    http:send("POST /api/v2/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: "
      .. plain.basic(box.email, box.api_token)
      .. "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      .. table.concat(chunks) .. "0\r\nX-Trailer: 1\r\n\r\n")
    assert.equal(201, http:read().status)
    assert.equal(TICKET, box:requests()[1].body)
    assert.equal(200, http:get("/api/v2/users/me").status)
  end)

  it("with pipelined requests answered in order", function()
    local bytes = {}
    for n = 1, 200 do
      bytes[n] = ("GET /n%d HTTP/1.1\r\nHost: x\r\n\r\n"):format(n)
    end
    http:send(table.concat(bytes))
    for _ = 1, 200 do assert.equal(404, http:read().status) end
    local seen = box:requests()
    assert.equal("/n1", seen[1].path)
    assert.equal("/n200", seen[200].path)
  end)

  it("with an invitation to send the body where one is asked for", function()
    http:send("POST /api/v2/tickets HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      .. "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n")
    assert.equal(100, http:read().status)
    http:send "{}"
    assert.equal(401, http:read().status)
  end)

  it("and closes when asked to, and for HTTP/1.0", function()
    http:send "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    local reply = http:read()
    assert.equal("close", reply.headers.connection)
    assert.same({ nil, "closed" }, { http:read() })
    http = plain.admin(box)
    http:send "GET /a HTTP/1.0\r\n\r\n"
    assert.equal(404, http:read().status)
    assert.same({ nil, "closed" }, { http:read() })
  end)

  it("and refuses what is no HTTP", function()
    for bytes, status in pairs {
      ["nonsense\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nbad header\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"] = 400,
      ["GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n"] = 413,
      ["GET / HTTP/1.1\r\nX: " .. ("x"):rep(70000) .. "\r\n\r\n"] = 431,
    } do
      local bad = plain.connect(box.port)
      bad:send(bytes)
      assert.equal(status, bad:read().status)
      assert.same({ nil, "closed" }, { bad:read() })
      bad:close()
    end
  end)

  it("and refuses bodies that are not what they should be", function()
    local function post(body, kind)
      return http:call("POST", "/api/v2/tickets", { body = body, content_type = kind })
    end
    assert.equal(415, post("a=b", "application/x-www-form-urlencoded").status)
    local reply = post("{", "application/json")
    assert.equal(422, reply.status)
    assert.equal("Server could not parse JSON", reply.json.message)
    assert.equal(400, post("[]", "application/json").status)
    assert.equal(400, post('{"ticket":null}', "application/json").status)
  end)

  it("with hundreds of connections at once", function()
    local many = {}
    for n = 1, 300 do many[n] = plain.connect(box.port) end
    for _ = 1, 3 do
      for _, each in ipairs(many) do each:send "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" end
      for _, each in ipairs(many) do assert.equal(404, each:read().status) end
    end
    for _, each in ipairs(many) do each:close() end
  end)

  it("with large bodies in both directions", function()
    local subject = ("s"):rep(2000000)
    local body = '{"ticket":{"subject":"' .. subject .. '","comment":{"body":"y"}}}'
    local reply = http:call("POST", "/api/v2/tickets", { body = body })
    assert.equal(201, reply.status)
    assert.equal(subject, reply.json.ticket.subject)
  end)

  it("that curl understands", function()
    local function curl(...)
      return process.run { "curl", "-sS", "-u", box.email .. "/token:" .. box.api_token, ... }
    end
    local run = curl("-w", " %{http_code}", box.base_url .. "/api/v2/users/me.json")
    assert.equal(0, run.status)
    assert.matches('^{"user":.*} 200$', run.stdout)
    run = curl("-H", "Content-Type: application/json", "-d", TICKET, "-w", " %{http_code}",
      box.base_url .. "/api/v2/tickets")
    assert.matches(" 201$", run.stdout)
    run = curl("-H", "Transfer-Encoding: chunked", "-H", "Content-Type: application/json",
      "-d", TICKET, "-o", "/dev/null", "-w", "%{http_code}", box.base_url .. "/api/v2/tickets")
    assert.equal("201", run.stdout)
  end)

  it("with its clock in the Date header, right or wrong", function()
    local function minutes()
      return http:get("/nowhere").headers.date:match "%d%d:%d%d:%d%d"
    end
    box:set("clock_offset", 0)
    local start = box:stats().now
    assert.equal(os.date("!%H", start // 1 | 0), minutes():sub(1, 2))
    box:set("clock_offset", 12 * 3600)
    local hour = tonumber(os.date("!%H", (start + 12 * 3600) // 1 | 0))
    local shown = tonumber(minutes():sub(1, 2))
    assert.is_true(shown == hour or shown == (hour + 1) % 24)
  end)
end)
