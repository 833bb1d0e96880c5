local process = require "spec.support.process"
local store = require "zendesk.store"
local store_suite = require "spec.support.store_suite"
local virtual_driver = require "spec.support.virtual_driver"

local luasql = require "luasql.sqlite3".sqlite3()

local KEY = "https://acme.zendesk.com|test_client|tickets:read|main"
local SET = { access_token = "test-access-token", refresh_token = "test-refresh-token" }

describe("the store in SQLite", function()
  local folder, remove, path

  before_each(function()
    folder, remove = process.temporary_directory()
    path = folder .. "/tokens.db"
  end)

  after_each(function() remove() end)

  local function connect() return luasql:connect(path) end

  local function open(fields)
    local options = { dialect = "sqlite3", connect = connect }
    for name, value in pairs(fields or {}) do options[name] = value end
    return store.sql(options)
  end

  local function query(statement)
    local connection = connect()
    local cursor = assert(connection:execute(statement))
    local row = type(cursor) ~= "number" and cursor:fetch({}, "n") or nil
    if type(cursor) ~= "number" then cursor:close() end
    connection:close()
    return row
  end

  describe("on disk", function()
    store_suite {
      open = open,
      reset = function() os.execute("rm -f " .. process.quote(path) .. "*") end,
      shared = true,
    }
  end)

  describe("in memory", function()
    local function in_memory()
      return store.sql { dialect = "sqlite3", connection = luasql:connect ":memory:" }
    end
    store_suite { open = in_memory, reset = function() end }
  end)

  it("keeps a row for each key, with the moment of the save", function()
    assert(open():save(KEY, SET))
    local row = query "SELECT name, token_set, saved_at FROM zendesk_tokens"
    assert.equal(KEY, row[1])
    assert.is_truthy(row[2]:find('"refresh_token":"test-refresh-token"', 1, true))
    assert.is_truthy(row[3]:find "^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$", row[3])
  end)

  it("makes a new database private, and leaves an old one as it is", function()
    local function mode()
      local pipe = io.popen("stat -c %a " .. process.quote(path))
      return pipe:read "l", pipe:close()
    end
    assert(open():save(KEY, SET))
    assert.equal("600", (mode()))
    os.execute("chmod 640 " .. process.quote(path))
    assert(open():save(KEY, SET))
    assert.equal("640", (mode()))
  end)

  it("uses the table it is told to, and the one that is there", function()
    local other = open { table = "Group" } -- a word of SQL
    assert(other:save(KEY, SET))
    assert.is_nil(open():load(KEY))
    assert.same(SET, open { table = "Group" }:load(KEY))
    assert.equal(1, math.tointeger(query 'SELECT count(*) FROM "Group"'[1]))
  end)

  it("knows that there is no row where LuaSQL gives the table back as it was", function()
    local connection = connect()
    local newer = { escape = function(_, value) return connection:escape(value) end }
    function newer:execute(statement)
      local cursor, message = connection:execute(statement)
      if type(cursor) ~= "userdata" then return cursor, message end
      return {
        fetch = function(_, row, mode) return cursor:fetch(row, mode) or row end,
        close = function() return cursor:close() end,
      }
    end
    local given = store.sql { dialect = "sqlite3", connection = newer }
    local set, err = given:load(KEY)
    assert.same({}, { set, err })
    assert(given:save(KEY, SET))
    assert.same(SET, given:load(KEY))
    connection:close()
  end)

  it("uses a connection that it was given, and leaves it open", function()
    local connection = connect()
    local given = store.sql { dialect = "sqlite3", connection = connection }
    assert(given:save(KEY, SET))
    assert.same(SET, open():load(KEY))
    given:close()
    assert.same(SET, given:load(KEY))
    assert.is_truthy(connection:execute "DELETE FROM zendesk_tokens")
    assert.is_true(connection:close())
  end)

  it("connects when it is first used, and again after close", function()
    local times = 0
    local lazy = open { connect = function()
      times = times + 1
      return connect()
    end }
    assert.equal(0, times)
    assert(lazy:save(KEY, SET))
    assert.same(SET, lazy:load(KEY))
    assert.equal(1, times)
    lazy:close()
    assert.same(SET, lazy:load(KEY))
    assert.equal(2, times)
  end)

  it("connects again when the connection was closed behind its back", function()
    local connection
    local robbed = open { connect = function()
      connection = connect()
      return connection
    end }
    assert(robbed:save(KEY, SET))
    connection:close()
    assert.same(SET, robbed:load(KEY))
  end)

  it("reports a connection that cannot be made, and tries again at the next call", function()
    local failing = true
    local late = open { connect = function()
      if failing then return nil, "LuaSQL: unable to open database file\nof canary" end
      return connect()
    end }
    local _, err = late:load(KEY)
    assert.equal("store", err.kind)
    assert.equal("connection", err.code)
    assert.is_truthy(err.message:find("unable to open database file", 1, true), err.message)
    assert.is_nil(err.message:find "canary")
    assert.is_truthy(err.remedy)
    failing = false
    assert.is_nil(select(2, late:load(KEY)))
  end)

  it("reports what a function that connects raises", function()
    local _, err = open { connect = function() error "the driver is missing" end }:save(KEY, SET)
    assert.equal("connection", err.code)
    assert.is_truthy(err.message:find("the driver is missing", 1, true), err.message)
  end)

  it("reports a file that is no database", function()
    process.write_file(path, ("no database "):rep(100))
    local _, err = open():load(KEY)
    assert.equal("store", err.kind)
    assert.is_truthy(err.message:find("not a database", 1, true), err.message)
  end)

  it("reports a database that cannot be written, and still reads it", function()
    assert(open():save(KEY, SET))
    local read_only = open { connect = function()
      local connection = connect()
      assert(connection:execute "PRAGMA query_only = ON")
      return connection
    end }
    local ok, err = read_only:save(KEY, { access_token = "canary" })
    assert.is_nil(ok)
    assert.equal("database", err.code)
    assert.is_truthy(err.message:find("readonly", 1, true), err.message)
    assert.is_nil(tostring(err):find("canary", 1, true))
    assert.same(SET, read_only:load(KEY))
  end)

  it("reports a full disk, and keeps what was there", function()
    assert(open():save(KEY, SET))
    local full = open { connect = function()
      local connection = connect()
      assert(connection:execute("PRAGMA max_page_count = 4")):close()
      return connection
    end }
    local ok, err = full:save(KEY, { access_token = ("canary"):rep(5000) })
    assert.is_nil(ok)
    assert.equal("database", err.code)
    assert.is_truthy(err.message:find("disk is full", 1, true), err.message)
    assert.is_nil(tostring(err):find("canary", 1, true))
    assert.same(SET, full:load(KEY))
  end)

  it("reports a row that holds something else, and does not show it", function()
    assert(open():save(KEY, SET))
    for _, text in ipairs { "canary", '["canary"]', "", '"canary"' } do
      query("UPDATE zendesk_tokens SET token_set = '" .. text .. "'")
      local set, err = open():load(KEY)
      assert.is_nil(set)
      assert.equal("damaged", err.code)
      assert.is_nil(tostring(err):find("canary", 1, true))
    end
  end)

  it("hides values that a database quotes in its complaint", function()
    assert(open():save(KEY, SET))
    local talkative = open { connect = function()
      local connection = connect()
      return {
        escape = function(_, value) return connection:escape(value) end,
        execute = function(_, statement)
          if statement:find "^INSERT" then
            return nil, "LuaSQL: cannot take " .. statement:match "VALUES %((.*)%) ON"
          end
          return connection:execute(statement)
        end,
        close = function() return connection:close() end,
      }
    end }
    local _, err = talkative:save(KEY, { access_token = "it's the canary" })
    assert.is_truthy(err.message:find("cannot take", 1, true), err.message)
    assert.is_nil(tostring(err):find("canary", 1, true))
  end)

  it("makes its table again when somebody has dropped it", function()
    local kept = open()
    assert(kept:save(KEY, SET))
    query "DROP TABLE zendesk_tokens"
    local _, err = kept:load(KEY)
    assert.is_truthy(err.message:find("no such table", 1, true), err.message)
    assert(kept:save(KEY, SET))
    assert.same(SET, kept:load(KEY))
  end)

  it("lets other writers of the database go on while a key is locked", function()
    local lock = assert(open():lock(KEY, 1, virtual_driver.new()))
    query "CREATE TABLE of_the_program (a)"
    query "INSERT INTO of_the_program VALUES (1)"
    lock:release()
  end)

  it("waits for another writer in the database", function()
    assert(open():save(KEY, SET))
    local writer <close> = process.start({ "lua5.4", "-e", [[
      local connection = require "luasql.sqlite3".sqlite3():connect(arg[1])
      assert(connection:execute "BEGIN IMMEDIATE")
      io.stdout:write "begun\n"
      io.stdout:flush()
      require "socket".sleep(0.3)
      assert(connection:execute "COMMIT")
      print "committed"
    ]], "-", path }, { env = process.lua_environment() })
    writer:wait_for "begun"
    assert.is_true(open():save(KEY, { number = 2 }))
    writer:wait_for "committed"
    assert.same({ number = 2 }, open():load(KEY))
  end)

  it("raises for options that make no store", function()
    local function raises(text, options)
      local ok, message = pcall(store.sql, options)
      assert.is_false(ok)
      assert.is_truthy(message:find("sql_spec.lua:", 1, true), message)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    raises("dialect", { connect = connect })
    raises("dialect", { connect = connect, dialect = "mysql" })
    raises("connect", { dialect = "sqlite3" })
    raises("connect", { dialect = "sqlite3", connect = "text" })
    raises("connect", { dialect = "sqlite3", connect = connect, connection = connect() })
    raises("connect", { dialect = "postgres", connection = connect() })
    raises("did you mean 'table'", { dialect = "sqlite3", connect = connect, tables = "t" })
    for _, name in ipairs { "", "a b", 'a"b', "a;b", "1a", "a.b.c", ".a", "é", ("a"):rep(58) } do
      raises("table", { dialect = "sqlite3", connect = connect, table = name })
    end
  end)
end)
