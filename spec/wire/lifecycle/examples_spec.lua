local account_of = require "spec.support.account"
local paths = require "spec.support.paths"
local process = require "spec.support.process"

describe("the examples of real work", function()
  local account = account_of.use()
  local directory, remove

  setup(function() directory, remove = process.temporary_directory() end)
  teardown(function() remove() end)

  local NO_ACCOUNT = { ZENDESK_SUBDOMAIN = false, ZENDESK_BASE_URL = false }

  local function run(name, arguments, alone)
    local box = account.box
    return process.run_lua_file("examples/" .. name .. ".lua", {
      args = arguments, timeout = 60, env = alone and NO_ACCOUNT or {
        ZENDESK_SUBDOMAIN = false, ZENDESK_OAUTH_TOKEN = false, ZENDESK_OAUTH_CLIENT_ID = false,
        ZENDESK_BASE_URL = box.base_url, ZENDESK_EMAIL = box.email,
        ZENDESK_API_TOKEN = box.api_token,
      },
    })
  end

  for name, arguments in pairs {
    export_tickets = "/alone.jsonl", audit_tokens = false, ensure_clients = false,
    rotate_secrets = "/alone.json",
  } do
    it(name .. " runs without an account, and is silent on standard error in a pipe", function()
      local result = run(name, arguments and { directory .. arguments }, true)
      assert.equal("", result.stderr)
      assert.equal(0, result.status)
      assert.is_true(#result.stdout > 20)
    end)
  end

  local function exported_ids(path)
    local ids = {}
    for line in io.lines(path) do
      local id = line:match '^{.*"id":(%d+).*}$'
      assert(id, "not a line of JSON: " .. line)
      ids[#ids + 1] = id
    end
    return ids
  end

  it("export_tickets goes on after a failure, and later adds what has changed", function()
    local made = account.box:seed { tickets = 2500 }.tickets
    local path = directory .. "/tickets.jsonl"
    account.box:fail { path = "incremental", skip = 1, times = math.huge, status = 403 }
    local result = run("export_tickets", { path })
    assert.equal(1, result.status)
    assert.matches("forbidden", result.stderr)
    account.box:clear_faults()
    result = run("export_tickets", { path })
    assert.equal("", result.stderr)
    local ids = exported_ids(path)
    assert.equal(2500, #ids)
    for place, id in ipairs(ids) do
      assert.equal(("%d"):format(made.first_id + place - 1), id)
    end
    account.box:advance(3600)
    account.box:seed { tickets = { { subject = "later" } } }
    account.box:advance(3600)
    assert.matches("^1 tickets written", run("export_tickets", { path }).stdout)
    assert.equal(2501, #exported_ids(path))
  end)

  it("audit_tokens revokes with --prune and only then", function()
    account.box:seed { tokens = { { created_at = "2020-01-01T00:00:00Z" } } }
    assert.matches("would revoke 1", run("audit_tokens", { "30" }).stdout)
    assert.matches("revoked 1", run("audit_tokens", { "30", "--prune" }).stdout)
    assert.matches("revoked 0", run("audit_tokens", { "30", "--prune" }).stdout)
  end)

  it("ensure_clients does with --apply what it has shown, once", function()
    assert.matches("would create", run("ensure_clients").stdout)
    assert.equal(0, #assert(account.zd.client:list()))
    assert.matches("created OAuth client", run("ensure_clients", { "--apply" }).stdout)
    assert.equal(2, #assert(account.zd.client:list()))
    local again = run("ensure_clients", { "examples/clients.json", "--apply" }).stdout
    assert.equal(2, select(2, again:gsub("is as wanted", "")))
  end)

  it("ensure_clients finds its file from any folder", function()
    local result = process.run_lua_file(paths.root .. "/examples/ensure_clients.lua", {
      cwd = directory, env = NO_ACCOUNT,
    })
    assert.equal("", result.stderr)
    assert.matches("would create", result.stdout)
  end)

  it("rotate_secrets says how it is called where no client is named", function()
    local result = run("rotate_secrets", { directory .. "/none.json" })
    assert.same({ status = 1, stdout = "",
      stderr = "usage: lua examples/rotate_secrets.lua FILE IDENTIFIER…\n" }, result)
  end)

  it("rotate_secrets leaves nothing empty behind where no file is named", function()
    local path = directory .. "/temporary"
    local result = process.run_lua(([[
      function os.tmpname()
        io.open(%q, "w"):close()
        return %q
      end
      arg = {}
      dofile "examples/rotate_secrets.lua"
    ]]):format(path, path), { env = NO_ACCOUNT })
    assert.matches("\n1 new secrets in ", result.stdout)
    local file = io.open(path)
    assert.is_true(file == nil or #file:read "a" > 0)
    if file then file:close() end
  end)

  it("rotate_secrets keeps a secret that works and prints none", function()
    account.box:seed { clients = { { identifier = "ticket_exporter", kind = "confidential" } } }
    local path = directory .. "/secrets.json"
    local result = run("rotate_secrets", { path, "ticket_exporter" })
    assert.equal("", result.stderr)
    assert.matches("proved by a grant", result.stdout)
    local secret = process.read_file(path):match '"client_secret":%s*"(%x+)"'
    assert.equal(64, #secret)
    assert.is_nil(result.stdout:find(secret, 1, true))
  end)
end)
