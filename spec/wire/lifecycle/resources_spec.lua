local account_of = require "spec.support.account"

describe("global clients and API tokens over the wire", function()
  local account = account_of.use()

  it("are listed, shown, counted and deleted", function()
    local made = account.box:seed {
      global_clients = { { identifier = "zdg-tool", name = "Tool" } }, api_tokens = 2,
    }
    local id = made.global_clients[1].id
    assert.equal("zdg-tool", assert(account.zd.global_client:list())[1].identifier)
    assert.equal("GET", account:last_request().method)
    assert.equal("/api/v2/oauth/global_clients", account:last_request().path)
    for client in account.zd.global_client:each() do assert.equal(id, client.id) end
    assert.equal("Tool", assert(account.zd.global_client:show(id)).name)
    assert.equal("/api/v2/oauth/global_clients/" .. id, account:last_request().path)
    account.box:seed { tokens = { { client_id = id, global = true } } }
    local summary = assert(account.zd.global_client:token_summary {
      global_client_id = id, include_expired = true,
    })
    assert.equal(1, summary[1].tokens_count)
    assert.equal("/api/v2/oauth/global_clients/token_summary", account:last_request().path)
    assert.matches("global_client_id=" .. id .. "&include_expired=true",
      account:last_request().query, 1, true)

    local tokens = assert(account.zd.api_token:list { include_users = true })
    local before = #tokens
    assert.is_true(before >= 2)
    assert.matches("include_users=true", account:last_request().query, 1, true)
    assert.is_true(account.zd.api_token:delete(tokens[before]))
    assert.equal("DELETE", account:last_request().method)
    assert.equal("/api/v2/api_tokens/" .. tokens[before].id, account:last_request().path)
    assert.equal(before - 1, #assert(account.zd.api_token:list()))
  end)

  account:refuses("global_client:list", "global_clients", function()
    return account.zd.global_client:list()
  end)
  account:refuses("global_client:show", "global_clients", function(made)
    return account.zd.global_client:show(made.global_clients.first_id)
  end)
  account:refuses("global_client:token_summary", "token_summary", function()
    return account.zd.global_client:token_summary()
  end)
  account:refuses("api_token:list", "api_tokens", function() return account.zd.api_token:list() end)
  account:refuses("api_token:delete", "api_tokens", function(made)
    return account.zd.api_token:delete(made.api_tokens.first_id)
  end)
end)
