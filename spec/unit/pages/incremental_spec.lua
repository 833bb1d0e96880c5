local pages = require "zendesk.pages"
local scripted = require "spec.support.scripted"
local walks = require "spec.support.walks"

local tickets, ids, rest = walks.tickets, walks.ids, walks.rest

-- One run of an export: what it gives, its checkpoint and the calls that it made.
local function run(path, from, replies)
  local transport = scripted.new(replies)
  local iterator = pages.each(transport, path, { query = { start_time = 5 }, from = from })
  return rest(iterator), iterator:checkpoint(), transport.calls
end

describe("an incremental export by time", function()
  local path = "/api/v2/incremental/ticket_events"

  it("goes from end_time to end_time and drops what the overlap repeats", function()
    local transport = scripted.new {
      { body = { ticket_events = { { id = 1, timestamp = 10 }, { id = 2, timestamp = 20 },
        { id = 3, timestamp = 20 } }, end_time = 20, end_of_stream = false, count = 3 } },
      { body = { ticket_events = { { id = 2, timestamp = 20 }, { id = 3, timestamp = 20 },
        { id = 4, timestamp = 20 }, { id = 2, timestamp = 25 } },
        end_time = 25, end_of_stream = true, count = 4 } },
    }
    local list = pages.collect(transport, path, { query = { start_time = 5 } })
    assert.equal("1 2 3 4 2", ids(list))
    assert.same({ start_time = 5 }, transport.calls[1].query)
    assert.same({ start_time = 20 }, transport.calls[2].query)
  end)

  it("ends at a page that is not full where the server does not say", function()
    local transport = scripted.new {
      { body = { ticket_metric_events = { { id = 1 } }, count = 1, end_time = 9,
        next_page = "https://acme.zendesk.com/api/v2/x?start_time=9" } },
    }
    local list = pages.collect(transport, "/api/v2/incremental/ticket_metric_events",
      { query = { start_time = 0 } })
    assert.equal("1", ids(list))
  end)

  it("says so where the server tells of more and not where", function()
    local transport = scripted.new {
      { body = { ticket_events = { { id = 1 } }, end_of_stream = false } },
    }
    local list, err = pages.collect(transport, path, { query = { start_time = 5 } })
    assert.is_nil(list)
    assert.equal("no_cursor", err.code)
  end)

  it("notices a full page within one second instead of asking for ever", function()
    local events = {}
    for id = 1, 1000 do events[id] = { id = id, timestamp = 20 } end
    local transport = scripted.new(function()
      return { body = { ticket_events = events, end_time = 20, end_of_stream = false } }
    end)
    local list, err = pages.collect(transport, path, { query = { start_time = 20 } })
    assert.is_nil(list)
    assert.equal("stuck_export", err.code)
    assert.equal(1, #transport.calls)
  end)

  it("is taken up later from the checkpoint of its end, without a repeat", function()
    local first = scripted.new {
      { body = { users = { { id = 7, updated_at = "1970-01-01T00:00:20Z" } }, count = 1,
        end_time = 20, end_of_stream = true } },
    }
    local iterator = pages.each(first, "/api/v2/incremental/users", { query = { start_time = 5 } })
    assert.equal("7", rest(iterator))
    local later = scripted.new {
      { body = { users = { { id = 7, updated_at = "1970-01-01T00:00:20+00:00" },
        { id = 8, updated_at = "1970-01-01T00:00:20Z" } }, count = 2,
        end_time = 20, end_of_stream = true } },
    }
    local again = pages.each(later, "/api/v2/incremental/users",
      { query = { start_time = 5 }, from = iterator:checkpoint() })
    assert.equal("8", rest(again))
    assert.equal(20, later.calls[1].query.start_time)
  end)

  it("is taken up later where its first page or a later one was empty", function()
    local users = "/api/v2/incremental/users"
    local empty = { body = { users = {}, count = 0, end_time = walks.null, next_page = walks.null,
      end_of_stream = true } }
    local calls
    local given, place = run(users, nil, { empty })
    assert.equal("", given)
    given, place = run(users, place, {
      { body = { users = { { id = 7, updated_at = "1970-01-01T00:00:20Z" } }, count = 1,
        end_time = 20, end_of_stream = true } },
    })
    assert.equal("7", given)
    for _ = 1, 2 do
      given, place, calls = run(users, place, { empty })
      assert.equal("", given)
      assert.equal(20, calls[1].query.start_time)
    end
    given = run(users, place, {
      { body = { users = { { id = 7, updated_at = "1970-01-01T00:00:20Z" },
        { id = 8, updated_at = "1970-01-01T00:00:30Z" } }, count = 2, end_time = 30 } },
    })
    assert.equal("8", given)
  end)

  it("goes on behind the last record where the last reply names no place", function()
    local function reply(...)
      return { { body = { users = { ... }, end_of_stream = true } } }
    end
    local users = "/api/v2/incremental/users"
    local first = { id = 1, updated_at = "1970-01-01T00:00:20Z" }
    local given, place = run(users, nil, reply(first))
    assert.equal("1", given)
    given, place = run(users, place, reply(first, { id = 2, updated_at = "1970-01-01T00:00:21Z" }))
    assert.equal("2", given)
    given = run(users, place, reply(first, { id = 2, updated_at = "1970-01-01T00:00:21Z" }))
    assert.equal("", given)
  end)

  it("follows the cursor that routing exports put into next_page", function()
    local transport = scripted.new {
      { body = { attributes = { { id = "a" } }, count = 1, end_of_stream = false,
        next_page = "https://acme.zendesk.com/api/v2/incremental/routing/attributes?cursor=c1" } },
      { body = { attributes = { { id = "b" } }, count = 1 } },
    }
    assert.equal("a b", ids(pages.collect(transport, "/api/v2/incremental/routing/attributes")))
    assert.equal("c1", transport.calls[2].query.cursor)
  end)

  it("explains a start_time that is too recent", function()
    local transport = scripted.new { { status = 400, body = { error = "StartTimeTooRecent" } } }
    local _, err = pages.collect(transport, path, { query = { start_time = 5 } })
    assert.matches("60 seconds", err.remedy)
  end)
end)

describe("an incremental export by cursor", function()
  local path = "/api/v2/incremental/tickets/cursor"

  it("sends start_time first and only the cursor afterwards", function()
    local transport = scripted.new {
      { body = { tickets = tickets(1, 1), after_cursor = "MTU3=", end_of_stream = false } },
      { body = { tickets = tickets(2, 2), after_cursor = "MTU4=", end_of_stream = true } },
    }
    local list = pages.collect(transport, path, { query = { start_time = 5, include = "users" } })
    assert.equal("1 2", ids(list))
    assert.same({ start_time = 5, include = "users" }, transport.calls[1].query)
    assert.same({ cursor = "MTU3=", include = "users" }, transport.calls[2].query)
  end)

  it("gives a checkpoint at its end that goes on with later changes", function()
    local transport = scripted.new {
      { body = { tickets = tickets(1, 1), after_cursor = "MTU3=", end_of_stream = true } },
      { body = { tickets = tickets(9, 9), after_cursor = "MTU4=", end_of_stream = true } },
    }
    local options = { query = { start_time = 5 } }
    local iterator = pages.each(transport, path, options)
    assert.equal("1", rest(iterator))
    options.from = iterator:checkpoint()
    assert.equal("9", rest((pages.each(transport, path, options))))
    assert.same({ cursor = "MTU3=" }, transport.calls[2].query)
  end)

  it("is taken up later where its first page or a later one was empty", function()
    local empty = { body = { tickets = {}, after_cursor = walks.null, after_url = walks.null,
      end_of_stream = true } }
    local calls
    local given, place = run(path, nil, { empty })
    assert.equal("", given)
    given, place, calls = run(path, place, {
      { body = { tickets = tickets(1, 1), after_cursor = "MTU3=", end_of_stream = true } },
    })
    assert.equal("1", given)
    assert.same({ start_time = 5 }, calls[1].query)
    for _ = 1, 2 do
      given, place, calls = run(path, place, { empty })
      assert.equal("", given)
      assert.same({ cursor = "MTU3=" }, calls[1].query)
    end
    given = run(path, place, {
      { body = { tickets = tickets(2, 2), after_cursor = "MTU4=", end_of_stream = true } },
    })
    assert.equal("2", given)
  end)

  it("gives a page again where the record that was given last has changed and moved", function()
    local function page(...)
      return { { body = { tickets = { ... }, after_cursor = "MTU3=", end_of_stream = true } } }
    end
    local one, two = { id = 1, updated_at = "2026-11-01T00:00:01Z" },
      { id = 2, updated_at = "2026-11-01T00:00:02Z" }
    local iterator = pages.each(scripted.new(page(one, two)), path, { query = { start_time = 5 } })
    assert.equal(1, iterator:next().id)
    local place = iterator:checkpoint()
    assert.equal("2", (run(path, place, page(one, two))))
    local changed = { id = 1, updated_at = "2026-11-01T00:00:03Z" }
    assert.equal("2 1", (run(path, place, page(two, changed))))
  end)

  it("knows the form that custom objects give", function()
    local transport = scripted.new {
      { body = { custom_object_records = { { id = "01A" } },
        meta = { has_more = true, after_cursor = "k" } } },
      { body = { custom_object_records = { { id = "01B" } }, meta = { has_more = false } } },
    }
    local list = pages.collect(transport, "/api/v2/incremental/custom_objects/car/cursor",
      { query = { start_time = 5 } })
    assert.equal("01A 01B", ids(list))
  end)
end)
