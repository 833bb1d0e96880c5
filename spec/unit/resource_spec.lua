local fake_driver = require "spec.support.fake_driver"
local resource = require "zendesk.resource"
local zendesk = require "zendesk"

describe("resource.id", function()
  it("writes integers exactly over 64 bits", function()
    for value, digits in pairs {
      [1] = "1", [2 ^ 31 | 0] = "2147483648", [9007199254740993] = "9007199254740993",
      [123456789012345] = "123456789012345", [1234567890123456] = "1234567890123456",
      [1234567890123456789] = "1234567890123456789",
      [math.maxinteger] = "9223372036854775807", [-math.maxinteger] = "-9223372036854775807",
    } do
      assert.equal(digits, resource.id(value, "client"))
      assert.equal(digits, resource.id(digits, "client"))
      assert.equal(digits, resource.id({ id = value }, "client"))
    end
  end)

  it("refuses what may have lost digits, or is no number", function()
    for _, case in ipairs {
      { 39551161.0, "got the float 39551161" },
      { {}, "record expected, got nil" },
      { true, "record expected, got boolean" },
      { "my_client", "no 64%-bit integer" },
      { "9223372036854775808", "no 64%-bit integer" },
      { "1.0", "no 64%-bit integer" },
      { "0x10", "no 64%-bit integer" },
      { " 1", "no 64%-bit integer" },
      { "1/../2", "no 64%-bit integer" },
      { "", "no 64%-bit integer" },
    } do
      assert.error_matches(function() resource.id(case[1], "client") end, case[2])
    end
  end)
end)

describe("a resource", function()
  local driver, things, release

  local Thing = resource.define {
    name = "thing", path = "/api/v2/things", singular = "thing", plural = "things",
    verbs = { "create", "list", "each", "show", "update", "delete" },
    filters = { kind = "string", owner_id = "integer", all = "boolean" },
    methods = { shout = function(self, word) return self._zd:origin() .. word end },
  }

  before_each(function()
    driver = fake_driver.new()
    release = fake_driver.capture_bodies()
    local zd = assert(zendesk.new {
      subdomain = "acme", access_token = "test-token", driver = driver, retry = false,
    })
    things = resource.new(Thing, zd)
  end)

  after_each(function() release() end)

  local function sent() return driver.requests[#driver.requests] end

  it("creates a record under its key, whatever its attributes", function()
    driver:reply { status = 201, body = { thing = { id = 7, unheard_of = true } } }
    local thing, response = things:create { name = "x", future_field = { 1 } }
    assert.same({ id = 7, unheard_of = true }, thing)
    assert.equal(201, response.status)
    assert.equal("POST", sent().method)
    assert.equal("/api/v2/things", sent().path)
    assert.same({ thing = { future_field = { 1 }, name = "x" } }, sent().json)
  end)

  it("shows, updates and deletes by id, digits or record", function()
    local reply = { body = { thing = { id = 7 } } }
    driver:reply(reply, reply, { status = 204 })
    assert.equal(7, things:show(7).id)
    assert.equal("GET /api/v2/things/7", sent().method .. " " .. sent().path)
    assert.equal(7, things:update("7", { name = "y" }).id)
    assert.equal("PUT /api/v2/things/7", sent().method .. " " .. sent().path)
    assert.equal('{"thing":{"name":"y"}}', sent().body)
    assert.is_true((things:delete { id = 7 }))
    assert.equal("DELETE /api/v2/things/7", sent().method .. " " .. sent().path)
  end)

  it("passes the options of the call on", function()
    driver:reply({ body = { thing = { id = 7 } } }, { status = 201, body = { thing = { id = 7 } } })
    assert(things:show(7, { timeout = 3 }))
    assert.equal(3, sent().timeout)
    assert(things:create({}, { headers = { ["X-A"] = "b" } }))
    assert.equal("b", sent().headers["x-a"])
  end)

  it("lists every record, with its filters as the query", function()
    driver:reply { body = { things = { { id = 1 }, { id = 2 } }, meta = { has_more = false } } }
    local list = assert(things:list { kind = "a b", owner_id = 2 ^ 53 | 1, all = true })
    assert.same({ { id = 1 }, { id = 2 } }, list)
    assert.matches("kind=a%20b", sent().path, 1, true)
    assert.matches("owner_id=9007199254740993", sent().path, 1, true)
    assert.matches("all=true", sent().path, 1, true)
  end)

  it("streams every record", function()
    driver:reply { body = { things = { { id = 1 }, { id = 2 } }, meta = { has_more = false } } }
    local seen = {}
    for thing in things:each { query = { sort = "id" }, kind = "x", prefetch = false } do
      seen[#seen + 1] = thing.id
    end
    assert.same({ 1, 2 }, seen)
    assert.matches("kind=x", sent().path, 1, true)
    assert.matches("sort=id", sent().path, 1, true)
  end)

  it("returns the errors of the call", function()
    driver:reply({ status = 404 }, { status = 403 }, { status = 422 })
    assert.equal("not_found", select(2, things:show(7)).kind)
    assert.equal("forbidden", select(2, things:delete(7)).kind)
    assert.equal("invalid", select(2, things:create {}).kind)
  end)

  it("returns an error for a reply without the record", function()
    driver:reply({ body = { other = {} } }, { status = 204 }, { body = { thing = "x" } })
    for _ = 1, 3 do
      local value, err = things:show(7)
      assert.is_nil(value)
      assert.equal("decode", err.kind)
      assert.matches("no 'thing'", err.message, 1, true)
    end
  end)

  it("has the methods of its declaration", function()
    assert.equal("https://acme.zendesk.com!", things:shout "!")
    assert.equal("zendesk.thing of https://acme.zendesk.com", tostring(things))
  end)

  it("raises misuse at the caller's line", function()
    local cases = {
      { function() things:create(7) end, "thing: table of attributes expected, got number" },
      { function() things:create({}, { json = {} }) end, "the body is the record" },
      { function() things:create({}, { jsn = {} }) end, "unknown option 'jsn'" },
      { function() things:update(7) end, "thing: table of attributes expected, got nil" },
      { function() things:show() end, "numeric id or the record expected, got nil" },
      { function() things:list(7) end, "options: table expected, got number" },
      { function() things:list { kind = 7 } end, "option 'kind': string expected, got number" },
      { function() things:list { owner_id = 1.5 } end, "option 'owner_id': integer expected" },
      { function() things:list { ownerid = 1 } end, "'ownerid' %(did you mean 'owner_id'%?%)" },
      { function() things:each { limt = 1 } end, "'limt' %(did you mean 'limit'%?%)" },
      { function() things:list { kind = "x", query = "a=b" } end, "'query' is a string beside" },
    }
    for _, case in ipairs(cases) do
      local line = debug.getinfo(case[1], "S").linedefined
      local ok, message = pcall(case[1])
      assert.is_false(ok)
      assert.matches(case[2], message)
      assert.matches(("resource_spec.lua:%d: zendesk: "):format(line), message, 1, true)
    end
    assert.equal(0, #driver.requests)
  end)
end)
