local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

describe("the sandbox is seeded", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function() box:reset() end)

  it("with numbers of records of each kind", function()
    local made = box:seed {
      clients = 3, users = 5, tickets = 7, tokens = 9, global_clients = 2, api_tokens = 1,
    }
    for kind, count in pairs { clients = 3, users = 5, tickets = 7, tokens = 9 } do
      assert.equal(count, made[kind].count)
      assert.equal(count, made[kind].last_id - made[kind].first_id + 1)
      assert.equal("integer", math.type(made[kind].first_id))
    end
    assert.equal(3, http:get("/api/v2/oauth/clients").json.count)
    assert.equal(8, http:get("/api/v2/users").json.count)
    assert.equal(7, http:get("/api/v2/tickets").json.count)
    assert.equal(9, http:get("/api/v2/oauth/tokens?all=true").json.count)
    assert.equal(2, #http:get("/api/v2/oauth/global_clients").json.global_clients)
    local path = ("/api/v2/users/%d"):format(made.users.last_id)
    assert.equal("Generated user 5", http:get(path).json.user.name)
  end)

  it("and gives back what it made, with secrets in full and ids exact", function()
    local made = box:seed {
      clients = { { identifier = "a", secret = "test-secret" }, {} },
      tokens = { { id = math.maxinteger, refresh_token = "test-refresh", expires_in = 60 } },
      tickets = { { id = math.mininteger, subject = "x" } },
    }
    assert.equal("test-secret", made.clients[1].secret)
    assert.equal(64, #made.clients[2].secret)
    assert.equal(math.maxinteger, made.tokens[1].id)
    assert.equal(64, #made.tokens[1].full_token)
    assert.equal("test-refresh", made.tokens[1].refresh_token)
    assert.equal(made.clients[1].id, made.tokens[1].client_id)
    assert.equal(math.mininteger, made.tickets[1].id)
    local path = "/api/v2/tickets/" .. math.mininteger
    assert.equal(200, http:get(path).status)
    local refreshed = http:post("/oauth/tokens", {
      grant_type = "refresh_token", client_id = "a", client_secret = "test-secret",
      refresh_token = "test-refresh",
    }, { authorization = false })
    assert.equal(200, refreshed.status)
  end)

  it("with the ages that reports need", function()
    box:seed { tokens = 12 }
    local never, unused = 0, 0
    for _, token in ipairs(http:get("/api/v2/oauth/tokens").json.tokens) do
      if token.expires_at == require("cjson").null then never = never + 1 end
      if token.used_at == require("cjson").null then unused = unused + 1 end
    end
    assert.equal(6, never)
    assert.equal(4, unused)
  end)

  it("with fields that are only shown, to the digit", function()
    local ticket = box:seed { tickets = { {
      brand_id = 9007199254740993, custom_fields = { { id = 1, value = 9007199254740995 } },
    } } }.tickets[1]
    local text = http:get(("/api/v2/tickets/%d"):format(ticket.id)).body
    assert.is_truthy(text:find('"brand_id":9007199254740993', 1, true))
    assert.is_truthy(text:find('"value":9007199254740995', 1, true))
  end)

  it("with no field that Zendesk's records do not have", function()
    for what, text in pairs {
      [{ tickets = { { subjct = "x" } } }] =
        'tickets[1] has no field "subjct"; did you mean "subject"?',
      [{ tickets = { {}, { additional_tags = { "x" } } } }] =
        'tickets[2] has no field "additional_tags"; it has allow_attachments, ',
      [{ tickets = { { requester = { name = "x" } } } }] =
        'tickets[1] has no field "requester"; did you mean "requester_id"?',
      [{ tickets = { { comment = { body = "x" } } } }] = 'tickets[1] has no field "comment"; it',
      [{ tickets = { { "x" } } }] = 'tickets[1] has no field "1"; it has',
      [{ users = { { e_mail = "x@example.com" } } }] = 'did you mean "email"?',
      [{ users = { { ["na\nme"] = "x" } } }] = 'has no field "na?me"; did you mean "name"?',
      [{ clients = { { redirect_uris = {} } } }] = 'did you mean "redirect_uri"?',
      [{ tokens = { { scope = "read" } } }] = 'did you mean "scopes"?',
      [{ global_clients = { { badge = 1 } } }] = 'global_clients[1] has no field "badge"; it has',
      [{ api_tokens = { { descripton = "x" } } }] = 'did you mean "description"?',
    } do
      local ok, message = pcall(function() box:seed(what) end)
      assert.is_false(ok)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    assert.equal(0, http:get("/api/v2/tickets").json.count)
  end)

  it("only with what makes sense", function()
    box:seed { clients = { { id = 7, identifier = "a" } } }
    for what, text in pairs {
      [{ shoes = 1 }] = 'cannot seed "shoes"', [{ tokens = 1.5 }] = "a number",
      [{ tokens = "many" }] = "a number", [{ lists = 5 }] = "a table of paths",
      [{ tickets = { 1 } }] = "sandbox: tickets[1] must be a record, not a number",
      [{ tickets = { subject = "x" } }] = "tickets must be an array of records or a number",
      [{ tokens = -1 }] = "a number", [{ lists = { ["/x"] = {} } }] = 'lists["/x"] must be',
      [{ lists = { ["/x"] = { count = 1, dialect = "x" } } }] = 'unknown dialect "x"',
      [{ clients = 100001 }] = "too many clients", [{ clients = { { id = 7 } } }] = "is taken",
      [{ tokens = { {}, { scopes = "x" } } }] = "tokens[2].scopes must be an array of strings",
      [{ tokens = { { scopes = { 5 } } } }] = "tokens[1].scopes must be an array of strings",
      [{ tokens = { { expires_in = "x" } } }] = "tokens[1].expires_in must be seconds",
      [{ tokens = { { expires_in = 1e300 } } }] = "tokens[1].expires_in must be seconds",
      [{ tokens = { { created_at = "x" } } }] = "tokens[1].created_at must be epoch seconds or",
      [{ users = { { id = "7" } } }] = "users[1].id must be an integer",
      [{ users = { { verified = 1 } } }] = "users[1].verified must be a boolean",
      [{ global_clients = { { identifier = {} } } }] = "identifier must be a string",
      [{ tickets = { {}, count = 5 } }] = "no JSON form for an array with other keys",
    } do
      local ok, message = pcall(function() box:seed(what) end)
      assert.is_false(ok)
      assert.matches("^[^\n]*seed_spec%.lua:%d+: sandbox: [^\n]*$", message)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    assert.equal(200, http:get("/api/v2/oauth/tokens").status)
  end)

  it("and forgets it all when it is put back", function()
    box:seed { clients = 3 }
    box:set("token_status", 201)
    box:fail { status = 500 }
    box:advance(1000)
    box:reset()
    assert.equal(0, http:get("/api/v2/oauth/clients").json.count)
    assert.equal(1, box:stats().requests)
    assert.is_true(box:stats().now < os.time() + 500)
  end)
end)
