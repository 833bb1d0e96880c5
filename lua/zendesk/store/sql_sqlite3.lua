--- sql_sqlite3: what is particular to SQLite.
--
-- A lock in the database would be an open transaction, and would keep every other writer of the
-- database waiting while a token is refreshed over the network. So the lock is one of the kernel,
-- on a file beside the database, of which the processes that share the database are on the same
-- machine anyway. A database in memory belongs to one connection: there only coroutines compete.

local core = require "zendesk.core"
local entry = require "zendesk.store.entry"
local lock = require "zendesk.store.lock"

local sqlite3 = {
  -- What the options of the store may be.
  takes_connection = true,
}

-- Another writer is waited for in the database, which blocks: transactions of others are short.
local BUSY_MILLISECONDS = 5000

-- "" for a database in memory.
local function path_of(row)
  return row and row[3] or ""
end

-- LuaSQL makes a new database readable for everybody. One that has content is left as it is: whom
-- it is shared with is for its owner to decide.
local function protect(session)
  local row, reason = session:attempt "PRAGMA database_list"
  if row == nil then return nil, reason end
  if path_of(row) == "" then return true end
  local ok, message = core.file_protect(path_of(row))
  return ok, message
end

--- Settings of a new connection.
---@param session zendesk.store.SqlSession
---@param own boolean whether the connection is the store's alone
---@return true?
---@return string? reason
function sqlite3.prepare(session, own)
  local ok, problem = protect(session)
  if not ok then return nil, problem end
  local row, reason = session:attempt "PRAGMA busy_timeout"
  if row == nil then return nil, reason end
  if not row or tonumber(row[1]) == 0 then
    row, reason = session:attempt(("PRAGMA busy_timeout = %d"):format(BUSY_MILLISECONDS))
    if row == nil then return nil, reason end
  end
  if not own then return true end
  -- What was saved survives a power cut; what was replaced does not linger in free pages.
  for _, pragma in ipairs { "PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON" } do
    row, reason = session:attempt(pragma)
    if row == nil then return nil, reason end
  end
  return true
end

--- Makes the table where it is missing.
---@param session zendesk.store.SqlSession
---@param names table
---@return true?
---@return string? reason
---@return boolean? lost
function sqlite3.create(session, names)
  local row, reason, lost = session:run("CREATE TABLE IF NOT EXISTS " .. names.tokens
    .. " (name TEXT PRIMARY KEY, token_set TEXT NOT NULL, saved_at TEXT NOT NULL)")
  if row == nil then return nil, reason, lost end
  return true
end

--- Takes the lock of a key.
---@param context zendesk.store.sql_context
---@param key string
---@param timeout number
---@param driver zendesk.Driver
---@return zendesk.Lock?
---@return zendesk.Error? err
function sqlite3.lock(context, key, timeout, driver)
  local row, reason, lost = context.session:run "PRAGMA database_list"
  if row == nil then return nil, context.failure("locked", reason, lost) end
  local path = path_of(row)
  local digest = entry.digest(context.names.tokens .. "|" .. key)
  if path ~= "" then return lock.file(("%s.%s.lock"):format(path, digest), timeout, driver) end
  local locked = context.locked
  return lock.await(function()
    if locked[key] then return nil, "busy" end
    locked[key] = true
    return lock.new(function() locked[key] = nil end)
  end, timeout, driver, "the token in a database in memory")
end

return sqlite3
