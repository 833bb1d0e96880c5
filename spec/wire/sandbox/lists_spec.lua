local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

describe("the sandbox's lists", function()
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

  local function get(url)
    local path = url:gsub("^http://[^/]+", "")
    local reply = http:get(path)
    assert.equal(200, reply.status)
    return reply.json, reply
  end

  local function names(records)
    local out = {}
    for index, record in ipairs(records) do out[index] = record.name or record.subject end
    return table.concat(out, " ")
  end

  local function seed_clients(count)
    local list = {}
    for n = 1, count do list[n] = { name = "c" .. n, identifier = "c" .. n } end
    box:seed { clients = list }
  end

  it("page by cursor where page[size] is given", function()
    seed_clients(5)
    local page = get "/api/v2/oauth/clients?page[size]=2"
    assert.equal("c1 c2", names(page.clients))
    assert.is_true(page.meta.has_more)
    assert.is_nil(page.count)
    assert.is_nil(page.next_page)
    assert.is_truthy(page.links.next:find("page%5Bafter%5D=", 1, true))
    page = get(page.links.next)
    assert.equal("c3 c4", names(page.clients))
    page = get(page.links.next)
    assert.equal("c5", names(page.clients))
    assert.is_false(page.meta.has_more)
    page = get(page.links.prev)
    assert.equal("c3 c4", names(page.clients))
    assert.is_true(page.meta.has_more)
  end)

  it("end for one who follows links instead of has_more", function()
    seed_clients(2)
    local page = get "/api/v2/oauth/clients?page[size]=2"
    assert.is_false(page.meta.has_more)
    page = get(page.links.next)
    assert.same({}, page.clients)
    assert.equal(cjson.null, page.links.next)
    assert.equal(cjson.null, page.meta.after_cursor)
  end)

  it("turn round for sort=-id and ignore what they cannot sort by", function()
    seed_clients(3)
    local page = get "/api/v2/oauth/clients?page[size]=2&sort=-id"
    assert.equal("c3 c2", names(page.clients))
    page = get(page.links.next)
    assert.equal("c1", names(page.clients))
    assert.equal("c1 c2 c3", names(get("/api/v2/oauth/clients?page[size]=5&sort=-shoe").clients))
    assert.equal("c3 c2 c1", names(get("/api/v2/oauth/clients?sort_order=desc").clients))
  end)

  it("do not lose or repeat records that come and go between pages", function()
    seed_clients(4)
    local page = get "/api/v2/oauth/clients?page[size]=2"
    http:delete(("/api/v2/oauth/clients/%d"):format(page.clients[2].id))
    http:post("/api/v2/oauth/clients", { client = { name = "c5", identifier = "c5" } })
    page = get(page.links.next:gsub("=2", "=9", 1))
    assert.equal("c3 c4 c5", names(page.clients))
  end)

  it("refuse bad cursors and sizes", function()
    for _, query in ipairs {
      "page[size]=0", "page[size]=101", "page[size]=x", "page[after]=x", "page[size]=",
      "page[after]=a&page[before]=b",
    } do
      local reply = http:get("/api/v2/oauth/clients?" .. query)
      assert.equal(400, reply.status)
      assert.equal("InvalidPaginationParameter", reply.json.errors[1].code)
    end
  end)

  it("page by number otherwise, with a count", function()
    seed_clients(5)
    local page = get "/api/v2/oauth/clients?per_page=2"
    assert.equal("c1 c2", names(page.clients))
    assert.equal(5, page.count)
    assert.equal(cjson.null, page.previous_page)
    page = get(page.next_page)
    assert.equal("c3 c4", names(page.clients))
    page = get(page.next_page)
    assert.equal("c5", names(page.clients))
    assert.equal(cjson.null, page.next_page)
    assert.equal("c3 c4", names(get(page.previous_page).clients))
    assert.same({}, get("/api/v2/oauth/clients?page=9").clients)
    assert.equal(400, http:get("/api/v2/oauth/clients?page=0").status)
  end)

  it("stand against a wall behind page 100", function()
    box:seed { tickets = 300 }
    local page = get "/api/v2/tickets?per_page=2&page=100"
    assert.is_string(page.next_page)
    assert.equal(400, http:get((page.next_page:gsub("^http://[^/]+", ""))).status)
  end)

  it("carry the keys of both dialects where that was recorded", function()
    box:seed { tickets = 3 }
    local page = get "/api/v2/tickets?page[size]=2"
    assert.equal(3, page.count)
    assert.equal(cjson.null, page.next_page)
    assert.is_true(page.meta.has_more)
  end)

  it("hold 100,000 tokens without effort", function()
    local made = box:seed({ tokens = 100000 }).tokens
    assert.equal(100000, made.last_id - made.first_id + 1)
    local seen, path = 0, "/api/v2/oauth/tokens?page[size]=100"
    for _ = 1, 50 do
      local page = get(path)
      seen = seen + #page.tokens
      path = page.links.next
    end
    assert.equal(5000, seen)
    assert.equal(100000, get("/api/v2/oauth/tokens?per_page=1").count)
    local one = "/api/v2/oauth/tokens/" .. ("%d"):format(made.first_id + 77)
    assert.equal(200, http:get(one).status)
    assert.equal(204, http:delete(one).status)
    assert.equal(404, http:get(one).status)
    assert.equal(99999, get("/api/v2/oauth/tokens?per_page=1").count)
  end)

  it("are searched, up to result 1,000", function()
    box:seed { tickets = 1200 }
    box:seed { tickets = { { subject = "Printer on fire", status = "open", tags = { "hot" } } } }
    local found = get "/api/v2/search?query=type:ticket+printer"
    assert.equal(1, found.count)
    assert.equal("ticket", found.results[1].result_type)
    assert.equal(1, get("/api/v2/search?query=tags:hot+status:open").count)
    assert.equal(1, get("/api/v2/search?query=type:user+email:agent@example.com").count)
    local page = get "/api/v2/search?query=generated&page=10"
    assert.equal(1200, page.count)
    local reply = http:get((page.next_page:gsub("^http://[^/]+", "")))
    assert.equal(422, reply.status)
    assert.equal("invalid", reply.json.error)
    assert.equal(
      "Invalid search: Requested response size was greater than Search Response Limits",
      reply.json.description)
    assert.equal(422, http:get("/api/v2/search").status)
  end)

  it("are found by the search later when told so", function()
    box:set("search_lag", 60)
    box:seed { tickets = { { subject = "Fresh" } } }
    assert.equal(0, get("/api/v2/search?query=fresh").count)
    box:advance(61)
    assert.equal(1, get("/api/v2/search?query=fresh").count)
  end)

  it("are exported by the search with cursors of an hour", function()
    box:seed { tickets = 25 }
    local base = "/api/v2/search/export?query=generated&filter[type]=ticket&page[size]=10"
    local page = get(base)
    assert.equal(10, #page.results)
    assert.is_nil(page.count)
    page = get(page.links.next)
    page = get(page.links.next)
    assert.equal(5, #page.results)
    assert.is_false(page.meta.has_more)
    page = get(base)
    box:advance(3601)
    assert.equal(400, http:get((page.links.next:gsub("^http://[^/]+", ""))).status)
    assert.same({}, get("/api/v2/search/export?query=x&filter[type]=organization").results)
    assert.equal(422, http:get("/api/v2/search/export?query=type:ticket").status)
    assert.equal(422, http:get("/api/v2/search/export?query=x").status)
    assert.equal(400, http:get((base:gsub("=10$", "=1001"))).status)
  end)

  it("come by time, with repeats at the borders and an end", function()
    box:seed { tickets = 25 }
    local page = get "/api/v2/incremental/tickets?start_time=0&per_page=10"
    assert.equal(10, page.count)
    assert.is_false(page.end_of_stream)
    local last = page.tickets[10].id
    page = get(page.next_page)
    assert.equal(last, page.tickets[1].id)
    page = get(page.next_page)
    assert.is_true(page.end_of_stream)
    assert.equal(7, page.count)
  end)

  it("lead in a circle where one second fills a page", function()
    local list = {}
    for n = 1, 5 do list[n] = { subject = "t" .. n, updated_at = "2026-01-01T00:00:00Z" } end
    box:seed { tickets = list }
    local page = get "/api/v2/incremental/tickets?start_time=0&per_page=3"
    local again = get(page.next_page)
    assert.equal(page.end_time, again.end_time)
    assert.equal(names(page.tickets), names(again.tickets))
  end)

  it("come by cursor, without repeats", function()
    box:seed { tickets = 25 }
    local page = get "/api/v2/incremental/tickets/cursor?start_time=0&per_page=10"
    local seen = #page.tickets
    while not page.end_of_stream do
      page = get(page.after_url)
      seen = seen + #page.tickets
    end
    assert.equal(25, seen)
    http:post("/api/v2/tickets", { ticket = { subject = "new", comment = { body = "x" } } })
    assert.equal("new", names(get(page.after_url).tickets))
  end)

  it("refuse incremental calls that begin too late or with nonsense", function()
    local reply = http:get("/api/v2/incremental/tickets?start_time=" .. os.time())
    assert.equal(400, reply.status)
    assert.equal("StartTimeTooRecent", reply.json.error)
    reply = http:get "/api/v2/incremental/tickets/cursor?cursor=nonsense"
    assert.equal(400, reply.status)
    assert.equal("InvalidCursor", reply.json.error)
    assert.equal(400, http:get("/api/v2/incremental/tickets").status)
  end)
end)

describe("the sandbox's odd lists", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
    box:seed { lists = {
      ["/api/v2/webhooks"] = 3, ["/api/v2/engagements"] = 3, ["/api/v2/activities"] = 3,
      ["/api/v2/triggers/7/revisions"] = 3, ["/api/v2/help_center/articles"] = 70,
      ["/api/v2/custom_objects/car/records"] = 3, ["/api/v2/slas/policies"] = 3,
      ["/api/v2/my/own"] = { count = 3, key = "things", dialect = "offset" },
    } }
  end)
  teardown(function()
    http:close()
    box:stop()
  end)

  local function get(path)
    local reply = http:get((path:gsub("^http://[^/]+", "")))
    assert.equal(200, reply.status)
    return reply.json, reply
  end

  it("of webhooks have string ids, raw brackets, and no links for one page", function()
    local page = get "/api/v2/webhooks"
    assert.equal(3, #page.webhooks)
    assert.is_string(page.webhooks[1].id)
    assert.is_nil(page.links)
    page = get "/api/v2/webhooks?page[size]=2"
    assert.is_truthy(page.links.next:find("page[after]=", 1, true))
    assert.equal(1, #get(page.links.next).webhooks)
  end)

  it("of engagements have their own keys", function()
    local page = get "/api/v2/engagements?page_size=2"
    assert.is_true(page.has_more)
    assert.equal(2, page.page_size)
    page = get(page.next_page_url)
    assert.equal(1, #page.agent_engagement_data)
    assert.is_false(page.has_more)
    assert.equal(cjson.null, page.next_page_url)
  end)

  it("of trigger revisions end with a null URL", function()
    local page = get "/api/v2/triggers/7/revisions?limit=2"
    assert.is_nil(page.meta)
    page = get(page.after_url)
    assert.equal(1, #page.trigger_revisions)
    assert.equal(cjson.null, page.after_url)
  end)

  it("of the help centre repeat their links in a header", function()
    local page, reply = get "/api/v2/help_center/articles"
    assert.equal(30, #page.articles)
    assert.equal(3, page.page_count)
    assert.equal('<' .. page.next_page .. '>; rel="next"', reply.headers.link)
    page, reply = get "/api/v2/help_center/articles?page[size]=50"
    assert.equal('<' .. page.links.next .. '>; rel="next"', reply.headers.link)
  end)

  it("have other array names than their path, and arrays beside", function()
    assert.equal(3, #get("/api/v2/slas/policies").sla_policies)
    assert.is_string(get("/api/v2/custom_objects/car/records").custom_object_records[1].id)
    assert.same({}, get("/api/v2/activities").actors)
    assert.equal(2, #get("/api/v2/my/own?per_page=2&page[size]=1").things)
  end)

  it("need the scope and the role that any list needs", function()
    box:seed { tokens = { { full_token = "narrow", scopes = { "users:read" } } } }
    assert.equal(403, http:get("/api/v2/webhooks", { bearer = "narrow" }).status)
    assert.equal(404, http:post("/api/v2/webhooks", {}).status)
  end)
end)
