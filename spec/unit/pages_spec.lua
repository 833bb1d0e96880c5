local errors = require "zendesk.errors"
local pages = require "zendesk.pages"
local scripted = require "spec.support.scripted"
local walks = require "spec.support.walks"

local tickets, ids, rest, cursor_server = walks.tickets, walks.ids, walks.rest, walks.cursor_server

describe("an iterator", function()
  it("ends after limit records, asks for no more than these and reads no page too many", function()
    local transport = scripted.new(cursor_server(1000), { ahead = true })
    assert.equal("1 2 3", ids(pages.collect(transport, "/api/v2/tickets", { limit = 3 })))
    assert.equal(3, transport.calls[1].query["page[size]"])
    assert.equal(0, #transport.started)
    transport = scripted.new(cursor_server(1000))
    assert.equal(150, #pages.collect(transport, "/api/v2/tickets", { limit = 150 }))
    assert.equal(2, #transport.calls)
    assert.equal(50, transport.calls[2].query["page[size]"])
    transport = scripted.new(cursor_server(1000), { ahead = true })
    assert.equal(150, #pages.collect(transport, "/api/v2/tickets", { limit = 150 }))
    assert.equal(50, transport.calls[2].query["page[size]"])
    assert.same({}, pages.collect(scripted.new {}, "/api/v2/tickets", { limit = 0 }))
  end)

  it("goes on where it stopped after an error", function()
    local serve, failures = cursor_server(6), { [2] = true, [3] = true }
    local transport = scripted.new(function(call, number)
      if failures[number] then return { error = errors.new("timeout", "too slow") } end
      return serve(call)
    end)
    local iterator = pages.each(transport, "/api/v2/tickets", { page_size = 3 })
    for id = 1, 3 do assert.equal(id, iterator:next().id) end
    for _ = 1, 2 do
      local record, err = iterator:next()
      assert.is_nil(record)
      assert.equal("timeout", err.kind)
    end
    assert.equal("4 5 6", rest(iterator))
  end)

  it("raises the error object in a for loop and goes on in the next one", function()
    local serve = cursor_server(4)
    local transport = scripted.new(function(call, number)
      if number == 2 then return { error = errors.new("timeout", "too slow") } end
      return serve(call)
    end)
    local iterator = pages.each(transport, "/api/v2/tickets", { page_size = 2 })
    local given = {}
    local ok, err = pcall(function()
      for ticket in iterator do given[#given + 1] = ticket.id end
    end)
    assert.is_false(ok)
    assert.is_true(errors.is(err))
    assert.equal("timeout", err.kind)
    for ticket in iterator do given[#given + 1] = ticket.id end
    assert.same({ 1, 2, 3, 4 }, given)
  end)

  it("stays at its end", function()
    local iterator = pages.each(scripted.new(cursor_server(1)), "/api/v2/tickets")
    iterator:next()
    assert.is_nil(iterator:next())
    assert.is_nil(iterator:next())
  end)

  it("tells on_page of each page before its first record, with sideloads", function()
    local seen = {}
    local transport = scripted.new {
      { body = { tickets = tickets(1, 2), users = { { id = 9 } }, meta = { has_more = false } } },
    }
    local iterator = pages.each(transport, "/api/v2/tickets", {
      on_page = function(page) seen[#seen + 1] = page end,
    })
    assert.equal(0, #seen)
    iterator:next()
    assert.equal(1, seen[1].number)
    assert.equal(2, #seen[1].records)
    assert.equal(9, seen[1].body.users[1].id)
    assert.equal(200, seen[1].response.status)
  end)

  it("reports its progress with counts and a rate", function()
    local serve = cursor_server(5)
    local transport
    transport = scripted.new(function(call)
      transport.seconds = transport.seconds + 2
      return serve(call)
    end)
    pages.collect(transport, "/api/v2/tickets", { page_size = 2 })
    local last = transport.events[3]
    assert.equal(3, #transport.events)
    assert.equal("progress", last.type)
    assert.equal("each", last.what)
    assert.equal("/api/v2/tickets", last.path)
    assert.equal(3, last.pages)
    assert.equal(5, last.records)
    assert.equal(6, last.elapsed)
    assert.equal(5 / 6, last.rate)
  end)

  it("says that it has finished, once, also where a limit, a break or close ends it", function()
    local function told(walk, limit)
      local transport, list = scripted.new(cursor_server(5)), {}
      walk(transport, { page_size = 2, limit = limit })
      for place, event in ipairs(transport.events) do
        list[place] = event.records .. (event.finished and "!" or "")
      end
      return table.concat(list, " ")
    end
    local function walk_to(last)
      return function(transport, options)
        for record in pages.each(transport, "/api/v2/tickets", options) do
          if record.id == last then break end
        end
      end
    end
    assert.equal("2 4 5!", told(walk_to(9)))
    assert.equal("2 3!", told(walk_to(9), 3))
    assert.equal("2!", told(walk_to(9), 2))
    assert.equal("2 4 4!", told(walk_to(3)))
    assert.equal("2 4 5!", told(walk_to(5)))
    assert.equal("2 2! 4 4!", told(function(transport, options)
      local iterator <close> = pages.each(transport, "/api/v2/tickets", options)
      iterator:next()
      iterator:close()
      iterator:close()
      for _ = 1, 2 do iterator:next() end
    end))
    assert.equal("", told(function(transport, options)
      pages.each(transport, "/api/v2/tickets", options):close()
    end))
  end)

  it("takes another record key, and names the arrays where it cannot tell", function()
    local body = { first = tickets(1, 1), second = tickets(2, 2) }
    local transport = scripted.new { { body = body }, { body = body }, { body = body } }
    local _, err = pages.collect(transport, "/api/v2/odd")
    assert.equal("no_records", err.code)
    assert.matches("first, second", err.message)
    assert.equal("2", ids(pages.collect(transport, "/api/v2/odd", { key = "second" })))
    _, err = pages.collect(transport, "/api/v2/odd", { key = "third" })
    assert.matches("no array \"third\"", err.message)
  end)

  it("takes the address of a list on the account's own origin, and no other", function()
    local transport = scripted.new(cursor_server(1))
    local address = "https://acme.zendesk.com:443/api/v2/tickets"
    assert.equal("1", rest((pages.each(transport, address))))
    assert.equal("/api/v2/tickets", transport.calls[1].path)
    local iterator = pages.each(transport, "https://evil.example/api/v2/tickets")
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("bad_path", err.code)
    assert.equal("", iterator:checkpoint())
    assert.equal(1, #transport.calls)
  end)

  it("refuses mistakes at the caller's line", function()
    local transport = scripted.new {}
    local function refused(pattern, ...)
      local ok, message = pcall(pages.each, transport, ...)
      assert.is_false(ok)
      assert.matches(pattern, message)
      assert.matches("pages_spec", (select(2, pcall(function(...)
        local iterator = pages.each(transport, ...)
        return iterator
      end, ...))))
    end
    refused("path: string expected", nil)
    refused("did you mean 'page_size'", "/x", { pagesize = 1 })
    refused("option 'page_size': integer expected", "/x", { page_size = 1.5 })
    refused("between 1 and 1000", "/x", { page_size = 0 })
    refused("option 'limit': integer of at least 0", "/x", { limit = -1 })
    refused("option 'dialect': one of cursor", "/x", { dialect = "curser" })
    refused("option 'on_page': function expected", "/x", { on_page = true })
  end)
end)

describe("fetching ahead", function()
  it("has one page in flight while the caller works, and takes it when it is needed", function()
    local transport = scripted.new(cursor_server(6), { ahead = true })
    local iterator = pages.each(transport, "/api/v2/tickets", { page_size = 2 })
    iterator:next()
    assert.equal(1, #transport.calls)
    assert.equal(1, #transport.started)
    assert.is_false(transport.started[1].waited)
    iterator:next()
    assert.equal("3 4 5 6", rest(iterator))
    assert.equal(2, #transport.started)
    assert.equal(3, #transport.calls)
  end)

  it("is off on request", function()
    local transport = scripted.new(cursor_server(6), { ahead = true })
    pages.collect(transport, "/api/v2/tickets", { page_size = 2, prefetch = false })
    assert.equal(0, #transport.started)
  end)

  it("gives the page up on break, and the iterator can still go on", function()
    local transport = scripted.new(cursor_server(6), { ahead = true })
    for ticket in pages.each(transport, "/api/v2/tickets", { page_size = 2 }) do
      if ticket.id == 1 then break end
    end
    assert.is_true(transport.started[1].cancelled)
    local iterator = pages.each(transport, "/api/v2/tickets", { page_size = 2 })
    iterator:next()
    iterator:close()
    assert.equal("2 3 4 5 6", rest(iterator))
  end)

  it("asks anew for a page whose time ran out while the caller worked", function()
    local serve = cursor_server(4)
    local transport = scripted.new(function(call, number)
      if number == 2 then return { error = errors.new("timeout", "too slow") } end
      return serve(call)
    end, { ahead = true })
    assert.equal("1 2 3 4", rest((pages.each(transport, "/api/v2/tickets", { page_size = 2 }))))
    assert.equal(3, #transport.calls)
  end)

  it("returns what the server says to the request, and asks anew in the next call", function()
    local serve = cursor_server(4)
    local transport = scripted.new(function(call, number)
      return number == 2 and { status = 429, body = {} } or serve(call)
    end, { ahead = true })
    local iterator = pages.each(transport, "/api/v2/tickets", { page_size = 2 })
    iterator:next()
    iterator:next()
    local _, err = iterator:next()
    assert.equal("rate_limit", err.kind)
    assert.equal("3 4", rest(iterator))
  end)
end)
