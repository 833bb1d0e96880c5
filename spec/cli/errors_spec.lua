-- How the command line says what went wrong: one line of JSON or of words, whatever is in it, and
-- the exit status that belongs to it.

local console = require "spec.cli.console"
local json = require "cjson"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

describe("an error on the command line", function()
  local its, zendesk = console.session()

  -- It, in a pipe.
  local function error_of(words, env)
    local result = zendesk(words, { env = env })
    assert.truthy(result.stderr:find "^{[^\n]+}\n$", result.stderr)
    local err = json.decode(result.stderr).error
    assert.equal(result.status, err.exit_status)
    return err, result.stdout
  end

  describe("that holds bytes which are not UTF-8", function()
    it("is JSON all the same, and says that a call may have been carried out", function()
      local server <close> = raw_server.start { {
        { "read" }, { "reply", 500, "caf\xE9 bad\xFF", { ["Content-Type"] = "text/plain" } },
      } }
      local env = { ZENDESK_BASE_URL = server.base_url, ZENDESK_OAUTH_TOKEN = "test-token" }
      local err = error_of({ "request", "POST", "/api/v2/imports", "--json", "{}" }, env)
      assert.same({ 7, "caf\u{FFFD} bad\u{FFFD}" }, { err.exit_status, err.message })
    end)

    it("is JSON all the same where they are the command line's own", function()
      for _, case in ipairs {
        { 2, "x\xFF" }, { 3, "--profile", "x\xFF", "whoami" }, { 2, "request", "GET", "/api/\xFF" },
        { 4, "clients", "delete", "x\xFF", "--yes" }, { 2, "clients", "ensure", "--file", "x\xFF" },
        { 1, "clients", "create", "x", "--out", "no/x\xFF" },
        { 2, "clients", "create", "x\xFF", "--dry-run" },
      } do
        local status = table.remove(case, 1)
        assert.equal(status, error_of(case).exit_status, table.concat(case, " "))
      end
    end)
  end)

  it("is not made of a result that holds bytes which are not UTF-8", function()
    local result = zendesk { "clients", "create", "new", "--out", "x\xFF" }
    assert.equal(0, result.status, result.stderr)
    assert.equal("x\u{FFFD}", json.decode(result.stdout).secret_file)
    assert.truthy(process.read_file(its.home .. "/x\xFF"))
  end)

  it("is JSON in a pipe, however the command line is wrong", function()
    for _, command in ipairs {
      "nope", "--output auto nope", "--output=auto nope", "--output", "--output=yaml whoami",
      "request GET --json", "--json nope", "--output table --json nope", "sandbox --no -- --json",
    } do
      local words = {}
      for word in command:gmatch "%S+" do words[#words + 1] = word end
      assert.equal(2, error_of(words).exit_status, command)
    end
    for _, command in ipairs { "--output table nope", "--output=table nope" } do
      local words = {}
      for word in command:gmatch "%S+" do words[#words + 1] = word end
      assert.truthy(zendesk(words).stderr:find "\nzendesk: unknown command 'nope'\n", command)
    end
  end)

  it("is in words on a terminal, where --json is the body of a request #pty", function()
    local env = console.environment(its.home, console.admin(its.box))
    local terminal <close> = console.terminal(env, its.home)
    local function line_of(command) return (terminal:run(command)):match "[^\n]*$" end
    assert.truthy(line_of("zendesk request PUT /api/v2/tickets/9 --json {}")
      :find "^zendesk: not_found: ")
    assert.equal("zendesk: unknown option '--no'",
      line_of "zendesk request PUT /api/v2/tickets/9 --json {} --no")
    assert.truthy(line_of("zendesk --json request GET /api/v2/tickets/9"):find '^{"error"')
    assert.truthy(line_of("zendesk --output json request --no"):find '^{"error"')
  end)

  it("names the file of a body that cannot be read", function()
    local function message(word)
      return error_of({ "request", "POST", "/api/v2/tickets", "--json", word }).message
    end
    assert.equal(("cannot read the body: %s: Is a directory"):format(its.home),
      message("@" .. its.home))
    assert.equal("cannot read the body: no: No such file or directory", message "@no")
  end)

  it("has its traceback where ZENDESK_DEBUG is set, and is the same where it is empty", function()
    local function message(debug)
      local env = console.admin(its.box)
      env.ZENDESK_DEBUG = debug
      local words = { "request", "GET", "/api/v2/users/me", "--idempotency-key", "\xC3\xA4" }
      return error_of(words, env).message
    end
    assert.is_nil(message(""):find("traceback", 1, true))
    assert.truthy(message("1"):find("traceback", 1, true))
  end)
end)
