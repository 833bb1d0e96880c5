--- sql_session: one LuaSQL connection, made again when it was lost.
--
-- A statement is given as a function that builds it, since only a connection knows how to escape a
-- value. Values never show in an error: databases quote statements when they complain.

local errors = require "zendesk.errors"

---@class zendesk.store.SqlSession
---@field private _connect fun(): any, string?
---@field private _prepare fun(session: zendesk.store.SqlSession): true?, string?
---@field private _connection any the LuaSQL connection; nil when there is none
---@field private _spared boolean whether the connection belongs to somebody else
local Session = {}
Session.__index = Session
Session.__name = "zendesk.store.sql_session"

local session = {}

---@alias zendesk.store.sql_quote fun(value: string): string gives a literal for a statement

--- A session that connects when it is first used.
---@param connect fun(): any, string? gives a LuaSQL connection, or nil and the reason
---@param prepare fun(session: zendesk.store.SqlSession): true?, string? makes its settings
---@param spared boolean? true: the connection is not closed
---@return zendesk.store.SqlSession
function session.new(connect, prepare, spared)
  return setmetatable({
    _connect = connect, _prepare = prepare, _connection = nil, _spared = spared or false,
  }, Session)
end

-- The first line only: the following ones quote the statement and the row.
local function reason_of(message, hidden)
  local reason = tostring(message or "no reason given"):match "^[^\r\n]*"
  reason = reason:gsub("^LuaSQL: ", "")
  for _, value in ipairs(hidden or {}) do
    local from, to = reason:find(value, 1, true)
    while from do
      reason = reason:sub(1, from - 1) .. "…" .. reason:sub(to + 1)
      from, to = reason:find(value, from, true)
    end
  end
  return errors.clean(reason)
end

-- [LuaSQL raises for closed connections and cursors] The first row, or false; or nil, message.
local function perform(connection, statement)
  local ran, result, message = pcall(connection.execute, connection, statement)
  if not ran then return nil, result end
  if result == nil then return nil, message end
  if type(result) == "number" then return false end
  local row
  ran, row, message = pcall(result.fetch, result, {}, "n")
  pcall(result.close, result) -- an open cursor keeps a read lock in SQLite
  if not ran then return nil, row end
  if row == nil and message ~= nil then return nil, message end
  -- Where there is no row, LuaSQL 2.8 gives the table back as it was.
  return row and next(row) ~= nil and row or false
end

local function is_alive(connection)
  return (perform(connection, "SELECT 1")) ~= nil
end

local function builder(connection, build)
  local hidden = {}
  local function quote(value)
    local escaped, message = connection:escape(value)
    if not escaped then error(message or "a value cannot be escaped", 0) end
    if #value > 0 then hidden[#hidden + 1] = value end
    if escaped ~= value then hidden[#hidden + 1] = escaped end
    return "'" .. escaped .. "'"
  end
  local ran, statement = pcall(build, quote)
  if not ran then return nil, statement, hidden end
  return statement, nil, hidden
end

--- Runs one statement on the connection there is.
---@param build string|fun(quote: zendesk.store.sql_quote): string
---@return any[]|false|nil row the first one; false when there is none, nil when it failed
---@return string? reason
function Session:attempt(build)
  local connection = self._connection
  if type(build) == "string" then
    local row, message = perform(connection, build)
    if row == nil then return nil, reason_of(message) end
    return row
  end
  local statement, problem, hidden = builder(connection, build)
  if not statement then return nil, reason_of(problem, hidden) end
  local row, message = perform(connection, statement)
  if row == nil then return nil, reason_of(message, hidden) end
  return row
end

--- Connects, unless that has been done.
---@return true?
---@return string? reason
function Session:open()
  if self._connection then return true end
  local ran, connection, message = pcall(self._connect)
  if not ran then return nil, reason_of(connection) end
  if not connection then return nil, reason_of(message) end
  self._connection = connection
  local ok, reason = self._prepare(self)
  if ok then return true end
  self:close()
  return nil, reason
end

--- Whether the connection still answers. Not to be asked inside of a transaction that failed.
---@return boolean
function Session:is_alive()
  return self._connection ~= nil and is_alive(self._connection)
end

--- Runs a statement that does the same when it is run twice; connects again where it must.
---@param build string|fun(quote: zendesk.store.sql_quote): string
---@return any[]|false|nil row
---@return string? reason
---@return boolean? lost whether there is no connection
function Session:run(build)
  local fresh = not self._connection
  local ok, reason = self:open()
  if not ok then return nil, reason, true end
  local row
  row, reason = self:attempt(build)
  if row ~= nil then return row end
  if self:is_alive() then return nil, reason, false end
  self:close()
  -- A server that was restarted, or a firewall that forgot an idle connection: once is enough.
  if fresh then return nil, reason, true end
  return self:run(build)
end

--- Lets the connection go; the next statement makes a new one.
function Session:close()
  local connection = self._connection
  self._connection = nil
  if connection and not self._spared then pcall(connection.close, connection) end
end

return session
