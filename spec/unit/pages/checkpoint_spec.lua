local errors = require "zendesk.errors"
local pages = require "zendesk.pages"
local scripted = require "spec.support.scripted"
local walks = require "spec.support.walks"

local tickets, ids, rest, cursor_server = walks.tickets, walks.ids, walks.rest, walks.cursor_server

describe("a checkpoint", function()
  local path = "/api/v2/tickets"

  it("goes on without loss or repeat from every place of a walk", function()
    local transport = scripted.new(cursor_server(7))
    for given = 0, 7 do
      local iterator = pages.each(transport, path, { page_size = 3 })
      local seen = {}
      for _ = 1, given do seen[#seen + 1] = iterator:next() end
      local again = pages.each(transport, path, { from = iterator:checkpoint(), page_size = 3 })
      for record in again do seen[#seen + 1] = record end
      assert.equal("1 2 3 4 5 6 7", ids(seen))
    end
  end)

  it("keeps the page size of the walk it was taken from", function()
    local transport = scripted.new(cursor_server(7))
    local iterator = pages.each(transport, path, { page_size = 3 })
    for _ = 1, 4 do iterator:next() end
    assert.equal("5 6 7", rest((pages.each(transport, path, { from = iterator:checkpoint() }))))
  end)

  it("forgets the limit of the walk it was taken from", function()
    local transport = scripted.new(cursor_server(7))
    local iterator = pages.each(transport, path, { limit = 2 })
    iterator:next()
    local again = pages.each(transport, path, { limit = 3, from = iterator:checkpoint() })
    assert.equal("2 3 4", rest(again))
    assert.equal(4, transport.calls[2].query["page[size]"])
    assert.equal("5 6 7", rest((pages.each(transport, path, { from = again:checkpoint() }))))
    assert.equal(100, transport.calls[#transport.calls].query["page[size]"])
  end)

  it("survives a failure of the page it resumes", function()
    local serve, failing = cursor_server(5), false
    local transport = scripted.new(function(call)
      if failing then return { error = errors.new("timeout", "too slow") } end
      return serve(call)
    end)
    local iterator = pages.each(transport, path, { page_size = 3 })
    for _ = 1, 2 do iterator:next() end
    local text = iterator:checkpoint()
    local again = pages.each(transport, path, { from = text })
    assert.equal(text, again:checkpoint())
    failing = true
    assert.is_nil(again:next())
    assert.equal(text, again:checkpoint())
    failing = false
    assert.equal("3 4 5", rest(again))
  end)

  it("gives a page again rather than lose from it where its record is gone", function()
    local transport = scripted.new {
      { body = { tickets = tickets(1, 4), meta = { has_more = false } } },
      { body = { tickets = { { id = 1 }, { id = 3 }, { id = 4 } }, meta = { has_more = false } } },
    }
    local iterator = pages.each(transport, path)
    for _ = 1, 2 do iterator:next() end
    assert.equal("1 3 4", rest((pages.each(transport, path, { from = iterator:checkpoint() }))))
  end)

  it("counts where records have no id", function()
    local rows = { rows = { { subject = "a" }, { subject = "b" }, { subject = "c" } } }
    local transport = scripted.new { { body = rows }, { body = rows } }
    local iterator = pages.each(transport, "/api/v2/views/1/execute")
    iterator:next()
    local again = pages.each(transport, "/api/v2/views/1/execute",
      { from = iterator:checkpoint() })
    assert.equal("b", again:next().subject)
  end)

  it("stays at the end that it was taken at", function()
    local transport = scripted.new(cursor_server(2))
    local iterator = pages.each(transport, path)
    rest(iterator)
    local again = pages.each(transport, path, { from = iterator:checkpoint() })
    assert.is_nil(again:next())
    assert.equal(1, #transport.calls)
    assert.equal(iterator:checkpoint(), again:checkpoint())
  end)

  it("is small, and holds neither the host nor the query", function()
    local transport = scripted.new(cursor_server(5))
    local iterator = pages.each(transport, path, { query = { external_id = "canary" } })
    iterator:next()
    local text = iterator:checkpoint()
    assert.is_true(#text < 120)
    assert.is_nil(text:find("canary", 1, true))
    assert.is_nil(text:find("acme", 1, true))
    assert.matches("^[%w._~=&%%,-]+$", text)
  end)

  it("may have white space around it, as files have", function()
    local transport = scripted.new(cursor_server(3))
    local iterator = pages.each(transport, path)
    iterator:next()
    local from = " " .. iterator:checkpoint() .. "\r\n"
    assert.equal("2 3", rest((pages.each(transport, path, { from = from }))))
  end)

  it("is refused where it is damaged, of another list or of another version", function()
    local transport = scripted.new(cursor_server(5))
    local iterator = pages.each(transport, path)
    iterator:next()
    local text = iterator:checkpoint()
    local function code_of(from, other)
      local walk = pages.each(transport, other or path, { from = from })
      local record, err = walk:next()
      assert.is_nil(record)
      assert.equal("config", err.kind)
      assert.equal(from, walk:checkpoint())
      return err.code
    end
    assert.equal("checkpoint_damaged", code_of(""))
    assert.equal("checkpoint_damaged", code_of(text:sub(1, -2)))
    assert.equal("checkpoint_damaged", code_of((text:gsub("index=1", "index=2"))))
    assert.equal("checkpoint_mismatch", code_of(text, "/api/v2/users"))
    assert.equal("checkpoint_mismatch", code_of(text, path .. "?sort=id"))
    assert.equal("checkpoint_version", code_of((text:gsub("^z1", "z9"))))
  end)
end)
