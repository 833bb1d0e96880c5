-- What is for people alone: colours, questions, progress, and a Ctrl-C that ends quietly.

local console = require "spec.cli.console"
local failure = require "zendesk.cli.failure"
local parser = require "zendesk.cli.parser"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"

describe("the command line, on a terminal, #pty", function()
  local box, home, remove

  setup(function() box = assert(sandbox.start()) end)

  teardown(function() box:stop() end)

  before_each(function()
    box:reset()
    home, remove = process.temporary_directory()
  end)

  after_each(function() remove() end)

  local function terminal_with(more)
    local env = console.admin(box)
    for name, value in pairs(more or {}) do env[name] = value end
    return console.terminal(console.environment(home, env), home)
  end

  it("has colours, and none where they are not wanted", function()
    for _, case in ipairs {
      { true, {} }, { false, { NO_COLOR = "1" } }, { true, { NO_COLOR = "" } },
    } do
      local terminal <close> = terminal_with(case[2])
      terminal:run "zendesk doctor"
      assert.equal(case[1], terminal:screen(true):find "\27%[33mwarning" ~= nil)
    end
    local dumb <close> = terminal_with()
    dumb:run "TERM=dumb zendesk doctor"
    assert.is_nil(dumb:screen(true):find "\27%[")
  end)

  it("has tables, and errors in words", function()
    local terminal <close> = terminal_with()
    assert.equal("id  identifier  name  kind", (terminal:run "zendesk clients list"))
    local screen, status = terminal:run "zendesk clients delete nobody"
    assert.equal(4, status)
    assert.equal('zendesk: there is no OAuth client "nobody"; `zendesk clients list` names them',
      screen)
  end)

  it("takes nothing but y for a yes", function()
    box:seed { clients = { { identifier = "there" } } }
    local terminal <close> = terminal_with()
    for _, answer in ipairs { "", "n", "no", "x" } do
      local _, status = terminal:run("zendesk clients delete there", { { "[y/N]", answer } })
      assert.equal(1, status)
    end
    local _, status = terminal:run("zendesk clients delete there", { { "[y/N]", "yes" } })
    assert.equal(0, status)
  end)

  -- All that a terminal is sent; what is drawn over is on no screen afterwards.
  local function sent(command)
    return process.run({ "script", "-qec", command, "/dev/null" }, {
      env = console.environment(home, console.admin(box)), cwd = home,
    }).stdout
  end

  it("shows the progress of long work, unless it has to be quiet", function()
    box:seed { tokens = 250 }
    assert.truthy(sent("zendesk tokens audit"):find "\r\27%[K%a+ 100, ")
    assert.is_nil(sent("zendesk --quiet tokens audit"):find "\27%[K")
    assert.is_nil(sent("zendesk tokens audit 2>/dev/null"):find "\27%[K")
  end)

  it("shows no progress between records", function()
    local text = sent "zendesk request GET /api/v2/users --each --query page[size]=1"
    assert.truthy(text:find "^{[^\r]+}\r\n{[^\r]+}\r\n")
    assert.is_nil(text:find("\27", 1, true))
    local shown = sent "zendesk request GET /api/v2/users --each --query page[size]=1 >records"
    assert.truthy(shown:find "\r\27%[Kread 1 of 3")
  end)

  it("takes away the progress of what ends early, before it says more", function()
    box:seed { tokens = { {}, {}, {} } }
    local text = sent "zendesk tokens prune --reason never_expires --limit 1 --yes"
    assert.truthy(text:find "\r\27%[Kpruned 1 of 3, [^\r]*\r\27%[K3 tokens looked at", text)
    box:fail { path = "/oauth/tokens/%d+", method = "DELETE", status = 401, times = 9 }
    text = sent "zendesk tokens prune --reason never_expires --yes"
    assert.truthy(text:find "\r\27%[Kpruned 1 of 2, [^\r]*\r\27%[K2 tokens looked at", text)
    text = sent "zendesk request GET /api/v2/users --each --limit 2 --query page[size]=1 >records"
    assert.truthy(text:find "read 1 of 3, [^\r]*\r\27%[K$", text)
  end)

  it("does not say before its question that anything was revoked", function()
    box:seed { tokens = { {}, {}, {} } }
    local terminal <close> = terminal_with()
    local screen, status = terminal:run("zendesk tokens prune --reason never_expires --limit 1",
      { { "[y/N]", "n" } })
    assert.equal(1, status)
    assert.equal("Revoke 1 of 3 tokens? [y/N] n\nzendesk: nothing was done", screen)
    local text = sent "zendesk tokens prune --reason never_expires --dry-run"
    assert.truthy(text:find "checked 1 of 3, [^\r]*would revoke 1\r", text)
    assert.is_nil(text:find("pruned", 1, true))
  end)

  it("revokes what it has asked about, and nothing that has come since", function()
    box:seed { tokens = { {}, {} } }
    local terminal <close> = terminal_with()
    terminal:start "zendesk tokens prune --reason never_expires"
    terminal:wait_for "Revoke 2 of 2 tokens?"
    box:seed { tokens = { { scopes = { "later:read" } } } }
    terminal:type "y"
    local screen, status = terminal:finish()
    assert.equal(0, status, screen)
    assert.truthy(screen:find("3 tokens looked at, 2 named, revoked 2", 1, true), screen)
    assert.truthy(sent("zendesk tokens list --all"):find("later:read", 1, true))
  end)

  it("ends a call on Ctrl-C, at once and without a word of Lua", function()
    local terminal <close> = terminal_with()
    box:fail { path = "/users/me", delay = 600 }
    box:clear_requests()
    terminal:start "zendesk whoami"
    assert(console.wait_until(function() return #box:requests() > 0 end))
    terminal:press "C-c"
    local screen, status = terminal:finish()
    assert.equal(130, status)
    assert.equal("^C", screen)
  end)
end)

describe("docs/cli.md", function()
  local page = process.read_file "docs/cli.md"

  it("shows every command at work", function()
    local groups = 0
    for _, group in ipairs(parser.new()._commands) do
      local name = group._name
      local actions = group._commands
      if #actions == 0 then actions = { { _name = nil } } end
      for _, action in ipairs(actions) do
        local words = action._name and name .. " " .. action._name or name
        assert.truthy(page:find("\n%$ [^\n]*zendesk [^\n]*" .. words), words)
      end
      groups = groups + 1
    end
    assert.equal(10, groups)
  end)

  it("has every exit status, as the help and the manual page do", function()
    local help, manual = parser.new():get_help(), process.read_file "docs/zendesk.1"
    for name, status in pairs(failure.STATUS) do
      assert.truthy(page:find(("\n| %d |"):format(status), 1, true), name)
      for _, text in ipairs { help, manual } do
        local list = text:match("[Ee][Xx][Ii][Tt] [Ss][Tt][Aa][Tt][Uu][Ss][:\n](.*)")
        assert.truthy((" " .. list:gsub("%s+", " ")):find(("[ ;] ?%d "):format(status)), name)
      end
    end
  end)
end)
