local pages = require "zendesk.pages"
local scripted = require "spec.support.scripted"
local walks = require "spec.support.walks"

local null, tickets, ids = walks.null, walks.tickets, walks.ids

describe("a walk by page number", function()
  local function offset_server(count, size)
    return function(call)
      local page = call.query.page
      if page > 100 then return { status = 400, body = { error = "x" } } end
      local last = math.min(page * size, count)
      return { body = {
        users = tickets((page - 1) * size + 1, last), count = count,
        next_page = last < count
          and "https://acme.zendesk.com/api/v2/users.json?page=" .. page + 1 or null,
      } }
    end
  end

  it("is chosen where the query asks for it", function()
    for _, query in ipairs { { per_page = 2 }, { page = 1, per_page = 2 },
      { sort_by = "name", per_page = 2 } } do
      local transport = scripted.new(offset_server(5, 2))
      local list = pages.collect(transport, "/api/v2/users", { query = query })
      assert.equal("1 2 3 4 5", ids(list))
      assert.equal(3, transport.calls[3].query.page)
      assert.equal(2, transport.calls[3].query.per_page)
    end
  end)

  it("says at page 101 what to use instead, and holds that for good", function()
    local transport = scripted.new(offset_server(1000, 2))
    local iterator = pages.each(transport, "/api/v2/users", { dialect = "offset", page_size = 2 })
    for id = 1, 200 do assert.equal(id, iterator:next().id) end
    local _, err = iterator:next()
    assert.equal("offset_limit", err.code)
    assert.equal("invalid", err.kind)
    assert.equal(400, err.status)
    assert.matches("cursor", err.remedy)
    local _, again = iterator:next()
    assert.equal("offset_limit", again.code)
  end)

  it("leaves a refusal before page 101 as it is", function()
    local transport = scripted.new { { status = 400, body = { error = "Bad" } } }
    local _, err = pages.collect(transport, "/api/v2/users", { dialect = "offset" })
    assert.equal("Bad", err.code or err.message)
  end)

  it("refuses a next page that is not further on", function()
    local transport = scripted.new {
      { body = { users = tickets(1, 1), next_page = "https://acme.zendesk.com/x?page=1" } },
    }
    local _, err = pages.collect(transport, "/api/v2/users", { dialect = "offset" })
    assert.equal("repeated_page", err.code)
  end)

  it("never follows a link to another origin, and shows nothing of it but the origin", function()
    for _, address in ipairs {
      "https://evil.example/api/v2/users?page=2&canary=1", "http://acme.zendesk.com/x?page=2",
      "https://user:canary@evil.example/x?page=2", "//evil.example/canary", "javascript:canary",
    } do
      local transport = scripted.new {
        { body = { users = tickets(1, 1), next_page = address } },
      }
      local iterator = pages.each(transport, "/api/v2/users", { dialect = "offset" })
      assert.equal(1, iterator:next().id)
      local _, err = iterator:next()
      assert.equal("redirect", err.kind)
      assert.equal("foreign_link", err.code)
      assert.is_nil(tostring(err):find("canary", 1, true))
      assert.equal(1, #transport.calls)
    end
  end)
end)

describe("a search", function()
  it("asks by page number and says at result 1,001 what to use instead", function()
    local transport = scripted.new(function(call)
      local page = call.query.page
      if page > 10 then
        return { status = 422, body = { error = "invalid", description = "Response Limits" } }
      end
      return { body = { results = tickets(page * 100 - 99, page * 100), count = 5000,
        next_page = "https://acme.zendesk.com/api/v2/search.json?page=" .. page + 1 } }
    end)
    local iterator = pages.each(transport, "/api/v2/search", { query = { query = "x" } })
    for _ = 1, 1000 do assert(iterator:next()) end
    local record, err = iterator:next()
    assert.is_nil(record)
    assert.equal("search_limit", err.code)
    assert.matches("search/export", err.remedy)
  end)

  it("is exported by cursor, with the results as records", function()
    local transport = scripted.new {
      { body = { results = tickets(1, 2), meta = { has_more = true, after_cursor = "k" } } },
      { status = 400, body = { error = "InvalidCursor" } },
    }
    local iterator = pages.each(transport, "/api/v2/search/export", {
      query = { query = "x", filter = { type = "ticket" } }, page_size = 1000,
    })
    iterator:next()
    iterator:next()
    assert.equal(1000, transport.calls[1].query["page[size]"])
    local _, err = iterator:next()
    assert.equal("cursor_expired", err.code)
    assert.matches("one hour", err.remedy)
  end)
end)
