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

  it("is asked of nobody while the store cannot be used", function()
    assert(os.execute("mkdir -p " .. process.quote(home .. "/.config/zendesk/credentials.json")))
    local result = login(" --secret-file -", SECRET)
    assert.equal(1, result.status)
    assert.equal("store", json.decode(result.stderr).error.kind)
    assert.equal(0, #box:requests())
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
