-- Secrets that are made up to be recognised go through everything that the OAuth parts do, well and
-- badly, and are looked for in everything that comes out: errors, events, tostring, fields, pages.

local bench = require "spec.support.renewal_bench"
local fake_store = require "spec.support.fake_store"
local page = require "zendesk.oauth.page"

local SECRET = "canary-client-secret"

local b, seen, secrets

-- Every string inside a value, keys and metatables included; each table once.
local function strings_of(value, found, visited)
  found, visited = found or {}, visited or {}
  if type(value) == "string" then found[#found + 1] = value end
  if type(value) ~= "table" or visited[value] then return found end
  visited[value] = true
  for key, inner in next, value do
    strings_of(key, found, visited)
    strings_of(inner, found, visited)
  end
  strings_of(getmetatable(value), found, visited)
  return found
end

local function look_at(what, value)
  seen = seen + 1
  local texts = strings_of(value)
  texts[#texts + 1] = tostring(value)
  for _, text in ipairs(texts) do
    for _, secret in ipairs(secrets) do
      if text:find(secret, 1, true) then
        error(("%s shows %s: %s"):format(what, secret, text), 2)
      end
    end
  end
end

-- A store that keeps its content where no field shows it.
local function closed_store()
  local inside = fake_store.new()
  local store = { inside = function() return inside end }
  for _, name in ipairs { "load", "save", "delete", "lock" } do
    store[name] = function(_, ...) return inside[name](inside, ...) end
  end
  return store
end

local function all_tokens()
  for token in pairs(b.server.access) do secrets[#secrets + 1] = token end
  for token in pairs(b.server.refresh) do secrets[#secrets + 1] = token end
end

before_each(function()
  b = bench.new()
  -- Tokens that can be told from other words.
  local issue = b.server.issue
  function b.server.issue(server, life)
    local access, refresh = issue(server, life)
    local info = server.access[access]
    server.access[access], server.refresh[refresh] = nil, nil
    access, refresh = "canary-" .. access, "canary-" .. refresh
    server.access[access], server.refresh[refresh] = info, access
    secrets[#secrets + 1], secrets[#secrets + 2] = access, refresh
    return access, refresh
  end
  seen, secrets = 0, { SECRET }
end)

local function app_with(fields)
  local options = {
    base_url = "https://acme.zendesk.com", client_id = "my_client", client_secret = SECRET,
    redirect_uri = "https://tool.example.com/cb", driver = b.driver,
    on_event = function(event) look_at("an event of the app", event) end,
  }
  for name, value in pairs(fields or {}) do options[name] = value end
  return assert(require "zendesk.oauth".new(options))
end

-- A server that repeats everything it was sent.
local function echo(status, code)
  return function(call)
    local words = {}
    for _, value in pairs(call.json or {}) do words[#words + 1] = tostring(value) end
    local text = table.concat(words, " ")
    return { status = status, body = { error = code, error_description = text } }
  end
end

describe("a secret", function()
  it("is in no error of a grant, also when the server echoes it", function()
    local app = app_with()
    for _, fault in ipairs {
      echo(400, "invalid_grant"), echo(401, "invalid_client"), echo(400, "invalid_scope"),
      echo(500, "oops"), echo(429, "slow down"), bench.once { after = true },
      bench.once { before = true }, bench.once { status = 200, body = { refresh_token = SECRET } },
      bench.once { status = 200, body = "<html>" .. SECRET },
      bench.once { status = 200, body = true },
    } do
      local _, flow = app:authorize_url()
      secrets[#secrets + 1] = flow.verifier
      for _, grant in ipairs {
        function() return app:client_credentials() end,
        function() return app:refresh(b.server:login()) end,
        function() return app:exchange(flow, "code=canary-code&state=" .. flow.state) end,
      } do
        secrets[#secrets + 1] = "canary-code"
        b.server.faults = { fault }
        local set, err = grant()
        assert.is_nil(set)
        look_at("an error", err)
      end
    end
  end)

  it("is in no error of a callback", function()
    local app = app_with()
    local _, flow = app:authorize_url()
    secrets[#secrets + 1] = "canary-code"
    for _, answer in ipairs {
      "code=canary-code&state=wrong", "code=canary-code&code=canary-code&state=x",
      { code = "canary-code" }, "http://x/?canary-code",
    } do
      look_at("an error", select(2, app:exchange(flow, answer)))
    end
  end)

  it("is in no field and no tostring of an app or provider, used or not", function()
    local store = closed_store()
    local app = app_with()
    local providers = {
      b.auth.client_credentials { client_id = "my_client", client_secret = SECRET, store = store },
      b.auth.client_credentials { app = app, store = store, key = "two" },
      b.auth.authorization_code { client_id = "my_client", client_secret = SECRET, store = store,
        tokens = b.server:login() },
      b.auth.access_token(SECRET),
      b.auth.api_token { email = "admin@example.com", api_token = SECRET },
      b.auth.from_function(function() return SECRET end),
    }
    for _ = 1, 2 do
      for _, provider in ipairs(providers) do
        look_at("a description", { tostring(provider), provider:describe() })
        look_at(provider.kind, provider)
        local credential = assert(provider:get(b:context()))
        look_at("a credential's tostring", tostring(credential))
      end
    end
    look_at("an app", app)
    assert.is_true(seen > 30)
  end)

  it("is in no event and no error of a login that goes well and badly", function()
    local store = closed_store()
    local provider = b.auth.authorization_code { client_id = "my_client", client_secret = SECRET,
      store = store, tokens = b.server:login(300) }
    b.server.faults = {
      bench.once {}, echo(400, "invalid_request"), bench.once { after = true },
      echo(503, "unavailable"), bench.once {},
    }
    for minute = 1, 60 do
      if minute == 30 then store.inside().failing.save = true end
      if minute == 45 then store.inside().failing.save = nil end
      local credential, err = provider:get(b:context())
      look_at("a call's error", err)
      if credential and minute % 7 == 0 then
        look_at("a renewal's error", select(2, provider:renew(b:context(), credential)))
      end
      look_at("a description", provider:describe())
      look_at("flush", select(2, provider:flush()))
      b.driver:advance(60)
    end
    assert.is_true(#b.events > 5)
    look_at("the events", b.events)
    all_tokens()
    look_at("the events, once more", b.events)
  end)

  it("is not in what a person is shown", function()
    local app = app_with()
    local lines = {}
    secrets[#secrets + 1] = "canary-code"
    b.server.faults = { echo(400, "invalid_grant") }
    local _, err = app:login {
      say = function(line) lines[#lines + 1] = line end,
      paste = function(url)
        lines[#lines + 1] = url
        return "?code=canary-code&state=" .. url:match "state=([%w_-]+)"
      end,
      open = function(url) lines[#lines + 1] = url end,
    }
    look_at("the lines of a login", lines)
    look_at("the page of a failed login", page.failure(err.message))
    assert.is_true(#lines >= 2)
  end)
end)
