-- Where tokens are kept.

local fake_driver = require "spec.support.fake_driver"
local hostile = require "spec.support.hostile"

local KEY = { "key", "key", good = "key" }

local set_rows = {
  { "an array", "raises: set: table with names expected, got an array", "key", { 1 } },
  { "a function", "encode: what is to be stored has no JSON form: a: a function has no JSON form",
    "key", { a = print } },
  { "a cycle", "encode: what is to be stored has no JSON form: again: a table "
    .. "contains itself", "key",
    hostile.cycle },
  { "no UTF-8", "encode: what is to be stored has no JSON form: a: a string is not valid "
    .. "UTF-8", "key",
    { a = "\xff" } },
}

local function store(prefix, rows)
  return {
    [prefix .. "load"] = { called = "store:load", KEY,
      rows = { { "a key of 100 MB", hostile.refusal("key", "key", ""), hostile.huge } } },
    [prefix .. "delete"] = { called = "store:delete", KEY },
    [prefix .. "save"] = { called = "store:save", KEY, { "set", "table" }, rows = rows },
    [prefix .. "lock"] = {
      called = "store:lock", KEY, { "timeout", "duration", good = 1 },
      { "driver", "waiter", good = fake_driver.new() },
    },
  }
end

local WRONG_TABLE = "raises: option 'table': letters, digits and underscores expected (at most "
  .. "57), with a schema before a dot where there is one"

local function sql(changes)
  local given = { dialect = "sqlite3", connect = print }
  for name, value in pairs(changes) do given[name] = value end
  return given
end

local entries = {
  ["zendesk.store.memory"] = { { options = {} } },
  ["zendesk.store.file"] = {
    { required = true, options = { path = "string" } },
    rows = {
      { "no path", "raises: option 'path': the path of a file expected", {} },
      { "an empty one", "raises: option 'path': the path of a file expected", { path = "" } },
      { "a NUL", "raises: option 'path': the path of a file expected", { path = "a\0b" } },
      { "a table that bites", "raises: option 'path': the path of a file expected",
        hostile.bitten },
    },
  },
  ["zendesk.store.sql"] = {
    { required = true, options = {
      dialect = "string", connect = "function", connection = "userdata or table",
      table = "string",
    } },
    rows = {
      { "nothing in it", "raises: option 'dialect': 'sqlite3' or 'postgres' expected", {} },
      { "an unknown dialect", "raises: option 'dialect': 'sqlite3' or 'postgres' expected, got "
        .. "'a b'", { dialect = "a\r\nb" } },
      { "no connection", "raises: one of the options 'connect' and 'connection' expected",
        { dialect = "sqlite3" } },
      { "two of them", "raises: one of the options 'connect' and 'connection' expected",
        sql { connection = {} } },
      { "a table's name that is SQL", WRONG_TABLE, sql { table = 'a"; DROP TABLE b; --' } },
      { "a NUL in the table's name", WRONG_TABLE, sql { table = "a\0b" } },
      { "an empty name", WRONG_TABLE, sql { table = "" } },
      { "a name that is too long", WRONG_TABLE, sql { table = ("a"):rep(58) } },
    },
  },
  ["sql_store:close"] = {
    called = "store:close", rows = { { "what nobody asked for", "fine", "canary" } },
  },
  ["lock:release"] = {
    rows = { { "once", "fine" }, { "twice", "fine" } },
  },
}

-- The folder of the file is not there, which is noticed before the set is looked at.
for _, made in ipairs {
  store("memory_store:", set_rows), store("sql_store:", set_rows), store("file_store:", nil),
} do
  for name, entry in pairs(made) do entries[name] = entry end
end

return { entries = entries }
