-- The completion scripts: bash and zsh can read them, and bash completes with them.

local console = require "spec.cli.console"
local process = require "spec.support.process"

describe("completion", function()
  local home, remove

  setup(function() home, remove = process.temporary_directory() end)

  teardown(function() remove() end)

  local function bash(script)
    local result = process.run({ "bash", "-c", script }, {
      env = console.environment(home), cwd = home,
    })
    assert.equal("", result.stderr)
    return result.stdout, result.status
  end

  -- What bash offers behind a line of words.
  local function offers(line)
    return (bash(([[
      source <(zendesk completion bash)
      COMP_WORDS=(%s) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      [ "${COMP_WORDS[COMP_CWORD]}" != - ] || COMP_WORDS[COMP_CWORD]=
      _zendesk
      echo "${COMPREPLY[@]}"]]):format(line)))
  end

  it("is a script that bash can read", function()
    local _, status = bash "zendesk completion bash | bash -n"
    assert.equal(0, status)
  end)

  it("offers commands, their commands, their options and values", function()
    assert.equal("clients\n", offers "zendesk cl")
    assert.equal("list create ensure rotate delete\n",
      (offers("zendesk clients -"):gsub("help ", "")))
    assert.equal("--dry-run\n", offers "zendesk tokens prune --dr")
    assert.equal("auto json table\n", offers "zendesk --output -")
  end)

  -- The tests do not install zsh; where it is, it has to like its script.
  if os.execute "command -v zsh >/dev/null" then
    it("is a script that zsh can read", function()
      local result = process.run({ "sh", "-c", "zendesk completion zsh | zsh -n" }, {
        env = console.environment(home),
      })
      assert.same({ status = 0, stdout = "", stderr = "" }, result)
    end)
  end

  it("tells zsh which command it is for, and in what function", function()
    local script = console.run({ "completion", "zsh" }, { env = console.environment(home) }).stdout
    assert.truthy(script:find "^#compdef zendesk\n\n_zendesk%(%) {\n")
    assert.truthy(script:find("prune:Revoke the tokens that an audit names", 1, true))
  end)

  it("is refused for other shells", function()
    assert.equal(2, console.run({ "completion", "fish" }, {
      env = console.environment(home),
    }).status)
  end)
end)
