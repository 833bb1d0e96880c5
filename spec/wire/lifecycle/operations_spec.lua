local account_of = require "spec.support.account"
local cjson = require "cjson"

-- Every operation on clients and tokens: the request it makes, what it gives back, and what it does
-- with a refusal. `make` gets the account and what was seeded; `expect` is the request.
describe("each operation on clients and tokens", function()
  local account = account_of.use()

  local function seeded()
    return account.box:seed {
      clients = { { identifier = "exporter", name = "Exporter", kind = "confidential" } },
      tokens = { { scopes = { "tickets:read" } } },
    }
  end

  local CLIENTS, TOKENS = "/api/v2/oauth/clients", "/api/v2/oauth/tokens"

  local operations = {
    {
      name = "client:create", path = "clients$", method = "POST", at = CLIENTS,
      call = function(zd) return zd.client:create { identifier = "new", name = "New" } end,
      body = { client = { identifier = "new", name = "New" } },
      check = function(client) assert.equal(64, #client.secret) end,
    },
    {
      name = "client:list", path = "clients$", method = "GET", at = CLIENTS,
      call = function(zd) return zd.client:list() end,
      check = function(list, made) assert.equal(made.clients[1].id, list[#list].id) end,
    },
    {
      name = "client:each", path = "clients$", method = "GET", at = CLIENTS,
      call = function(zd) return zd.client:each():next() end,
      check = function(client, made) assert.equal(made.clients[1].id, client.id) end,
    },
    {
      name = "client:show", path = "clients/%d+$", method = "GET", at = CLIENTS .. "/{client}",
      call = function(zd, made) return zd.client:show(made.clients[1].id) end,
      check = function(client) assert.equal("exporter", client.identifier) end,
    },
    {
      name = "client:find", path = "clients$", method = "GET", at = CLIENTS,
      call = function(zd) return zd.client:find "exporter" end,
      check = function(client, made) assert.equal(made.clients[1].id, client.id) end,
    },
    {
      name = "client:mine", path = "clients$", method = "GET",
      at = "/api/v2/users/me/oauth/clients",
      call = function(zd) return zd.client:mine() end,
      check = function(list) assert.equal(1, #list) end,
    },
    {
      name = "client:update", path = "clients/%d+$", method = "PUT", at = CLIENTS .. "/{client}",
      call = function(zd, made) return zd.client:update(made.clients[1].id, { name = "Other" }) end,
      body = { client = { name = "Other" } },
      check = function(client) assert.equal("Other", client.name) end,
    },
    {
      name = "client:delete", path = "clients/%d+$", method = "DELETE", at = CLIENTS .. "/{client}",
      call = function(zd, made) return zd.client:delete(made.clients[1].id) end,
      check = function(ok) assert.is_true(ok) end,
    },
    {
      name = "client:generate_secret", path = "generate_secret$", method = "PUT",
      at = CLIENTS .. "/{client}/generate_secret",
      call = function(zd, made) return zd.client:generate_secret(made.clients[1].id) end,
      check = function(client, made)
        assert.equal(64, #client.secret)
        assert.not_equal(made.clients[1].secret, client.secret)
      end,
    },
    {
      name = "token:create", path = "tokens$", method = "POST", at = TOKENS,
      call = function(zd, made)
        return zd.token:create { client_id = made.clients[1], scopes = { "tickets:read" } }
      end,
      check = function(token) assert.is_true(#token.full_token > 10) end,
    },
    {
      name = "token:list", path = "tokens$", method = "GET", at = TOKENS,
      query = "all=true",
      call = function(zd) return zd.token:list { all = true } end,
      check = function(list, made) assert.equal(made.tokens[1].id, list[#list].id) end,
    },
    {
      name = "token:show", path = "tokens/%d+$", method = "GET", at = TOKENS .. "/{token}",
      call = function(zd, made) return zd.token:show(made.tokens[1].id) end,
      check = function(token, made) assert.equal(made.tokens[1].id, token.id) end,
    },
    {
      name = "token:revoke", path = "tokens/%d+$", method = "DELETE", at = TOKENS .. "/{token}",
      call = function(zd, made) return zd.token:revoke(made.tokens[1].id) end,
      check = function(ok) assert.is_true(ok) end,
    },
  }

  for _, operation in ipairs(operations) do
    it(operation.name .. " makes one request and gives back what it holds", function()
      local made = seeded()
      account.box:clear_requests()
      local result = assert(operation.call(account.zd, made))
      operation.check(result, made)
      local requests = account.box:requests()
      assert.equal(1, #requests)
      assert.equal(operation.method, requests[1].method)
      local path = operation.at:gsub("{client}", ("%d"):format(made.clients[1].id))
        :gsub("{token}", ("%d"):format(made.tokens[1].id))
      assert.equal(path, requests[1].path)
      if operation.query then assert.matches(operation.query, requests[1].query, 1, true) end
      if operation.body then assert.same(operation.body, cjson.decode(requests[1].body)) end
    end)

    account:refuses(operation.name, operation.path, function(made)
      return operation.call(account.zd, made)
    end)
  end

  it("current and revoke_current work on the token in use", function()
    local token = account.box:seed { tokens = { { scopes = { "read", "write" } } } }.tokens[1]
    local zd <close> = account:connect { access_token = token.full_token }
    assert.equal(token.id, assert(zd.token:current()).id)
    account.box:clear_requests()
    assert.is_true(zd.token:revoke_current())
    assert.equal(("GET %s/current\nDELETE %s/%d\nGET %s/current"):format(TOKENS, TOKENS, token.id,
      TOKENS), account:trace())
    local _, err = zd.token:current()
    assert.equal("auth", err.kind)
  end)

  for _, name in ipairs { "current", "revoke_current" } do
    account:refuses("token:" .. name, "tokens", function(made)
      local zd <close> = account:connect { access_token = made.tokens[1].full_token }
      return zd.token[name](zd.token)
    end)
  end
end)
