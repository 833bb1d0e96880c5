local audit = require "zendesk.lifecycle.audit"
local errors = require "zendesk.errors"
local scripted = require "spec.support.scripted"
local timestamp = require "zendesk.timestamp"
local verdict = require "zendesk.lifecycle.verdict"

local DAY = 86400
local NOW = 1795600000

local function ago(days) return timestamp.format(NOW - days * DAY) end

local function token(fields)
  local record = {
    id = 1, client_id = 10, user_id = 20, scopes = { "tickets:read" }, created_at = ago(100),
    used_at = ago(1), expires_at = ago(-30),
  }
  for name, value in pairs(fields) do record[name] = value ~= "none" and value or nil end
  return record
end

local rules = {
  now = NOW, unused_for = 90 * DAY, expiring_within = 7 * DAY, clients = { [10] = "exporter" },
}

describe("the verdict on a token", function()
  local cases = {
    { {}, "" },
    { { expires_at = "none" }, "never_expires" },
    { { expires_at = io.stdout }, "never_expires" },
    { { expires_at = ago(1) }, "expired" },
    { { expires_at = ago(-6) }, "expires_soon" },
    { { expires_at = ago(-8) }, "" },
    { { used_at = ago(91) }, "unused" },
    { { used_at = ago(89) }, "" },
    { { used_at = "none" }, "unused" },
    { { used_at = "none", created_at = ago(89) }, "" },
    { { used_at = "none", created_at = "none" }, "" },
    { { scopes = { "tickets:read", "write" } }, "broad_scope" },
    { { scopes = { "impersonate" } }, "broad_scope" },
    { { scopes = { "unrestricted:read" } }, "broad_scope" },
    { { scopes = {} }, "broad_scope" },
    { { scopes = "none" }, "broad_scope" },
    { { scopes = "users:read read" }, "broad_scope" },
    { { scopes = { "readers:write" } }, "" },
    -- What cannot be read is no reason.
    { { expires_at = "in a while" }, "" },
    { { expires_at = 1795600000 }, "" },
    { { used_at = "never" }, "" },
    { { used_at = "none", created_at = "long ago" }, "" },
    { { client_id = 11, created_at = "long ago" }, "" },
    -- A login that can be renewed has not ended, and one that was never to last does not end soon.
    { { expires_at = ago(1), refresh_token_expires_at = ago(-20) }, "" },
    { { expires_at = ago(1), refresh_token_expires_at = ago(-5) }, "expires_soon" },
    { { expires_at = ago(2), refresh_token_expires_at = ago(1) }, "expired" },
    { { expires_at = ago(1), refresh_token_expires_at = "some day" }, "" },
    { { expires_at = ago(1), refresh_token = "masked..." }, "" },
    { { created_at = ago(0), expires_at = timestamp.format(NOW + 1800) }, "" },
    { { created_at = ago(3), expires_at = ago(-4) }, "" },
    { { created_at = ago(4), expires_at = ago(-4) }, "expires_soon" },
    { { client_id = "10" }, "" },
    { { client_id = "11" }, "client_gone" },
    { { client_id = 11 }, "client_gone" },
    { { client_id = 11, created_at = ago(0) }, "" },
    { { client_id = "none" }, "" },
    { { expires_at = "none", used_at = ago(400), scopes = { "read" }, client_id = 11 },
      "never_expires unused broad_scope client_gone" },
  }
  for number, case in ipairs(cases) do
    it(("%d is: %s"):format(number, case[2] == "" and "nothing to say" or case[2]), function()
      assert.equal(case[2], table.concat(verdict.of(token(case[1]), rules), " "))
    end)
  end

  it("names no client as gone where the clients are not known", function()
    assert.same({}, verdict.of(token { client_id = 11 }, { now = NOW }))
  end)
end)

-- The clients, the global clients and the tokens of an account.
local function account(tokens, overrides)
  return function(call)
    local override = overrides and overrides[call.path]
    if override then return override end
    if call.path:find "global_clients$" then
      return { body = { global_clients = { { id = 12, identifier = "zdg-tool" } } } }
    elseif call.path:find "clients$" then
      return { body = { clients = { { id = 10, identifier = "exporter" } } } }
    elseif call.path:find "current$" then
      return { body = { token = { id = 3 } } }
    end
    return { body = { tokens = tokens, meta = { has_more = false } } }
  end
end

describe("an audit", function()
  local tokens = {
    token { id = 1 },
    token { id = 2, expires_at = "none", used_at = ago(200), user_id = 21 },
    token { id = 3, expires_at = "none", client_id = 12 },
    token { id = 4, client_id = 99 },
  }

  it("reports by reason, client and user, as data", function()
    local transport = scripted.new(account(tokens), { epoch = NOW })
    local report = assert(audit.tokens(transport))
    assert.equal(4, report.tokens)
    assert.equal(3, #report.findings)
    assert.same({ 2, 1, 0 },
      { report.counts.never_expires, report.counts.client_gone, report.counts.expired })
    assert.same({ tokens = 2, findings = 1 }, report.by_client[10])
    assert.same({ tokens = 1, findings = 1 }, report.by_user[21])
    assert.equal("exporter", report.findings[1].client)
    assert.equal(NOW - 200 * DAY, report.findings[1].last_use)
    assert.equal("zdg-tool", report.findings[2].client)
    assert.same({}, report.notes)
  end)

  it("asks for the tokens of all users unless told otherwise", function()
    local function query_of(options)
      local transport = scripted.new(account(tokens), { epoch = NOW })
      assert(audit.tokens(transport, options))
      local query = transport.calls[#transport.calls].query
      query["page[size]"] = nil
      return query
    end
    assert.same({ all = true }, query_of())
    assert.same({}, query_of { all = false })
    assert.same({ all = true, client_id = 10 }, query_of { client = { id = 10 } })
    assert.same({ all = true, client_id = 10 }, query_of { client_id = 10 })
    assert.same({ all = true, global_client_id = 12 }, query_of { global_client_id = 12 })
  end)

  it("judges by Zendesk's clock, and says so where this machine's is wrong", function()
    local function audited(epoch)
      return assert(audit.tokens(scripted.new(account({ token { id = 1 } }, {
        ["/api/v2/oauth/tokens"] = {
          headers = { date = "Wed, 25 Nov 2026 09:46:40 GMT" },
          body = { tokens = { token { id = 1 } }, meta = { has_more = false } },
        },
      }), { epoch = epoch })))
    end
    local report = audited(NOW + 2000 * DAY)
    assert.same({}, report.findings)
    assert.equal(NOW, report.at)
    assert.equal("this machine's clock is 172800000 s ahead of Zendesk's, which counts",
      report.notes[1])
    assert.matches("60 s short of", audited(NOW - 360).notes[1] or "", 1, true)
    assert.same({}, audited(NOW + 60).notes)
  end)

  it("reads ids in digits, and calls no client gone where one has no id", function()
    local function audited(clients)
      return assert(audit.tokens(scripted.new(account({ token { id = "7", client_id = "99" } }, {
        ["/api/v2/oauth/clients"] = { body = { clients = clients } },
      }), { epoch = NOW })))
    end
    local report = audited { { id = "99", identifier = "exporter" } }
    assert.same({ tokens = 1, findings = 0 }, report.by_client[99])
    report = audited { { id = 10 } }
    assert.same({ 7, 99, { "client_gone" } }, { report.findings[1].id,
      report.findings[1].client_id, report.findings[1].reasons })
    report = audited { { id = "x" }, { id = 10 } }
    assert.same({}, report.findings)
    assert.matches("a client has no numeric id", report.notes[1], 1, true)
  end)

  it("says what could not be read, and which token is in use where it is told", function()
    local odd = { token { id = 1, used_at = "soon" }, token { id = 2, used_at = "soon" } }
    local report = assert(audit.tokens(scripted.new(account(odd, {
      ["/api/v2/oauth/tokens/current"] = { body = { token = { id = "none" } } },
    }), { epoch = NOW, scheme = "bearer" })))
    assert.same({}, report.findings)
    assert.same({
      "the token in use is not marked: the reply to GET /api/v2/oauth/tokens/current names no "
        .. "token",
      "2 tokens have a used_at that is no time, of which nothing is said",
    }, { table.unpack(report.notes) })
  end)

  it("can be printed as a table", function()
    local transport = scripted.new(account(tokens), { epoch = NOW, scheme = "bearer" })
    local text = tostring(assert(audit.tokens(transport)))
    assert.matches("^4 tokens looked at\n", text)
    assert.matches("2 never expires: it has no end", text)
    assert.matches("by client: exporter 1 of 2", text, 1, true)
    assert.matches("\ntoken +client +user +last use +ends +why\n", text)
    assert.matches("\n2 +exporter +21 +%d+-%d+-%d+ +never +never expires, unused\n", text)
    assert.matches("\n3 %(in use%) +zdg%-tool", text)
  end)

  it("speaks of one token where there is one", function()
    local transport = scripted.new(account { token { id = 1 } }, { epoch = NOW })
    assert.matches("^1 token looked at\n", tostring(assert(audit.tokens(transport))) .. "\n")
  end)

  it("shows the first rows of a long table and says how many there are", function()
    local many = {}
    for id = 1, 60 do many[id] = token { id = id, expires_at = "none" } end
    local report = assert(audit.tokens(scripted.new(account(many), { epoch = NOW })))
    assert.matches("… and 10 more", tostring(report))
    assert.is_nil(report:table():find("more", 1, true))
    assert.matches("… and 58 more", report:table(2))
  end)

  it("says what could not be looked at and goes on", function()
    local transport = scripted.new(account(tokens, {
      ["/api/v2/oauth/global_clients"] = { status = 403, body = { error = "Forbidden" } },
    }), { epoch = NOW })
    local report = assert(audit.tokens(transport))
    assert.equal(0, report.counts.client_gone)
    assert.matches("global_clients could not be read", report.notes[1])
    assert.equal("exporter", report.findings[1].client)
  end)

  it("hands findings over one by one instead of keeping them", function()
    local taken = {}
    local report = assert(audit.tokens(scripted.new(account(tokens), { epoch = NOW }), {
      on_finding = function(finding) taken[#taken + 1] = finding.id end,
    }))
    assert.same({ 2, 3, 4 }, taken)
    assert.same({}, report.findings)
    assert.equal(2, report.counts.never_expires)
  end)

  it("ends with the error of the list, and with the place to go on from", function()
    local given = 0
    local transport = scripted.new(function(call)
      if not call.path:find "tokens$" then return account(tokens)(call) end
      given = given + 1
      if given == 2 then return { error = errors.new("timeout", "too slow") } end
      return { body = { tokens = { token { id = given } },
        meta = { has_more = given == 1, after_cursor = "c" } } }
    end, { epoch = NOW })
    local report, err = audit.tokens(transport)
    assert.is_nil(report)
    assert.equal("timeout", err.kind)
    report = assert(audit.tokens(transport, { from = err.checkpoint }))
    assert.equal(1, report.tokens)
  end)

  it("ends with any other error", function()
    local _, err = audit.tokens(scripted.new { { status = 429, body = {} } })
    assert.equal("rate_limit", err.kind)
    local serve = account(tokens)
    local transport = scripted.new(function(call)
      if call.path:find "oauth/tokens$" then return { status = 429, body = {} } end
      return serve(call)
    end, { epoch = NOW })
    assert.is_nil((audit.tokens(transport)))
    assert.is_true(transport.events[1].finished)
  end)

  it("tells how far it has come", function()
    local transport = scripted.new(account(tokens), { epoch = NOW })
    assert(audit.tokens(transport))
    local last = transport.events[#transport.events]
    assert.equal("progress", last.type)
    assert.equal("audit", last.what)
    assert.equal(4, last.records)
    assert.equal(3, last.findings)
  end)
end)
