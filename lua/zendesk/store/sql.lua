--- sql: a store in a table of a database, over LuaSQL. SQLite for the processes of a machine,
--- PostgreSQL for a fleet of machines.
--
--     local luasql = require "luasql.postgres".postgres()
--     zendesk.store.sql{ dialect = "postgres", connect = function()
--       return luasql:connect("host=db.example.com dbname=app connect_timeout=5")
--     end }
--
-- The table (name, token_set, saved_at) is made where it is missing; for PostgreSQL a second one,
-- `<table>_locks`, holds the rows that are locked. Each save is a transaction of its own. A
-- connection that was lost is made again through `connect`; one given as `connection` cannot be.
-- Statements block for as long as the database takes; the wait for a lock does not. The database's
-- file or server sees the tokens as they are: its permissions protect them.

local arguments = require "zendesk.arguments"
local errors = require "zendesk.errors"
local entry = require "zendesk.store.entry"
local lock = require "zendesk.store.lock"
local sql_session = require "zendesk.store.sql_session"

local sql = {}

---@class zendesk.store.SqlOptions
---@field dialect "sqlite3"|"postgres"
---@field connect fun(): any? gives a new LuaSQL connection, which is the store's alone
---@field connection any? a LuaSQL connection, SQLite only; it stays open
---@field table string? "zendesk_tokens" by default; may have a schema before a dot

---@class zendesk.store.sql_context what a dialect sees of the store
---@field names { tokens: string, locks: string } quoted
---@field session zendesk.store.SqlSession for everything but locks
---@field locked table<string, true> keys that this store has locked
---@field idle zendesk.store.SqlSession[] connected, and not in use
---@field new_session fun(): zendesk.store.SqlSession
---@field give_back fun(session: zendesk.store.SqlSession)
---@field failure fun(doing: string, reason: string?, lost: boolean?): zendesk.Error

---@class zendesk.store.Sql: zendesk.Store
---@field private _dialect table
---@field private _context zendesk.store.sql_context
---@field private _created boolean
local Sql = {}
Sql.__index = Sql
Sql.__name = "zendesk.store.sql"

local OPTIONS = {
  dialect = "string", connect = "function", connection = "userdata or table", table = "string",
}
local DIALECTS = { sqlite3 = true, postgres = true }
local DEFAULT_TABLE = "zendesk_tokens"

-- PostgreSQL cuts longer names, and "_locks" has to fit.
local LONGEST_NAME = 57

-- Sessions that wait for the next lock; more of them are closed.
local MOST_IDLE = 2

local function check_table(name)
  local schema, bare = name:match "^([%a_][%w_]*)%.([%a_][%w_]*)$"
  bare = bare or name:match "^[%a_][%w_]*$"
  if not bare or #bare > LONGEST_NAME or (schema and #schema > LONGEST_NAME) then
    errors.raise(3, "option 'table': letters, digits and underscores expected (at most %d), with "
      .. "a schema before a dot where there is one", LONGEST_NAME)
  end
  local prefix = schema and ('"%s".'):format(schema) or ""
  return { tokens = ('%s"%s"'):format(prefix, bare), locks = ('%s"%s_locks"'):format(prefix, bare) }
end

local function check_dialect(name)
  if name == nil then errors.raise(3, "option 'dialect': 'sqlite3' or 'postgres' expected") end
  if not DIALECTS[name] then
    errors.raise(3, "option 'dialect': 'sqlite3' or 'postgres' expected, got '%s'",
      errors.clean(name))
  end
  return require("zendesk.store.sql_" .. name)
end

local function check_source(options, dialect)
  if (options.connect == nil) == (options.connection == nil) then
    errors.raise(3, "one of the options 'connect' and 'connection' expected")
  elseif options.connection ~= nil and not dialect.takes_connection then
    errors.raise(3, "option 'connect': a function that makes connections expected, since a lock "
      .. "needs a connection of its own")
  end
end

local function failure(doing, reason, lost)
  return errors.new("store", ("the token cannot be %s in the database: %s"):format(doing,
    reason or "no reason given"), {
    code = lost and "connection" or "database", retryable = lost or nil,
    remedy = lost and "check that the database runs and can be reached; the next call connects "
      .. "again" or nil,
  })
end

--- A store in the table `options.table`.
---@param options zendesk.store.SqlOptions
---@return zendesk.store.Sql
function sql.new(options)
  options = arguments.required(options, OPTIONS)
  local dialect = check_dialect(options.dialect)
  check_source(options, dialect)
  local names = check_table(options.table or DEFAULT_TABLE)
  local spared = options.connection ~= nil
  local connect = options.connect or function() return options.connection end
  local function prepare(session) return dialect.prepare(session, not spared) end
  local idle = {}
  local context = {
    names = names, locked = {}, idle = idle, failure = failure,
    session = sql_session.new(connect, prepare, spared),
    new_session = function() return sql_session.new(connect, prepare, spared) end,
    give_back = function(session)
      if #idle < MOST_IDLE then idle[#idle + 1] = session else session:close() end
    end,
  }
  return setmetatable({ _dialect = dialect, _context = context, _created = false }, Sql)
end

-- Runs a statement on the table, which is made before the first one. After a failure it is looked
-- for again: somebody may have dropped it.
local function run(self, doing, build)
  local session = self._context.session
  if not self._created then
    local ok, reason, lost = self._dialect.create(session, self._context.names)
    if not ok then return nil, failure(doing, reason, lost) end
    self._created = true
  end
  local row, reason, lost = session:run(build)
  if row ~= nil then return row end
  self._created = false
  return nil, failure(doing, reason, lost)
end

--- What was saved under the key.
---@param key string
---@return table? set nil when nothing is there
---@return zendesk.Error? err
function Sql:load(key)
  entry.check(self, Sql, "store:load", key)
  local tokens = self._context.names.tokens
  local row, err = run(self, "read", function(quote)
    return ("SELECT token_set FROM %s WHERE name = %s"):format(tokens, quote(key))
  end)
  if not row then return nil, err end
  local set, problem = entry.decode(row[1])
  if set then return set end
  return nil, errors.new("store", ("the table %s holds no token set for this key: %s"):format(
    tokens, problem), { code = "damaged", remedy = "delete the row, and log in again" })
end

--- Keeps a set under the key, in the place of an earlier one.
---@param key string
---@param set table
---@return true?
---@return zendesk.Error? err
function Sql:save(key, set)
  entry.check(self, Sql, "store:save", key)
  entry.check_set(set)
  local json, err = entry.encode(set)
  if not json then return nil, err end
  local row
  row, err = run(self, "saved", function(quote)
    return ("INSERT INTO %s (name, token_set, saved_at) VALUES (%s, %s, CURRENT_TIMESTAMP) "
      .. "ON CONFLICT (name) DO UPDATE SET token_set = excluded.token_set, "
      .. "saved_at = excluded.saved_at"):format(self._context.names.tokens, quote(key), quote(json))
  end)
  if row == nil then return nil, err end
  return true
end

--- Forgets the key.
---@param key string
---@return true?
---@return zendesk.Error? err
function Sql:delete(key)
  entry.check(self, Sql, "store:delete", key)
  local row, err = run(self, "deleted", function(quote)
    return ("DELETE FROM %s WHERE name = %s"):format(self._context.names.tokens, quote(key))
  end)
  if row == nil then return nil, err end
  return true
end

--- Excludes other coroutines, processes and, with PostgreSQL, machines.
---@param key string
---@param timeout number seconds
---@param driver zendesk.Driver
---@return zendesk.Lock?
---@return zendesk.Error? err
function Sql:lock(key, timeout, driver)
  entry.check(self, Sql, "store:lock", key)
  lock.check_wait(timeout, driver)
  if not self._created then
    local ok, reason, lost = self._dialect.create(self._context.session, self._context.names)
    if not ok then return nil, failure("locked", reason, lost) end
    self._created = true
  end
  return self._dialect.lock(self._context, key, timeout, driver)
end

--- Closes the connections that `connect` has made, but for those of locks that are held. Whatever
--- is called next connects again.
function Sql:close()
  arguments.self(self, Sql, "store:close")
  local context = self._context
  context.session:close()
  while #context.idle > 0 do table.remove(context.idle):close() end
end

function Sql:__tostring()
  return ("%s (%s)"):format(Sql.__name, self._context.names.tokens)
end

return sql
