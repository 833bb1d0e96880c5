-- What is left of a store in a file when its process dies or a system call fails: at each system
-- call of a renewal, one after the other (strace makes them reachable), and at random moments.
-- spec/support/store_child.lua is that process; its ledger stands for the server, which has rotated
-- the token before the store hears of it. ZENDESK_LONG=1 tries every error at every call instead of
-- a sample, and more of the random moments.

local process = require "spec.support.process"
local socket = require "socket"
local store = require "zendesk.store"
local virtual_driver = require "spec.support.virtual_driver"

local KEY = "https://acme.zendesk.com|test_client|tickets:read|main"
local CHILD = "spec/support/store_child.lua"
local LONG = os.getenv "ZENDESK_LONG" ~= nil
local RANDOM_KILLS = LONG and 200 or 40

-- Memory and threads of the process: not the same in every run, and no business of a store.
local OTHER_CALLS = {
  brk = true, mmap = true, munmap = true, mremap = true, mprotect = true, madvise = true,
  futex = true,
}

local ERRORS = { "ENOSPC", "EIO", "EINTR", "EACCES" }

local function trace_works()
  local result = process.run { "strace", "-o", "/dev/null", "-e", "trace=none",
    "-e", "inject=fsync:error=EIO", "true" }
  return result.status == 0
end

describe("the store in a file, when things go wrong half-way #slow", function()
  local folder, remove, path, ledger, log

  before_each(function()
    folder, remove = process.temporary_directory()
    path, ledger, log = folder .. "/tokens.json", folder .. "/ledger", folder .. "/trace"
  end)

  after_each(function() remove() end)

  local function has_trace()
    if trace_works() then return true end
    local reason = "strace cannot trace here (missing, or ptrace is not allowed): "
      .. "the store's crash specs DID NOT RUN"
    io.stderr:write("\n", reason, "\n")
    pending(reason)
    return false
  end

  local function load()
    local set, err = store.file { path = path }:load(KEY)
    assert.is_nil(err, tostring(err))
    return set
  end

  local function rotated()
    return tonumber(process.read_file(ledger) or "0")
  end

  -- The set is whole, and is the newest of the server or its predecessor.
  local function assert_whole()
    local set, newest = load(), rotated()
    if not set then
      assert.is_true(newest <= 1)
      return 0
    end
    assert.is_true(set.number == newest or set.number == newest - 1)
    assert.equal("test-access-token-" .. set.number, set.access_token)
    assert.equal("test-refresh-token-" .. set.number, set.refresh_token)
    assert.equal(("p"):rep(9000) .. set.number, set.padding)
    return set.number
  end

  local function files()
    local pipe = io.popen("ls " .. process.quote(folder))
    local names = {}
    for name in pipe:lines() do
      if name:find "^tokens" then names[#names + 1] = name end
    end
    pipe:close()
    return names
  end

  local function leftovers()
    local count = 0
    for _, name in ipairs(files()) do
      if name:find(".tmp-", 1, true) then count = count + 1 end
    end
    return count
  end

  -- A store that others can work on: no lock is left, and the next save tidies up.
  local function assert_usable()
    local number = rotated() + 1
    local opened = store.file { path = path }
    local lock = assert(opened:lock(KEY, 0, virtual_driver.new()))
    assert(opened:save(KEY, {
      access_token = "test-access-token-" .. number,
      refresh_token = "test-refresh-token-" .. number,
      number = number, padding = ("p"):rep(9000) .. number,
    }))
    lock:release()
    process.write_file(ledger, number .. "\n")
    assert.equal(number, assert_whole())
    assert.equal(0, leftovers())
  end

  -- A renewal under strace with these options, in a folder with `renewals` earlier ones.
  local function renew_traced(renewals, options)
    local argv = { "strace", "-o", log }
    for _, option in ipairs(options) do
      argv[#argv + 1] = "-e"
      argv[#argv + 1] = option
    end
    os.execute("rm -f " .. process.quote(folder) .. "/*")
    for _ = 1, renewals do assert_usable() end
    for _, word in ipairs { "lua5.4", CHILD, "renew", ledger, "file", path } do
      argv[#argv + 1] = word
    end
    return process.run(argv, { env = process.lua_environment() })
  end

  -- Calls of the renewal alone: name → { first, last }, as numbers of that call in the process.
  local function calls_of_a_renewal(renewals)
    local result = renew_traced(renewals, { "trace=all" })
    assert.equal("", result.stderr)
    assert.is_truthy(result.stdout:find "^renewed", result.stdout)
    local counts, ranges, inside = {}, {}, false
    for line in io.lines(log) do
      local name = line:match "^([%w_]+)%("
      if name then counts[name] = (counts[name] or 0) + 1 end
      if line:find("zendesk-store-child-begin", 1, true) then
        inside = true
      elseif line:find("zendesk-store-child-end", 1, true) then
        inside = false
      elseif inside and name and not OTHER_CALLS[name] then
        ranges[name] = ranges[name] or { first = counts[name], last = counts[name] }
        ranges[name].last = counts[name]
      end
    end
    -- That these are there shows that the right part of the trace was found.
    for _, name in ipairs { "openat", "flock", "write", "fsync", "fchmod", "close" } do
      assert.is_truthy(ranges[name], "no " .. name .. " in the trace")
    end
    return ranges
  end

  -- Visits the calls in turn, and returns how many there are.
  local function each_call(ranges, visit)
    local names, visited = {}, 0
    for name in pairs(ranges) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do
      for number = ranges[name].first, ranges[name].last do
        visited = visited + 1
        visit(name, number, visited)
      end
    end
    return visited
  end

  local function was_killed()
    return process.read_file(log):find("+++ killed by SIGKILL +++", 1, true) ~= nil
  end

  it("holds the old set or the new one after a kill at any system call", function()
    if not has_trace() then return end
    for renewals = LONG and 0 or 1, 1 do
      local visited = each_call(calls_of_a_renewal(renewals), function(name, number)
        local result = renew_traced(renewals, {
          "trace=" .. name, ("inject=%s:signal=SIGKILL:when=%d"):format(name, number),
        })
        assert.is_true(was_killed(), ("not killed at %s %d"):format(name, number))
        assert.equal("", result.stdout)
        assert_whole()
        assert.is_true(leftovers() <= 1)
        assert_usable()
      end)
      assert.is_true(visited >= 40, visited .. " system calls")
    end
  end)

  -- The store renews, or gives an error that names the cause; or the stand-in of the server, which
  -- has system calls of its own, has failed.
  local function assert_outcome(result, what)
    local renewed = result.stdout:match "^renewed%s+(%d+)"
    local stored = assert_whole()
    if renewed then
      assert.equal(tonumber(renewed), stored, what)
    else
      assert.is_truthy(result.stdout:find "^failed%s+zendesk: store: cannot "
        or result.stderr:find "store_child.lua:", what .. result.stdout .. result.stderr)
    end
    return renewed ~= nil
  end

  it("holds the old set or the new one after any system call has failed", function()
    if not has_trace() then return end
    local ranges = calls_of_a_renewal(1)
    local survived, failed = 0, 0
    for shift = 1, LONG and #ERRORS or 1 do
      each_call(ranges, function(name, number, turn)
        if not LONG and turn % 3 ~= 0 then return end
        local error_name = ERRORS[(turn + shift) % #ERRORS + 1] -- 3 and 4 have no divisor in common
        local what = ("%s of %s %d: "):format(error_name, name, number)
        local result = renew_traced(1, {
          "trace=" .. name, ("inject=%s:error=%s:when=%d"):format(name, error_name, number),
        })
        assert.is_truthy(process.read_file(log):find("(INJECTED)", 1, true), what .. "not injected")
        if assert_outcome(result, what) then survived = survived + 1 else failed = failed + 1 end
        assert.is_true(leftovers() == 0, what .. "leftovers")
        assert_usable()
      end)
    end
    assert.is_true(survived > 0 and failed > 0)
  end)

  it("goes on after calls that a signal has interrupted", function()
    if not has_trace() then return end
    local ranges = calls_of_a_renewal(1)
    for _, name in ipairs { "flock", "fsync" } do
      each_call({ [name] = ranges[name] }, function(_, number)
        local result = renew_traced(1, {
          "trace=" .. name, ("inject=%s:error=EINTR:when=%d"):format(name, number),
        })
        assert.is_truthy(result.stdout:find "^renewed", name .. " " .. number .. result.stdout)
      end)
    end
  end)

  it("never takes a set for saved when a sync has failed", function()
    if not has_trace() then return end
    local ranges = calls_of_a_renewal(1)
    local visited = each_call({ fsync = ranges.fsync }, function(_, number)
      local result = renew_traced(1, { "trace=fsync", "inject=fsync:error=EIO:when=" .. number })
      assert.is_truthy(result.stdout:find "^failed%s+zendesk: store: cannot sync ", result.stdout)
      assert_whole()
      assert_usable()
    end)
    assert.equal(4, visited) -- file and folder, of the note and of the new set
  end)

  it("names the cause when the disk is full, broken or read-only, and keeps the old set", function()
    if not has_trace() then return end
    for _, case in ipairs {
      { "fsync", "EIO" }, { "fsync", "ENOSPC" }, { "fchmod", "EROFS" }, { "flock", "ENOLCK" },
      { "renameat", "EDQUOT" },
    } do
      local result = renew_traced(1, {
        "trace=" .. case[1], ("inject=%s:error=%s"):format(case[1], case[2]),
      })
      local what = table.concat(case, " ") .. ": " .. result.stdout
      assert.is_truthy(result.stdout:find "^failed%s+zendesk: store: cannot ", what)
      assert.is_truthy(result.stdout:find(case[2], 1, true), what)
      assert.equal(1, assert_whole())
      assert.equal(1, rotated())
      assert_usable()
    end
  end)

  it("holds a whole set after kills at random moments", function()
    local furthest = 0
    for _ = 1, RANDOM_KILLS do
      local child <close> = process.start({ "lua5.4", CHILD, "churn", ledger, "file", path },
        { env = process.lua_environment() })
      local pid = child:wait_for "churning as (%d+)"
      socket.sleep(math.random() * 0.03)
      os.execute("kill -KILL " .. pid)
      child:stop()
      furthest = math.max(furthest, assert_whole())
      assert.is_true(leftovers() <= 1)
    end
    assert.is_true(furthest > RANDOM_KILLS, "the processes were killed before they did anything")
    assert_usable()
  end)
end)
