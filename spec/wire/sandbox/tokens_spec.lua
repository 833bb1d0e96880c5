local cjson = require "cjson"
local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

local PATH = "/api/v2/oauth/tokens"

describe("the sandbox's OAuth tokens", function()
  local box, http, client

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)
  before_each(function()
    box:reset()
    client = box:seed({ clients = { { identifier = "a" } } }).clients[1]
  end)

  local function create(scopes)
    return http:post(PATH, { token = { client_id = client.id, scopes = scopes } })
  end

  local function path_of(token)
    return PATH .. ("/%d"):format(token.id)
  end

  it("are created with their full value, once", function()
    local reply = create { "tickets:read" }
    assert.equal(201, reply.status)
    local token = reply.json.token
    assert.equal(64, #token.full_token)
    assert.equal(token.full_token:sub(1, 10), token.token)
    assert.same({ "tickets:read" }, token.scopes)
    assert.equal(cjson.null, token.expires_at)
    assert.equal(cjson.null, token.refresh_token)
    local shown = http:get(path_of(token)).json.token
    assert.is_nil(shown.full_token)
    assert.equal(token.token, shown.token)
  end)

  it("have full scopes when none are named, and an empty array when none are wanted", function()
    local reply = http:post(PATH, { token = { client_id = client.id } })
    assert.same({ "read", "write" }, reply.json.token.scopes)
    local body = ('{"token":{"client_id":%d,"scopes":[]}}'):format(client.id)
    reply = http:call("POST", PATH, { body = body })
    assert.is_truthy(reply.body:find('"scopes":[]', 1, true))
  end)

  it("need a client that exists, by its number", function()
    local reply = http:post(PATH, { token = { client_id = 1, scopes = { "read" } } })
    assert.equal(422, reply.status)
    assert.equal("InvalidValue", reply.json.details.client[1].error)
    reply = http:post(PATH, { token = { client_id = "a", scopes = { "read" } } })
    assert.equal(400, reply.status)
    reply = http:post(PATH, { token = { client_id = client.id, scopes = "read" } })
    assert.equal(400, reply.status)
  end)

  it("cannot be created any more once the endpoint is switched off", function()
    for value, status in pairs { gone = 404, [403] = 403, [404] = 404, [410] = 410 } do
      box:set("legacy_token_endpoint", value)
      assert.equal(status, create({ "read" }).status)
    end
    box:set("legacy_token_endpoint", "on")
    assert.equal(201, create({ "read" }).status)
  end)

  it("may be given scopes that do not exist, and then open nothing", function()
    local token = create({ "shoes:read" }).json.token
    local reply = http:get("/api/v2/tickets", { bearer = token.full_token })
    assert.equal(403, reply.status)
    assert.same({
      error = "Forbidden",
      description = "You are missing the following required scopes: tickets:read, read",
    }, reply.json)
  end)

  it("are listed: one's own, those of a client, those of everybody", function()
    local other = box:seed({ users = { { role = "agent", email = "b@example.com" } } }).users[1]
    local global = box:seed({ global_clients = { {} } }).global_clients[1]
    local second = box:seed({ clients = { { identifier = "b" } } }).clients[1]
    box:seed { tokens = {
      { client_id = client.id }, { client_id = second.id },
      { client_id = client.id, user_id = other.id },
      { client_id = global.id, global = true },
      { client_id = client.id, expires_in = -1 },
    } }
    local function count(query)
      return http:get(PATH .. "?" .. query).json.count
    end
    assert.equal(3, count "")
    assert.equal(4, count "all=true")
    assert.equal(5, count "all=true&include_expired=true")
    assert.equal(2, count("all=true&client_id=" .. ("%d"):format(client.id)))
    assert.equal(1, count("client_id=" .. ("%d"):format(second.id)))
    assert.equal(0, count("client_id=" .. ("%d"):format(global.id)))
    assert.equal(1, count("global_client_id=" .. ("%d"):format(global.id)))
    assert.equal(400, http:get(PATH .. "?client_id=a").status)
  end)

  it("are revoked with 204, at once", function()
    local token = create({ "read", "write" }).json.token
    assert.equal(200, http:get("/api/v2/users/me", { bearer = token.full_token }).status)
    local reply = http:delete(path_of(token))
    assert.equal(204, reply.status)
    assert.equal(404, http:delete(path_of(token)).status)
    assert.equal(401, http:get("/api/v2/users/me", { bearer = token.full_token }).status)
    assert.equal(1, box:stats().revoked)
  end)

  it("know themselves as current", function()
    local token = create({ "tickets:read" }).json.token
    local reply = http:get(PATH .. "/current", { bearer = token.full_token })
    assert.equal(200, reply.status)
    assert.equal(token.id, reply.json.token.id)
    assert.is_nil(reply.json.token.full_token)
    box:set("current_needs_read", true)
    assert.equal(403, http:get(PATH .. "/current", { bearer = token.full_token }).status)
  end)

  it("have no current one for Basic credentials", function()
    assert.equal(401, http:get(PATH .. "/current").status)
  end)

  it("revoke themselves when they may write", function()
    local reader = create({ "read" }).json.token
    assert.equal(403, http:delete(PATH .. "/current", { bearer = reader.full_token }).status)
    local writer = create({ "read", "write" }).json.token
    assert.equal(204, http:delete(PATH .. "/current", { bearer = writer.full_token }).status)
    assert.equal(401, http:get(PATH .. "/current", { bearer = writer.full_token }).status)
  end)

  it("can answer 204 to that and live on, as has been seen", function()
    box:set("delete_current_bug", true)
    local token = create({ "read", "write" }).json.token
    assert.equal(204, http:delete(PATH .. "/current", { bearer = token.full_token }).status)
    assert.equal(200, http:get(PATH .. "/current", { bearer = token.full_token }).status)
  end)

  it("of others are not there for people who are no admins", function()
    local token = create({ "read" }).json.token
    local agent = plain.basic("agent@example.com", box.api_token)
    assert.equal(404, http:get(path_of(token), { authorization = agent }).status)
    assert.equal(403, http:get(PATH, { authorization = agent }).status)
  end)

  it("remember when they were used, by the sandbox's clock", function()
    local token = create({ "read" }).json.token
    assert.equal(cjson.null, http:get(path_of(token)).json.token.used_at)
    box:advance(86400)
    http:get("/api/v2/users/me", { bearer = token.full_token })
    local shown = http:get(path_of(token)).json.token
    assert.is_true(shown.used_at > token.created_at)
  end)

  it("of global clients are summed up", function()
    local global = box:seed({ global_clients = { { identifier = "zdg-app" } } }).global_clients[1]
    box:seed { tokens = {
      { client_id = global.id, global = true, used_at = "2026-11-01T00:00:00Z" },
      { client_id = global.id, global = true, expires_in = -5 },
    } }
    local list = http:get("/api/v2/oauth/global_clients").json.global_clients
    assert.equal("zdg-app", list[1].identifier)
    assert.is_nil(list[1].secret)
    local summary = http:get("/api/v2/oauth/global_clients/token_summary").json.global_clients[1]
    assert.equal(1, summary.tokens_count)
    assert.equal("2026-11-01T00:00:00Z", summary.last_used_at)
    summary = http:get "/api/v2/oauth/global_clients/token_summary?include_expired=true"
    assert.equal(2, summary.json.global_clients[1].tokens_count)
    local shown = http:get("/api/v2/oauth/global_clients/" .. ("%d"):format(global.id))
    assert.equal("zdg-app", shown.json.global_client.identifier)
  end)
end)

describe("the sandbox's API tokens", function()
  local box, http

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
  end)
  teardown(function()
    http:close()
    box:stop()
  end)

  it("are listed and deleted, and can no longer be made", function()
    box:seed { api_tokens = { { description = "old script", used_at = "2026-01-01T00:00:00Z" } } }
    local list = http:get("/api/v2/api_tokens").json.api_tokens
    assert.equal(2, #list)
    assert.equal("old script", list[2].description)
    assert.equal("2026-01-01T00:00:00Z", list[2].last_used_at)
    assert.matches("%.%.%.$", list[2].token)
    local path = ("/api/v2/api_tokens/%d"):format(list[2].id)
    local changed = http:put(path, { api_token = { description = "known now" } })
    assert.equal("known now", changed.json.api_token.description)
    assert.equal(204, http:delete(path).status)
    assert.equal(404, http:delete(path).status)
    assert.equal(403, http:post("/api/v2/api_tokens", { api_token = {} }).status)
  end)
end)
