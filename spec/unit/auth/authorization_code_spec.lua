local bench = require "spec.support.renewal_bench"

local KEY, once = bench.KEY, bench.once

local b, server, driver, store

local function context(fields) return b:context(fields) end
local function provider_with(fields) return b:provider(fields) end
local function events_of(kind, code) return b:events_of(kind, code) end

before_each(function()
  b = bench.new()
  server, driver, store = b.server, b.driver, b.store
end)

describe("a stored login", function()
  it("is used without lock or refresh while it is fresh", function()
    local credential = assert(provider_with():get(context()))
    assert.equal("access-1", credential.token)
    assert.same({ "load" }, store.log)
    assert.equal(0, #server.calls)
  end)

  it("is read once, and then kept in memory", function()
    local provider = provider_with()
    for _ = 1, 10 do assert(provider:get(context())) end
    assert.same({ "load" }, store.log)
  end)

  it("is refreshed ahead of time: note, refresh, save, all under the lock", function()
    local provider = provider_with()
    assert(provider:get(context()))
    driver:advance(1510)
    store.log = {}
    local noted
    store.before.save = function(s)
      -- What was there when the second save came is what the refresh was sent with.
      noted = noted or (s.content[KEY].pending and s.content[KEY])
    end
    local credential = assert(provider:get(context()))
    assert.equal("access-2", credential.token)
    assert.same({ "lock", "load", "save", "save", "release" }, store.log)
    assert.equal("refresh-1", noted.refresh_token)
    assert.near(server:time(), noted.pending.since, 5)
    assert.equal("refresh-2", store:only().refresh_token)
    assert.is_nil(store:only().pending)
  end)

  it("tells of a refresh in an event without tokens", function()
    local provider = provider_with()
    driver:advance(1900)
    assert(provider:get(context()))
    local event = events_of("refresh")[1]
    assert.equal("first", event.reason)
    assert.equal("refresh_token", event.grant)
    assert.equal("reply", event.expires_from)
    assert.is_nil(event.generation:find("access", 1, true))
  end)

  it("is refreshed once after a 401, however fresh it looks", function()
    local provider = provider_with()
    local used = assert(provider:get(context()))
    local other = assert(provider:renew(context(), used))
    assert.equal("access-2", other.token)
    assert.equal(1, server.counts.refresh_token)
  end)

  it("is not refreshed after a 401 of a token that is not the stored one any more", function()
    local provider = provider_with()
    local old = assert(provider:get(context()))
    assert(provider:renew(context(), old))
    local again = assert(provider:renew(context(), old))
    assert.equal("access-2", again.token)
    assert.equal(1, server.counts.refresh_token)
  end)

  it("is taken over when another process has refreshed it", function()
    local provider = provider_with()
    local old = assert(provider:get(context()))
    local theirs = assert(provider_with():renew(context(), old))
    local mine = assert(provider:renew(context(), old))
    assert.equal(theirs.token, mine.token)
    assert.equal(1, server.counts.refresh_token)
  end)

  it("is kept apart by account, client, scope and name", function()
    b.store.content = {}
    local keys = {}
    store.load = function(_, key) keys[#keys + 1] = key end
    for _, fields in ipairs {
      {}, { client_id = "other" }, { scope = "write read" }, { scope = { "read", "write" } },
      { key = "second" },
    } do
      provider_with(fields):get(context())
    end
    provider_with():get(context { base_url = "https://other.zendesk.com" })
    local distinct = {}
    for _, key in ipairs(keys) do distinct[key] = true end
    local count = 0
    for _ in pairs(distinct) do count = count + 1 end
    assert.equal(5, count)
    assert.is_true(distinct["https://acme.zendesk.com|my_client|read write|default"])
  end)

  it("has a digest in its key where its scopes are too many words", function()
    b.store.content = {}
    local words = {}
    for index = 1, 200 do words[index] = ("resource_%d:read"):format(index) end
    local provider = provider_with { scope = words, tokens = server:login(),
      store = require "zendesk.store".memory() }
    assert(provider:get(context()))
    assert(provider:flush())
    local of, origin = require "zendesk.auth.login_key".of, "https://acme.zendesk.com"
    local key = of(origin, "my_client", table.concat(words, " "), "default")
    assert.matches("^https://acme%.zendesk%.com|[%w_-]+$", key)
    assert.not_equal(key, of(origin, "my_client", table.concat(words, "-"), "default"))
  end)

  it("is not shown to another account", function()
    local provider = provider_with()
    assert(provider:get(context()))
    local credential, err = provider:get(context { base_url = "https://evil.zendesk.com" })
    assert.is_nil(credential)
    assert.equal("config", err.kind)
  end)
end)

describe("a login that is not there", function()
  it("is an error that says that nobody has logged in", function()
    b.store.content = {}
    local credential, err = provider_with():get(context())
    assert.is_nil(credential)
    assert.equal("reauthorize", err.kind)
    assert.equal("no_login", err.code)
    assert.truthy(err.message:find("nobody has logged in yet", 1, true))
    assert.equal(0, #server.calls)
  end)

  it("can be brought along, and is saved", function()
    b.store.content = {}
    local provider = provider_with { tokens = server:login() }
    assert.equal("access-2", assert(provider:get(context())).token)
    assert.equal("refresh-2", store:only().refresh_token)
  end)

  it("is not replaced by an older one that a program brings along", function()
    local provider = provider_with { tokens = server:login() }
    assert.equal("access-1", assert(provider:get(context())).token)
  end)

  it("cannot be renewed without a refresh token", function()
    local set = server:login(-1)
    set.refresh_token = nil
    store.content[KEY] = set
    local _, err = provider_with():get(context())
    assert.equal("reauthorize", err.kind)
    assert.truthy(err.message:find("no refresh token", 1, true))
  end)
end)

describe("a token set of another client or account", function()
  local function app()
    return assert(require "zendesk.oauth".new {
      base_url = "https://acme.zendesk.com", client_id = "my_client", driver = driver })
  end

  local function foreign_sets()
    local client, account = server:login(), server:login()
    client.client_id, account.origin = "other", "https://other.zendesk.com"
    return { client, account }
  end

  it("is not adopted, and the login stays", function()
    local provider = b.auth.authorization_code { app = app(), store = store }
    for _, set in ipairs(foreign_sets()) do
      local ok, err = provider:adopt(set)
      assert.same({ nil, "config" }, { ok, err.kind })
      assert.is_nil(tostring(err):find(set.access_token, 1, true))
    end
    assert.equal("access-1", assert(provider:get(context())).token)
    assert.equal("refresh-1", store:only().refresh_token)
  end)

  it("is not what a provider begins with", function()
    b.store.content = {}
    for _, set in ipairs(foreign_sets()) do
      for _, given in ipairs { { app = app() }, { client_id = "my_client" } } do
        given.store, given.tokens = store, set
        local provider = b.auth.authorization_code(given)
        for _ = 1, 2 do
          local credential, err = provider:get(context())
          assert.same({ nil, "config" }, { credential, err.kind })
        end
      end
    end
    assert.is_nil(store:only())
  end)

  it("is told by what a grant has written into it", function()
    driver:advance(2000)
    assert(provider_with():get(context()))
    assert.equal("https://acme.zendesk.com", store:only().origin)
  end)
end)

describe("clocks", function()
  it("of a server ten minutes ahead or behind do not matter", function()
    for _, skew in ipairs { 600, -600 } do
      b = bench.new { skew = skew }
      server, driver = b.server, b.driver
      local provider = provider_with()
      for _ = 1, 180 do
        local credential = assert(provider:get(context()))
        if not server:accepts(credential.token) then
          credential = assert(provider:renew(context(), credential))
        end
        assert.is_true(server:accepts(credential.token))
        driver:advance(60)
      end
      local refreshes = server.counts.refresh_token
      assert.is_true(refreshes >= 6 and refreshes <= 8, "refreshes: " .. refreshes)
    end
  end)

  it("set back an hour do not keep a dead token", function()
    local provider = provider_with()
    driver:advance(1510)
    assert(provider:get(context()))
    driver:set_wall_clock(-3600)
    server.skew = 3600
    driver:advance(2000)
    assert.equal("access-3", assert(provider:get(context())).token)
  end)
end)

describe("an expiry that nobody tells", function()
  it("is asked for only after the new pair is safe", function()
    server.quiet = true
    driver:advance(2000)
    local saved_before_question
    server.faults = {
      once {},
      function()
        saved_before_question = store:only().refresh_token
        return {}
      end,
    }
    assert(provider_with():get(context()))
    assert.equal("refresh-2", saved_before_question)
    assert.equal("current", store:only().expires_from)
  end)

  it("is asked for with a part of the time that the call has left", function()
    server.quiet = true
    driver:advance(2000)
    local deadline = driver:now() + 1
    assert(provider_with():get(context { deadline = deadline }))
    local asked = server.calls[2]
    assert.equal("GET", asked.method)
    assert.near(deadline - 0.45, asked.deadline_at, 0.01)
  end)
end)

describe("a login by the provider", function()
  it("is kept in its store", function()
    b.store.content = {}
    local oauth = require "zendesk.oauth"
    local app = assert(oauth.new { base_url = "https://acme.zendesk.com", client_id = "my_client",
      redirect_uri = "https://tool.example.com/cb", driver = driver })
    local provider = b.auth.authorization_code { app = app, store = store }
    local pasted
    local set = assert(provider:login {
      say = function() end,
      paste = function(url)
        pasted = url
        return "https://tool.example.com/cb?code=abc&state=" .. url:match "state=([%w_-]+)"
      end,
    })
    assert.truthy(pasted:find("/oauth/authorizations/new", 1, true))
    assert.equal(set.refresh_token, store:only().refresh_token)
    assert.equal(set.access_token, assert(provider:get(context())).token)
  end)

  it("needs an app", function()
    assert.error_matches(function() provider_with():login() end, "app = zendesk.oauth.new")
  end)
end)

describe("the options of a provider", function()
  it("are checked", function()
    assert.error_matches(function() provider_with { stor = 1 } end, "did you mean 'store'")
    assert.error_matches(function() provider_with { store = {} } end, "load, save, delete and lock")
    assert.error_matches(function() provider_with { tokens = {} } end, "access_token")
    assert.error_matches(function() provider_with { app = {} } end, "client_id")
  end)

  it("that cannot be right come back from check and from the first call", function()
    local provider = provider_with { client_id = 39551161 }
    local _, by_check = provider:check()
    local _, by_call = provider:get(context())
    assert.equal("config", by_check.kind)
    assert.equal("config", by_call.kind)
    assert.truthy(by_check.message:find("numeric id", 1, true))
  end)
end)
