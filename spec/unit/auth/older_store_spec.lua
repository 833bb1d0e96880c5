-- A store that gives a pair which this process has replaced: a replica that lags behind, a backup
-- that was restored, a write of somebody whose lock had ended.

local bench = require "spec.support.renewal_bench"

local KEY = bench.KEY

local b, server, driver, store, older

local function context() return b:context() end

-- A provider that has refreshed once; the store is back at what it was before.
local function provider_before_its_store()
  local provider = b:provider()
  driver:advance(1510)
  assert.equal("access-2", assert(provider:get(context())).token)
  store.content[KEY] = older
  return provider
end

before_each(function()
  b = bench.new()
  server, driver, store = b.server, b.driver, b.store
  older = store.content[KEY]
end)

describe("a store that gives a replaced pair", function()
  it("costs no login: the pair in memory is refreshed, and saved", function()
    local provider = provider_before_its_store()
    driver:advance(1510)
    assert.equal("access-3", assert(provider:get(context())).token)
    assert.equal(2, server.counts.refresh_token)
    assert.equal("refresh-3", store:only().refresh_token)
    assert.is_nil(store:only().pending)
    assert.same({}, b:events_of "warning")
  end)

  it("is not believed after a 401 either", function()
    local provider = provider_before_its_store()
    local used = assert(provider:get(context()))
    assert.equal("access-3", assert(provider:renew(context(), used)).token)
    assert.equal(2, server.counts.refresh_token)
  end)

  it("is not believed after invalid_grant: the login has ended, and is not put back", function()
    local provider = provider_before_its_store()
    local used = assert(provider:get(context()))
    store.before.save = function()
      store.before.save = nil
      server.refresh["refresh-2"] = nil
    end
    store.before.load = function() store.content[KEY] = older end
    local _, err = provider:renew(context(), used)
    assert.equal("reauthorize", err.kind)
    assert.equal(2, server.counts.refresh_token)
  end)

  it("is overruled by a new login of somebody else", function()
    local provider = provider_before_its_store()
    local login = server:login()
    store.content[KEY] = login
    driver:advance(1510)
    assert.equal(login.access_token, assert(provider:get(context())).token)
    assert.equal(1, server.counts.refresh_token)
  end)

  it("may be given the old pair again by a program that adopts it", function()
    local app = assert(require "zendesk.oauth".new {
      base_url = "https://acme.zendesk.com", client_id = "my_client", driver = driver })
    local provider = b.auth.authorization_code { app = app, store = store }
    driver:advance(1510)
    assert(provider:get(context()))
    assert(provider:adopt(older))
    assert.equal("access-1", assert(provider:get(context())).token)
    assert.equal("access-1", store:only().access_token)
  end)
end)

describe("invalid_grant for a pair with the note of somebody else", function()
  it("writes nothing more: whose lock had ended may have saved meanwhile", function()
    driver:advance(2000)
    older.pending = { since = math.floor(server:time()) - 40 }
    server.refresh["refresh-1"] = nil
    local loads = 0
    local load = store.load
    function store:load(key)
      local set, err = load(self, key)
      loads = loads + 1
      -- Right after it was read again.
      if loads == 3 then self.content[key] = server:login() end
      return set, err
    end
    local provider = b:provider()
    assert.equal("reauthorize", select(2, provider:get(context())).kind)
    assert.equal("refresh-2", store:only().refresh_token)
    assert.equal("access-2", assert(provider:get(context())).token)
  end)
end)
