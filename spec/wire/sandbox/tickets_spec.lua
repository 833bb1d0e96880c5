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

  it("are of the person that the requester names, who is made where there is none", function()
    local ada = http:get("/api/v2/users/me").json.user
    local people = {}
    for place, requester in ipairs {
      { name = "Kim", email = "kim@example.com" }, { name = "Other", email = "KIM@example.com" },
      { email = "lee@example.com" }, { email = ada.email },
    } do
      local id = create({ requester = requester }).json.ticket.requester_id
      local user = http:get(("/api/v2/users/%d"):format(id)).json.user
      people[place] = ("%s %s"):format(user.name, user.role)
    end
    assert.same({ "Kim end-user", "Kim end-user", "lee end-user", ada.name .. " admin" }, people)
    local count = #http:get("/api/v2/users").json.users
    assert.equal(422, create({ requester = { name = "Nobody" } }).status)
    assert.equal(422, create({
      requester = { email = "new@example.com" }, status = "burning",
    }).status)
    assert.equal(count, #http:get("/api/v2/users").json.users)
  end)

  it("stay as they are once they are closed", function()
    local ticket = create({ status = "closed" }).json.ticket
    local reply = http:put(path_of(ticket), { ticket = { status = "open" } })
    assert.equal(422, reply.status)
    assert.equal("Status: closed prevents ticket update",
      reply.json.details.status[1].description)
    assert.equal("closed", http:get(path_of(ticket)).json.ticket.status)
  end)

  it("are refused with details", function()
    local customer = box:seed { users = { { role = "end-user" } } }.users[1].id
    assert.equal(422, create({ assignee_id = customer }).status)
    local cases = {
      assignee = { assignee_id = 1 },
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

  it("are shown 100 at once at most", function()
    local reply = http:get(PATH .. "/show_many?ids=" .. ("1,"):rep(101))
    assert.equal(400, reply.status)
    assert.equal("TooManyValues", reply.json.error)
  end)

  it("are found by their external id, which several may have", function()
    box:seed { tickets = {
      { subject = "a", external_id = "4711" }, { subject = "b" },
      { subject = "c", external_id = "4711" }, { subject = "d", external_id = "47" },
    } }
    local page = http:get(PATH .. "?external_id=4711").json
    assert.equal(2, page.count)
    assert.equal("a c", page.tickets[1].subject .. " " .. page.tickets[2].subject)
    page = http:get(PATH .. "?external_id=4711&page[size]=1").json
    assert.is_true(page.meta.has_more)
    assert.equal(0, http:get(PATH .. "?external_id=none").json.count)
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

  it("are listed by role, by several roles, by external id", function()
    box:seed { users = { { name = "Kim", role = "agent", external_id = "K-1" } } }
    local function count(query) return http:get("/api/v2/users?" .. query).json.count end
    assert.equal(2, count "role=agent")
    assert.equal(3, count "role[]=agent&role[]=admin")
    assert.equal(1, count "external_id=K-1&role=agent")
    assert.equal(0, count "external_id=k-1")
  end)

  it("are searched in numbered pages, by words or by external id", function()
    box:seed { users = {
      { name = "Kim Kanning", email = "kim@example.org", external_id = "K-1" },
      { name = "Kim Poe" },
    } }
    local function search(query) return http:get("/api/v2/users/search?" .. query) end
    assert.equal("Kim Kanning", search("query=kim@example.org").json.users[1].name)
    assert.equal(2, search("query=kim").json.count)
    assert.equal("Kim Poe", search("query=name:poe").json.users[1].name)
    assert.equal("Kim Kanning", search("external_id=K-1").json.users[1].name)
    assert.equal(0, search("query=type:ticket").json.count)
    local page = search("query=kim&per_page=1&page[size]=5").json
    assert.is_nil(page.meta)
    assert.equal("Kim Poe", search(page.next_page:match "%?(.*)$").json.users[1].name)
    for _, query in ipairs {
      "", "query=", "query=x&external_id=y", "query=status:open", "query=order_by:created",
    } do
      local reply = search(query)
      assert.equal(501, reply.status)
      assert.equal("SandboxLimit", reply.json.error)
      assert.is_truthy(reply.json.description:find("sandbox", 1, true))
    end
  end)

  it("are shown many at once, by id or external id, 100 at most", function()
    local made = box:seed { users = { { external_id = "K-1" }, { external_id = "K-2" } } }.users
    local path = "/api/v2/users/show_many?"
    local reply = http:get(("%sids=%d,7,x,%d"):format(path, made[2].id, made[1].id)).json
    assert.equal(2, reply.count)
    assert.equal(made[2].id, reply.users[1].id)
    assert.equal(made[2].id, http:get(path .. "external_ids=K-2,K-3").json.users[1].id)
    assert.same({}, http:get(path .. "ids=").json.users)
    assert.equal("TooManyValues", http:get(path .. "ids=" .. ("1,"):rep(101)).json.error)
  end)

  it("are created, or changed when their address or external id is known", function()
    local function put(user) return http:post("/api/v2/users/create_or_update", { user = user }) end
    local reply = put { name = "Kim", email = "kim@example.com", external_id = "k-1" }
    assert.equal(201, reply.status)
    local id = reply.json.user.id
    assert.equal("end-user", reply.json.user.role)
    reply = put { email = "KIM@example.com", notes = "by address" }
    assert.equal(200, reply.status)
    assert.equal(id, reply.json.user.id)
    assert.equal("Kim", reply.json.user.name)
    reply = put { name = "Kim K.", external_id = "K-1" }
    assert.equal(200, reply.status)
    assert.equal(id, reply.json.user.id)
    assert.equal("K-1", reply.json.user.external_id)
    assert.equal("by address", reply.json.user.notes)
    assert.equal(422, put { external_id = "K-1", email = box.email }.status)
    assert.equal(422, put { email = "new@example.com" }.status)
    assert.equal(400, http:post("/api/v2/users/create_or_update", { user = "x" }).status)
    local first = box:seed({ users = 3 }).users.first_id
    reply = put { email = ("generated-%d@example.com"):format(first), name = "New name" }
    assert.equal(200, reply.status)
    assert.equal("New name", http:get(("/api/v2/users/%d"):format(first)).json.user.name)
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
