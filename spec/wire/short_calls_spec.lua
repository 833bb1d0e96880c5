-- Calls of a plain script, which go the short way: no table of the call, one request for all.

local blocking = require "zendesk.driver.blocking"
local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

describe("a call that nobody watches", function()
  local server, zd, was_alone

  -- Who loads the scheduler is not alone any more, for good; other specs may have done so.
  before_each(function()
    was_alone = blocking.shared().alone
    blocking.shared().alone = true
  end)

  local function play(options, ...)
    server = raw_server.start { { ... } }
    options.base_url, options.access_token = server.base_url, "test-token"
    zd = assert(zendesk.new(options))
  end

  after_each(function()
    if zd then zd:close() end
    if server then server:stop() end
    zd, server = nil, nil
    blocking.shared().alone = was_alone
  end)

  local function last()
    local requests = server:requests()
    return requests[#requests]
  end

  local TOKEN = '{"token":{"id":1,"full_token":"test-full-token"}}'

  it("carries what belongs to its own instance, when two for one account take turns", function()
    play({ user_agent = "one/1.0" }, { "read" }, { "reply", 200, '{"a":1}' }, { "again" })
    local other <close> = assert(zendesk.new {
      base_url = server.base_url, access_token = "test-other-token", user_agent = "other/2.0",
    })
    local third <close> = assert(zendesk.new {
      base_url = server.base_url, email = "a@example.com", api_token = "test-api-token",
    })
    for _ = 1, 3 do
      assert(zd:get "/x")
      assert.matches("\nAuthorization: Bearer test%-token\r\n.*\nUser%-Agent: one/1%.0 ", last())
      assert(other:get "/x")
      assert.matches("\nAuthorization: Bearer test%-other%-token\r\n.*\nUser%-Agent: other/2%.0 ",
        last())
      assert(third:get "/x")
      assert.matches("\nAuthorization: Basic .*\nUser%-Agent: zendesk%-lua/", last())
      assert.is_nil(last():find("Bearer", 1, true))
    end
  end)

  it("sends what it was given, whatever was sent before", function()
    play({}, { "read" }, { "reply", 200, '{"a":1}' }, { "again" })
    for _ = 1, 2 do
      assert.same({ a = 1 }, (zd:get "/one"))
      assert.matches("^GET /one HTTP/1.1\r\n", last())
      assert.same({ a = 1 }, (zd:post("/two", { json = { b = 2 } })))
      assert.matches('^POST /two .*\r\n\r\n{"b":2}$', last())
      assert.same({ a = 1 }, (zd:put("/two", { json = false })))
      assert.matches("^PUT /two .*\r\n\r\nfalse$", last())
      assert.same({ a = 1 }, (zd:delete "/three"))
      assert.matches("^DELETE /three .*\r\n\r\n$", last())
      assert.same({ a = 1 }, (zd:post "/four"))
      assert.matches("^POST /four .*\r\n\r\n$", last())
      assert.same({ a = 1 }, (zd:get "/five?page[size]=2"))
      assert.matches("^GET /five%?page%%5Bsize%%5D=2 ", last())
      assert.same({ a = 1 }, (zd:get(server.base_url .. "/six")))
      assert.matches("^GET /six ", last())
    end
  end)

  it("is refused as ever", function()
    play({}, { "read" }, { "reply", 200, "{}" }, { "again" })
    assert(zd:get "/one")
    local value, err = zd:get "https://example.com/"
    assert.is_nil(value)
    assert.equal("config", err.kind)
    value, err = zd:get "/a b"
    assert.is_nil(value)
    assert.matches("holds a space", err.message)
    value, err = zd:post("/one", { json = { { print } } })
    assert.is_nil(value)
    assert.equal("encode", err.kind)
    assert.error_matches(function() zd:get(1) end, "path: string expected, got number")
    assert.error_matches(function() zd:request("get it", "/") end, "method 'get it' is not known")
    assert.error_matches(function() zd:get("/one", { json = {} }) end, "GET takes no body")
    zd:close()
    assert.error_matches(function() zd:get "/one" end, "the instance is closed")
    assert.error_matches(function() zd.token:create { client_id = 1 } end, "is closed")
  end)

  it("asks for compression, except where a record is made", function()
    play({}, { "read" }, { "reply", 201, TOKEN }, { "again" })
    for _ = 1, 2 do
      assert(zd:get "/one")
      assert.is_truthy(last():find("\r\nAccept-Encoding: ", 1, true))
      assert(zd.token:create { client_id = 7, scopes = { "tickets:read" } })
      assert.is_nil(last():find("Accept-Encoding", 1, true))
      assert(zd:post("/two", { json = {} }))
      assert.is_truthy(last():find("\r\nAccept-Encoding: ", 1, true))
    end
  end)

  it("asks for none on a repeat and beside others either", function()
    local retry = { base = 0.001, cap = 0.001 }
    play({ retry = retry }, { "read" }, { "reply", 429, "{}", { ["Retry-After"] = "0" } },
      { "read" }, { "reply", 201, TOKEN }, { "again" })
    local function create()
      return assert(zd.token:create { client_id = 7, scopes = { "tickets:read" } })
    end
    assert(create())
    assert.equal(2, #server:requests())
    was_alone = false -- from here on
    assert(zendesk.all { create, create })
    assert.is_true(#server:requests() > 3)
    for _, request in ipairs(server:requests()) do
      assert.is_nil(request:find("Accept-Encoding", 1, true))
    end
  end)

  it("keeps nothing of what it sent", function()
    play({}, { "read" }, { "reply", 201, TOKEN }, { "again" })
    local kept = setmetatable({}, { __mode = "v" })
    for index = 1, 3 do
      kept[index] = { client_id = 7, scopes = { "tickets:read" } }
      assert(zd.token:create(kept[index]))
      kept[index + 3] = { a = 1 }
      assert(zd:post("/two", { json = kept[index + 3] }))
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(kept))
  end)

  it("can be made by a finaliser in the middle of another one", function()
    play({}, { "read" }, { "reply", 201, TOKEN }, { "again" })
    local inner, wrong = 0, 0
    local function plant()
      setmetatable({}, { __gc = function()
        local token = zd.token:create { client_id = 8, scopes = { "tickets:read" } }
        local other = zd:get "/inner"
        inner = inner + 1
        if not (token and other and other.token.id == 1) then wrong = wrong + 1 end
      end })
    end
    for _ = 1, 300 do
      plant()
      assert.equal(1, zd.token:create({ client_id = 7, scopes = { "tickets:read" } }).id)
      assert.equal(1, zd:get("/outer").token.id)
    end
    collectgarbage()
    assert.is_true(inner > 0)
    assert.equal(0, wrong)
    local counts = {}
    for _, request in ipairs(server:requests()) do
      local kind = request:match "^GET (%S+)" or request:match '"client_id":(%d)'
      counts[kind] = (counts[kind] or 0) + 1
    end
    assert.same({ ["7"] = 300, ["8"] = inner, ["/outer"] = 300, ["/inner"] = inner }, counts)
  end)

  it("is sent as well beside others", function()
    play({}, { "read" }, { "reply", 201, TOKEN }, { "again" })
    local ids = {}
    for id = 1, 20 do ids[id] = id end
    was_alone = false -- from here on
    assert(zendesk.map(ids, function(id)
      return assert(zd.token:create { client_id = id, scopes = { "tickets:read" } })
    end, { concurrency = 5 }))
    local seen = {}
    for _, request in ipairs(server:requests()) do
      seen[#seen + 1] = math.tointeger(tonumber(request:match '"client_id":(%d+)'))
    end
    table.sort(seen)
    assert.same(ids, seen)
  end)

  it("is repeated where it may be, and within its deadline", function()
    local retry = { base = 0.001, cap = 0.001 }
    play({ retry = retry }, { "read" }, { "reply", 503, "{}" }, { "read" },
      { "reply", 200, '{"a":1}' }, { "again" })
    local value, response = zd:get "/one"
    assert.same({ a = 1 }, value)
    assert.equal(2, response.attempts)
  end)

  it("ends with its deadline, be that before the time limit of an attempt", function()
    play({ deadline = 0.2, timeout = 30 }, { "read" }, { "hold" })
    local value, err = zd:get "/one"
    assert.is_nil(value)
    assert.equal("timeout", err.kind)
  end)
end)
