-- The store in PostgreSQL against a real server, and SQLite with several processes.

local postgres = require "spec.support.postgres"
local process = require "spec.support.process"
local store = require "zendesk.store"
local store_suite = require "spec.support.store_suite"
local virtual_driver = require "spec.support.virtual_driver"

local KEY = "https://acme.zendesk.com|test_client|tickets:read|main"
local SET = { access_token = "test-access-token", refresh_token = "test-refresh-token" }
local CHILD = "spec/support/store_child.lua"

-- `count` of them at once, each of them to its end.
local function run_side_by_side(count, ...)
  local words = {}
  for index, word in ipairs { CHILD, ... } do words[index] = process.quote(word) end
  local line = "lua5.4 " .. table.concat(words, " ")
  local script = ("for i in $(seq %d); do %s & pids=\"$pids $!\"; done\n"
    .. "for pid in $pids; do wait $pid || exit 1; done"):format(count, line)
  local result = process.run({ "sh", "-c", script }, {
    env = process.lua_environment(), timeout = 240,
  })
  assert.equal("", result.stderr)
  assert.equal(0, result.status)
end

describe("the store in PostgreSQL #postgres", function()
  local server, open_stores

  lazy_setup(function() server = postgres.start() end)
  lazy_teardown(function() server:stop() end)

  before_each(function()
    open_stores = setmetatable({}, { __mode = "k" })
    server:kill_connections()
    server:execute "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
  end)

  after_each(function()
    for opened in pairs(open_stores) do opened:close() end
  end)

  local function open(fields)
    local options = { dialect = "postgres", connect = function() return server:connect() end }
    for name, value in pairs(fields or {}) do options[name] = value end
    local opened = store.sql(options)
    open_stores[opened] = true
    return opened
  end

  store_suite { open = open, reset = function() end, shared = true }

  it("keeps a row for each key, with the moment of the save", function()
    assert(open():save(KEY, SET))
    local row = server:execute "SELECT name, token_set, saved_at FROM zendesk_tokens"
    assert.equal(KEY, row[1])
    assert.is_truthy(row[2]:find('"refresh_token":"test-refresh-token"', 1, true))
    assert.is_truthy(row[3]:find "^%d%d%d%d%-%d%d%-%d%d ", row[3])
  end)

  it("uses a schema, and names that are words of SQL", function()
    server:execute 'CREATE SCHEMA app'
    local other = open { table = "app.Order" }
    assert(other:save(KEY, SET))
    assert(other:lock(KEY, 1, virtual_driver.new())):release()
    assert.same(SET, open { table = "app.Order" }:load(KEY))
    assert.equal("1", tostring(server:execute 'SELECT count(*) FROM app."Order"'[1]))
    assert.is_nil(open():load(KEY))
  end)

  it("needs no right to create tables where they are there", function()
    assert(open():save(KEY, SET))
    server:execute [[
      CREATE ROLE modest LOGIN;
      GRANT SELECT, INSERT, UPDATE, DELETE ON zendesk_tokens, zendesk_tokens_locks TO modest;
      REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO modest]]
    local modest = open { connect = function()
      local connection = assert(server:connect())
      assert(connection:execute "SET ROLE modest")
      return connection
    end }
    assert.same(SET, modest:load(KEY))
    assert(modest:save(KEY, { number = 2 }))
    assert(modest:lock(KEY, 1, virtual_driver.new())):release()
    modest:close()
    server:execute "DROP OWNED BY modest; DROP ROLE modest"
  end)

  it("says what a server refuses, and shows nothing of the set", function()
    assert(open():save(KEY, SET))
    server:execute "ALTER TABLE zendesk_tokens ADD CHECK (token_set NOT LIKE '%canary%')"
    local ok, err = open():save(KEY, { access_token = "canary" })
    assert.is_nil(ok)
    assert.equal("store", err.kind)
    assert.equal("database", err.code)
    assert.is_truthy(err.message:find("violates check constraint", 1, true), err.message)
    assert.is_nil(tostring(err):find("canary", 1, true))
    assert.same(SET, open():load(KEY))
  end)

  it("connects again when the server has ended its connections", function()
    local kept = open()
    assert(kept:save(KEY, SET))
    server:kill_connections()
    assert.same(SET, kept:load(KEY))
    server:kill_connections()
    assert(kept:save(KEY, { number = 2 }))
    local driver = virtual_driver.new()
    assert(kept:lock(KEY, 1, driver)):release()
    server:kill_connections()
    assert(kept:lock(KEY, 1, driver)):release()
  end)

  it("reports a server that is down, and goes on when it is back", function()
    local kept, driver = open(), virtual_driver.new()
    assert(kept:save(KEY, SET))
    server:halt "immediate"
    for _, attempt in ipairs {
      function() return kept:load(KEY) end,
      function() return kept:save(KEY, SET) end,
      function() return kept:delete(KEY) end,
      function() return kept:lock(KEY, 1, driver) end,
    } do
      local value, err = attempt()
      assert.is_nil(value)
      assert.equal("store", err.kind)
      assert.equal("connection", err.code)
      assert.is_true(err.retryable)
      assert.is_truthy(err.message:find("socket", 1, true), err.message)
    end
    server:resume()
    assert.same(SET, kept:load(KEY))
    assert(kept:lock(KEY, 1, driver)):release()
  end)

  it("saves although the connection of its lock has ended", function()
    local kept, driver = open(), virtual_driver.new()
    local lock = assert(kept:lock(KEY, 1, driver))
    server:kill_connections()
    assert(kept:save(KEY, SET))
    lock:release()
    assert.same(SET, kept:load(KEY))
    assert(kept:lock(KEY, 1, driver)):release()
  end)

  it("frees a lock with the connection of its holder", function()
    local holder, driver = open(), virtual_driver.new()
    local lock = assert(holder:lock(KEY, 1, driver))
    local other = open()
    assert.is_nil((other:lock(KEY, 0, driver)))
    server:kill_connections()
    assert(other:lock(KEY, 1, driver)):release()
    lock:release()
  end)

  it("frees the lock of a process that is killed", function()
    local child = process.start({ "lua5.4", CHILD, "hold", "postgres", server.source },
      { env = process.lua_environment() })
    local pid = child:wait_for "held by (%d+)"
    local driver = virtual_driver.new()
    local lock, err = open():lock(KEY, 0, driver)
    assert.is_nil(lock)
    assert.equal("lock_timeout", err.code)
    os.execute("kill -KILL " .. pid)
    child:stop()
    -- The server notices on its own time; it does so at once on a socket of the machine.
    local give_up = os.time() + 30
    repeat
      lock = open():lock(KEY, 0, driver)
    until lock or os.time() > give_up
    assert(lock):release()
  end)

  it("gives all its connections back", function()
    local kept, driver = open(), virtual_driver.new()
    local held = {}
    for index = 1, 8 do held[index] = assert(kept:lock("key " .. index, 1, driver)) end
    for _, lock in ipairs(held) do lock:release() end
    local count = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    local function others() return math.tointeger(tonumber(server:execute(count)[1])) - 1 end
    local give_up = os.time() + 30
    repeat until others() <= 3 or os.time() > give_up
    assert.is_true(others() <= 3)
    kept:close()
    repeat until others() == 0 or os.time() > give_up
    assert.equal(0, others())
  end)

  it("makes its tables once when many begin at the same time", function()
    run_side_by_side(8, "count", "1", "postgres", server.source)
    assert.equal(8, open():load(KEY).count)
  end)

  it("loses no update of four processes that count under the lock", function()
    run_side_by_side(4, "count", "25", "postgres", server.source)
    assert.equal(100, open():load(KEY).count)
  end)
end)

describe("the store in SQLite, among processes", function()
  local folder, remove

  before_each(function() folder, remove = process.temporary_directory() end)
  after_each(function() remove() end)

  it("loses no update of four processes that count under the lock", function()
    local path = folder .. "/tokens.db"
    run_side_by_side(4, "count", "25", "sqlite3", path)
    local luasql = require "luasql.sqlite3".sqlite3()
    local opened = store.sql {
      dialect = "sqlite3", connect = function() return luasql:connect(path) end,
    }
    assert.equal(100, opened:load(KEY).count)
    opened:close()
  end)
end)

describe("the store in a file, among processes", function()
  local folder, remove

  before_each(function() folder, remove = process.temporary_directory() end)
  after_each(function() remove() end)

  it("loses no update of eight processes that count under the lock", function()
    local path = folder .. "/tokens.json"
    run_side_by_side(8, "count", "25", "file", path)
    assert.equal(200, store.file { path = path }:load(KEY).count)
  end)

  it("frees the lock of a process that is killed, although a child of its lives on", function()
    local path = folder .. "/tokens.json"
    local holder <close> = process.start({ "lua5.4", "-e", [[
      local store = require "zendesk.store".file { path = arg[1] }
      local driver = require "zendesk.driver.blocking".shared()
      local lock <close> = assert(store:lock(arg[2], 1, driver))
      os.execute "sleep 3 >/dev/null 2>&1 &"
      print("held by " .. io.open "/proc/self/stat":read "n")
      io.stdout:flush()
      driver:sleep(60)
    ]], "-", path, KEY }, { env = process.lua_environment() })
    local pid = holder:wait_for "held by (%d+)"
    local opened, driver = store.file { path = path }, virtual_driver.new()
    local lock, err = opened:lock(KEY, 0, driver)
    assert.is_nil(lock)
    assert.equal("lock_timeout", err.code)
    os.execute("kill -KILL " .. pid)
    holder:stop()
    assert(opened:lock(KEY, 0, driver)):release()
  end)
end)
