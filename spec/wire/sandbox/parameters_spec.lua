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

  local function warning(path)
    local reply = http:get("/api/v2/" .. path)
    assert.equal(200, reply.status)
    return reply.headers["x-zendesk-api-warn"]
  end

  it("name the parameters that they pass over, which Zendesk does without a word", function()
    for path, name in pairs {
      ["tickets?assignee=3&page[size]=2"] = "assignee",
      ["tickets?include=users,groups"] = "include=groups",
      ["tickets?page[size]=2&sort=-status"] = "sort", ["tickets?sort_by=subject"] = "sort_by",
      ["tickets/show_many?ids=1&include=users"] = "include",
      ["users?permission_set=1"] = "permission_set", ["users/show_many?ids=1&page=2"] = "page",
      ["users/search?query=x&role=admin"] = "role", ["search?query=x&page[size]=5"] = "page[size]",
      ["search/export?query=x&filter[type]=user&sort_by=id"] = "sort_by",
      ["incremental/tickets?start_time=0&include=users"] = "include",
      ["oauth/clients?kind=public&page=1"] = "kind", ["oauth/tokens?scope=read"] = "scope",
      ["oauth/global_clients?x="] = "x", ["oauth/global_clients/token_summary?x"] = "x",
      ["users/me/oauth/clients?x=1"] = "x", ["api_tokens?active=true"] = "active",
    } do
      assert.equal(('{:unpermitted_keys=>["%s"]}'):format(name), warning(path), path)
    end
    assert.equal('{:unpermitted_keys=>["a", "b"]}', warning "users?a=1&role=agent&b=2&a=3")
  end)

  it("do not name those that they know", function()
    for _, path in ipairs {
      "tickets?external_id=a&include=users&page[size]=2&sort=-id", "tickets?sort_by=id&page=1",
      "users?role=admin&external_id=a", "users?role[]=admin&role[]=agent&per_page=5",
      "oauth/tokens?all=true&client_id=1&include_expired=true&global_client_id=1",
      "search?query=x&page=1&per_page=2&sort_by=status&sort_order=asc",
      "search/export?query=x&filter[type]=ticket&page[size]=5", "users/search?query=x&page=1",
      "incremental/tickets?start_time=0&per_page=5", "users/show_many?ids=1&external_ids=2",
    } do
      assert.is_nil(warning(path), path)
    end
    box:seed { tokens = { { full_token = "test-token" } } }
    local reply = http:get("/api/v2/tickets?access_token=test-token", { authorization = false })
    assert.equal(200, reply.status)
    assert.is_nil(reply.headers["x-zendesk-api-warn"])
  end)

  it("of a seed do the same", function()
    box:seed { lists = { ["/api/v2/macros"] = 1 } }
    assert.equal('{:unpermitted_keys=>["active"]}', warning "macros?active=true&per_page=2")
  end)
end)
