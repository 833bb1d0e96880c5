local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

describe("the sandbox's search", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)

  before_each(function()
    box:reset()
    box:seed { tickets = {
      { subject = "a", status = "open", priority = "low", type = "task",
        created_at = "2026-01-01T00:00:00Z", updated_at = "2026-01-04T00:00:00Z" },
      { subject = "b", status = "solved", type = "question", created_at = "2026-01-03T00:00:00Z" },
      { subject = "c", priority = "urgent", created_at = "2026-01-02T00:00:00Z" },
    } }
  end)

  local function escape(text)
    return (text:gsub("[^%w]", function(char) return ("%%%02X"):format(char:byte()) end))
  end

  local function search(query, more)
    return http:get("/api/v2/search?query=" .. escape(query) .. (more or ""))
  end

  local function subjects(reply)
    local list = {}
    for place, record in ipairs(reply.json.results) do list[place] = record.subject end
    return table.concat(list, " ")
  end

  it("finds what Zendesk's language asks for", function()
    assert.equal("a c", subjects(search "type:ticket status<solved created>2025-12-31"))
    assert.equal("b c", subjects(search "type:ticket -priority:low"))
    assert.equal(3, search("type:ticket requester:me").json.count)
    local found = search("type:user email:customer@example.com").json
    assert.equal("user", found.results[1].result_type)
  end)

  it("finds comments that were added", function()
    local id = search("type:ticket a").json.results[1].id
    http:put(("/api/v2/tickets/%d"):format(id), { ticket = { comment = { body = "Smoke!" } } })
    assert.equal("a", subjects(search "description:smoke"))
    assert.equal("a", subjects(search "smo"))
  end)

  it("sorts in both directions, and by relevance unless it is asked", function()
    for more, order in pairs {
      [""] = "a b c", ["&sort_by=relevance"] = "a b c", ["&sort_order=asc"] = "a b c",
      ["&sort_by=created_at"] = "b c a", ["&sort_by=created_at&sort_order=asc"] = "a c b",
      ["&sort_by=updated_at"] = "a b c", ["&sort_by=priority"] = "c a b",
      ["&sort_by=priority&sort_order=asc"] = "b a c", ["&sort_by=status"] = "b a c",
      ["&sort_by=ticket_type"] = "a b c", ["&sort_by=status&sort_order=relevance"] = "a b c",
      ["&sort_by=created_at&per_page=1&page=2"] = "c",
    } do
      assert.equal(order, subjects(search("type:ticket", more)), more)
    end
    assert.equal("a c b", subjects(search "type:ticket order_by:created sort:asc"))
    assert.equal("b a c", subjects(search "type:ticket order_by:status"))
    assert.equal(6, search("created>2025-01-01", "&sort_by=priority").json.count)
  end)

  it("refuses what it does not understand, and says that it is the sandbox", function()
    for query, more in pairs {
      ["custom_field_1:x"] = "", ["priority:burning"] = "", ["fieldvalue:x"] = "", ["a OR b"] = "",
      a = "&sort_by=subject", b = "&sort_by=status&sort_order=up", ["order_by:status"] =
        "&sort_by=created_at",
    } do
      local reply = search(query, more)
      assert.equal(501, reply.status)
      assert.equal("SandboxLimit", reply.json.error)
    end
    local text = search("custom_field_1:x").json.description
    assert.is_truthy(text:find('"custom_field_1:x"', 1, true))
    assert.is_truthy(text:find("it knows assignee, created, description", 1, true))
    assert.is_truthy(text:find("This limit is the sandbox's, Zendesk may know more", 1, true))
    assert.equal(422, search(" ").status)
  end)

  it("exports with the same language", function()
    local function export(query, kind)
      return http:get("/api/v2/search/export?filter[type]=" .. kind .. "&query=" .. escape(query))
    end
    assert.equal("c", subjects(export("priority>low", "ticket")))
    assert.equal("a", subjects(export("ticket_type:task", "ticket")))
    assert.equal(1, #export("role:admin", "user").json.results)
    assert.equal(422, export("-type:user", "ticket").status)
    assert.equal(422, export("", "ticket").status)
    for _, case in ipairs {
      { "shoes:x", "ticket" }, { "shoes:x", "group" }, { "status:open", "user" },
      { "order_by:created", "ticket" },
    } do
      assert.equal("SandboxLimit", export(case[1], case[2]).json.error)
    end
  end)
end)
