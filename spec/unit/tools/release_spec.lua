-- tools/release: the same bytes every time, and a source rock that installs without a network.

local process = require "spec.support.process"

local day = "1790000000" -- seconds; any one will do

local function release(directory, setting)
  local command = ("umask %s && exec tools/release '%s'"):format(setting.umask or "022", directory)
  local result = process.run({ "sh", "-c", command }, {
    timeout = 120, env = { TZ = setting.zone, SOURCE_DATE_EPOCH = setting.epoch or day },
  })
  assert.equal("", result.stderr)
  assert.equal(0, result.status)
  return process.read_file(directory .. "/SHA256SUMS"), result.stdout
end

describe("tools/release #slow", function()
  local root, remove, sums, said
  local version = process.run { "tools/version" }.stdout:match "%S+"

  setup(function()
    root, remove = process.temporary_directory()
    sums, said = release(root .. "/one", { zone = "UTC" })
  end)
  teardown(function() remove() end)

  it("makes the same bytes whatever the umask, the time zone and the hour", function()
    assert.equal(sums, release(root .. "/two", { umask = "077", zone = "Asia/Tokyo" }))
    local names = {}
    for name in sums:gmatch "  (%S+)\n" do
      names[#names + 1] = name
      local first = assert(process.read_file(root .. "/one/" .. name))
      assert.is_true(first == process.read_file(root .. "/two/" .. name), name)
    end
    assert.same({
      ("zendesk-%s-1.src.rock"):format(version),
      ("zendesk-%s-1.rockspec"):format(version),
      ("zendesk-%s.tar.gz"):format(version),
    }, names)
  end)

  it("dates the files by the release", function()
    assert.not_equal(sums, (release(root .. "/later", { epoch = "1790000002" })))
  end)

  it("writes checksums that hold", function()
    local result = process.run({ "sha256sum", "-c", "SHA256SUMS" }, { cwd = root .. "/one" })
    assert.equal(0, result.status)
    assert.equal(3, select(2, result.stdout:gsub(": OK\n", "")))
  end)

  it("says whether this is a release or a rehearsal of one", function()
    local ready = process.run { "tools/version", "--ready" }.status == 0
    local words = (ready and "release %s: " or "rehearsal of %s: "):format(version)
    assert.equal(words, said:sub(1, #words))
  end)

  it("makes its rockspec of the one for checkouts", function()
    local text = process.read_file(("%s/one/zendesk-%s-1.rockspec"):format(root, version))
    local made, scm = {}, {}
    assert(load(text, "made", "t", made))()
    assert(loadfile("zendesk-scm-1.rockspec", "t", scm))()
    assert.same({ url = ("zendesk-%s.tar.gz"):format(version), dir = "zendesk-" .. version },
      made.source)
    assert.equal(version .. "-1", made.version)
    made.source, made.version, scm.source, scm.version = nil, nil, nil, nil
    assert.same(scm, made)
  end)

  it("names the address that it is given", function()
    local result = process.run({ "tools/release", root .. "/public" },
      { env = { SOURCE_DATE_EPOCH = day, RELEASE_URL = "https://example.com/files/" } })
    assert.equal(0, result.status)
    local text = process.read_file(("%s/public/zendesk-%s-1.rockspec"):format(root, version))
    local line = ('url = "https://example.com/files/zendesk-%s.tar.gz"'):format(version)
    assert.truthy(text:find(line, 1, true))
  end)

  it("makes a source rock that is installed and used without a network", function()
    local rock = ("%s/one/zendesk-%s-1.src.rock"):format(root, version)
    local result = process.run({ "tools/rock", root .. "/tree", rock }, { timeout = 300 })
    assert.equal("", result.stderr)
    assert.equal(("rock: zendesk-%s-1.src.rock is installed, and called from an empty directory\n")
      :format(version), result.stdout)
  end)
end)
