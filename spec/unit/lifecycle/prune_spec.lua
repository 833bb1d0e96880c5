local prune = require "zendesk.lifecycle.prune"
local scripted = require "spec.support.scripted"
local timestamp = require "zendesk.timestamp"

local DAY = 86400
local NOW = 1795600000

-- An account with unused tokens 1 … count; `refuse` holds replies to single revocations.
local function account(count, refuse)
  local server = { alive = {}, refuse = refuse or {} }
  for id = 1, count do server.alive[id] = true end
  server.script = function(call)
    if call.method == "DELETE" then
      local id = math.tointeger(tonumber(call.path:match "%d+$"))
      if server.refuse[id] then return server.refuse[id] end
      if not server.alive[id] then return { status = 404, body = {} } end
      server.alive[id] = nil
      return { status = 204 }
    elseif call.path:find "current$" then
      return server.current or { body = { token = { id = 2 } } }
    elseif call.path:find "global_clients$" then
      return { body = { global_clients = {} } }
    elseif call.path:find "clients$" then
      return { body = { clients = { { id = 10, identifier = "exporter" } } } }
    end
    local tokens = {}
    for id = 1, count do
      if server.alive[id] then
        tokens[#tokens + 1] = {
          id = id, client_id = 10, user_id = 20, scopes = { "tickets:read" },
          used_at = timestamp.format(NOW - 100 * DAY),
          expires_at = timestamp.format(NOW + 30 * DAY),
        }
      end
    end
    return { body = { tokens = tokens, meta = { has_more = false } } }
  end
  function server:connect(scheme)
    return scripted.new(self.script, { epoch = NOW, scheme = scheme })
  end
  return server
end

local function outcomes(result)
  local words = {}
  for place, outcome in ipairs(result.outcomes) do
    words[place] = outcome.id .. " " .. outcome.outcome
  end
  return table.concat(words, ", ")
end

local unused = { unused_for = 90 * DAY }

describe("pruning tokens", function()
  it("revokes what the audit names", function()
    local server = account(3)
    local result = assert(prune.tokens(server:connect(), unused))
    assert.equal("1 revoked, 2 revoked, 3 revoked", outcomes(result))
    assert.is_nil(next(server.alive))
    assert.equal(3, result.revoked)
    assert.equal(0, result.left)
    assert.same({ "unused" }, result.outcomes[1].reasons)
  end)

  it("never revokes the token in use", function()
    local server = account(3)
    local result = assert(prune.tokens(server:connect "bearer", unused))
    assert.equal("1 revoked, 2 kept, 3 revoked", outcomes(result))
    assert.is_true(server.alive[2])
    assert.equal(1, result.kept)
  end)

  it("knows the token in use by an id in digits, and revokes nothing without one", function()
    local server = account(3)
    server.current = { body = { token = { id = "2" } } }
    assert.equal("1 revoked, 2 kept, 3 revoked",
      outcomes(assert(prune.tokens(server:connect "bearer", unused))))
    for _, body in ipairs { { token = {} }, { token = { id = "two" } }, {} } do
      server = account(3)
      server.current = { body = body }
      local result, err = prune.tokens(server:connect "bearer", unused)
      assert.is_nil(result)
      assert.equal("decode", err.kind)
      assert.same({ true, true, true }, server.alive)
    end
  end)

  it("revokes nothing that its plan did not name", function()
    local server = account(2)
    local plan = assert(prune.tokens(server:connect(), { unused_for = 90 * DAY, dry_run = true }))
    assert.equal("1 would revoke, 2 would revoke", outcomes(plan))
    local later = account(4)
    later.alive[1] = nil
    local result = assert(prune.tokens(later:connect(), { unused_for = 90 * DAY, plan = plan }))
    assert.equal("2 revoked", outcomes(result))
    assert.same({ nil, nil, true, true }, later.alive)
    for _, odd in ipairs { {}, result } do
      assert.error_matches(function()
        prune.tokens(later:connect(), { unused_for = 90 * DAY, plan = odd })
      end, "option 'plan': the result of a dry run")
    end
  end)

  it("counts a token without an id as failed, and goes on", function()
    local server = account(1)
    local script = server.script
    server.script = function(call)
      local reply = script(call)
      if call.path:find "tokens$" then
        reply.body.tokens[2] = { client_id = 10, used_at = timestamp.format(NOW - 100 * DAY) }
      end
      return reply
    end
    local result = assert(prune.tokens(server:connect(), unused))
    assert.same({ 1, 1, 0 }, { result.revoked, result.failed, result.left })
    assert.matches("\n  ?: ", tostring(result), 1, true)
  end)

  it("revokes nothing where it cannot tell which token is in use", function()
    local server = account(3)
    server.current = { status = 403, body = {} }
    local result, err = prune.tokens(server:connect "bearer", unused)
    assert.is_nil(result)
    assert.equal("forbidden", err.kind)
    assert.same({ true, true, true }, server.alive)
  end)

  it("sends only GETs in a dry run", function()
    local server = account(3)
    local transport = server:connect()
    local result = assert(prune.tokens(transport, { unused_for = 90 * DAY, dry_run = true }))
    assert.equal("1 would revoke, 2 would revoke, 3 would revoke", outcomes(result))
    for _, call in ipairs(transport.calls) do assert.equal("GET", call.method) end
    assert.matches("^3 tokens looked at, 3 named, would revoke 3,", tostring(result))
  end)

  it("speaks of one token where there is one", function()
    local result = assert(prune.tokens(account(1):connect(), unused))
    assert.matches("^1 token looked at, 1 named, revoked 1,", tostring(result))
  end)

  it("goes on after a refusal of one token and reports each outcome", function()
    local server = account(4, {
      [1] = { status = 403, body = {} }, [2] = { status = 404, body = {} },
      [3] = { status = 422, body = {} },
    })
    local result = assert(prune.tokens(server:connect(), unused))
    assert.equal("1 failed, 2 gone, 3 failed, 4 revoked", outcomes(result))
    assert.equal("forbidden", result.outcomes[1].error.kind)
    assert.is_nil(result.outcomes[2].error)
    assert.same({ 1, 1, 2 }, { result.revoked, result.gone, result.failed })
    assert.matches("failed 2", tostring(result))
  end)

  it("stops at an error that all would meet, with what was done, and can be run again", function()
    local server = account(3, { [2] = { status = 429, body = {} } })
    local result, err, partial = prune.tokens(server:connect(), unused)
    assert.is_nil(result)
    assert.equal("rate_limit", err.kind)
    assert.equal("1 revoked, 2 failed", outcomes(partial))
    assert.equal(1, partial.left)
    server.refuse = {}
    result = assert(prune.tokens(server:connect(), unused))
    assert.equal("2 revoked, 3 revoked", outcomes(result))
  end)

  it("stops after a limit, and where the caller says so", function()
    local result = assert(prune.tokens(account(3):connect(), { unused_for = 1, limit = 2 }))
    assert.equal(2, result.revoked)
    assert.equal(1, result.left)
    result = assert(prune.tokens(account(3):connect(), {
      unused_for = 1, on_outcome = function(outcome) return outcome.id < 2 end,
    }))
    assert.equal("1 revoked, 2 revoked", outcomes(result))
  end)

  it("takes other reasons than being unused", function()
    local result = assert(prune.tokens(account(3):connect(), { reasons = { "expired" } }))
    assert.equal(0, result.named)
    result = assert(prune.tokens(account(3):connect(), { reasons = { "expired", "unused" } }))
    assert.equal(3, result.named)
  end)

  it("tells how far it has come", function()
    local transport = account(3):connect()
    assert(prune.tokens(transport, unused))
    local last = transport.events[#transport.events]
    assert.equal("prune", last.what)
    assert.same({ 3, 3, 3 }, { last.records, last.total, last.revoked })
    assert.is_true(last.finished)
  end)

  it("says that it has finished, once, also where it ends early", function()
    local function told(options, refuse)
      local transport, list = account(3, refuse):connect(), {}
      options.unused_for = unused.unused_for
      prune.tokens(transport, options)
      for _, event in ipairs(transport.events) do
        if event.what == "prune" then
          list[#list + 1] = event.records .. (event.finished and "!" or "")
        end
      end
      return table.concat(list, " ")
    end
    assert.equal("1 2 3!", told {})
    assert.equal("1 1!", told { limit = 1 })
    assert.equal("1 1!", told { on_outcome = function() return false end })
    assert.equal("1 2 2!", told({}, { [2] = { status = 401, body = {} } }))
  end)

  it("refuses to guess what may go", function()
    local function refused(pattern, options)
      local ok, message = pcall(prune.tokens, scripted.new {}, options)
      assert.is_false(ok)
      assert.matches(pattern, message)
    end
    refused("unused_for %(seconds%) or reasons")
    refused("unused_for %(seconds%) or reasons", { client = 10 })
    refused("unknown reason 'old'", { reasons = { "old" } })
    refused("did you mean 'unused_for'", { unused_fr = 1 })
  end)
end)
