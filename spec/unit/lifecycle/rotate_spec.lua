local errors = require "zendesk.errors"
local rotate = require "zendesk.lifecycle.rotate"
local scripted = require "spec.support.scripted"

-- A Zendesk with one client whose secret changes with every call.
local function server(kind)
  local account = { secret = "secret-0", changes = 0, kind = kind or "confidential" }
  account.script = function(call)
    local client = {
      id = 7, identifier = "exporter", kind = account.kind, secret = "secr...",
    }
    if call.method == "PUT" then
      if account.fail then return account.fail end
      account.changes = account.changes + 1
      account.secret = "secret-" .. account.changes
      client.secret = account.masked and "secr..." or account.secret
    end
    return { body = { client = client } }
  end
  account.verify = function(secret)
    if secret == account.secret then return true end
    return nil, errors.new("oauth", "unknown secret", { code = "invalid_client" })
  end
  return account
end

local function memory()
  local store = { entries = {}, saves = 0, locked = 0 }
  function store.load(self, key) return self.entries[key] end
  function store.save(self, key, entry)
    self.saves = self.saves + 1
    if self.fail_at == self.saves then return nil, errors.new("store", "disk full") end
    self.entries[key] = entry
    return true
  end
  function store.lock(self)
    self.locked = self.locked + 1
    return { release = function() self.locked = self.locked - 1 end }
  end
  function store.held(self)
    local _, entry = next(self.entries)
    return entry
  end
  return store
end

describe("rotating a secret", function()
  it("notes the intent, stores the secret, proves it and is done, in this order", function()
    local account, store, steps = server(), memory(), {}
    local transport = scripted.new(account.script)
    local phases = {}
    local save = store.save
    function store.save(self, key, entry)
      phases[#phases + 1] = entry.phase
      return save(self, key, entry)
    end
    local result = assert(rotate.client(transport, 7, { store = store, verify = account.verify }))
    assert.same({ "intent", "unverified", "done" }, phases)
    for place, event in ipairs(transport.events) do steps[place] = event.step end
    assert.same({ "intent", "stored", "verified", "done" }, steps)
    assert.equal("secret-1", store:held().client_secret)
    assert.equal("exporter", store:held().client_id)
    assert.is_true(result.verified)
    assert.is_false(result.resumed)
    assert.equal("secr...", result.client.secret)
    assert.equal(0, store.locked)
  end)

  it("keeps the old secret in the store while the intent is noted", function()
    local account, store = server(), memory()
    store.entries["https://acme.zendesk.com|exporter|client_secret"] =
      { phase = "done", client_secret = "secret-0" }
    account.fail = { status = 500, body = {} }
    local result = rotate.client(scripted.new(account.script), 7, { store = store })
    assert.is_nil(result)
    assert.equal("intent", store:held().phase)
    assert.equal("secret-0", store:held().client_secret)
  end)

  it("is in doubt about the old secret where no reply can be read, and only then", function()
    local function failed_with(reply)
      local account = server()
      account.fail = reply
      local _, err = rotate.client(scripted.new(account.script), 7, { store = memory() })
      return err
    end
    for _, reply in ipairs {
      { status = 500, body = {} }, { body = {} }, { body = { client = false } },
      { error = errors.new("transport", "the reply was lost", { sent = true }) },
    } do
      local err = failed_with(reply)
      assert.is_true(err.ambiguous)
      assert.matches("run rotate again", err.remedy, 1, true)
    end
    for _, reply in ipairs {
      { status = 403, body = {} }, { status = 429, body = {} },
      { error = errors.new("transport", "no connection", { sent = false }) },
    } do
      assert.is_nil(failed_with(reply).ambiguous)
    end
  end)

  it("says that the secret is stored, whatever else there is to say", function()
    local account = server()
    local _, err = rotate.client(scripted.new(account.script), 7, {
      store = memory(), verify = function()
        return nil, errors.new("oauth", "no", { remedy = "allow the scope" })
      end,
    })
    assert.equal("the new secret is stored and not yet proved: run rotate again; allow the scope",
      err.remedy)
  end)

  it("gives the secret to a function, once, with the client", function()
    local account, given = server(), {}
    local result = assert(rotate.client(scripted.new(account.script), 7, {
      store = function(secret, client) given[#given + 1] = secret .. " " .. client.identifier end,
      verify = account.verify,
    }))
    assert.same({ "secret-1 exporter" }, given)
    assert.is_true(result.verified)
  end)

  -- Every place at which the process can die is a step that raises and is never caught inside.
  it("ends with a known, working secret when it is run again after dying at any step", function()
    for dying = 1, 4 do
      local account, store = server(), memory()
      local transport = scripted.new(account.script)
      local options = { store = store, verify = account.verify }
      local seen = 0
      function transport.emit()
        seen = seen + 1
        if seen == dying then error("killed") end
      end
      assert.is_false((pcall(rotate.client, transport, 7, options)))
      assert.equal(0, store.locked)
      local result = assert(rotate.client(scripted.new(account.script), 7, options))
      assert.is_true(result.verified)
      assert.equal(account.secret, store:held().client_secret)
      assert.equal("done", store:held().phase)
      -- a secret that was stored is finished with, not replaced
      assert.equal(dying == 2 or dying == 3, result.resumed)
    end
  end)

  it("generates another secret where the one of a dead run was lost", function()
    local account, store = server(), memory()
    local transport = scripted.new(function(call)
      local reply = account.script(call)
      if call.method == "PUT" then error "killed" end
      return reply
    end)
    local options = { store = store, verify = account.verify }
    assert.is_false((pcall(rotate.client, transport, 7, options)))
    assert.equal("secret-1", account.secret)
    assert.is_nil(store:held().client_secret)
    assert(rotate.client(scripted.new(account.script), 7, options))
    assert.equal("secret-2", store:held().client_secret)
    assert.equal("secret-2", account.secret)
  end)

  it("replaces a stored secret that does not work, after looking more than once", function()
    local account, store = server(), memory()
    store.entries["https://acme.zendesk.com|exporter|client_secret"] =
      { phase = "unverified", client_secret = "somebody rotated after it" }
    local transport = scripted.new(account.script)
    local result = assert(rotate.client(transport, 7, { store = store, verify = account.verify }))
    assert.is_false(result.resumed)
    assert.equal("secret-1", store:held().client_secret)
    assert.is_true(transport.slept > 0 and transport.slept < 60)
  end)

  it("does not generate another secret because the proof could not be asked for", function()
    local account, store = server(), memory()
    local options = { store = store, verify = function()
      return nil, errors.new("transport", "no connection")
    end }
    local result, err, partial = rotate.client(scripted.new(account.script), 7, options)
    assert.is_nil(result)
    assert.equal("transport", err.kind)
    assert.is_false(partial.verified)
    assert.matches("run rotate again", err.remedy)
    rotate.client(scripted.new(account.script), 7, options)
    assert.equal(1, account.changes)
    options.verify = account.verify
    result = assert(rotate.client(scripted.new(account.script), 7, options))
    assert.is_true(result.resumed)
    assert.equal(1, account.changes)
  end)

  it("hands the secret over beside the error where it could not be stored", function()
    local account, store = server(), memory()
    store.fail_at = 2
    local result, err, partial = rotate.client(scripted.new(account.script), 7, { store = store })
    assert.is_nil(result)
    assert.equal("store", err.kind)
    assert.equal("secret-1", partial.client_secret)
    assert.is_nil(tostring(err):find("secret-1", 1, true))
    for _, store_function in ipairs {
      function() return nil, "disk full" end, function() return false end,
      function(secret) error("cannot write " .. #secret) end,
    } do
      account = server()
      result, err, partial = rotate.client(scripted.new(account.script), 7,
        { store = store_function })
      assert.is_nil(result)
      assert.equal("store", err.kind)
      assert.equal("secret-1", partial.client_secret)
    end
  end)

  it("takes what a store raises, and words for a reason, as a failure of the store", function()
    for _, fail in ipairs {
      function() error("closed at noon", 0) end, function() return nil, "closed at noon" end,
    } do
      for _, name in ipairs { "load", "lock", "save" } do
        local account, store = server(), memory()
        store[name] = fail
        local result, err = rotate.client(scripted.new(account.script), 7, { store = store })
        assert.is_nil(result)
        assert.equal("store", err.kind, name)
        assert.matches("at noon", err.message)
        assert.equal(0, account.changes)
      end
    end
  end)

  it("sends nothing that changes anything where the intent cannot be noted", function()
    local account, store = server(), memory()
    store.fail_at = 1
    local result, err = rotate.client(scripted.new(account.script), 7, { store = store })
    assert.is_nil(result)
    assert.equal("store", err.kind)
    assert.equal(0, account.changes)
  end)

  it("says so where the reply shows the new secret only in part", function()
    local account, store = server(), memory()
    account.masked = true
    local _, err = rotate.client(scripted.new(account.script), 7, { store = store })
    assert.equal("secret_masked", err.code)
    assert.equal("intent", store:held().phase)
  end)

  it("does not try to prove the secret of a public client, or where it is not wanted", function()
    local account = server "public"
    local result = assert(rotate.client(scripted.new(account.script), { id = 7 },
      { store = memory() }))
    assert.is_nil(result.verified)
    account = server()
    result = assert(rotate.client(scripted.new(account.script), 7,
      { store = memory(), verify = false }))
    assert.is_nil(result.verified)
  end)

  it("returns what the account says about the client before anything is changed", function()
    for status, kind in pairs { [403] = "forbidden", [404] = "not_found", [429] = "rate_limit" } do
      local transport = scripted.new { { status = status, body = {} } }
      local result, err = rotate.client(transport, 7, { store = memory() })
      assert.is_nil(result)
      assert.equal(kind, err.kind)
    end
  end)

  it("refuses mistakes before anything is sent", function()
    local function refused(pattern, ...)
      local ok, message = pcall(rotate.client, scripted.new {}, ...)
      assert.is_false(ok)
      assert.matches(pattern, message)
    end
    refused("a new secret is shown once", 7)
    refused("'store'", 7, { store = "a file" })
    refused("'store'", 7, { store = {} })
    refused("an identifier is another thing", "exporter", { store = memory() })
    refused("'verify'", 7, { store = memory(), verify = "yes" })
  end)

  it("tells a whole secret from a masked one", function()
    for _, secret in ipairs { "0123456789...", "0123…", "******", "", false } do
      assert.is_false(rotate.is_whole(secret))
    end
    assert.is_true(rotate.is_whole "0123456789abcdef")
  end)
end)
