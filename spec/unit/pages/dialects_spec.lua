local dialects = require "zendesk.pages.dialects"

describe("the dialect of a list", function()
  local cases = {
    { "/api/v2/tickets", nil, "cursor" },
    { "/api/v2/tickets.json", { sort = "id" }, "cursor" },
    { "/api/v2/tickets", { page = { size = 5 } }, "cursor" },
    { "/api/v2/tickets", { ["page[size]"] = 5 }, "cursor" },
    { "/api/v2/tickets", "page%5Bsize%5D=5", "cursor" },
    { "/api/v2/tickets", { page = 2 }, "offset" },
    { "/api/v2/tickets", { per_page = 50 }, "offset" },
    { "/api/v2/tickets", "sort=id&per_page=50", "offset" },
    { "/api/v2/tickets", { sort_by = "id" }, "offset" },
    { "/api/v2/search", { query = "x" }, "search" },
    { "/api/v2/search.json", nil, "search" },
    { "/api/v2/search/export", { query = "x" }, "export" },
    { "/api/v2/users/search", nil, "offset" },
    { "/api/v2/organizations/autocomplete", nil, "offset" },
    { "/api/v2/help_center/articles/search", nil, "offset" },
    { "/api/v2/custom_objects/car/records/search", nil, "cursor" },
    { "/api/v2/views/7/execute", nil, "offset" },
    { "/api/v2/views/7/tickets", nil, "cursor" },
    { "/api/v2/incremental/tickets", nil, "incremental" },
    { "/api/v2/incremental/ticket_events.json", nil, "incremental" },
    { "/api/v2/incremental/tickets/cursor", nil, "incremental_cursor" },
    { "/api/v2/incremental/users/cursor.json", nil, "incremental_cursor" },
    { "/api/v2/incremental/custom_objects/car/cursor", nil, "incremental_cursor" },
  }
  for _, case in ipairs(cases) do
    local path, query, expected = table.unpack(case, 1, 3)
    it(("of %s is %s"):format(path, expected), function()
      assert.equal(expected, dialects.choose(path, query))
    end)
  end

  it("has every function that a walk calls", function()
    for name, dialect in pairs(dialects.by_name) do
      for _, part in ipairs { "first", "query", "advance", "explain" } do
        assert.is_function(dialect[part], name .. "." .. part)
      end
      assert.equal(name, dialect.first(nil, nil).dialect)
    end
  end)
end)
