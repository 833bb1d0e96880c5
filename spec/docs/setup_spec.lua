-- tools/setup: says nothing when nothing is missing, installs as root or through sudo, and else
-- prints the line to run. The commands that it calls are stand-ins here; nothing is installed.

local process = require "spec.support.process"

-- A directory to put in front of PATH, with scripts in the place of commands.
local function stand_ins(scripts)
  local directory, remove = process.temporary_directory()
  for name, text in pairs(scripts) do
    process.write_file(directory .. "/" .. name, "#!/bin/sh\n" .. text .. "\n")
    assert(os.execute("chmod +x '" .. directory .. "/" .. name .. "'"))
  end
  return directory, remove
end

local function run_setup(scripts, what)
  local directory, remove = stand_ins(scripts)
  local result = process.run({ "tools/setup", what }, {
    env = { PATH = directory .. ":" .. os.getenv "PATH" },
  })
  local record = process.read_file(directory .. "/record") or ""
  remove()
  return result, record
end

local nothing_installed = "exit 0"
local all_installed = [[
for name in gcc libc6-dev make pkg-config liblua5.4-dev libcurl4-openssl-dev libssl-dev; do
  echo "ii $name "
done]]

describe("tools/setup", function()
  it("says nothing and does nothing when nothing is missing", function()
    local result, record = run_setup({
      ["dpkg-query"] = all_installed, ["apt-get"] = 'echo "$@" >>"${0%/*}/record"',
    }, "build")
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
    assert.equal("", record)
  end)

  it("takes another flavour of libcurl's headers for the one it would install", function()
    local result = run_setup({
      ["dpkg-query"] = all_installed:gsub("libcurl4%-openssl%-dev", "libcurl4-gnutls-dev"),
    }, "build")
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
  end)

  it("installs as root what is missing, after reading the package lists", function()
    local result, record = run_setup({
      ["dpkg-query"] = all_installed:gsub("libssl%-dev", ""),
      id = "echo 0", ["apt-get"] = 'echo "$@" >>"${0%/*}/record"',
    }, "build")
    assert.equal(0, result.status)
    assert.equal("Installing: libssl-dev\n", result.stdout)
    local lines = {}
    for line in record:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal("update", lines[1])
    assert.truthy(lines[2]:find "install %-y .*libssl%-dev$")
    assert.is_nil(lines[3])
  end)

  it("prints one line to run where there is neither root nor sudo", function()
    local result, record = run_setup({
      ["dpkg-query"] = nothing_installed, id = "echo 1000", sudo = "exit 1",
      ["apt-get"] = 'echo "$@" >>"${0%/*}/record"',
    }, "demo")
    assert.equal(1, result.status)
    assert.equal("", record)
    local line = result.stderr:match "\n  (apt%-get update && [^\n]+)\n"
    assert.is_string(line)
    for _, package in ipairs { "gcc", "liblua5.4-dev", "libcurl4-openssl-dev", "lua-cjson" } do
      assert.truthy(line:find(" " .. package, 1, true), package .. " in " .. line)
    end
  end)

  it("shows what apt-get said when the installation fails", function()
    local result = run_setup({
      ["dpkg-query"] = nothing_installed, id = "echo 0", ["apt-get"] = "echo no space; exit 100",
    }, "build")
    assert.equal(1, result.status)
    assert.truthy(result.stderr:find "no space")
    assert.truthy(result.stderr:find "apt%-get .*install")
  end)

  it("leaves systems without Debian's packages alone", function()
    local result = process.run({ "env", "PATH=/nonexistent", "/bin/sh", "tools/setup", "build" })
    assert.same({ status = 0, stdout = "", stderr = "" }, result)
  end)
end)
