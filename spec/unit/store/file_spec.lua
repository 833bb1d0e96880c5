local core = require "zendesk.core"
local process = require "spec.support.process"
local store = require "zendesk.store"
local store_suite = require "spec.support.store_suite"
local virtual_driver = require "spec.support.virtual_driver"

local KEY = "https://acme.zendesk.com|test_client|tickets:read|main"
local SET = { access_token = "test-access-token", refresh_token = "test-refresh-token" }

-- Root passes every check of permissions; what needs them to fail runs as somebody else.
local IS_ROOT = io.popen("id -u"):read "n" == 0

describe("the store in a file", function()
  local folder, remove, path

  before_each(function()
    folder, remove = process.temporary_directory()
    path = folder .. "/tokens.json"
  end)

  after_each(function() remove() end)

  local function shell(format, ...)
    local words = {}
    for index, word in ipairs { ... } do words[index] = process.quote(word) end
    local pipe = assert(io.popen(format:format(table.unpack(words))))
    local output = pipe:read "a"
    assert(pipe:close(), "the command failed")
    return output
  end

  local function open() return store.file { path = path } end

  local function write(content)
    process.write_file(path, content)
    shell("chmod 600 %s", path)
  end

  local function fails(code, ...)
    local value, err = ...
    assert.is_nil(value)
    assert.is_truthy(err, "no error")
    assert.equal("store", err.kind)
    assert.equal(code, err.code)
    assert.is_truthy(err.message:find(folder, 1, true), err.message)
    assert.is_truthy(err.remedy, "no remedy")
    return err
  end

  local function all_fail(code)
    fails(code, open():load(KEY))
    fails(code, open():save(KEY, SET))
    return fails(code, open():delete(KEY))
  end

  store_suite {
    open = open,
    reset = function() shell("rm -f %s*", path) end,
    shared = true,
  }

  it("makes files that only their owner can read", function()
    assert(open():save(KEY, SET))
    local lock = assert(open():lock(KEY, 1, virtual_driver.new()))
    assert.equal("600\n600\n600\n", shell("stat -c %%a %s*", path))
    lock:release()
  end)

  it("keeps a JSON object with the sets by their keys", function()
    assert(open():save(KEY, SET))
    local text = process.read_file(path)
    assert.equal("\n", text:sub(-1))
    assert.same({ format = "zendesk tokens", version = 1, tokens = { [KEY] = SET } },
      core.decode(text))
  end)

  it("passes on what a later version may add to the file", function()
    write(('{"format":"zendesk tokens","version":1,"note":[1],"tokens":{"%s":{"a":1}}}')
      :format(KEY))
    assert(open():save("other", SET))
    assert(open():delete "other")
    assert(open():delete(KEY))
    assert.same({ format = "zendesk tokens", version = 1, note = { 1 }, tokens = {} },
      core.decode(process.read_file(path)))
  end)

  it("deletes the file with its last key", function()
    assert(open():save(KEY, SET))
    assert(open():save("other", SET))
    assert(open():delete(KEY))
    assert.is_truthy(process.read_file(path))
    assert(open():delete "other")
    assert.is_nil(process.read_file(path))
  end)

  it("takes a path relative to the working directory", function()
    local result = process.run_lua([[
      local store = require "zendesk.store".file { path = "tokens.json" }
      assert(store:save("key", { access_token = "test-access-token" }))
    ]], { cwd = folder })
    assert.equal("", result.stderr)
    assert.same({ access_token = "test-access-token" }, open():load "key")
  end)

  it("never overwrites what it does not understand, and names the way out", function()
    local contents = {
      "", "{", "null", "[]", "[1]", "{}", '"text"', '{"access_token":"test-access-token"}',
      '{"format":"zendesk tokens","version":2,"tokens":{}}',
      '{"format":"zendesk tokens","version":1}',
      '{"format":"zendesk tokens","version":1,"tokens":{"key":"text"}}', "\0\0\0\0",
      '{"format":"zendesk tokens","version":1,"tokens":[{"access_token":"test-access-token"}]}',
      '{"format":"zendesk tokens","version":1,"tokens":{"key":["text"]}}',
    }
    for _, text in ipairs(contents) do
      write(text)
      local err = all_fail "damaged"
      assert.is_truthy(err.remedy:find("mv '" .. path, 1, true), err.remedy)
      assert.equal(text, process.read_file(path))
    end
  end)

  it("takes an empty array for the empty object that another writer has made of it", function()
    write '{"format":"zendesk tokens","version":1,"tokens":[]}'
    assert.same({ n = 1 }, table.pack(open():load(KEY)))
    assert(open():save(KEY, SET))
    assert.same(SET, open():load(KEY))
    write '{"format":"zendesk tokens","version":1,"tokens":[]}'
    assert.is_true(open():delete(KEY))
  end)

  it("quotes nothing of a damaged file", function()
    write '{"format":"zendesk tokens","tokens":{"key":{"access_token":"canary-in-a-file"'
    local err = all_fail "damaged"
    assert.is_nil(tostring(err):find("canary", 1, true))
  end)

  it("refuses a file that others may read, and says how to make it private", function()
    assert(open():save(KEY, SET))
    for _, mode in ipairs { "644", "640", "604", "660", "666" } do
      shell("chmod " .. mode .. " %s", path)
      local err = all_fail "loose"
      assert.is_truthy(err.remedy:find("chmod 600 '" .. path .. "'", 1, true), err.remedy)
      assert.is_truthy(err.message:find("0" .. mode, 1, true), err.message)
    end
    shell("chmod 600 %s", path)
    assert.same(SET, open():load(KEY))
  end)

  it("refuses symbolic links, folders and pipes in the place of its file", function()
    write "{}"
    shell("mv %s %s && ln -s %s %s", path, path .. ".real", path .. ".real", path)
    all_fail "symlink"
    shell("rm %s && mkfifo -m 600 %s", path, path)
    all_fail "not_regular"
    shell("rm %s && mkdir %s", path, path)
    all_fail "not_regular"
  end)

  it("refuses a lock file that is a link, or that others may open", function()
    local driver = virtual_driver.new()
    assert(open():save(KEY, SET))
    assert(open():lock(KEY, 1, driver)):release()
    shell("chmod 666 %s*.lock", path)
    fails("loose", open():save(KEY, SET))
    fails("loose", open():lock(KEY, 1, driver))
    shell("rm %s*.lock && ln -s %s %s", path, path, path .. ".lock")
    fails("symlink", open():save(KEY, SET))
    assert.same(SET, open():load(KEY))
  end)

  it("says that a folder is missing, and how to make it", function()
    path = folder .. "/it's/new/tokens.json"
    local err = all_fail "no_folder"
    assert.is_truthy(err.remedy:find("mkdir -p -m 700 '" .. folder, 1, true), err.remedy)
    fails("no_folder", open():lock(KEY, 1, virtual_driver.new()))
    shell(err.remedy:match "mkdir.*" :gsub("%%", "%%%%"))
    assert(open():save(KEY, SET))
  end)

  it("writes no file that it would not read, and keeps the old one", function()
    local kept = open()
    assert(kept:save("a", { access_token = "t1" }))
    local ok, err = kept:save("b", { access_token = ("x"):rep(16 * 1024 * 1024) })
    assert.is_nil(ok)
    assert.equal("too_large", err.code)
    assert.same({ access_token = "t1" }, kept:load "a")
  end)

  it("gives up on a file that is far too large to be its own", function()
    shell("truncate -s 17M %s && chmod 600 %s", path, path)
    all_fail "too_large"
  end)

  it("deletes what a process that died in the middle of a save has left", function()
    local leftover = path .. ".tmp-0123456789abcdef"
    process.write_file(leftover, "torn")
    assert(open():save(KEY, SET))
    assert.is_nil(process.read_file(leftover))
  end)

  it("gives up on a file that somebody keeps locked while changing it", function()
    assert(open():save(KEY, SET))
    local holder <close> = assert(core.file_lock(path .. ".lock"))
    assert.is_truthy(holder)
    local err = fails("lock_timeout", open():save(KEY, SET))
    assert.is_true(err.retryable)
    assert.same(SET, open():load(KEY)) -- a reader needs no lock
  end)

  it("names the lock file when it waits in vain", function()
    local driver = virtual_driver.new()
    local lock = assert(open():lock(KEY, 1, driver))
    local err = fails("lock_timeout", open():lock(KEY, 1, driver))
    assert.is_truthy(err.message:find(path .. ".", 1, true), err.message)
    lock:release()
  end)

  it("raises for options that make no store", function()
    for _, options in ipairs {
      {}, { path = "" }, { path = 7 }, { path = "a\0b" }, { pth = "a" },
    } do
      local ok, message = pcall(store.file, options)
      assert.is_false(ok)
      assert.is_truthy(message:find("file_spec.lua:", 1, true), message)
      assert.is_truthy(message:find("path", 1, true), message)
    end
  end)

  -- As a user who may not do everything; the caller's own user where that is one. #slow keeps these
  -- from the sanitizers, whose preloaded library does not survive the change of user.
  local function run_unprivileged(source)
    local script = folder .. "/script.lua"
    process.write_file(script, source)
    local argv = { "lua5.4", script, path }
    if IS_ROOT then
      shell("chown -R 65534:65534 %s", folder)
      argv = { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", table.unpack(argv) }
    end
    local result = process.run(argv, { env = process.lua_environment() })
    assert.equal("", result.stderr)
    return result.stdout
  end

  local ATTEMPTS = [[
    local store = require "zendesk.store".file { path = ... }
    local _, load_err = store:load "key"
    local _, save_err = store:save("key", { access_token = "test-access-token" })
    print(load_err and load_err.code, save_err and save_err.code, save_err and save_err.remedy)
  ]]

  it("says which permission is missing in a folder that cannot be written #slow", function()
    shell("chmod 500 %s", folder)
    local output = run_unprivileged(ATTEMPTS)
    assert.is_truthy(output:find("^nil\tEACCES\tlet this user write to the folder"), output)
  end)

  it("says which permission is missing in a folder that cannot be entered #slow", function()
    shell("mkdir -m 000 %s", folder .. "/closed")
    path = folder .. "/closed/tokens.json"
    local output = run_unprivileged(ATTEMPTS)
    assert.is_truthy(output:find("^EACCES\tEACCES\t"), output)
  end)

  it("refuses the file of another user", function()
    if not IS_ROOT then return pending "only root can give a file away" end
    assert(open():save(KEY, SET))
    shell("chown 65534 %s", path)
    all_fail "foreign"
  end)
end)
