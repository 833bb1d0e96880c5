-- Secrets on the command line: typed without echo, taken from private files, given away once, and
-- never in an argument, an output, or a file that others can read.

local console = require "spec.cli.console"
local json = require "cjson"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"

local SECRET = "canary-secret-of-the-client"

describe("a secret", function()
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

  local LOGIN = "login --client-id nightly --client-credentials --base-url "

  local function login(more, stdin)
    local words = {}
    for word in (LOGIN .. box.base_url .. (more or "")):gmatch "%S+" do words[#words + 1] = word end
    return zendesk(words, stdin)
  end

  local function mode_of(path)
    return process.run({ "stat", "-c", "%a", home .. "/" .. path }).stdout
  end

  local function is_anywhere(text)
    return process.run({ "grep", "-rlF", text, home }).stdout
  end

  describe("that is typed #pty", function()
    local terminal

    before_each(function()
      terminal = console.terminal(console.environment(home, console.admin(box)), home)
    end)

    after_each(function() terminal:close() end)

    it("is not on the screen, and in no list of processes", function()
      box:fail { path = "/oauth/tokens", delay = 3 }
      terminal:start("zendesk " .. LOGIN .. box.base_url)
      terminal:wait_for "Secret of nightly:"
      local asking = process.run({ "ps", "-eo", "args" }).stdout
      terminal:type(SECRET)
      -- It has arrived, and is not answered yet.
      assert(console.wait_until(function() return #box:requests() > 0 end))
      local sending = process.run({ "ps", "-eo", "args" }).stdout
      local screen, status = terminal:finish()
      assert.equal(0, status, screen)
      assert.truthy(screen:find("Logged in", 1, true))
      for _, text in ipairs { asking, sending, screen } do
        assert.truthy(text:find("nightly", 1, true))
        assert.is_nil(text:find(SECRET, 1, true))
      end
    end)

    it("leaves a terminal that echoes, also after Ctrl-C", function()
      terminal:start("zendesk " .. LOGIN .. box.base_url .. "; echo status $?; stty -a")
      terminal:wait_for "Secret of nightly:"
      terminal:press "C-c"
      local screen = terminal:finish()
      assert.truthy(screen:find("status 130", 1, true), screen)
      assert.truthy(screen:find " echo ", screen)
      assert.is_nil(screen:find "traceback")
      assert.equal(0, #box:requests())
    end)
  end)

  it("comes from a private file, and lies in a private store", function()
    process.write_file(home .. "/secret", SECRET .. "\n")
    assert(os.execute("chmod 600 " .. process.quote(home .. "/secret")))
    local result = login " --secret-file secret"
    assert.equal(0, result.status, result.stderr)
    assert.equal("700\n", mode_of ".config/zendesk")
    assert.equal("600\n", mode_of ".config/zendesk/credentials.json")
    assert.equal("600\n", mode_of ".config/zendesk/profiles.json")
    assert.is_nil(process.read_file(home .. "/.config/zendesk/profiles.json"):find(SECRET, 1, true))
  end)

  it("is not taken from a file that others can read", function()
    process.write_file(home .. "/secret", SECRET)
    assert(os.execute("chmod 644 " .. process.quote(home .. "/secret")))
    local result = login " --secret-file secret"
    assert.equal(2, result.status)
    assert.truthy(result.stderr:find("chmod 600", 1, true))
    assert.is_nil(result.stderr:find(SECRET, 1, true))
    assert.equal(0, #box:requests())
  end)

  it("comes from standard input", function()
    assert.equal(0, login(" --secret-file -", SECRET .. "\n").status)
  end)

  it("is kept by every login of several at the same time", function()
    local script = {}
    for number = 1, 8 do
      script[number] = ("printf %s | zendesk %s%s --profile p%d --secret-file - & "):format(SECRET,
        LOGIN, box.base_url, number)
    end
    local result = process.run({ "sh", "-c", table.concat(script) .. "wait" }, {
      env = console.environment(home), cwd = home, timeout = 60,
    })
    assert.equal("", result.stderr)
    local found = json.decode(process.read_file(home .. "/.config/zendesk/profiles.json")).profiles
    for number = 1, 8 do assert.equal("nightly", (found["p" .. number] or {}).client_id) end
  end)

  it("is not kept when it is refused", function()
    local result = login(" --secret-file -", "canary-wrong-secret")
    assert.equal(3, result.status)
    assert.is_nil(result.stderr:find("canary-wrong-secret", 1, true))
    assert.equal("", is_anywhere "canary-wrong-secret")
  end)

  it("is asked for on a terminal only", function()
    local result = login()
    assert.equal(2, result.status)
    assert.truthy(result.stderr:find("--secret-file", 1, true))
  end)

  it("cannot be given as an argument", function()
    assert.equal(2, login(" --secret " .. SECRET).status)
    assert.equal(2, login(" --client-secret " .. SECRET).status)
    assert.equal(0, #box:requests())
  end)

  it("has no place in profiles.json", function()
    assert(os.execute("mkdir -p " .. process.quote(home .. "/.config/zendesk")))
    process.write_file(home .. "/.config/zendesk/profiles.json", json.encode { profiles = {
      bad = { subdomain = "acme", client_id = "nightly", client_secret = SECRET },
    } })
    local result = zendesk { "--profile", "bad", "whoami" }
    assert.equal(2, result.status)
    assert.truthy(result.stderr:find("client_secret", 1, true))
    assert.is_nil(result.stderr:find(SECRET, 1, true))
  end)

  it("may lie in a file that a profile names", function()
    assert(os.execute("mkdir -p " .. process.quote(home .. "/.config/zendesk")))
    process.write_file(home .. "/.config/zendesk/profiles.json", json.encode { profiles = {
      filed = {
        base_url = box.base_url, client_id = "nightly", grant = "client_credentials",
        secret_file = "nightly.secret",
      },
    } })
    local path = home .. "/.config/zendesk/nightly.secret"
    process.write_file(path, SECRET)
    assert(os.execute("chmod 600 " .. process.quote(path)))
    local result = zendesk { "--profile", "filed", "whoami" }
    assert.equal(0, result.status, result.stderr)
    assert.equal("client_credentials", json.decode(result.stdout).credential)
  end)

  describe("that is shown once", function()
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
      assert.equal("600\n", mode_of "new.secret")
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
      local result = process.run({ "sh", "-c", [[
        zendesk clients rotate nightly --yes --out copy & sleep 1.5
        cd .config/zendesk; rm -f credentials.json; mkdir credentials.json; wait $!]] }, {
        env = console.environment(home, console.admin(box)), cwd = home,
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
      assert.equal(0, login(" --secret-file -", SECRET).status)
      local result = zendesk { "clients", "rotate", "nightly", "--yes", "--out", "copy" }
      assert.equal(0, result.status, result.stderr)
      local word = process.read_file(home .. "/copy"):match "^(%x+)\n$"
      assert.is_nil((result.stdout .. result.stderr):find(word, 1, true))
      box:advance(7200) -- the token of the login has ended: another one takes the new secret
      box:clear_requests()
      assert.equal(0, zendesk({ "--profile", "default", "whoami" }).status)
      assert.truthy(box:requests()[1].body:find(word, 1, true) or
        box:requests()[2].body:find(word, 1, true))
      assert.equal("", is_anywhere(SECRET))
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

  it("lies nowhere where no folder is named", function()
    local env = console.environment(home, console.admin(box))
    env.HOME, env.XDG_CONFIG_HOME = "", false
    for _, words in ipairs {
      { "clients", "rotate", "nightly", "--yes" }, { "--profile", "any", "whoami" },
    } do
      local result = console.run(words, { env = env, cwd = home })
      assert.equal(2, result.status)
      assert.truthy(result.stderr:find("set HOME, or XDG_CONFIG_HOME", 1, true))
    end
    assert.is_nil(process.read_file(home .. "/.config/zendesk/credentials.json"))
    for _, request in ipairs(box:requests()) do assert.equal("GET", request.method) end
  end)

  it("cannot lie below what is no folder, which is said in one line", function()
    process.write_file(home .. "/file", "")
    local env = console.environment(home, console.admin(box))
    env.XDG_CONFIG_HOME = home .. "/file"
    local result = console.run({ "clients", "rotate", "nightly", "--yes" }, { env = env })
    assert.equal(1, result.status)
    assert.equal(("cannot make the folder %s/file/zendesk: Not a directory"):format(home),
      json.decode(result.stderr).error.message)
  end)

  it("stays where it is when the profile is to be another login", function()
    assert.equal(0, login(" --secret-file -", SECRET).status)
    box:seed { clients = { { identifier = "other", kind = "confidential" } } }
    box:clear_requests()
    local words = { "login", "--client-id", "other", "--client-credentials", "--base-url",
      box.base_url, "--secret-file", "-" }
    local result = zendesk(words, SECRET)
    assert.equal(2, result.status)
    local said = json.decode(result.stderr).error
    assert.equal(('profile "default" is a login to %s with the client "nightly"'):format(
      box.base_url), said.message)
    assert.matches("zendesk logout --profile default", said.remedy, 1, true)
    assert.equal(0, #box:requests())
    assert.equal(0, login(" --secret-file -", SECRET).status)
  end)

  it("is forgotten by logout although its file is gone", function()
    assert.equal(0, login(" --secret-file -", SECRET).status)
    local path = home .. "/.config/zendesk/profiles.json"
    local profiles = json.decode(process.read_file(path))
    profiles.profiles.default.secret_file = "gone.secret"
    process.write_file(path, json.encode(profiles))
    local result = zendesk { "logout" }
    assert.equal(1, result.status)
    assert.truthy(result.stderr:find("the token was not revoked", 1, true), result.stderr)
    assert.is_nil(json.decode(process.read_file(path)).profiles.default)
  end)

  it("has a profile, or one line that says why it cannot be written", function()
    assert(os.execute("mkdir -p " .. process.quote(home .. "/.config/zendesk/profiles.json.new")))
    process.write_file(home .. "/secret", SECRET)
    assert(os.execute("chmod 600 " .. process.quote(home .. "/secret")))
    local result = login " --secret-file secret"
    assert.equal(1, result.status)
    assert.equal(("cannot write %s/.config/zendesk/profiles.json: Is a directory"):format(home),
      json.decode(result.stderr).error.message)
  end)
end)
