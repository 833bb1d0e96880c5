-- tools/version: one place says the version, and what repeats it is held to it.

local paths = require "spec.support.paths"
local process = require "spec.support.process"

local released = {
  ["csrc/zendesk.h"] = '#define ZD_VERSION "1.2.3"\n',
  ["debian/changelog"] = "lua-zendesk (1.2.3) unstable; urgency=medium\n",
  ["CHANGELOG.md"] = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-24\n\n- One.\n\n"
    .. "## [1.2.2] - 2026-11-30\n\n- Two.\n",
}

-- What tools/version says in a small repository with these files changed.
local function version(option, changes, commands)
  local directory, remove = process.temporary_directory()
  assert(os.execute("mkdir '" .. directory .. "/csrc' '" .. directory .. "/debian'"))
  for name, text in pairs(released) do
    process.write_file(directory .. "/" .. name, changes and changes[name] or text)
  end
  local author = { GIT_AUTHOR_NAME = "A", GIT_AUTHOR_EMAIL = "a@example.com",
    GIT_COMMITTER_NAME = "A", GIT_COMMITTER_EMAIL = "a@example.com" }
  local prepared = process.run({ "sh", "-c", commands or "true" },
    { cwd = directory, env = author })
  assert.equal("", prepared.stderr)
  local result = process.run({ paths.root .. "/tools/version", option }, { cwd = directory })
  remove()
  return result
end

local committed = "git init -q . && git add . && git commit -qm one"
local tagged = committed .. " && git tag v1.2.3"

describe("tools/version", function()
  it("prints what the header says", function()
    assert.same({ status = 0, stdout = "1.2.3\n", stderr = "" }, version())
  end)

  it("is the version of the module that is built", function()
    local result = process.run { "tools/version" }
    assert.equal(require "zendesk"._VERSION .. "\n", result.stdout)
  end)

  it("holds in this tree", function()
    local result = process.run { "tools/version", "--check" }
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
  end)

  it("finds a Debian changelog that says another version", function()
    local result = version("--check",
      { ["debian/changelog"] = "lua-zendesk (1.2.2) unstable; urgency=medium\n" })
    assert.equal(1, result.status)
    assert.equal("debian/changelog: begins with 1.2.2, csrc/zendesk.h says 1.2.3\n", result.stdout)
  end)

  it("knows how Debian writes a pre-release", function()
    local result = version("--check", {
      ["csrc/zendesk.h"] = '#define ZD_VERSION "1.3.0-rc.1"\n',
      ["debian/changelog"] = "lua-zendesk (1.3.0~rc.1) unstable; urgency=medium\n",
    })
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
  end)

  it("refuses what is not a semantic version", function()
    for _, wrong in ipairs { "1.2", "01.2.3", "1.2.3.4", "v1.2.3" } do
      local result = version("--check", {
        ["csrc/zendesk.h"] = ('#define ZD_VERSION "%s"\n'):format(wrong),
        ["debian/changelog"] = ("lua-zendesk (%s) unstable\n"):format(wrong),
      })
      assert.equal(1, result.status, wrong)
      assert.truthy(result.stdout:find("not a semantic version: " .. wrong, 1, true))
    end
  end)

  it("takes the day of a release from its section, and no other", function()
    assert.equal("2026-12-24\n", version("--date").stdout)
    local before = version("--date", { ["CHANGELOG.md"] = "## [Unreleased]\n\n- New.\n\n"
      .. "## [1.2.2] - 2026-11-30\n" })
    assert.same({ status = 0, stdout = "", stderr = "" }, before)
  end)

  it("says that a tagged, committed, dated tree is a release", function()
    assert.same({ status = 0, stdout = "", stderr = "" }, version("--ready", nil, tagged))
  end)

  it("says what keeps a tree from being one", function()
    local cases = {
      { "no tag v1.2.3", {}, committed },
      { "not committed", {}, tagged .. " && echo >>CHANGELOG.md" },
      { "unreleased entries",
        { ["CHANGELOG.md"] = "## [Unreleased]\n\n- New.\n\n## [1.2.3] - 2026-12-24\n" }, tagged },
      { "no dated section", { ["CHANGELOG.md"] = "## [Unreleased]\n" }, tagged },
      { "says UNRELEASED",
        { ["debian/changelog"] = "lua-zendesk (1.2.3) UNRELEASED; urgency=medium\n" }, tagged },
    }
    for _, case in ipairs(cases) do
      local result = version("--ready", case[2], case[3])
      assert.equal(1, result.status, case[1])
      assert.truthy(result.stdout:find(case[1], 1, true), result.stdout)
      assert.is_nil(result.stdout:find("\n.", 1, false), result.stdout)
    end
  end)
end)
