local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"
local zendesk = require "zendesk"

describe("walking lists over the wire", function()
  local box, zd

  setup(function()
    box = assert(sandbox.start())
    zd = assert(zendesk.new {
      base_url = box.base_url, email = box.email, api_token = box.api_token,
    })
  end)
  teardown(function()
    zd:close()
    box:stop()
  end)
  before_each(function()
    box:reset()
    box:clear_requests()
  end)

  local function ids(iterator)
    local found = {}
    for record in iterator do found[#found + 1] = record.id end
    return found
  end

  local function assert_range(found, made)
    assert.equal(made.count, #found)
    for place, id in ipairs(found) do assert.equal(made.first_id + place - 1, id) end
  end

  it("asks for pages of 100 by cursor, with the brackets encoded", function()
    local made = box:seed { tickets = 250 }.tickets
    assert_range(ids((zd:each "/api/v2/tickets")), made)
    local requests = box:requests()
    assert.equal(3, #requests)
    for place, request in ipairs(requests) do
      assert.equal("GET", request.method)
      assert.equal("/api/v2/tickets", request.path)
      assert.matches(place == 1 and "^page%%5Bsize%%5D=100$"
        or "^page%%5Bafter%%5D=[%w%%]+&page%%5Bsize%%5D=100$", request.query)
    end
  end)

  it("is no list for zendesk.map, which says what is", function()
    local ok, message = pcall(zendesk.map, (zd:each "/api/v2/tickets"), print)
    assert.is_false(ok)
    assert.matches("list: a list expected, got an iterator: zd:list", message, 1, true)
  end)

  it("gives a list in one table, all of it or an error", function()
    assert.equal("[]", zendesk.json.encode(assert(zd:list "/api/v2/tickets")))
    local made = box:seed { tickets = 250 }.tickets
    local list = assert(zd:list("/api/v2/tickets", { page_size = 50 }))
    assert.same({ 250, made.first_id, made.last_id }, { #list, list[1].id, list[250].id })
    assert.equal(5, #assert(zd:list("/api/v2/tickets", { limit = 5 })))
    box:fail { path = "/tickets", skip = 1, times = 1, status = 403 }
    local none, err = zd:list "/api/v2/tickets"
    assert.is_nil(none)
    assert.equal("forbidden", err.kind)
  end)

  it("keeps a string query, byte for byte, before its own parameters", function()
    box:seed { tickets = 3 }
    ids((zd:each("/api/v2/tickets?include=users&x=a+b", { page_size = 2 })))
    local requests = box:requests()
    assert.equal("include=users&x=a+b&page%5Bsize%5D=2", requests[1].query)
    assert.matches("^include=users&x=a%+b&page%%5Bafter%%5D=[%w%%]+&page%%5Bsize%%5D=2$",
      requests[2].query)
  end)

  -- Every list that a sandbox can give, whichever dialect it speaks.
  local paths = {
    "/api/v2/activities", "/api/v2/dynamic_content/items", "/api/v2/group_slas/policies",
    "/api/v2/groups", "/api/v2/macros", "/api/v2/problems", "/api/v2/satisfaction_reasons",
    "/api/v2/slas/policies", "/api/v2/ticket_audits", "/api/v2/triggers/1/revisions",
    "/api/v2/engagements", "/api/v2/help_center/articles", "/api/v2/anything",
  }
  for _, path in ipairs(paths) do
    it("gives every record of " .. path .. " once", function()
      local made = box:seed { lists = { [path] = 250 } }.lists[path]
      assert_range(ids((zd:each(path))), made)
      assert.equal(3, #box:requests())
    end)
  end

  for _, path in ipairs { "/api/v2/webhooks", "/api/v2/custom_objects/car/records" } do
    it("gives every record of " .. path .. ", whose ids are text", function()
      box:seed { lists = { [path] = 250 } }
      local found = ids((zd:each(path)))
      assert.equal(250, #found)
      for place = 2, #found do assert.is_true(found[place - 1] < found[place]) end
    end)
  end

  it("goes on by page number where the server knows nothing else", function()
    local path = "/api/v2/odd_things"
    local made = box:seed { lists = { [path] = { count = 250, dialect = "offset" } } }.lists[path]
    assert_range(ids((zd:each(path))), made)
    assert.equal("page=2", box:requests()[2].query)
  end)

  it("walks by page number on request, and says at page 101 what else to do", function()
    local made = box:seed { tickets = 210 }.tickets
    assert_range(ids((zd:each("/api/v2/tickets", { dialect = "offset" }))), made)
    assert.equal("page=2&per_page=100", box:requests()[2].query)
    local iterator = zd:each("/api/v2/tickets", { dialect = "offset", page_size = 2 })
    for _ = 1, 200 do assert(iterator:next()) end
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("offset_limit", err.code)
    assert.equal(400, err.status)
    assert.matches("cursor", tostring(err))
  end)

  it("says at result 1,001 of a search what else to do, and the export has no such end", function()
    box:seed { tickets = 1200 }
    local iterator = zd:each("/api/v2/search", { query = { query = "type:ticket" } })
    for _ = 1, 1000 do assert(iterator:next()) end
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("search_limit", err.code)
    assert.equal(422, err.status)
    local found = ids((zd:each("/api/v2/search/export", {
      query = { query = "*", filter = { type = "ticket" } }, page_size = 500,
    })))
    assert.equal(1200, #found)
  end)

  it("exports incrementally by cursor and goes on later with what has changed", function()
    local made = box:seed { tickets = 1500 }.tickets
    local options = { query = { start_time = 1 } }
    local iterator = zd:each("/api/v2/incremental/tickets/cursor", options)
    assert_range(ids(iterator), made)
    options.from = iterator:checkpoint()
    box:advance(120)
    assert(zd:put("/api/v2/tickets/" .. made.first_id, {
      json = { ticket = { status = "solved" } },
    }))
    box:advance(120)
    local later = ids((zd:each("/api/v2/incremental/tickets/cursor", options)))
    assert.equal(made.first_id, later[#later])
    assert.is_true(#later < 10)
  end)

  it("exports incrementally by time without giving a record twice", function()
    local made = box:seed { tickets = 2500 }.tickets
    local found = ids((zd:each("/api/v2/incremental/tickets", { query = { start_time = 1 } })))
    assert_range(found, made)
  end)

  it("says why start_time was refused", function()
    local iterator = zd:each("/api/v2/incremental/tickets/cursor",
      { query = { start_time = os.time() } })
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal(400, err.status)
    assert.matches("60 seconds", err.remedy)
  end)

  it("returns refusals of each kind, and goes on where it stopped", function()
    local made = box:seed { tickets = 30 }.tickets
    local kinds = { [403] = "forbidden", [404] = "not_found", [409] = "conflict",
      [422] = "invalid", [429] = "rate_limit", [500] = "server" }
    for status, kind in pairs(kinds) do
      box:fail { path = "tickets", skip = 1, status = status, headers = { ["Retry-After"] = "9" } }
      local iterator = zd:each("/api/v2/tickets", { page_size = 10, retry = false })
      local found = {}
      for _ = 1, 10 do found[#found + 1] = iterator:next().id end
      local record, err = iterator:next()
      assert.is_nil(record)
      assert.equal(kind, err.kind)
      for ticket in iterator do found[#found + 1] = ticket.id end
      assert_range(found, made)
    end
  end)

  it("repeats by itself what the retry rules allow", function()
    local made = box:seed { tickets = 30 }.tickets
    box:fail { path = "tickets", skip = 1, status = 503, headers = { ["Retry-After"] = "0" } }
    box:fail { path = "tickets", skip = 2, drop = "before" }
    assert_range(ids((zd:each("/api/v2/tickets", { page_size = 10 }))), made)
  end)

  it("goes on from a checkpoint in another instance without loss or repeat", function()
    local made = box:seed { tickets = 57 }.tickets
    local text
    local found = {}
    repeat
      local other <close> = assert(zendesk.new {
        base_url = box.base_url, email = box.email, api_token = box.api_token,
      })
      local iterator = other:each("/api/v2/tickets", { page_size = 10, from = text })
      local given = 0
      for ticket in iterator do
        found[#found + 1], given = ticket.id, given + 1
        if given == 13 then break end
      end
      text = iterator:checkpoint()
    until given < 13
    assert_range(found, made)
  end)

  it("never asks another host, whatever a link says", function()
    box:fail { path = "odd", status = 200, headers = { ["Content-Type"] = "application/json" },
      body = '{"odd":[{"id":1}],"next_page":"http://127.0.0.1:1/api/v2/odd?page=2"}' }
    local iterator = zd:each "/api/v2/odd"
    assert.equal(1, iterator:next().id)
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("redirect", err.kind)
    assert.matches("http://127.0.0.1:1;", tostring(err), 1, true)
    assert.equal(1, #box:requests())
  end)

  it("has the next page on its way while the caller works", function()
    box:seed { tickets = 30 }
    local iterator <close> = zd:each("/api/v2/tickets", { page_size = 10 })
    iterator:next()
    local give_up = os.time() + 20
    repeat until #box:requests() == 2 or os.time() > give_up
    assert.equal(2, #box:requests())
    local quiet = zd:each("/api/v2/tickets", { page_size = 10, prefetch = false })
    box:clear_requests()
    quiet:next()
    assert.equal(1, #box:requests())
  end)

  it("walks side by side in tasks", function()
    local made = box:seed { tickets = 120 }.tickets
    local walks = {}
    for place = 1, 4 do
      walks[place] = function()
        return ids((zd:each("/api/v2/tickets", { page_size = 10 })))
      end
    end
    for _, found in ipairs(assert(zendesk.all(walks))) do assert_range(found, made) end
  end)

  it("serves several tasks that draw from one iterator", function()
    local made = box:seed { tickets = 120 }.tickets
    local iterator = zd:each("/api/v2/tickets", { page_size = 10 })
    local drawn, workers = {}, {}
    for place = 1, 5 do
      workers[place] = function()
        for ticket in iterator do
          drawn[#drawn + 1] = ticket.id
          zd:get "/api/v2/users/me"
        end
        return true
      end
    end
    assert(zendesk.all(workers))
    table.sort(drawn)
    assert_range(drawn, made)
  end)

  it("walks 100,000 tokens in constant memory, without loss or repeat where resumed", function()
    local made = box:seed { tokens = 100000 }.tokens
    local result = process.run_lua([[
      local base_url, email, api_token, first_id, count = ...
      first_id, count = math.tointeger(first_id), math.tointeger(count)
      local zendesk = require "zendesk"
      -- the most memory this process has ever had, in kilobytes
      local function peak()
        for line in io.lines "/proc/self/status" do
          local kilobytes = line:match "^VmHWM:%s*(%d+)"
          if kilobytes then return math.tointeger(kilobytes) end
        end
      end
      local pages, at_page_10, expected, from = 0, nil, first_id, nil
      local function walk(most)
        local zd <close> = assert(zendesk.new {
          base_url = base_url, email = email, api_token = api_token,
        })
        local iterator = zd.token:each { all = true, from = from, on_page = function()
          pages = pages + 1
          if pages == 10 then at_page_10 = peak() end
        end }
        local given = 0
        for token in iterator do
          assert(token.id == expected, "lost or repeated")
          expected, given = expected + 1, given + 1
          if given == most then break end
        end
        from = iterator:checkpoint()
      end
      walk(50050)
      walk(math.huge)
      print(expected - first_id, pages, peak() - at_page_10)
    ]], {
      args = { box.base_url, box.email, box.api_token, made.first_id, made.count }, timeout = 240,
    })
    assert.equal("", result.stderr)
    local records, pages, growth = result.stdout:match "(%d+)%s+(%d+)%s+(%d+)"
    assert.equal("100000", records)
    assert.equal("1001", pages)
    assert.is_true(tonumber(growth) < 1024, "grew by " .. growth .. " kB")
  end)
end)
