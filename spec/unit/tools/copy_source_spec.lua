-- tools/copy_source: the files of the tree, whatever their names are, or a failure that says why.

local paths = require "spec.support.paths"
local process = require "spec.support.process"

local NAMES = { "-dash", " space ", "new\nline", "plain", 'quo"te', "täglich/ö.txt" }

-- What is copied of a small tree that commands have prepared; the result of the program.
local function copied(commands)
  local root, remove = process.temporary_directory()
  assert(os.execute("mkdir -p " .. process.quote(root .. "/tree/täglich")))
  for _, name in ipairs(NAMES) do process.write_file(root .. "/tree/" .. name, name) end
  local prepared = process.run({ "sh", "-c", commands }, { cwd = root .. "/tree" })
  assert.equal("", prepared.stderr)
  local result = process.run({ paths.root .. "/tools/copy_source", root .. "/copy" },
    { cwd = root .. "/tree" })
  local list = process.run({ "sh", "-c", "cd copy && find . -type f -print0" }, { cwd = root })
  remove()
  local names = {}
  for name in list.stdout:gmatch "%./([^\0]+)" do names[#names + 1] = name end
  table.sort(names)
  return names, result
end

local function fails(commands, reason)
  local names, result = copied(commands)
  assert.not_equal(0, result.status)
  assert.matches(reason, result.stderr)
  assert.same({}, names)
end

describe("tools/copy_source", function()
  it("copies what git tracks and would track, by any name, and nothing that is deleted", function()
    local names, result = copied "git init -q . && touch gone && git add . && rm gone && touch new"
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
    assert.same({ " space ", "-dash", "new", "new\nline", "plain", 'quo"te', "täglich/ö.txt" },
      names)
  end)

  it("copies all but what builds have made where there is no git", function()
    local names, result = copied "mkdir build && touch build/x x.o"
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
    assert.same({ " space ", "-dash", "new\nline", "plain", 'quo"te', "täglich/ö.txt" }, names)
  end)

  it("fails with git's words where git refuses", function()
    fails("echo nothing >.git", "fatal: .*%.git")
  end)

  it("fails where there is nothing", function()
    fails("git init -q . && rm -r ./*", "no source files")
  end)
end)
