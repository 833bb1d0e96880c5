-- The command line as programs meet it: JSON in pipes, exit statuses, --dry-run, pipes that break.

local console = require "spec.cli.console"
local json = require "cjson"
local paths = require "spec.support.paths"
local process = require "spec.support.process"

describe("the command line, in pipes,", function()
  local its, zendesk = console.session()

  local function words_of(text)
    local words = {}
    for word in text:gmatch "%S+" do words[#words + 1] = word end
    return words
  end

  local function shell(script)
    return process.run({ "sh", "-c", script }, {
      env = console.environment(its.home, console.admin(its.box)), cwd = its.home,
    })
  end

  it("prints lists and records as JSON", function()
    its.box:seed { clients = { { identifier = "one" }, { identifier = "two" } } }
    local result = zendesk { "clients", "list" }
    assert.equal("", result.stderr)
    local list = json.decode(result.stdout)
    assert.same({ "one", "two" }, { list[1].identifier, list[2].identifier })
    assert.equal("admin@example.com", json.decode(zendesk({ "whoami" }).stdout).email)
    assert.equal("[]\n", zendesk({ "tokens", "list" }).stdout)
    assert.is_true(json.decode(zendesk({ "doctor" }).stdout).ok)
  end)

  it("speaks of one token where there is one", function()
    its.box:seed { tokens = { { used_at = "2025-01-02T03:04:05Z" } } }
    local function says(text, words)
      assert.equal(text, zendesk(words_of("--output=table " .. words)).stdout:match "^[^\n,]*")
    end
    says("1 token looked at", "tokens audit")
    says("1 token looked at", "tokens prune --unused-for 90d --dry-run")
  end)

  it("does not call it a dry run where there was nothing to prune", function()
    local function dry_run(...)
      local result = zendesk { "tokens", "prune", "--unused-for", "90d", ... }
      assert.equal(0, result.status, result.stderr)
      return json.decode(result.stdout).dry_run
    end
    assert.is_false(dry_run())
    assert.is_true(dry_run "--dry-run")
  end)

  it("prints what it has pruned as JSON, also where it could not go on", function()
    its.box:seed { tokens = { {}, {}, {} } }
    its.box:fail {
      path = "/oauth/tokens/%d+", method = "DELETE", status = 401, skip = 1, times = 9,
    }
    local result = zendesk { "tokens", "prune", "--reason", "never_expires", "--yes" }
    assert.equal(3, result.status)
    local partial = json.decode(result.stdout)
    assert.same({ 1, 1, 1 }, { partial.revoked, partial.failed, partial.left })
    assert.equal("auth", json.decode(result.stderr).error.kind)
  end)

  it("prints tables without colours when they are asked for", function()
    its.box:seed { clients = { { id = 7, identifier = "one", name = "Eins", kind = "public" } } }
    local result = zendesk { "--output=table", "clients", "list" }
    assert.equal("id  identifier  name  kind\n7   one         Eins  public\n", result.stdout)
  end)

  it("lets no record move the cursor of a terminal", function()
    its.box:seed { clients = { { identifier = "one", name = "a\27[2Jb\r\xC2\x9Bc" } } }
    local table_text = zendesk({ "--output=table", "clients", "list" }).stdout
    assert.truthy(table_text:find("a?[2Jb??c", 1, true), table_text)
  end)

  it("tells errors as one line of JSON", function()
    local result = zendesk { "request", "GET", "/api/v2/tickets/9" }
    assert.equal("", result.stdout)
    assert.truthy(result.stderr:find "^[^\n]+\n$")
    local err = json.decode(result.stderr).error
    assert.same({ "not_found", 404, 4 }, { err.kind, err.status, err.exit_status })
    assert.is_string(err.request_id)
    assert.is_nil(err.body)
  end)

  describe("ends with the status", function()
    local function ends(status, command, options)
      it(("%d for %s"):format(status, command), function()
        if options and options.before then options.before() end
        local result = zendesk(words_of(command), { env = options and options.env })
        assert.equal(status, result.status, result.stderr)
        if status > 1 then
          assert.equal(status, json.decode(result.stderr).error.exit_status)
        end
      end)
    end

    local function failing(rule)
      return { before = function()
        rule.times = math.huge
        its.box:fail(rule)
      end }
    end

    ends(0, "whoami")
    ends(0, "tokens audit")
    ends(1, "tokens audit", { before = function() its.box:seed { tokens = { {} } } end })
    ends(1, "doctor", failing { path = "/users/me", status = 403 })
    ends(2, "whoami --unknown")
    ends(2, "--output=yaml whoami")
    ends(2, "tokens audit --unused-for tomorrow")
    ends(2, "tokens prune")
    ends(2, "request POST /api/v2/tickets --json {")
    ends(2, "request GET /api/v2/tickets --query page")
    ends(2, "request GET /api/v2/tickets --json {}")
    ends(2, "request POST /api/v2/tickets --json {} --each")
    ends(2, "request GET /api/v2/tickets --each --idempotency-key k")
    ends(2, "request GET /api/v2/tickets --limit 1")
    ends(2, "request FETCH /api/v2/tickets")
    ends(2, "request POST /api/v2/uploads --file missing.bin")
    ends(2, "request POST /api/v2/uploads --file f --json {}")
    ends(2, "request POST /api/v2/uploads --content-type text/plain")
    ends(2, "request GET /api/v2/uploads --file f")
    ends(2, "tokens revoke 0x10 --dry-run")
    ends(2, "tokens revoke 1e3 --dry-run")
    ends(2, "tokens revoke 99999999999999999999")
    ends(2, "clients delete 99999999999999999999 --yes")
    ends(2, "sandbox --port 0x10")
    ends(2, "clients ensure")
    ends(2, "clients ensure --name A")
    ends(2, "clients ensure a --file clients.json")
    ends(2, "request GET /api/v2/users/me --idempotency-key \xC3\xA4")
    ends(2, "login --base-url http://127.0.0.1:1")
    ends(2, "login acme --base-url http://127.0.0.1:1 --client-id tool --dry-run")
    ends(2, "whoami", { env = { ZENDESK_SUBDOMAIN = "a b", ZENDESK_OAUTH_TOKEN = "test-token" } })
    ends(3, "whoami", { env = {} })
    ends(3, "--profile nobody whoami")
    ends(3, "whoami", failing { path = "/users/me", status = 401 })
    ends(3, "clients list", failing { path = "/oauth/clients", status = 403 })
    ends(4, "clients delete nobody --yes")
    ends(4, "tokens revoke 12")
    ends(4, "download /attachments/token/gone")
    ends(2, "download http://files.example/a")
    ends(5, "whoami", failing {
      path = "/users/me", status = 429, headers = { ["Retry-After"] = "3600" },
    })
    ends(6, "whoami", failing {
      path = "/users/me", status = 503, headers = { ["Retry-After"] = "3600" },
    })
    ends(6, "whoami", { env = {
      ZENDESK_BASE_URL = "http://127.0.0.1:1", ZENDESK_OAUTH_TOKEN = "test-token",
    } })
    ends(7, "clients create lost --kind public", failing {
      path = "/oauth/clients", method = "POST", drop = "after",
    })
  end)

  it("suggests the command and the option that were meant", function()
    local function message(words) return json.decode(zendesk(words).stderr).error.message end
    assert.truthy(message({ "logni" }):find("Did you mean 'login'", 1, true))
    assert.truthy(message({ "whoami", "--profil", "x" }):find("Did you mean '--profile'", 1, true))
    assert.truthy(message({ "--output=tabel", "whoami" }):find("'auto', 'json', 'table'", 1, true))
  end)

  describe("with --dry-run", function()
    for _, command in ipairs {
      "clients create new", "clients create new --kind public", "clients ensure new --name New",
      "clients ensure there --name Other", "clients rotate there", "clients delete there",
      "tokens create there --scope read", "tokens revoke 1234", "tokens prune --unused-for 1d",
      "request POST /api/v2/tickets --json {}", "request DELETE /api/v2/tickets/1",
      "login --base-url http://127.0.0.1:1 --client-id tool --client-credentials",
    } do
      it(("%s writes nothing"):format(command), function()
        its.box:seed {
          clients = { { id = 9, identifier = "there", name = "There" } },
          tokens = { { id = 1234, client_id = 9, created_at = "2024-01-01T00:00:00Z" } },
        }
        local words = words_of(command)
        words[#words + 1] = "--dry-run"
        local result = zendesk(words)
        assert.equal(0, result.status, result.stderr)
        assert.truthy(result.stdout:find '"dry_run": true', result.stdout)
        for _, request in ipairs(its.box:requests()) do assert.equal("GET", request.method) end
        assert.is_nil(process.read_file(its.home .. "/.config/zendesk/profiles.json"))
      end)
    end
  end)

  it("asks nobody where there is no terminal, and does nothing then", function()
    its.box:seed { clients = { { identifier = "there" } } }
    local result = zendesk { "clients", "delete", "there" }
    assert.equal(2, result.status)
    assert.truthy(result.stderr:find("--yes", 1, true))
    assert.equal(0, zendesk({ "clients", "delete", "there", "--yes" }).status)
    assert.equal(4, zendesk({ "clients", "delete", "there", "--yes" }).status)
  end)

  it("takes scopes one by one and in one word", function()
    its.box:seed { clients = { { identifier = "tool" } } }
    local function scopes_of(...)
      return json.decode(zendesk({ "tokens", "create", "tool", "--dry-run", ... }).stdout)
        .token.scopes
    end
    assert.same({ "read", "write" }, scopes_of("--scope", "read", "--scope", "write"))
    assert.same({ "read", "write" }, scopes_of("--scope", "read write"))
    assert.equal(2, zendesk({ "tokens", "create", "tool", "--scope", " " }).status)
  end)

  it("ends quietly when nobody reads its output any more", function()
    its.box:seed { tickets = 2000 }
    for _, signals in ipairs { "", "trap '' PIPE; " } do
      local result = shell(signals
        .. "{ zendesk request GET /api/v2/tickets --each; echo $? >status; } | head -n 1")
      assert.equal("", result.stderr)
      assert.truthy(result.stdout:find "^{[^\n]+}\n$")
      assert.equal("141\n", process.read_file(its.home .. "/status"))
    end
  end)

  it("says so when the output cannot be written", function()
    local result = shell "zendesk whoami >/dev/full"
    assert.equal(1, result.status)
    assert.truthy(result.stderr:find "cannot write the output: No space left")
    for _, command in ipairs { "", "--help", "--version", "clients --help", "tokens prune -h" } do
      result = shell(("zendesk %s >/dev/full"):format(command))
      assert.equal(1, result.status, command)
      assert.truthy(result.stderr:find "cannot write the output: No space left")
    end
    assert.equal(1, shell("zendesk --version >&-").status)
    for _, closed in ipairs { ">&-", "<&- >&-" } do
      result = shell("zendesk whoami " .. closed)
      assert.equal(1, result.status)
      assert.truthy(result.stderr:find "cannot write the output: Bad file descriptor")
    end
  end)

  it("says what to install where argparse is missing", function()
    local result = console.run({ "whoami" }, { env = console.environment(its.home, {
      LUA_PATH = ("%s/lua/?.lua;%s/lua/?/init.lua"):format(paths.root, paths.root),
    }) })
    assert.equal(1, result.status)
    assert.truthy(result.stderr:find("luarocks install argparse", 1, true))
    assert.is_nil(result.stderr:find "traceback")
  end)

  it("runs a command in a sandbox, and none of the account's environment with it", function()
    local result = zendesk({ "sandbox", "--", "sh", "-c",
      "zendesk whoami; echo ${ZENDESK_OAUTH_TOKEN:-none}; exit 9" }, {
        env = { ZENDESK_SUBDOMAIN = "acme", ZENDESK_OAUTH_TOKEN = "test-token" },
      })
    assert.equal(9, result.status)
    assert.truthy(result.stdout:find '"email": "admin@example.com"')
    assert.truthy(result.stdout:find "\nnone\n$")
  end)

  it("says in plain words that the port of a sandbox is no port, or taken", function()
    for _, port in ipairs { "65536", "-1", "1.5", "http" } do
      local result = zendesk { "sandbox", "--port=" .. port }
      assert.equal(2, result.status, result.stderr)
      assert.truthy(result.stderr:find(("'%s' is no number of a port"):format(port), 1, true))
    end
    for _, more in ipairs { {}, { "--", "true" } } do
      local result = zendesk { "sandbox", "--port", tostring(its.box.port), table.unpack(more) }
      local err = json.decode(result.stderr).error
      assert.same({ 1, "failed" }, { err.exit_status, err.kind })
      assert.truthy(err.message:find("cannot listen on 127.0.0.1:" .. its.box.port, 1, true))
      assert.is_nil(err.message:find("%.lua"))
    end
  end)

  it("prints its version", function()
    assert.equal("zendesk " .. require "zendesk"._VERSION .. "\n", zendesk({ "--version" }).stdout)
  end)
end)
