local pages = require "zendesk.pages"
local scripted = require "spec.support.scripted"
local walks = require "spec.support.walks"

local null, tickets, ids, cursor_server = walks.null, walks.tickets, walks.ids, walks.cursor_server

describe("a walk by cursor", function()
  it("gives every record in order and asks for full pages", function()
    local transport = scripted.new(cursor_server(250))
    local list = pages.collect(transport, "/api/v2/tickets")
    assert.equal(250, #list)
    assert.equal(250, list[250].id)
    assert.equal(3, #transport.calls)
    assert.same({ ["page[size]"] = 100 }, transport.calls[1].query)
    assert.same({ ["page[size]"] = 100, ["page[after]"] = "200" }, transport.calls[3].query)
  end)

  it("keeps the caller's query on every page and does not change the caller's table", function()
    local transport = scripted.new(cursor_server(4))
    local wanted = { sort = "-id", page = { size = 2 } }
    pages.collect(transport, "/api/v2/tickets", { query = wanted })
    assert.same({ sort = "-id", page = { size = 2 } }, wanted)
    assert.same({ sort = "-id", ["page[size]"] = 2, ["page[after]"] = "2" },
      transport.calls[2].query)
  end)

  it("keeps a query that is a string, byte for byte", function()
    local transport = scripted.new {
      { body = { tickets = tickets(1, 1), meta = { has_more = true, after_cursor = "a==" } } },
      { body = { tickets = tickets(2, 2), meta = { has_more = false } } },
    }
    pages.collect(transport, "/api/v2/tickets?a%5B%5D=1&a%5B%5D=2&b=x+y")
    assert.equal("/api/v2/tickets", transport.calls[2].path)
    assert.equal("a%5B%5D=1&a%5B%5D=2&b=x+y&page%5Bafter%5D=a%3D%3D&page%5Bsize%5D=100",
      transport.calls[2].query)
  end)

  it("takes the cursor from the link where meta has none", function()
    local transport = scripted.new {
      { body = {
        tickets = tickets(1, 1), meta = { has_more = true, after_cursor = null },
        links = { next = "https://acme.zendesk.com:443/api/v2/tickets?page%5Bafter%5D=q%3D&x=1" },
      } },
      { body = { tickets = tickets(2, 2), meta = { has_more = false }, links = {} } },
    }
    assert.equal("1 2", ids(pages.collect(transport, "/api/v2/tickets")))
    assert.equal("q=", transport.calls[2].query["page[after]"])
  end)

  it("follows the link as it stands where that names the place in its own way", function()
    local transport = scripted.new {
      { body = { tickets = tickets(1, 1), meta = { has_more = true },
        links = { next = "https://acme.zendesk.com/api/v2/tickets?cursor=q" } } },
      { body = { tickets = tickets(2, 2), meta = { has_more = false }, links = {} } },
    }
    assert.equal("1 2", ids(pages.collect(transport, "/api/v2/tickets")))
    assert.equal("/api/v2/tickets?cursor=q", transport.calls[2].path)
  end)

  it("goes by what it asked for where a reply carries the keys of both dialects", function()
    local transport = scripted.new {
      { body = {
        groups = tickets(1, 2), count = 2, next_page = "https://acme.zendesk.com/x?page=2",
        meta = { has_more = false }, links = { next = null },
      } },
    }
    assert.equal("1 2", ids(pages.collect(transport, "/api/v2/groups")))
  end)

  it("gives an empty page no meaning of its own", function()
    local transport = scripted.new {
      { body = { tickets = {}, meta = { has_more = true, after_cursor = "a" } } },
      { body = { tickets = tickets(1, 1), meta = { has_more = false } } },
    }
    assert.equal("1", ids(pages.collect(transport, "/api/v2/tickets")))
  end)

  it("reports a page that says there is more and not where, after its records", function()
    local transport = scripted.new {
      { body = { tickets = tickets(1, 1), meta = { has_more = true } } },
    }
    local iterator = pages.each(transport, "/api/v2/tickets")
    assert.equal(1, iterator:next().id)
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("decode", err.kind)
    assert.equal("no_cursor", err.code)
  end)

  it("notices a cursor that comes back, whatever the length of the circle", function()
    for length = 1, 7 do
      local asked = 0
      local transport = scripted.new(function()
        asked = asked + 1
        return { body = {
          tickets = tickets(asked, asked),
          meta = { has_more = true, after_cursor = "c" .. asked % length },
        } }
      end)
      local list, err = pages.collect(transport, "/api/v2/tickets")
      assert.is_nil(list)
      assert.equal("repeated_cursor", err.code)
      assert.is_true(asked <= 4 * length + 2)
    end
  end)

  it("notices a page that is given twice in a row", function()
    local given = 0
    local transport = scripted.new(function()
      given = given + 1
      return { body = {
        tickets = tickets(1, 3), meta = { has_more = true, after_cursor = "c" .. given },
      } }
    end)
    local list, err = pages.collect(transport, "/api/v2/tickets")
    assert.is_nil(list)
    assert.equal("repeated_page", err.code)
    assert.is_string(err.remedy)
  end)

  it("notices empty pages without end, and goes on behind them in the next call", function()
    local given = 0
    local transport = scripted.new(function()
      given = given + 1
      return { body = {
        tickets = given == 1500 and tickets(1, 1) or {},
        meta = { has_more = given ~= 2501, after_cursor = "c" .. given },
      } }
    end, { ahead = true })
    local iterator = pages.each(transport, "/api/v2/tickets")
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("empty_pages", err.code)
    assert.equal(1000, given)
    local place = iterator:checkpoint()
    assert.equal(1, iterator:next().id)
    assert.equal(1500, given)
    err = select(2, iterator:next())
    assert.equal("empty_pages", err.code)
    assert.equal(2500, given)
    assert.is_nil(select(2, iterator:next()))
    given = 1000
    assert.equal(1, pages.each(transport, "/api/v2/tickets", { from = place }):next().id)
    assert.equal("c1000", transport.calls[#transport.calls - 499].query["page[after]"])
  end)

  it("goes on by page number where the server has answered so", function()
    local transport = scripted.new {
      { body = { items = tickets(1, 2), count = 3,
        next_page = "https://acme.zendesk.com/api/v2/dynamic_content/items.json?page=2" } },
      { body = { items = tickets(3, 3), count = 3, next_page = null } },
    }
    assert.equal("1 2 3", ids(pages.collect(transport, "/api/v2/dynamic_content/items")))
    assert.same({ page = 2 }, transport.calls[2].query)
  end)

  it("goes on by Link header where the body has no paging keys", function()
    local transport = scripted.new {
      { body = { webhooks = tickets(1, 1) }, headers = { link =
        '<https://acme.zendesk.com:443/api/v2/webhooks?page[after]=x>; rel="next", '
        .. '<https://acme.zendesk.com/api/v2/webhooks>; rel="prev"' } },
      { body = { webhooks = tickets(2, 2) } },
    }
    assert.equal("1 2", ids(pages.collect(transport, "/api/v2/webhooks")))
    assert.equal("/api/v2/webhooks?page[after]=x", transport.calls[2].path)
    assert.is_nil(transport.calls[2].query)
  end)

  it("follows after_url of ticket audits and next_page_url of engagements", function()
    local transport = scripted.new {
      { body = { audits = tickets(1, 1), before_url = "https://acme.zendesk.com/b",
        after_url = "https://acme.zendesk.com/api/v2/ticket_audits?cursor=2" } },
      { body = { audits = tickets(2, 2), after_url = null } },
    }
    assert.equal("1 2", ids(pages.collect(transport, "/api/v2/ticket_audits")))
    transport = scripted.new {
      { body = { agent_engagement_data = tickets(1, 1), has_more = true,
        next_page_url = "https://acme.zendesk.com/api/v2/engagements?p=2" } },
      { body = { agent_engagement_data = tickets(2, 2), has_more = false,
        next_page_url = "https://acme.zendesk.com/api/v2/engagements?p=3" } },
    }
    assert.equal("1 2", ids(pages.collect(transport, "/api/v2/engagements")))
    assert.equal(2, #transport.calls)
  end)

  it("explains a refusal of the cursor parameters", function()
    local transport = scripted.new { { status = 400, body = { error = "Bad" } } }
    local _, err = pages.collect(transport, "/api/v2/odd")
    assert.matches("dialect", err.remedy)
    transport = scripted.new { { status = 400, body = { error = "Bad" } } }
    _, err = pages.collect(transport, "/api/v2/tickets", { page_size = 101 })
    assert.matches("at most 100", err.remedy)
  end)
end)
