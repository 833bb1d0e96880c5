local core = require "zendesk.core"
local fake_driver = require "spec.support.fake_driver"
local zendesk = require "zendesk"

describe("zd.token", function()
  local driver, zd, events, release

  before_each(function()
    driver, events = fake_driver.new(), {}
    release = fake_driver.capture_bodies()
    zd = assert(zendesk.new {
      subdomain = "acme", access_token = "test-token", driver = driver, retry = false,
      on_event = function(event) events[#events + 1] = event end,
    })
  end)

  after_each(function() release() end)

  local function sent(index)
    local request = driver.requests[index or #driver.requests]
    return request.method .. " " .. request.path
  end

  local function create(fields)
    driver:reply { status = 201, body = { token = { id = 1, full_token = "test-full-token" } } }
    local token = assert(zd.token:create(fields))
    return driver.requests[#driver.requests].json.token, token
  end

  describe("create", function()
    it("takes the number of a client", function()
      local sent_token, token = create {
        client_id = 9007199254740993, scopes = { "tickets:read" },
      }
      assert.equal("POST /api/v2/oauth/tokens", sent())
      assert.same({ client_id = 9007199254740993, scopes = { "tickets:read" } }, sent_token)
      assert.equal("test-full-token", token.full_token)
    end)

    it("takes the record of a client", function()
      assert.same({ client_id = 7, scopes = { "read" } },
        (create { client_id = { id = 7, identifier = "x" }, scopes = { "read" } }))
    end)

    it("sends no scopes as an empty array, and leaves them out where they are not given", function()
      assert.equal("[]", core.encode(create({ client_id = 7, scopes = {} }).scopes))
      assert.same({ client_id = 7 }, (create { client_id = 7 }))
    end)

    it("splits a string of scopes", function()
      assert.same({ client_id = 7, scopes = { "read", "write" } },
        (create { client_id = 7, scopes = "read write" }))
    end)

    it("leaves what it was given as it is, and passes other attributes on", function()
      local fields = { client_id = { id = 7 }, scopes = { "read" }, future = true }
      assert.same({ client_id = 7, future = true, scopes = { "read" } }, (create(fields)))
      assert.same({ client_id = { id = 7 }, scopes = { "read" }, future = true }, fields)
      assert.is_nil(getmetatable(fields.scopes))
    end)

    -- Without a listener, and with scopes that were seen before, nothing is copied.
    describe("of usual attributes", function()
      local quiet

      before_each(function()
        quiet = assert(zendesk.new {
          subdomain = "acme", access_token = "test-token", driver = driver, retry = false,
        })
        driver:reply { status = 201, body = { token = { id = 1 } } }
        assert(quiet.token:create { client_id = 7, scopes = { "tickets:read", "users:read" } })
      end)

      local function again(fields)
        driver:reply { status = 201, body = { token = { id = 2, full_token = "test-full" } } }
        local token, response = assert(quiet.token:create(fields))
        assert.same({ id = 2, full_token = "test-full" }, token)
        assert.equal(201, response.status)
        return driver.requests[#driver.requests].body
      end

      it("sends them as they are", function()
        local fields = { client_id = 7, scopes = { "users:read", "tickets:read" } }
        assert.equal('{"token":{"client_id":7,"scopes":["users:read","tickets:read"]}}',
          again(fields))
        assert.same({ client_id = 7, scopes = { "users:read", "tickets:read" } }, fields)
        assert.equal('{"token":{"client_id":7}}', again { client_id = 7 })
        assert.equal('{"token":{"client_id":7,"scopes":[]}}', again { client_id = 7, scopes = {} })
      end)

      it("takes what has a metatable for what lies there", function()
        local array = { __index = function() error "bitten" end }
        for _, mark in ipairs { array, core.array_mt } do
          assert.equal('{"token":{"client_id":7,"scopes":["tickets:read"]}}',
            again(setmetatable({
              client_id = 7, scopes = setmetatable({ "tickets:read" }, mark),
            }, mark)))
        end
      end)

      it("looks at every list of scopes", function()
        for problem, scopes in pairs {
          ["got the key x"] = { "tickets:read", x = "tickets:read" },
          ["scopes%[2%]: string expected, got nil"] = { "tickets:read", nil, "users:read" },
          ["scopes%[2%]: one scope expected"] = { "tickets:read", "tickets:read users:read" },
          ["scopes%[1%]: string expected, got boolean"] = { true },
          ["got the key 0"] = { [0] = "tickets:read" },
        } do
          assert.error_matches(function()
            quiet.token:create { client_id = 7, scopes = scopes }
          end, problem)
        end
      end)

      it("refuses the name that scopes have elsewhere, which would give every scope", function()
        for _, scopes in ipairs { "tickets:read", { "tickets:read" } } do
          for _, client in ipairs { 7, { id = 7 } } do
            assert.error_matches(function()
              quiet.token:create { client_id = client, scope = scopes }
            end, "unknown attribute 'scope' %(did you mean 'scopes'%?%)")
          end
        end
      end)

      it("explains what went wrong", function()
        driver:reply { status = 410, body = "" }
        local token, err = quiet.token:create { client_id = 7, scopes = { "tickets:read" } }
        assert.is_nil(token)
        assert.equal(410, err.status)
        assert.matches("may have switched it off", err.remedy)
        driver:reply { status = 201, body = { other = 1 } }
        token, err = quiet.token:create { client_id = 7, scopes = { "tickets:read" } }
        assert.is_nil(token)
        assert.equal("decode", err.kind)
        assert.matches("the reply holds no 'token'", err.message)
      end)

      it("remembers some scopes only", function()
        for index = 1, 200 do
          local body = again { client_id = 7, scopes = { ("scope_%d:read"):format(index) } }
          assert.matches(('"scope_%d:read"'):format(index), body, 1, true)
        end
      end)
    end)

    it("warns about scopes that look wrong, and sends them", function()
      local sent_token = create { client_id = 7, scopes = { "ticket:read", "read" } }
      assert.equal("ticket:read", sent_token.scopes[1])
      assert.equal("warning", events[1].type)
      assert.equal("ticket:read", events[1].scope)
      assert.equal("tickets:read", events[1].suggestion)
      assert.equal("request", events[2].type)
    end)

    it("raises misuse at the caller's line", function()
      local cases = {
        { function() zd.token:create(7) end, "token: table of attributes expected" },
        { function() zd.token:create { scopes = {} } end, "client_id is missing" },
        { function() zd.token:create { client_id = "my_client" } end,
          "numeric id of the client.*identifier.*zendesk.oauth" },
        { function() zd.token:create { client_id = "7" } end, "numeric id of the client" },
        { function() zd.token:create { client_id = 7.0 } end, "integer or client record expected" },
        { function() zd.token:create { client_id = {} } end, "has no 'id'" },
        { function() zd.token:create { client_id = 7, scopes = 7 } end,
          "array of strings expected" },
        { function() zd.token:create { client_id = 7, scopes = { 7 } } end,
          "scopes%[1%]: string expected, got number" },
        { function() zd.token:create { client_id = 7, scopes = { "read write" } } end,
          "scopes%[1%]: one scope expected" },
        { function() zd.token:create { client_id = 7, scopes = { read = true } } end,
          "scopes: array of strings expected, got the key read" },
        { function() zd.token:create { client_id = 7, scope = "read" } end,
          "unknown attribute 'scope' %(did you mean 'scopes'%?%)" },
      }
      for _, case in ipairs(cases) do
        local line = debug.getinfo(case[1], "S").linedefined
        local ok, message = pcall(case[1])
        assert.is_false(ok)
        assert.matches(case[2], message)
        assert.matches(("token_spec.lua:%d: zendesk: "):format(line), message, 1, true)
      end
      assert.equal(0, #driver.requests)
    end)

    for _, status in ipairs { 403, 404, 410 } do
      it("says since when it may be off, and what replaces it, after " .. status, function()
        driver:reply { status = status }
        local token, err = zd.token:create { client_id = 7, scopes = {} }
        assert.is_nil(token)
        assert.equal(status, err.status)
        assert.matches("26 August 2026", err.remedy, 1, true)
        assert.matches("zendesk.oauth", err.remedy, 1, true)
        assert.matches("client_credentials", tostring(err), 1, true)
      end)
    end

    it("does not blame the switch for missing scopes", function()
      driver:reply { status = 403, body = { error = "Forbidden",
        description = "You are missing the following required scopes: write" } }
      local _, err = zd.token:create { client_id = 7, scopes = {} }
      assert.not_matches("2026", err.remedy)
      assert.same({ "write" }, err.missing_scopes)
    end)

    it("says how to find an orphan when it is in doubt", function()
      driver:reply { error = "timeout", sent = true }
      local _, err = zd.token:create { client_id = 7, scopes = {} }
      assert.is_true(err.ambiguous)
      assert.matches("zd.token:list", err.remedy, 1, true)
      assert.matches("zd.token:revoke", err.remedy, 1, true)
    end)
  end)

  it("lists with the filters of the endpoint", function()
    driver:reply { body = { tokens = { { id = 1 } }, meta = { has_more = false } } }
    assert.equal(1, #zd.token:list { client_id = 7, all = true })
    assert.matches("^GET /api/v2/oauth/tokens%?", sent())
    assert.matches("client_id=7", sent(), 1, true)
    assert.matches("all=true", sent(), 1, true)
  end)

  it("shows a token, the current one, and revokes one", function()
    driver:reply({ body = { token = { id = 3 } } }, { body = { token = { id = 4 } } },
      { status = 204 })
    assert.equal(3, zd.token:show(3).id)
    assert.equal("GET /api/v2/oauth/tokens/3", sent())
    assert.equal(4, zd.token:current().id)
    assert.equal("GET /api/v2/oauth/tokens/current", sent())
    assert.is_true((zd.token:revoke { id = 3 }))
    assert.equal("DELETE /api/v2/oauth/tokens/3", sent())
  end)

  describe("revoke_current", function()
    local REFUSED = { status = 401, body = { error = "invalid_token", error_description = "x" } }

    it("revokes by id, and looks", function()
      driver:reply({ body = { token = { id = 3 } } }, { status = 204 }, REFUSED)
      assert.is_true((zd.token:revoke_current()))
      assert.equal("GET /api/v2/oauth/tokens/current", sent(1))
      assert.equal("DELETE /api/v2/oauth/tokens/3", sent(2))
      assert.equal("GET /api/v2/oauth/tokens/current", sent(3))
    end)

    it("says when the token lives on", function()
      local current = { body = { token = { id = 3 } } }
      driver:reply(current, { status = 204 }, current)
      local ok, err = zd.token:revoke_current()
      assert.is_nil(ok)
      assert.equal("still_valid", err.code)
      assert.matches("its id 3", err.remedy, 1, true)
    end)

    it("does not take a failed look for a living token", function()
      driver:reply({ body = { token = { id = 3 } } }, { status = 204 }, { status = 500 })
      assert.is_true((zd.token:revoke_current()))
    end)

    it("has revoked the token where the reply was lost and the repetition is refused", function()
      zd = assert(zendesk.new { subdomain = "acme", access_token = "test-token", driver = driver })
      driver:reply({ body = { token = { id = 3 } } }, { error = "transport", sent = true }, REFUSED,
        REFUSED)
      assert.is_true((zd.token:revoke_current()))
      assert.equal("DELETE /api/v2/oauth/tokens/3", sent(3))
    end)

    it("is done where somebody else has revoked the token meanwhile", function()
      local current = { body = { token = { id = 3 } } }
      for _, answer in ipairs { REFUSED, { status = 404, body = { error = "RecordNotFound" } } } do
        driver:reply(current, answer, REFUSED)
        assert.is_true((zd.token:revoke_current()))
      end
      driver:reply(current, { status = 404, body = { error = "RecordNotFound" } }, current)
      assert.equal("still_valid", select(2, zd.token:revoke_current()).code)
    end)

    it("does not put another token in the place of the one that ends", function()
      local renewals, token = 0, "test-token"
      local provider = { kind = "test", get = function() return { token = token } end }
      function provider.renew()
        renewals, token = renewals + 1, "other"
        return { token = token }
      end
      zd = assert(zendesk.new { subdomain = "acme", auth = provider, driver = driver })
      driver:reply({ body = { token = { id = 3 } } }, { error = "transport", sent = true }, REFUSED,
        REFUSED)
      assert.is_true((zd.token:revoke_current()))
      assert.equal(0, renewals)
    end)

    it("says so where the reply names no token", function()
      for _, id in ipairs { "none", "x", false } do
        driver:reply { body = { token = { id = id ~= "none" and id or nil } } }
        local ok, err = zd.token:revoke_current()
        assert.is_nil(ok)
        assert.equal("decode", err.kind)
        assert.matches("zd.token:list", err.remedy, 1, true)
      end
      driver:reply({ body = { token = { id = "3" } } }, { status = 204 }, REFUSED)
      assert.is_true((zd.token:revoke_current()))
    end)

    it("does not fetch a new token to look with", function()
      local renewed = false
      local provider = { kind = "test", get = function() return { token = "test-token" } end }
      function provider.renew() renewed = true return { token = "other" } end
      zd = assert(zendesk.new { subdomain = "acme", auth = provider, driver = driver })
      driver:reply({ body = { token = { id = 3 } } }, { status = 204 }, REFUSED)
      assert.is_true((zd.token:revoke_current()))
      assert.is_false(renewed)
    end)

    it("returns the errors on the way", function()
      driver:reply(REFUSED)
      assert.equal("auth", select(2, zd.token:revoke_current()).kind)
      driver:reply({ body = { token = { id = 3 } } }, { status = 403 })
      assert.equal("forbidden", select(2, zd.token:revoke_current()).kind)
    end)
  end)
end)
