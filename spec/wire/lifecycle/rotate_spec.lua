local account_of = require "spec.support.account"
local fake_store = require "spec.support.fake_store"
local process = require "spec.support.process"
local zendesk = require "zendesk"

describe("client:rotate over the wire", function()
  local account = account_of.use()

  local client

  before_each(function()
    client = account.box:seed { clients = { { identifier = "exporter", name = "Exporter",
      kind = "confidential" } } }.clients[1]
  end)

  local function works(secret)
    local app = assert(zendesk.oauth.new {
      base_url = account.box.base_url, client_id = "exporter", client_secret = secret,
    })
    return app:client_credentials() ~= nil
  end

  it("changes the secret, stores it, and proves it by a grant", function()
    local store = fake_store.new()
    account.box:clear_requests()
    local result = assert(account.zd.client:rotate(client.id, { store = store }))
    assert.is_true(result.verified)
    -- Within the range of lives, whether its ends belong to it or not.
    assert.matches('"expires_in":600', account:last_request().body, 1, true)
    local _, entry = next(store.content)
    assert.is_true(works(entry.client_secret))
    assert.is_false(works(client.secret))
    assert.equal("done", entry.phase)
    local path = "/api/v2/oauth/clients/" .. client.id
    assert.matches(("GET %s\nPUT %s/generate_secret\nPOST /oauth/tokens"):format(path, path),
      account:trace(), 1, true)
    assert.equal("", account.box:requests()[2].body)
  end)

  it("gives the secret to a function", function()
    local given
    assert(account.zd.client:rotate(client, { store = function(secret) given = secret end }))
    assert.is_true(works(given))
  end)

  it("does not prove the secret of a public client", function()
    local public = account.box:seed { clients = { { identifier = "app", name = "App",
      kind = "public" } } }.clients[1]
    local result = assert(account.zd.client:rotate(public.id, { store = fake_store.new() }))
    assert.is_nil(result.verified)
  end)

  it("says so where the server hides the new secret", function()
    account.box:set("masked_new_secret", true)
    local result, err = account.zd.client:rotate(client.id, { store = fake_store.new() })
    assert.is_nil(result)
    assert.equal("secret_masked", err.code)
  end)

  it("keeps a stored secret that could not be proved, and proves it in the next run", function()
    local store = fake_store.new()
    account.box:fail { path = "^/oauth/tokens", status = 500 }
    local result, err = account.zd.client:rotate(client.id, { store = store })
    assert.is_nil(result)
    assert.equal("server", err.kind)
    result = assert(account.zd.client:rotate(client.id, { store = store }))
    assert.is_true(result.resumed)
    local _, entry = next(store.content)
    assert.is_true(works(entry.client_secret))
  end)

  -- Each step is announced by an event, at which the process ends itself with SIGKILL; the store
  -- is a file that is written beside and renamed.
  it("ends with a known, working secret when it is killed at any step and run again", function()
    local script = [[
      local base_url, email, api_token, id, path, step = ...
      local zendesk = require "zendesk"
      local store = {}
      function store.load()
        local file = io.open(path)
        if not file then return nil end
        local phase, secret = file:read("l", "l")
        file:close()
        return { phase = phase, client_secret = secret ~= "" and secret or nil }
      end
      function store.save(_, _, entry)
        local file = assert(io.open(path .. ".new", "w"))
        file:write(entry.phase, "\n", entry.client_secret or "", "\n")
        file:close()
        return os.rename(path .. ".new", path)
      end
      local zd = assert(zendesk.new {
        base_url = base_url, email = email, api_token = api_token,
        on_event = function(event)
          local name = event.what == "rotate" and event.step
            or (event.type == "response" and event.method .. event.path)
          if name and name:find(step, 1, true) then os.execute "kill -9 $PPID" end
        end,
      })
      assert(zd.client:rotate(math.tointeger(id), { store = store }))
      print "finished"
    ]]
    local directory, remove = process.temporary_directory()
    local steps = { "GET", "intent", "PUT", "stored", "verified", "done" }
    for number, step in ipairs(steps) do
      local path = ("%s/secret-%d"):format(directory, number)
      local function run(at)
        return process.run_lua(script, { args = {
          account.box.base_url, account.box.email, account.box.api_token, client.id, path, at,
        } })
      end
      local killed = run(step)
      assert.equal(137, killed.status, killed.stderr)
      assert.equal("", killed.stdout)
      local again = run "never"
      assert.equal("finished\n", again.stdout, again.stderr)
      local phase, secret = process.read_file(path):match "^(%l+)\n(%x+)\n"
      assert.equal("done", phase)
      assert.is_true(works(secret))
    end
    remove()
  end)

  account:refuses("client:rotate", "clients", function()
    return account.zd.client:rotate(client.id, { store = fake_store.new() })
  end)
  account:refuses("client:rotate, generating,", "generate_secret", function()
    return account.zd.client:rotate(client.id, { store = fake_store.new() })
  end)
end)
