local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

describe("the sandbox's jobs", function()
  local box, http, made

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
    made = box:seed { tickets = { { subject = "one" }, { subject = "two" } } }.tickets
  end)

  local function ids(...)
    local list = {}
    for place, id in ipairs { ... } do list[place] = ("%d"):format(id) end
    return table.concat(list, ",")
  end

  local function finished(job)
    local path = "/api/v2/job_statuses/" .. job.id
    assert.equal("working", http:get(path).json.job_status.status)
    return http:get(path).json.job_status
  end

  it("change many tickets alike, and say of each how it went", function()
    local path = "/api/v2/tickets/update_many?ids=" .. ids(made[1].id, 1)
    local job = http:put(path, { ticket = { status = "solved" } }).json.job_status
    assert.equal("queued", job.status)
    assert.equal(2, job.total)
    assert.equal(cjson.null, job.results)
    job = finished(job)
    assert.equal("completed", job.status)
    assert.equal(2, job.progress)
    assert.matches("^Completed at %d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d %+0000$", job.message)
    assert.same({ id = made[1].id, action = "update", status = "Updated", success = true },
      job.results[1])
    assert.same({
      id = 1, action = "update", status = "Failed", success = false, error = "RecordNotFound",
      details = "Not found",
    }, job.results[2])
    local ticket = http:get(("/api/v2/tickets/%d"):format(made[1].id)).json.ticket
    assert.equal("solved", ticket.status)
  end)

  it("add tags to many tickets, and take them away", function()
    local tagged = box:seed { tickets = { { tags = { "a", "b" } }, { tags = { "c" } } } }.tickets
    local path = "/api/v2/tickets/update_many?ids=" .. ids(tagged[1].id, tagged[2].id)
    local function tags_after(ticket)
      finished(http:put(path, { ticket = ticket }).json.job_status)
      local found = {}
      for place, made_of in ipairs(tagged) do
        local shown = http:get(("/api/v2/tickets/%d"):format(made_of.id)).json.ticket
        found[place] = table.concat(shown.tags, " ")
      end
      return found
    end
    assert.same({ "a b vip", "c vip" }, tags_after { additional_tags = { "vip", "vip" } })
    assert.same({ "a vip", "c vip" }, tags_after { remove_tags = { "b" } })
    assert.same({ "x y", "x y" }, tags_after { tags = { "x" }, additional_tags = { "y" } })
    assert.same({ "x y", "x y" }, tags_after { additional_tags = "odd" })
  end)

  it("change many tickets, each in its way", function()
    local job = http:put("/api/v2/tickets/update_many", { tickets = {
      { id = made[1].id, status = "solved" }, { id = made[2].id, priority = "burning" },
    } }).json.job_status
    job = finished(job)
    assert.is_true(job.results[1].success)
    assert.equal("RecordInvalid", job.results[2].error)
    assert.equal("priority: is not valid", job.results[2].details)
  end)

  it("say of a created ticket its place and id, of one that was not what is wrong", function()
    local job = http:post("/api/v2/tickets/create_many", { tickets = {
      { subject = "three", comment = { body = "x" } }, { subject = "four", status = "burning" },
      { subject = "five", comment = { body = "x" }, tags = "x" },
    } }).json.job_status
    local results = finished(job).results
    assert.same({ index = 0, id = results[1].id }, results[1])
    assert.same({
      index = 1, error = "TicketCreateFailed",
      details = "Description: cannot be blank, status: is not valid",
    }, results[2])
    assert.equal("TicketCreateFailed", results[3].error)
    assert.is_truthy(results[3].details:find("tags must be an array of strings", 1, true))
  end)

  it("fail as a whole when told so: no results, and nothing done", function()
    box:set("jobs", "fail")
    local job = http:put("/api/v2/tickets/update_many?ids=" .. ids(made[1].id, made[2].id),
      { ticket = { status = "solved" } }).json.job_status
    assert.equal("queued", job.status)
    box:set("jobs", "complete")
    job = finished(job)
    assert.equal("failed", job.status)
    assert.equal(cjson.null, job.results)
    assert.equal(0, job.progress)
    assert.equal(2, job.total)
    assert.matches("^Failed at 20%d%d%-", job.message)
    local ticket = http:get(("/api/v2/tickets/%d"):format(made[1].id)).json.ticket
    assert.equal("new", ticket.status)
  end)

  it("create and delete many tickets", function()
    local job = http:post("/api/v2/tickets/create_many", { tickets = {
      { subject = "three", comment = { body = "x" } },
    } }).json.job_status
    local id = finished(job).results[1].id
    assert.equal("three", http:get(("/api/v2/tickets/%d"):format(id)).json.ticket.subject)
    job = http:delete("/api/v2/tickets/destroy_many?ids=" .. ids(id, made[1].id)).json.job_status
    assert.equal("Deleted", finished(job).results[2].status)
    assert.equal(404, http:get(("/api/v2/tickets/%d"):format(id)).status)
  end)

  it("take 100 items at most, and at least one", function()
    local tickets = {}
    for place = 1, 101 do tickets[place] = { comment = { body = "x" } } end
    local reply = http:post("/api/v2/tickets/create_many", { tickets = tickets })
    assert.equal(400, reply.status)
    assert.equal("TooManyValues", reply.json.error)
    assert.equal(400, http:put("/api/v2/tickets/update_many?ids=", { ticket = {} }).status)
    assert.equal(404, http:get("/api/v2/job_statuses/unknown").status)
  end)
end)
