local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

local PATH = "/api/v2/tickets"

describe("the sandbox's tickets", function()
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

  local function create(fields, headers)
    fields.comment = fields.comment or { body = "It smokes." }
    return http:post(PATH, { ticket = fields }, { headers = headers })
  end

  local function path_of(ticket)
    return PATH .. ("/%d"):format(ticket.id)
  end

  it("are created, shown, changed and deleted", function()
    local reply = create { subject = "Printer on fire", priority = "high", tags = { "fire" } }
    assert.equal(201, reply.status)
    local ticket = reply.json.ticket
    assert.equal("Printer on fire", ticket.subject)
    assert.equal("It smokes.", ticket.description)
    assert.equal(ticket.id, reply.json.audit.ticket_id)
    assert.matches(("/api/v2/tickets/%d%%.json$"):format(ticket.id), reply.headers.location)
    local shown = http:get(path_of(ticket)).json.ticket
    assert.same(ticket, shown)
    reply = http:put(path_of(ticket), { ticket = { status = "solved" } })
    assert.equal(200, reply.status)
    assert.equal("solved", reply.json.ticket.status)
    assert.equal("high", reply.json.ticket.priority)
    assert.equal(2, #http:get(path_of(ticket) .. "/audits").json.audits)
    assert.equal(204, http:delete(path_of(ticket)).status)
    assert.equal(404, http:get(path_of(ticket)).status)
  end)

  it("are refused with details", function()
    local cases = {
      base = { comment = {} }, status = { status = "burning" }, priority = { priority = "x" },
      type = { type = "x" }, requester = { requester_id = 1 },
    }
    for field, ticket in pairs(cases) do
      local reply = create(ticket)
      assert.equal(422, reply.status)
      assert.equal("RecordInvalid", reply.json.error)
      assert.is_string(reply.json.details[field][1].error)
    end
    assert.equal(400, create({ assignee_id = "somebody" }).status)
  end)

  it("keep exact numbers and empty arrays of custom fields", function()
    local body = '{"ticket":{"comment":{"body":"x"},"tags":[],"custom_fields":'
      .. '[{"id":360001234567890123,"value":9007199254740993},{"id":2,"value":[]}]}}'
    local reply = http:call("POST", PATH, { body = body })
    local text = http:get(path_of(reply.json.ticket)).body
    assert.is_truthy(text:find('"id":360001234567890123,"value":9007199254740993', 1, true))
    assert.is_truthy(text:find('"value":[]', 1, true))
    assert.is_truthy(text:find('"tags":[]', 1, true))
  end)

  it("are created once for one idempotency key", function()
    local key = { ["Idempotency-Key"] = "key-1" }
    local first = create({ subject = "a" }, key)
    assert.equal("miss", first.headers["x-idempotency-lookup"])
    local second = create({ subject = "a" }, key)
    assert.equal(201, second.status)
    assert.equal("hit", second.headers["x-idempotency-lookup"])
    assert.equal(first.json.ticket.id, second.json.ticket.id)
    assert.equal(1, box:stats().tickets_created)
    local other = create({ subject = "b" }, key)
    assert.equal(400, other.status)
    assert.equal("IdempotentRequestError", other.json.error)
    assert.equal(400, create({}, { ["Idempotency-Key"] = ("k"):rep(256) }).status)
  end)

  it("forget idempotency keys after two hours, and those of refused calls at once", function()
    local key = { ["Idempotency-Key"] = "key-1" }
    assert.equal(422, create({ status = "burning" }, key).status)
    assert.equal("miss", create({ subject = "a" }, key).headers["x-idempotency-lookup"])
    box:advance(7201)
    assert.equal("miss", create({ subject = "a" }, key).headers["x-idempotency-lookup"])
    assert.equal(2, box:stats().tickets_created)
  end)

  it("are not overwritten by an outdated safe update", function()
    local ticket = create({ subject = "a" }).json.ticket
    box:advance(60)
    assert.equal(200, http:put(path_of(ticket), { ticket = { subject = "b" } }).status)
    local reply = http:put(path_of(ticket), { ticket = {
      subject = "c", safe_update = true, updated_stamp = ticket.updated_at,
    } })
    assert.equal(409, reply.status)
    assert.equal("UpdateConflict", reply.json.error)
    local stamp = http:get(path_of(ticket)).json.ticket.updated_at
    reply = http:put(path_of(ticket), { ticket = {
      subject = "c", safe_update = true, updated_stamp = stamp,
    } })
    assert.equal(200, reply.status)
  end)

  it("are counted, and shown many at once", function()
    local made = box:seed({ tickets = { { subject = "a" }, { subject = "b" } } }).tickets
    assert.equal(2, http:get(PATH .. "/count").json.count.value)
    local ids = ("%d,%d,7"):format(made[1].id, made[2].id)
    local reply = http:get(PATH .. "/show_many?ids=" .. ids)
    assert.equal(2, #reply.json.tickets)
    assert.equal("b", reply.json.tickets[2].subject)
  end)

  it("carry the warning for keys that were ignored", function()
    local reply = create { subject = "a", colour = "red" }
    assert.equal(201, reply.status)
    assert.equal('{:unpermitted_keys=>["colour"]}', reply.headers["x-zendesk-api-warn"])
  end)
end)

describe("the sandbox's users", function()
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

  it("are created, changed and deleted", function()
    local reply = http:post("/api/v2/users", { user = {
      name = "Kim", email = "kim@example.com", role = "agent", tags = { "new" },
    } })
    assert.equal(201, reply.status)
    local path = ("/api/v2/users/%d"):format(reply.json.user.id)
    assert.same({ "new" }, reply.json.user.tags)
    assert.equal(200, http:put(path, { user = { email = "kim2@example.com" } }).status)
    local as_kim = { authorization = plain.basic("kim2@example.com", box.api_token) }
    assert.equal("Kim", http:get("/api/v2/users/me", as_kim).json.user.name)
    assert.is_false(http:delete(path).json.user.active)
    assert.equal(404, http:get(path).status)
  end)

  it("are refused with details", function()
    local cases = {
      name = { email = "x@example.com" }, role = { name = "x", role = "king" },
      email = { name = "x", email = box.email },
    }
    for field, user in pairs(cases) do
      local reply = http:post("/api/v2/users", { user = user })
      assert.equal(422, reply.status)
      assert.is_string(reply.json.details[field][1].error)
    end
  end)

  it("cannot delete themselves", function()
    local me = http:get("/api/v2/users/me").json.user
    assert.equal(422, http:delete(("/api/v2/users/%d"):format(me.id)).status)
  end)

  it("see themselves, and others only as agents", function()
    local customer = { authorization = plain.basic("customer@example.com", box.api_token) }
    local me = http:get("/api/v2/users/me", customer).json.user
    assert.equal(200, http:get(("/api/v2/users/%d"):format(me.id), customer).status)
    local admin = http:get("/api/v2/users/me").json.user
    assert.equal(403, http:get(("/api/v2/users/%d"):format(admin.id), customer).status)
    assert.equal(cjson.null, admin.external_id)
  end)
end)
