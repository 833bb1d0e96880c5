local json = require "zendesk.json"
local records = require "zendesk.pages.records"

local list = { { id = 1 } }

describe("the record key", function()
  -- path below /api/v2/ → the field that holds its records (protocol §6)
  local expected = {
    ["tickets"] = "tickets", ["tickets.json"] = "tickets", ["tickets/1/comments"] = "comments",
    ["users/7/tickets/requested"] = "tickets", ["oauth/clients"] = "clients",
    ["users/me/oauth/clients"] = "clients", ["oauth/tokens"] = "tokens",
    ["oauth/global_clients"] = "global_clients",
    ["oauth/global_clients/token_summary"] = "global_clients", ["api_tokens"] = "api_tokens",
    ["dynamic_content/items"] = "items", ["dynamic_content/items/3/variants"] = "variants",
    ["ticket_audits"] = "audits", ["tickets/1/audits"] = "audits",
    ["slas/policies"] = "sla_policies", ["group_slas/policies"] = "group_sla_policies",
    ["satisfaction_reasons"] = "reasons", ["search"] = "results", ["search/export"] = "results",
    ["tickets/1/conversation_log"] = "events",
    ["custom_objects/car/records"] = "custom_object_records",
    ["custom_objects/car/fields"] = "custom_object_fields",
    ["custom_objects/car/permission_policies"] = "policies", ["brands/1/agents"] = "brand_agents",
    ["organizations/1/subscriptions"] = "organization_subscriptions",
    ["groups/1/memberships"] = "group_memberships",
    ["ticket_fields/1/options"] = "custom_field_options", ["views/1/execute"] = "rows",
    ["views/1/tickets"] = "tickets", ["problems"] = "tickets",
    ["macros/1/attachments"] = "macro_attachments", ["users/search"] = "users",
    ["organizations/autocomplete"] = "organizations", ["activities"] = "activities",
    ["incremental/tickets/cursor"] = "tickets", ["incremental/ticket_events"] = "ticket_events",
    ["incremental/routing/attribute_values"] = "attribute_values",
    ["help_center/en-us/articles"] = "articles", ["help_center/articles/search"] = "results",
    ["help_center/community/posts/search"] = "results", ["webhooks"] = "webhooks",
  }

  for path, key in pairs(expected) do
    it("of " .. path .. " is " .. key .. ", also beside sideloads", function()
      local body = { [key] = list, sideload = { { id = 5 } }, another = {}, count = 1 }
      assert.equal(key, (records.key("/api/v2/" .. path, body)))
    end)
  end

  it("of custom object fields may be the short one", function()
    assert.equal("fields", (records.key("/api/v2/custom_objects/car/fields",
      { fields = list, x = {} })))
  end)

  it("is the only array of a reply whose name says nothing", function()
    assert.equal("agent_engagement_data", (records.key("/api/v2/engagements",
      { agent_engagement_data = list, facets = {}, meta = { has_more = false } })))
  end)

  it("is found where the list is empty", function()
    assert.equal("tickets", (records.key("/api/v2/tickets", { tickets = {}, users = {} })))
  end)
end)

describe("the records", function()
  it("are the reply itself where it is a bare array", function()
    assert.equal(list, (records.of("/api/v2/odd", list)))
    local empty = json.decode "[]"
    assert.equal(empty, (records.of("/api/v2/odd", empty)))
    assert.is_nil((records.of("/api/v2/odd", json.decode "{}")))
  end)

  it("are missed in a reply that is no object, with the path in the message", function()
    for _, body in ipairs { true, "<html>", 3 } do
      local found, problem = records.of("/api/v2/odd", body)
      assert.is_nil(found)
      assert.equal("no_records", problem.code)
      assert.matches("/api/v2/odd", problem.message, 1, true)
    end
  end)

  it("are missed where one object stands in their place", function()
    local found, problem = records.of("/api/v2/odd", { ticket = { id = 1 } })
    assert.is_nil(found)
    assert.matches("no array", problem.message)
  end)
end)
