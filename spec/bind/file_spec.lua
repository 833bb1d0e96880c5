local core = require "zendesk.core"
local process = require "spec.support.process"

describe("core.file_*", function()
  local folder, remove, path

  before_each(function()
    folder, remove = process.temporary_directory()
    path = folder .. "/secret"
  end)

  after_each(function() remove() end)

  local function fails(name, value, message, got)
    assert.is_nil(value)
    assert.equal(name, got)
    assert.is_truthy(message:find("cannot %l[%l ]* " .. folder), message)
  end

  it("replace and read any bytes", function()
    for _, bytes in ipairs { "text", "", "a\0b", ("x"):rep(100000) } do
      assert.is_true(core.file_replace(path, bytes))
      assert.equal(bytes, core.file_read(path, 100000))
    end
  end)

  it("read no more than the maximum", function()
    assert(core.file_replace(path, "12345"))
    assert.equal("12345", core.file_read(path, 5))
    fails("too_large", core.file_read(path, 4))
    fails("too_large", core.file_read(path, 0))
  end)

  it("name what is wrong, for people and for programs", function()
    fails("ENOENT", core.file_read(path, 10))
    fails("no_folder", core.file_read(path .. "/deeper", 10))
    fails("no_folder", core.file_replace(folder .. "/no/secret", "text"))
    fails("bad_path", core.file_replace(folder .. "/", "text"))
    fails("not_regular", core.file_read(folder, 10))
    os.execute("touch " .. path .. " && chmod 640 " .. path)
    local _, message = core.file_read(path, 10)
    assert.equal("cannot open " .. path .. ": other users have permissions on it (mode 0640)",
      message)
  end)

  it("delete a file, there or not", function()
    assert(core.file_replace(path, "text"))
    assert.is_true(core.file_remove(path))
    assert.is_true(core.file_remove(path))
    fails("ENOENT", core.file_read(path, 10))
  end)

  it("sweep what was left half-way", function()
    process.write_file(path .. ".tmp-0123456789abcdef", "torn")
    assert.is_true(core.file_sweep(path))
    assert.is_nil(process.read_file(path .. ".tmp-0123456789abcdef"))
  end)

  it("give a lock that excludes, until release, the end of a block, or collection", function()
    local lock = assert(core.file_lock(path))
    assert.equal("zendesk.core.file_lock (held)", tostring(lock))
    local second, why, name = core.file_lock(path)
    assert.is_nil(second)
    assert.equal("busy", why)
    assert.is_nil(name)
    lock:release()
    lock:release()
    assert.equal("zendesk.core.file_lock (released)", tostring(lock))
    do
      local held <close> = assert(core.file_lock(path))
      assert.is_truthy(held)
      assert.is_nil((core.file_lock(path)))
    end
    assert(core.file_lock(path))
    collectgarbage()
    collectgarbage()
    assert(core.file_lock(path)):release()
  end)

  it("wait for a lock as long as they are told", function()
    local lock = assert(core.file_lock(path))
    local before = core.monotonic()
    local second, why = core.file_lock(path, 0.2)
    assert.is_nil(second)
    assert.equal("busy", why)
    assert.is_true(core.monotonic() - before >= 0.2)
    lock:release()
    assert(core.file_lock(path, 10)):release()
  end)

  it("raise for paths and values of the wrong form", function()
    for _, bad in ipairs { 1, true, {}, "a\0b" } do
      assert.has_error(function() core.file_read(bad, 10) end)
      assert.has_error(function() core.file_replace(bad, "text") end)
      assert.has_error(function() core.file_remove(bad) end)
      assert.has_error(function() core.file_sweep(bad) end)
      assert.has_error(function() core.file_protect(bad) end)
      assert.has_error(function() core.file_lock(bad) end)
    end
    for _, bad in ipairs { -1, 1.5, "many", {} } do
      assert.has_error(function() core.file_read(path, bad) end)
    end
    for _, bad in ipairs { -1, 0 / 0, math.huge, "long", {} } do
      assert.has_error(function() core.file_lock(path, bad) end)
    end
    assert.has_error(function() core.file_read(path) end)
    assert.has_error(function() core.file_replace(path, 7) end)
    local lock = assert(core.file_lock(path))
    assert.has_error(function() lock.release(io.stdout) end)
    assert.is_false(getmetatable(lock))
    lock:release()
  end)
end)

describe("core.close_on_exec", function()
  it("names a descriptor that is none", function()
    local ok, message, name = core.close_on_exec(1000000)
    assert.is_nil(ok)
    assert.equal("EBADF", name)
    assert.is_truthy(message:find "cannot mark descriptor 1000000: ", message)
    assert.has_error(function() core.close_on_exec(-1) end)
    assert.has_error(function() core.close_on_exec "x" end)
  end)

  it("keeps a descriptor from the programs that are started", function()
    local socket = require "socket"
    local server = assert(socket.bind("127.0.0.1", 0))
    local function inherited()
      local pipe <close> = io.popen "ls -l /proc/self/fd"
      return pipe:read "a":find((" %d -> socket:"):format(server:getfd()), 1, true) ~= nil
    end
    assert.is_true(inherited())
    assert.is_true(core.close_on_exec(server:getfd()))
    assert.is_false(inherited())
    server:close()
  end)
end)
