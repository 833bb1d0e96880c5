-- A secret that is shown once: into a private file, onto a terminal, or where it was asked for, and
-- never lost or before other eyes.

local console = require "spec.cli.console"
local json = require "cjson"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"

local SECRET = "canary-secret-of-the-client"

describe("a secret that is shown once", function()
  local box, home, remove

  setup(function() box = assert(sandbox.start()) end)

  teardown(function() box:stop() end)

  before_each(function()
    box:reset()
    box:seed { clients = { {
      identifier = "nightly", name = "Nightly", kind = "confidential", secret = SECRET,
    } } }
    box:clear_requests()
    home, remove = process.temporary_directory()
  end)

  after_each(function() remove() end)

  local function zendesk(words, stdin)
    local env = console.environment(home, console.admin(box))
    return console.run(words, { env = env, stdin = stdin, cwd = home })
  end

  it("stops the command before anything is sent when it has no place to go", function()
    for _, command in ipairs {
      "clients create new", "tokens create nightly --scope read",
      "clients create new --show-secret >&-", "clients create new --show-secret <&- >&-",
      "tokens create nightly --scope read --show-secret >&-",
    } do
      local result = process.run({ "sh", "-c", "zendesk " .. command }, {
        env = console.environment(home, console.admin(box)), cwd = home,
      })
      assert.equal(2, result.status, command)
      assert.truthy(result.stderr:find("--out FILE", 1, true), command)
      assert.equal(0, #box:requests(), command)
    end
  end)

  it("goes into a new private file, and not into the output", function()
    local result = zendesk { "clients", "create", "new", "--out", "new.secret" }
    assert.equal(0, result.status, result.stderr)
    local word = process.read_file(home .. "/new.secret"):match "^(%x+)\n$"
    local mode = process.run { "stat", "-c", "%a", home .. "/new.secret" }
    assert.equal("600\n", mode.stdout)
    assert.is_nil((result.stdout .. result.stderr):find(word, 1, true))
    assert.equal("new.secret", json.decode(result.stdout).secret_file)
    assert.equal(0, zendesk({ "login", "--base-url", box.base_url, "--client-id", "new",
      "--client-credentials", "--secret-file", "new.secret" }).status)
  end)

  it("does not go into a file that is there, and nothing is sent then", function()
    process.write_file(home .. "/mine", "my own words")
    local result = zendesk { "clients", "create", "new", "--out", "mine" }
    assert.equal(1, result.status)
    assert.equal("my own words", process.read_file(home .. "/mine"))
    assert.equal(0, #box:requests())
  end)

  it("leaves no file behind where it was not made", function()
    local function leaves_none(status, command, env)
      local result = process.run({ "sh", "-c", "zendesk " .. command .. " --out new.secret" }, {
        env = console.environment(home, env or console.admin(box)), cwd = home,
      })
      assert.equal(status, result.status, command .. result.stderr)
      assert.is_nil(process.read_file(home .. "/new.secret"), command)
    end
    for _, command in ipairs {
      "clients create new", "clients rotate nightly --yes", "tokens create nightly --scope read",
    } do
      leaves_none(3, command, {})
      box:fail { path = "/oauth/", method = "POST", status = 422 }
      box:fail { path = "/generate_secret", method = "PUT", status = 422 }
      leaves_none(1, command)
      box:reset()
      box:seed { clients = { { identifier = "nightly", kind = "confidential" } } }
    end
  end)

  it("leaves no file behind on Ctrl-C, and takes nothing away that was there #pty", function()
    box:fail { path = "/oauth/clients", method = "POST", delay = 600, times = 2 }
    local terminal <close> =
      console.terminal(console.environment(home, console.admin(box)), home)
    assert(os.execute("mkfifo " .. process.quote(home .. "/there")))
    for _, out in ipairs { "new.secret", "there" } do
      box:clear_requests()
      terminal:start("exec 3<>there; zendesk clients create new --out " .. out)
      assert(console.wait_until(function() return #box:requests() > 0 end))
      terminal:press "C-c"
      assert.equal(130, (select(2, terminal:finish())))
      assert.is_nil(process.read_file(home .. "/new.secret"))
      assert.equal(0, process.run({ "test", "-p", home .. "/there" }).status)
    end
  end)

  it("has no file where there is none, of a public client", function()
    local result = zendesk { "clients", "create", "p", "--kind", "public", "--out", "new.secret" }
    assert.equal(2, result.status)
    assert.truthy(result.stderr:find("a public client has none", 1, true))
    assert.equal(0, #box:requests())
  end)

  it("is a failure where its file cannot take it", function()
    for _, command in ipairs {
      "clients create new", "clients rotate nightly --yes", "tokens create nightly --scope read",
    } do
      local words = {}
      for word in (command .. " --out /dev/full"):gmatch "%S+" do words[#words + 1] = word end
      local result = zendesk(words)
      assert.equal(1, result.status, command)
      assert.equal("the secret could not be written to /dev/full: No space left on device",
        json.decode(result.stderr).error.message)
    end
  end)

  it("is not in a file where the reply does not show it", function()
    for command, answer in pairs {
      ["clients create new"] = '{"client":{"id":9,"identifier":"new","secret":"abcd..."}}',
      ["tokens create nightly --scope read"] = '{"token":{"id":9,"token":"abcdefghij"}}',
    } do
      box:fail { path = "/oauth/", method = "POST", status = 201, body = answer }
      local words = {}
      for word in (command .. " --out new.secret"):gmatch "%S+" do words[#words + 1] = word end
      local result = zendesk(words)
      assert.equal(1, result.status, command)
      assert.matches("does not show the secret in full", json.decode(result.stderr).error.message)
      assert.is_nil(process.read_file(home .. "/new.secret"))
    end
  end)

  it("goes into the file, and not before all eyes, where the store cannot take it", function()
    box:fail { path = "/generate_secret", delay = 3 }
    -- The store breaks when the intent is noted and the reply has not come.
    local result = process.run({ "sh", "-c", [[
      zendesk clients rotate nightly --yes --out copy &
      store=.config/zendesk/credentials.json
      until grep -q intent $store; do sleep 0.05; done 2>/dev/null
      rm -f $store; mkdir $store; wait $!]] }, {
      env = console.environment(home, console.admin(box)), cwd = home, timeout = 60,
    })
    assert.equal(1, result.status, result.stderr)
    local word = process.read_file(home .. "/copy"):match "^(%x+)\n$"
    assert.truthy(word)
    assert.truthy(result.stderr:find("could not be stored, is in copy", 1, true), result.stderr)
    assert.is_nil(result.stderr:find(word, 1, true))
  end)

  it("is printed where it was asked for", function()
    local result = zendesk { "tokens", "create", "nightly", "--scope", "read", "--show-secret" }
    assert.truthy(json.decode(result.stdout).full_token:find "^%x+$")
  end)

  it("is renewed without being shown, and the profile goes on with the new one", function()
    assert.equal(0, zendesk({ "login", "--client-id", "nightly", "--client-credentials",
      "--base-url", box.base_url, "--secret-file", "-" }, SECRET).status)
    local result = zendesk { "clients", "rotate", "nightly", "--yes", "--out", "copy" }
    assert.equal(0, result.status, result.stderr)
    local word = process.read_file(home .. "/copy"):match "^(%x+)\n$"
    assert.is_nil((result.stdout .. result.stderr):find(word, 1, true))
    box:advance(7200) -- the token of the login has ended: another one takes the new secret
    box:clear_requests()
    assert.equal(0, zendesk({ "--profile", "default", "whoami" }).status)
    assert.truthy(box:requests()[1].body:find(word, 1, true) or
      box:requests()[2].body:find(word, 1, true))
    assert.equal("", process.run({ "grep", "-rlF", SECRET, home }).stdout)
  end)

  it("is renewed and shown on a terminal, too, where that was asked for alone #pty", function()
    local terminal <close> =
      console.terminal(console.environment(home, console.admin(box)), home)
    local screen, status = terminal:run "zendesk clients rotate nightly --yes"
    assert.equal(0, status, screen)
    assert.is_nil(screen:find "\nsecret ")
    screen = terminal:run "zendesk clients rotate nightly --yes --show-secret"
    assert.truthy(screen:find "\nsecret  +%x+\n?")
  end)
end)
