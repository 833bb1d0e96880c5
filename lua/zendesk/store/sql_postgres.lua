--- sql_postgres: what is particular to PostgreSQL.
--
-- A lock is a row of a table of its own, `<table>_locks`, locked by SELECT … FOR UPDATE in a
-- transaction that stays open on a connection of its own. The server frees it when that connection
-- ends, whatever became of its process or machine. Saving goes over another connection and is
-- committed at once, so that what is saved during a lock is safe before the lock ends.

local lock = require "zendesk.store.lock"

local postgres = {
  -- A lock needs a connection of its own, so the store must be able to make one.
  takes_connection = false,
}

-- A holder that hangs, e.g. in a stopped process, is cut off by the server after that time.
local LONGEST_HOLD = "300s"

local SETTINGS = table.concat({
  "SET client_encoding TO 'UTF8'",
  "SET synchronous_commit TO on",
  -- Statements here touch one row; what takes longer waits for somebody who hangs.
  "SET lock_timeout TO '5s'",
  "SET statement_timeout TO '10s'",
  -- A machine that vanished is noticed within a minute, not after the two hours of TCP.
  "SET tcp_keepalives_idle TO 20",
  "SET tcp_keepalives_interval TO 10",
  "SET tcp_keepalives_count TO 4",
  "SET idle_in_transaction_session_timeout TO '" .. LONGEST_HOLD .. "'",
}, "; ")

-- Any number that others are not likely to use: "zendesk" in ASCII.
local CREATION_LOCK = 0x7a656e6465736b

--- Settings of a new connection.
---@param session zendesk.store.SqlSession
---@return true?
---@return string? reason
function postgres.prepare(session)
  local row, reason = session:attempt(SETTINGS)
  if row == nil then return nil, reason end
  return true
end

local function missing(names)
  return function(quote)
    return ("SELECT count(*) FROM (VALUES (%s), (%s)) AS t (name) WHERE to_regclass(name) IS NULL")
      :format(quote(names.tokens), quote(names.locks))
  end
end

--- Makes the tables where they are missing. Where they are there, no right to create is needed.
---@param session zendesk.store.SqlSession
---@param names table
---@return true?
---@return string? reason
---@return boolean? lost
function postgres.create(session, names)
  local row, reason, lost = session:run(missing(names))
  if row == nil then return nil, reason, lost end
  if tonumber(row[1]) == 0 then return true end
  -- One transaction, as a string of statements is. IF NOT EXISTS alone is not safe when two
  -- machines begin at the same time.
  row, reason, lost = session:run(table.concat({
    ("SELECT pg_advisory_xact_lock(%d)"):format(CREATION_LOCK),
    "CREATE TABLE IF NOT EXISTS " .. names.tokens
      .. " (name text PRIMARY KEY, token_set text NOT NULL, saved_at timestamptz NOT NULL)",
    "CREATE TABLE IF NOT EXISTS " .. names.locks .. " (name text PRIMARY KEY)",
  }, "; "))
  if row == nil then return nil, reason, lost end
  return true
end

local BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

local function select_lock(names, key)
  return function(quote)
    return ("SELECT 1 FROM %s WHERE name = %s FOR UPDATE SKIP LOCKED"):format(
      names.locks, quote(key))
  end
end

local function insert_lock(names, key)
  return function(quote)
    return ("INSERT INTO %s (name) VALUES (%s) ON CONFLICT DO NOTHING"):format(
      names.locks, quote(key))
  end
end

-- Ends the transaction; a session that cannot is of no use any more.
local function end_transaction(session)
  if session:attempt "ROLLBACK" == nil then session:close() end
end

-- In an open transaction: true when the row is locked now, false when somebody else has it.
local function lock_row(session, names, key)
  local row, reason = session:run(BEGIN)
  if row == nil then return nil, reason end
  row, reason = session:attempt(select_lock(names, key))
  if row then return true end
  end_transaction(session)
  if row == nil then return nil, reason end
  return false
end

-- The lock of the key on this session: true; false when it is busy; nil, reason.
local function try_session(session, names, key)
  local got, reason = lock_row(session, names, key)
  if got ~= false then return got, reason end
  -- Busy, or the row is not there yet.
  local row
  row, reason = session:run(insert_lock(names, key))
  if row == nil then return nil, reason end
  return lock_row(session, names, key)
end

local function try(context, key)
  if context.locked[key] then return nil, "busy" end
  local session = table.remove(context.idle) or context.new_session()
  local got, reason = try_session(session, context.names, key)
  if not got then
    if got == nil then
      session:close()
      return nil, context.failure("locked", reason, true)
    end
    context.give_back(session)
    return nil, "busy"
  end
  context.locked[key] = true
  return lock.new(function()
    context.locked[key] = nil
    end_transaction(session)
    context.give_back(session)
  end)
end

--- Takes the lock of a key.
---@param context zendesk.store.sql_context
---@param key string
---@param timeout number
---@param driver zendesk.Driver
---@return zendesk.Lock?
---@return zendesk.Error? err
function postgres.lock(context, key, timeout, driver)
  return lock.await(function() return try(context, key) end, timeout, driver,
    "the token in the table " .. context.names.tokens)
end

return postgres
