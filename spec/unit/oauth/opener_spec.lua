local opener = require "zendesk.oauth.opener"

local URL = "https://acme.zendesk.com/oauth/authorizations/new?client_id=a&state=b%20c"

describe("opening a browser", function()
  -- A machine that has only some programs.
  local function machine(programs)
    local commands = {}
    return commands, function(command)
      local asked = command:match "^command %-v (%S+)"
      if asked then return programs[asked] end
      commands[#commands + 1] = command
      return true
    end
  end

  local function no_browser() return nil end

  it("uses what the machine has: xdg-open, open, wslview", function()
    for _, program in ipairs { "xdg-open", "open", "wslview" } do
      local commands, execute = machine { [program] = true }
      assert.is_true(opener.open(URL, execute, no_browser))
      assert.truthy(commands[1]:find(program .. " '" .. URL .. "'", 1, true))
    end
  end)

  it("uses the person's own browser first", function()
    local commands, execute = machine { ["xdg-open"] = true }
    assert.is_true(opener.open(URL, execute, function() return "my-browser --private" end))
    assert.truthy(commands[1]:find("my-browser --private '" .. URL .. "'", 1, true))
  end)

  it("goes on in the background", function()
    assert.truthy(opener.command("open", URL):find "&$")
  end)

  it("says so when there is none", function()
    local commands, execute = machine {}
    assert.is_false(opener.open(URL, execute, no_browser))
    assert.equal(0, #commands)
  end)

  it("gives nothing to a shell that could mean something to it", function()
    for _, url in ipairs {
      "https://x/'; touch y; '", "https://x/$(id)'", "https://x/`id`", "https://x/\n", "file:///x",
      "https://x/ y", "javascript:alert(1)", "-a", "https://x/\"", "https://x/\\", "https://x/|y",
    } do
      local commands, execute = machine { ["xdg-open"] = true }
      assert.is_nil(opener.command("xdg-open", url), url)
      assert.is_false(opener.open(url, execute))
      assert.equal(0, #commands)
    end
  end)
end)
