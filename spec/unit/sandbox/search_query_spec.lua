local clock = require "zendesk.sandbox.clock"
local search_query = require "zendesk.sandbox.search_query"
local seed = require "zendesk.sandbox.seed"
local state = require "zendesk.sandbox.state"

local NOW = clock.parse "2026-11-25T12:00:00Z"

-- What Zendesk's search reference says of each operator and property, on an account in memory.
describe("the sandbox's search language", function()
  local context, people

  local function tickets(list)
    assert(seed.apply(context.state, { tickets = list }))
  end

  setup(function()
    context = { state = state.new { clock = NOW } }
    people = assert(seed.apply(context.state, { users = {
      { name = "Susan Warren", email = "Susan@Example.com", role = "agent", external_id = "S-1" },
      { name = "Amy Topping", email = "amy@mondocam.com", tags = { "vip" }, phone = "+15550100",
        organization_id = 42, notes = "Sigil issue" },
    } })).users
    context.caller = { user = context.state:user_by_email "admin@example.com" }
    tickets {
      { subject = "Printer on fire", description = "It smokes.", status = "open",
        priority = "high", type = "incident", tags = { "silver", "is_awesome" },
        external_id = "A-4711", via = { channel = "email" }, requester_id = people[2].id,
        assignee_id = people[1].id, group_id = 7, organization_id = 42,
        created_at = "2026-11-25T09:00:00Z", updated_at = "2026-11-25T11:30:00Z" },
      { subject = "Tip-Top mops", description = "Upgrade my account, please", status = "pending",
        priority = "low", type = "task", tags = { "bronze" }, via = { channel = "api" },
        submitter_id = people[2].id, created_at = "2026-11-20T00:00:00Z" },
      { subject = "Desktop solutions", status = "solved", tags = { "silver", "bronze" },
        requester_id = people[1].id, created_at = "2026-10-31T23:59:59Z" },
      { subject = "Toppings", created_at = "2025-11-25T11:59:59Z" },
    }
  end)

  -- What a query finds: the first words of subjects and of names.
  local function found(text)
    local search, problem = search_query.compile(text, context)
    assert(search, problem)
    local names = {}
    for _, kind in ipairs { "ticket", "user" } do
      local accept = search.types[kind] and search.accepts(kind)
      for record in context.state[kind .. "s"]:walk() do
        if accept and accept(record) then
          names[#names + 1] = (record.name or record.values.subject):match "^[%w-]+"
        end
      end
    end
    return table.concat(names, " ")
  end

  local function finds(cases)
    for text, names in pairs(cases) do
      assert.equal(names, found(text), text)
    end
  end

  it("finds words, and words that begin so, but none in the middle of one", function()
    finds {
      top = "Tip-Top Toppings Amy", TOP = "Tip-Top Toppings Amy", ["tip-top"] = "Tip-Top",
      stop = "", solutions = "Desktop", ["please upgrade"] = "Tip-Top", smok = "Printer",
      ["is_awesome"] = "Printer", ["amy@mondocam.com"] = "Amy", sigil = "Amy",
      ["-top type:ticket"] = "Printer Desktop",
      [tostring(context.state.tickets:walk()().id)] = "Printer",
    }
  end)

  it("finds a phrase word for word, without the punctuation", function()
    finds {
      ['"upgrade my account"'] = "Tip-Top", ['"my upgrade"'] = "", ['"account please"'] = "Tip-Top",
      ['"top"'] = "Tip-Top", ['-"on fire" type:ticket'] = "Tip-Top Desktop Toppings",
      ['type:user "susan warren"'] = "Susan",
    }
  end)

  it("finds everything for a star, and a type for its name", function()
    finds {
      ["type:ticket"] = "Printer Tip-Top Desktop Toppings",
      ["* type:user role:agent"] = "Alex Susan", ["-type:user top"] = "Tip-Top Toppings",
      ["type:ticket type:user -vip top"] = "Tip-Top Toppings",
      ["type:organization"] = "", ["type:group type:user amy"] = "Amy",
    }
  end)

  it("compares in Zendesk's order", function()
    finds {
      ["status:open"] = "Printer", ["status<solved"] = "Printer Tip-Top Toppings",
      ["status>=pending"] = "Tip-Top Desktop", ["status<=open"] = "Printer Toppings",
      ["status>new status<solved"] = "Printer Tip-Top", ["priority>normal"] = "Printer",
      ["priority>=low"] = "Printer Tip-Top", ["ticket_type:incident"] = "Printer",
      ["type:ticket -status:open"] = "Tip-Top Desktop Toppings",
    }
  end)

  it("joins a property that is named twice with or, quoted tags with and", function()
    finds {
      ["tags:silver tags:bronze"] = "Printer Tip-Top Desktop", ['tags:"silver bronze"'] = "Desktop",
      ["status:open status:solved tags:silver"] = "Printer Desktop", ["tags:VIP"] = "Amy",
      ["type:ticket tags:silver -tags:bronze"] = "Printer", ["type:ticket tags:none"] = "Toppings",
      ["status:open status:pending -priority:low"] = "Printer",
    }
  end)

  it("takes times as dates, as seconds and as spans before now", function()
    finds {
      ["type:ticket created:2026-11-25"] = "Printer",
      ["created>2026-10-31 created<2026-11-25 type:ticket"] = "Tip-Top",
      ["type:ticket created>=2026-10-31"] = "Printer Tip-Top Desktop",
      ["type:ticket created<=2026-10-31"] = "Desktop Toppings",
      ["type:ticket created>2026-11-25T08:59:59Z"] = "Printer",
      ["type:ticket created>2026-11-25T09:00:00Z"] = "",
      ["type:ticket created>=2026-11-25T10:00:00+01:00"] = "Printer",
      ["created:2026-10-31T15:59:59-08:00"] = "Desktop", ["type:ticket created>4hours"] = "Printer",
      ["type:ticket created>179minutes"] = "", ["updated>1hours"] = "Printer",
      ["type:ticket created>5days"] = "Printer", ["type:ticket created>1weeks"] = "Printer Tip-Top",
      ["type:ticket created>1months"] = "Printer Tip-Top Desktop",
      ["type:ticket created<1years"] = "Toppings", ["type:ticket created<9999years"] = "",
    }
  end)

  it("takes months back to the last day there is", function()
    local started = { state = state.new { clock = clock.parse "2026-03-31T12:00:00Z" },
      caller = context.caller }
    assert(seed.apply(started.state, { tickets = {
      { created_at = "2026-02-28T11:00:00Z" }, { created_at = "2026-02-28T13:00:00Z" },
    } }))
    local accept = search_query.compile("created>1months", started).accepts "ticket"
    local seen = {}
    for ticket in started.state.tickets:walk() do seen[#seen + 1] = accept(ticket) end
    assert.same({ false, true }, seen)
  end)

  it("finds people by id, address and name, oneself and nobody", function()
    finds {
      ["requester:amy@MONDOCAM.com"] = "Printer", ['assignee:"susan warren"'] = "Printer",
      ["requester:susan"] = "Desktop", ["requester:sus"] = "", ["submitter:topping"] = "Tip-Top",
      ["requester:me"] = "Tip-Top Toppings", ["assignee:none"] = "Tip-Top Desktop Toppings",
      [("requester:%d"):format(people[2].id)] = "Printer", ["requester:nobody@example.com"] = "",
    }
  end)

  it("finds the properties of tickets and of users", function()
    finds {
      ["subject:fire"] = "Printer", ["subject:fir"] = "", ["subject:fir*"] = "Printer",
      ['subject:"on fire"'] = "Printer", ["description:smokes"] = "Printer",
      ["via:mail"] = "Printer", ["via:api"] = "Tip-Top", ["via:none"] = "Desktop Toppings",
      ["group:7"] = "Printer", ["group:none"] = "Tip-Top Desktop Toppings",
      ["organization:42"] = "Printer Amy", ["role:agent"] = "Alex Susan",
      ["external_id:a-4711"] = "Printer", ["external_id:S-1"] = "Susan",
      ["email:susan@example.com"] = "Susan", ["name:warren"] = "Susan", ["name:warr"] = "",
      ["name:topp*"] = "Amy", ["external_id:none role:agent"] = "Alex",
    }
  end)

  it("says how results are to be sorted", function()
    local function order(text) return search_query.compile(text, context).order end
    assert.same({ by = "created_at", descending = true }, order "order_by:created")
    assert.same({ by = "status", descending = false }, order "order_by:status sort:asc top")
    assert.is_nil(order "top")
    assert.is_true(search_query.compile("-type:user", context).typed)
    assert.is_false(search_query.compile("role:admin", context).typed)
  end)

  it("keeps apart what the same text finds at another time, or for another caller", function()
    local function key(text) return search_query.compile(text, context).key end
    local relative, absolute = key "created>4hours", key "created>2026-01-01"
    local mine = key "requester:me"
    context.state.clock:advance(60)
    assert.not_equal(relative, key "created>4hours")
    assert.equal(absolute, key "created>2026-01-01")
    context.state.clock:advance(-60)
    context.caller = { user = people[1] }
    assert.not_equal(mine, key "requester:me")
    context.caller = { user = context.state:user_by_email "admin@example.com" }
  end)

  it("refuses what it does not know, and says what it is and what there is", function()
    for text, why in pairs {
      ["prioriti:high"] = 'does not understand "prioriti:high": there is no "prioriti" here, '
        .. 'perhaps priority is meant; it knows assignee, created, description,',
      ["custom_field_1:x"] = 'there is no "custom_field_1" here; it knows',
      ["fieldvalue:1"] = 'there is no "fieldvalue" here', ["type:article"] = "it knows the types",
      ["type:incident"] = "for this one there is ticket_type",
      ["status:unsolved"] = "it knows the values new, open, pending, hold, solved, closed",
      ["status:none"] = "it knows the values", ["priority>burning"] = "low, normal, high, urgent",
      ["tags>vip"] = "it is compared with a colon only", ["type>ticket"] = "a colon only",
      ["ticket_type<task"] = "a colon only", ["created>yesterday"] = "it takes times like",
      ["created>4hour"] = "it takes times like", ["created>2026-02-30"] = "takes times like",
      ["created>11/25/2026"] = "it takes times like", ["created:4hours"] = "compared with < or >",
      ["created>2026-11-25T25:00:00Z"] = "it takes times like",
      ["created>2026-11-25T08:00:00X"] = "it takes times like", ["photo*"] = "as in subject:photo*",
      ["subject:pho*to"] = "a star at their end", ["subject:*"] = "it takes words",
      ["email:a*"] = "whole e-mail addresses",
      ["email:example.com"] = "whole e-mail addresses", ["tags:v*"] = "whole tags",
      ["organization:acme"] = "an id or none", ['group:"Level 2"'] = "an id or none",
      ["requester:+1555"] = "an id, an e-mail address", ["requester:su*"] = "an id, an e-mail",
      ["external_id:A*"] = "no wildcards", ["via:phone"] = "api, chat, mail",
      ["status:open OR status:new"] = 'understand "OR": there are no words that join',
      ["role:king"] = "it knows the values end-user", ["a AND b"] = "words that join",
      ["(status:open)"] = "only double quotes", ["subject:(a"] = "only double quotes",
      ["organization:'a b'"] = "only double quotes", ['subject:a"b'] = "only double quotes",
      ['"open'] = "a quotation mark is not closed", ['subject:"open'] = "is not closed",
      ["status: open"] = "nothing stands behind it", ["[]"] = "it holds no word",
      ["status < open"] = 'does not understand "<": it holds no word',
      ["order_by:updated"] = "created, priority, status, ticket_type",
      ["sort:up"] = "asc and desc", ["-sort:asc"] = "cannot be left out",
      ["type:user status:open"] = "a property of tickets, which are not searched",
      ["type:ticket role:admin"] = "a property of users, which are not searched",
      [("a "):rep(65)] = "64 words at most", ["http://example.com"] = 'there is no "http" here',
    } do
      local search, problem = search_query.compile(text, context)
      assert.is_nil(search, text)
      assert.is_truthy(problem:find(why, 1, true), text .. ": " .. problem)
      assert.is_truthy(problem:find("sandbox", 1, true))
    end
    local _, problem = search_query.compile("status:open", context, "user")
    assert.is_truthy(problem:find("a property of tickets", 1, true))
  end)
end)
