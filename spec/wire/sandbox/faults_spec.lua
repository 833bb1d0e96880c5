local plain = require "spec.support.plain_http"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local socket = require "socket"

local ME = "/api/v2/users/me"

describe("the sandbox fails to order", function()
  local box, http

  setup(function() box = assert(sandbox.start()) end)
  teardown(function() box:stop() end)
  before_each(function()
    box:reset()
    http = plain.admin(box)
  end)
  after_each(function() http:close() end)

  it("once, with a status, headers and a body", function()
    box:fail {
      path = "/users/me$", status = 503, headers = { ["Retry-After"] = "2", Date = "" },
      body = '{"error":"DatabaseDeadlock"}',
    }
    local reply = http:get(ME)
    assert.equal(503, reply.status)
    assert.equal("2", reply.headers["retry-after"])
    assert.is_nil(reply.headers.date)
    assert.equal("DatabaseDeadlock", reply.json.error)
    assert.matches("^application/json", reply.headers["content-type"])
    assert.equal(200, http:get(ME).status)
    assert.equal(1, box:stats().faults)
  end)

  it("for the requests that are meant: by path, method, turn and number", function()
    box:fail { method = "DELETE", status = 500, times = math.huge }
    box:fail { path = "^/api/v2/tickets", status = 502, times = 2, skip = 1 }
    box:fail { path = "/me", status = 504, every = 3, times = math.huge }
    local statuses = {}
    for n = 1, 5 do statuses[n] = http:get("/api/v2/tickets").status end
    assert.same({ 200, 502, 502, 200, 200 }, statuses)
    for n = 1, 6 do statuses[n] = http:get(ME).status end
    assert.same({ 200, 200, 504, 200, 200, 504 }, statuses)
    for _ = 1, 3 do assert.equal(500, http:delete("/api/v2/tickets/1").status) end
    box:clear_faults()
    assert.equal(404, http:delete("/api/v2/tickets/1").status)
  end)

  it("at each turn, and not at the first one only", function()
    box:fail { every = 2, status = 500 }
    local statuses = {}
    for n = 1, 6 do statuses[n] = http:get(ME).status end
    assert.same({ 200, 500, 200, 500, 200, 500 }, statuses)
    box:clear_faults()
    box:fail { every = 2, status = 500, times = 1 }
    for n = 1, 4 do statuses[n] = http:get(ME).status end
    assert.same({ 200, 500, 200, 200 }, { table.unpack(statuses, 1, 4) })
  end)

  local function create()
    return http:post("/api/v2/tickets", { ticket = { comment = { body = "x" } } })
  end

  it("without carrying the request out, unless told so", function()
    box:fail { status = 500 }
    assert.equal(500, create().status)
    assert.equal(0, box:stats().tickets_created)
    box:fail { status = 500, carry_out = true }
    assert.equal(500, create().status)
    assert.equal(1, box:stats().tickets_created)
  end)

  it("by dropping the connection before or after carrying the request out", function()
    box:fail { drop = "before" }
    assert.same({ nil, "closed" }, { create() })
    assert.equal(0, box:stats().tickets_created)
    http = plain.admin(box)
    box:fail { drop = "after", reset = true }
    assert.is_nil((create()))
    assert.equal(1, box:stats().tickets_created)
    assert.is_nil(box:requests()[1].status)
    http = plain.admin(box)
  end)

  it("by cutting the body, with the length of the whole", function()
    box:fail { truncate = 10 }
    local reply = http:get(ME)
    assert.equal(200, reply.status)
    assert.equal(10, #reply.body)
    assert.equal("closed", reply.cut)
    http = plain.admin(box)
  end)

  it("by being late, while others are served", function()
    box:fail { path = "/me", delay = 0.3 }
    local other = plain.admin(box)
    local start = socket.gettime()
    http:send("GET " .. ME .. " HTTP/1.1\r\nHost: x\r\n\r\n")
    assert.equal(200, other:get("/api/v2/tickets").status)
    assert.equal(200, http:read().status)
    assert.is_true(socket.gettime() - start >= 0.29)
    other:close()
  end)

  it("and keeps the order of pipelined requests meanwhile", function()
    box:fail { path = "/me", delay = 0.1 }
    http:send("GET " .. ME .. " HTTP/1.1\r\nHost: x\r\n\r\n"
      .. "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
    assert.equal(200, http:read().status)
    assert.equal(404, http:read().status)
  end)

  it("only for rules that make sense", function()
    for rule, text in pairs {
      [{ statuz = 500 }] = 'unknown field "statuz"', [{ drop = "always" }] = 'drop.*"before" or',
      [{ every = 0 }] = "every.*an integer of at least 1", [{ every = 1.5 }] = "every.*an integer",
      [{ times = 0 }] = "times.*of at least 1, or math.huge", [{ times = -2 }] = "times",
      [{ skip = -1 }] = "skip.*an integer of at least 0", [{ method = 5 }] = "method.*a string",
      [{ delay = -1 }] = "delay.*seconds from 0 to 86400", [{ delay = 1e308 }] = "delay",
      [{ truncate = 5.5 }] = "truncate.*an integer", [{ truncate = -5 }] = "truncate",
      [{ reset = "yes" }] = "reset.*a boolean",
    } do
      local ok, message = pcall(function() box:fail(rule) end)
      assert.is_false(ok)
      assert.matches("faults_spec%.lua:%d+: sandbox: " .. text, message)
    end
    for _, status in ipairs { "500", 42.5, 99999, 199, -1 } do
      local ok, message = pcall(box.fail, box, { status = status })
      assert.is_false(ok)
      assert.matches("status of a fault must be an integer from 200 to 599", message)
    end
    assert.equal(200, http:get(ME).status)
  end)

  it("only by patterns that Lua can read to their end", function()
    for _, path in ipairs { "[", "x[", "users/[0-9", "(", "x)", "x%", "%f", "x%b(", "[%]" } do
      local ok, message = pcall(box.fail, box, { path = path })
      assert.is_false(ok, path)
      assert.matches("path of a fault must be a Lua pattern", message)
    end
    for _, path in ipairs {
      "^/x%.json$", "[]%]]", "[^%d-]+", "(a)(b-)()", "(a)%1", "%b()%f[%w].", "%%", "x-y*z?",
    } do
      box:fail { path = path, method = "PATCH" }
    end
    assert.equal(200, http:get(ME).status)
  end)

  it("with headers that are lines", function()
    for _, headers in ipairs {
      { 5 }, { ["X-A"] = {} }, { ["X-A"] = "a\r\nb" }, { ["X A"] = "b" }, { ["X-A"] = true },
    } do
      local ok, message = pcall(box.fail, box, { headers = headers })
      assert.is_false(ok)
      assert.matches("headers of a fault must be", message)
    end
    box:fail { headers = { ["X-A"] = 5, ["X-B"] = "a\tb" } }
    local reply = http:get(ME)
    assert.same({ "5", "a\tb" }, { reply.headers["x-a"], reply.headers["x-b"] })
  end)

  it("with a reply of its own, at worst: a pattern may be too complex for a path", function()
    local run = process.run_lua([[
      local box <close> = assert(require("zendesk.sandbox").start())
      local http = require("spec.support.plain_http").admin(box)
      box:fail { path = "/" .. ("a-"):rep(300) .. "b", times = 1 }
      print(http:get("/api/v2/users/me").status, http:get("/api/v2/users/me").status)
      box:clear_faults()
      print(http:get("/api/v2/users/me").status)
    ]])
    assert.equal("500\t500\n200\n", run.stdout)
    assert.matches("pattern too complex", run.stderr)
  end)
end)

describe("the sandbox limits rates", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function() box:reset() end)

  it("never unless told so, and shows headers all the same", function()
    for _ = 1, 800 do http:get(ME) end
    local headers = http:get("/api/v2/tickets").headers
    assert.equal("700", headers["x-rate-limit"])
    assert.equal("699", headers["x-rate-limit-remaining"])
    assert.equal("699", headers["ratelimit-remaining"])
    assert.equal("60", headers["ratelimit-reset"])
    assert.equal("total=100; remaining=99; resets=60", headers["zendesk-ratelimit-tickets-index"])
  end)

  it("by the minute of its clock, with 429 and Retry-After", function()
    box:set("rate_limit", 3)
    local left = {}
    for n = 1, 3 do left[n] = http:get(ME).headers["x-rate-limit-remaining"] end
    assert.same({ "2", "1", "0" }, left)
    local reply = http:get(ME)
    assert.equal(429, reply.status)
    assert.equal("TooManyRequests", reply.json.errors[1].code)
    local wait = tonumber(reply.headers["retry-after"])
    assert.is_true(wait >= 1 and wait <= 60)
    box:advance(wait)
    assert.equal(200, http:get(ME).status)
    assert.equal(1, box:stats().rate_limited)
  end)

  it("without carrying out what is refused", function()
    box:set("rate_limit", 1)
    http:get(ME)
    http:post("/api/v2/tickets", { ticket = { comment = { body = "x" } } })
    assert.equal(0, box:stats().tickets_created)
  end)

  it("of single endpoints", function()
    box:set("endpoint_limits", { ["tickets-index"] = 1 })
    assert.equal(200, http:get("/api/v2/tickets").status)
    local reply = http:get("/api/v2/tickets")
    assert.equal(429, reply.status)
    assert.matches("^total=1; remaining=0; resets=%d+$",
      reply.headers["zendesk-ratelimit-tickets-index"])
    assert.equal(200, http:get(ME).status)
  end)

  it("with the bodies and headers that have been seen", function()
    box:set("rate_limit", 1)
    http:get(ME)
    for shape, pattern in pairs {
      errors = '^{"errors":%[', description = '"description"', text = "^Rate limit",
      html = "^<html>",
    } do
      box:set("rate_limit_body", shape)
      assert.matches(pattern, http:get(ME).body)
    end
    for family, name in pairs {
      x = "x-rate-limit", rails = "rate-limit", gateway = "ratelimit-limit",
    } do
      box:set("rate_limit_headers", family)
      local headers = http:get(ME).headers
      assert.equal("1", headers[name])
      assert.is_nil(headers[name == "x-rate-limit" and "ratelimit-limit" or "x-rate-limit"])
    end
    box:set("rate_limit_headers", "none")
    assert.is_nil(http:get(ME).headers["x-rate-limit"])
  end)
end)
