local account_of = require "spec.support.account"

local DAY = 86400

describe("token:audit and token:prune over the wire", function()
  local account = account_of.use()

  local made

  before_each(function()
    local now = os.time()
    local function ago(days) return os.date("!%Y-%m-%dT%H:%M:%SZ", now - days * DAY) end
    local client = account.box:seed { clients = { { identifier = "exporter", name = "Exporter" } } }
      .clients[1]
    made = account.box:seed { tokens = {
      { client_id = client.id, scopes = { "tickets:read" }, created_at = ago(200),
        used_at = ago(1), expires_at = ago(-30) },
      { client_id = client.id, scopes = { "tickets:read" }, created_at = ago(200),
        used_at = ago(120), expires_at = ago(-30) },
      { client_id = client.id, scopes = { "read", "write" }, created_at = ago(200),
        used_at = ago(120) },
      { client_id = 4711, scopes = { "tickets:read" }, created_at = ago(200),
        used_at = ago(1), expires_at = ago(-2) },
    } }.tokens
    account.box:clear_requests()
  end)

  it("report what is worth a look, and send only GETs", function()
    local report = assert(account.zd.token:audit { unused_for = 90 * DAY })
    assert.equal(4, report.tokens)
    assert.same({ never_expires = 1, expires_soon = 1, unused = 2, broad_scope = 1,
      client_gone = 1, expired = 0 }, report.counts)
    assert.matches("all=true", account:last_request().query, 1, true)
    for _, request in ipairs(account.box:requests()) do assert.equal("GET", request.method) end
    assert.matches("exporter 2 of 3", tostring(report), 1, true)
  end)

  it("revoke what is unused, and never the token in use", function()
    local other = account:connect { access_token = made[3].full_token }
    local dry = assert(other.token:prune { unused_for = 90 * DAY, dry_run = true })
    assert.equal(1, dry.revoked)
    -- a token that has just been used is not unused; its recorded use is what it was
    local result = assert(other.token:prune { reasons = { "unused", "broad_scope" } })
    other:close()
    local outcomes = {}
    for _, outcome in ipairs(result.outcomes) do outcomes[outcome.id] = outcome.outcome end
    assert.equal("revoked", outcomes[made[2].id])
    assert.equal("kept", outcomes[made[3].id])
    assert.equal(3, #assert(account.zd.token:list { all = true }))
  end)

  it("report each outcome and can be run again", function()
    account.box:fail { path = "tokens/" .. made[2].id, method = "DELETE", status = 403 }
    local result = assert(account.zd.token:prune { unused_for = 90 * DAY })
    assert.equal(1, result.failed)
    assert.equal(1, result.revoked)
    result = assert(account.zd.token:prune { unused_for = 90 * DAY })
    assert.equal(1, result.revoked)
    assert.equal(0, assert(account.zd.token:prune { unused_for = 90 * DAY }).named)
  end)

  it("stop at a limit that all would meet, with what was done", function()
    account.box:fail { path = "tokens/", method = "DELETE", skip = 1, status = 429,
      headers = { ["Retry-After"] = "1" } }
    local result, err, partial = account.zd.token:prune { unused_for = 90 * DAY }
    assert.is_nil(result)
    assert.equal("rate_limit", err.kind)
    assert.equal(1, partial.revoked)
  end)

  account:refuses("token:audit", "oauth/tokens", function() return account.zd.token:audit() end)
  account:refuses("token:prune", "oauth/tokens", function()
    return account.zd.token:prune { unused_for = 1 }
  end)
end)
