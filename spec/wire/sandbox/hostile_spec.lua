local plain = require "spec.support.plain_http"
local sandbox = require "zendesk.sandbox"

-- Values that a careless or hostile caller may send where something else belongs.
local VALUES = {
  "null", "true", "0", "-1", "1.5", "1e400", "9223372036854775807", "9223372036854775808",
  '""', '" "', '"x"', '"\\u0000"', '"a\\r\\nX-Injected: 1"', "[]", "[1]", '["x"]', "[null]", "[[]]",
  "{}", '{"a":1}', '{"":[]}', '[{"id":1}]',
}

local FIELDS = {
  client = { "name", "identifier", "kind", "redirect_uri", "company", "user_id", "allowed_scopes" },
  token = { "client_id", "scopes" },
  ticket = {
    "subject", "comment", "status", "priority", "tags", "custom_fields", "requester_id",
    "updated_stamp", "safe_update", "via", "description",
  },
  user = { "name", "email", "role", "tags", "verified", "external_id" },
  api_token = { "description", "active" },
}

describe("the sandbox has an answer for everything", function()
  local box, http, paths

  setup(function()
    box = assert(sandbox.start())
    http = plain.admin(box)
    local made = box:seed {
      clients = { { identifier = "a", secret = "test-secret" } }, tickets = { {} },
      users = { { name = "x" } }, api_tokens = { {} },
    }
    paths = {
      { "POST", "/api/v2/oauth/clients", "client" },
      { "PUT", "/api/v2/oauth/clients/" .. made.clients[1].id, "client" },
      { "POST", "/api/v2/oauth/tokens", "token" },
      { "POST", "/api/v2/tickets", "ticket" },
      { "PUT", "/api/v2/tickets/" .. made.tickets[1].id, "ticket" },
      { "POST", "/api/v2/users", "user" },
      { "POST", "/api/v2/users/create_or_update", "user" },
      { "PUT", "/api/v2/users/" .. made.users[1].id, "user" },
      { "PUT", "/api/v2/api_tokens/" .. made.api_tokens[1].id, "api_token" },
    }
  end)
  teardown(function()
    http:close()
    box:stop()
  end)

  local function assert_answered(reply, what)
    assert.is_truthy(reply, what)
    local limited = reply.status == 501 and reply.json.error == "SandboxLimit"
    assert.is_true(reply.status < 500 or limited, what)
    assert.is_nil(reply.headers["x-injected"], what)
  end

  local function send(method, path, body)
    assert_answered(http:call(method, path, { body = body }), method .. " " .. path .. " " .. body)
  end

  it("for any value in any field", function()
    for _, path in ipairs(paths) do
      for _, value in ipairs(VALUES) do
        send(path[1], path[2], value)
        send(path[1], path[2], ('{"%s":%s}'):format(path[3], value))
        send(path[1], path[2], ('{"%s":{%s:1}}'):format(path[3], '"a\\r\\nX-Injected: 1"'))
        for _, field in ipairs(FIELDS[path[3]]) do
          send(path[1], path[2], ('{"%s":{"%s":%s,"name":"n","comment":{"body":"b"}}}')
            :format(path[3], field, value))
        end
      end
    end
    -- What was stored must be fit to be shown.
    for _, list in ipairs { "oauth/clients", "oauth/tokens", "tickets", "users", "api_tokens" } do
      assert.equal(200, http:get("/api/v2/" .. list).status)
      assert.equal(200, http:get("/api/v2/" .. list .. "?page[size]=100").status)
    end
    assert.equal(200, http:get("/api/v2/search?query=x").status)
    assert.equal(200, http:get("/api/v2/incremental/users?start_time=0").status)
  end)

  it("for any tickets of a job", function()
    for _, path in ipairs { "create_many", "update_many", "update_many?ids=1" } do
      local method = path:find "^create" and "POST" or "PUT"
      local target = "/api/v2/tickets/" .. path
      for _, value in ipairs(VALUES) do
        send(method, target, ('{"tickets":%s,"ticket":%s}'):format(value, value))
        send(method, target, ('{"tickets":[%s,{"id":%s}]}'):format(value, value))
      end
    end
  end)

  it("for any words of a search", function()
    for _, word in ipairs {
      "", "status:", "tags:", "created>", "requester:", "email:", "subject:", "via:", "-", '"',
    } do
      for _, value in ipairs(VALUES) do
        local text = (word .. value):gsub("[^%w]", function(char)
          return ("%%%02X"):format(char:byte())
        end)
        local target = "/api/v2/search?query=" .. text
        assert_answered(http:get(target), target)
      end
    end
  end)

  it("for any parameter of the token endpoint", function()
    local names = {
      "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier",
      "refresh_token", "scope", "expires_in", "refresh_token_expires_in",
    }
    for _, grant in ipairs { "client_credentials", "authorization_code", "refresh_token" } do
      local base = ('"grant_type":"%s","client_id":"a","client_secret":"test-secret"'):format(grant)
      for _, value in ipairs(VALUES) do
        send("POST", "/oauth/tokens", value)
        for _, name in ipairs(names) do
          send("POST", "/oauth/tokens", ('{%s,"%s":%s}'):format(base, name, value))
        end
      end
    end
  end)

  it("for any query", function()
    local lists = {
      "/api/v2/oauth/clients", "/api/v2/oauth/tokens", "/api/v2/tickets", "/api/v2/users",
      "/api/v2/search", "/api/v2/search/export", "/api/v2/incremental/tickets",
      "/api/v2/incremental/tickets/cursor", "/api/v2/oauth/global_clients/token_summary",
      "/api/v2/tickets/show_many", "/api/v2/users/show_many", "/api/v2/users/search",
      "/oauth/authorizations/new",
    }
    local names = {
      "page", "per_page", "page[size]", "page[after]", "page[before]", "sort", "sort_order",
      "query", "filter[type]", "start_time", "cursor", "ids", "client_id", "global_client_id",
      "all", "role", "role[]", "external_id", "external_ids", "sort_by", "include", "redirect_uri",
      "response_type",
    }
    local values = {
      "", "0", "-1", "1.5", "x", "%00", "%", "%5B%5D", "9223372036854775807",
      "99999999999999999999", "eyJvIjoiaWQiLCJ2IjotMX0=", "a&a=b", "%0D%0AX-Injected:%201",
    }
    for _, path in ipairs(lists) do
      for _, name in ipairs(names) do
        for _, value in ipairs(values) do
          local target = path .. "?" .. name .. "=" .. value
          assert_answered(http:get(target), target)
        end
      end
    end
  end)

  it("for any credential", function()
    for _, value in ipairs {
      "", "Basic", "Basic ", "Basic =", "Basic Og==", "Bearer", "Bearer ", "Bearer a b", "x",
      "Basic \255",
    } do
      assert_answered(http:get("/api/v2/users/me", { authorization = value }), value)
    end
  end)
end)
