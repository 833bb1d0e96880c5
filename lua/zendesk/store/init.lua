--- store: where rotating tokens, and other secrets that change, are kept.
--
--     zendesk.store.memory()                                 for this process only
--     zendesk.store.file{ path = "tokens.json" }             for the processes of a machine
--     zendesk.store.sql{ dialect = "postgres", connect = … } for a fleet of machines
--
-- A store of one's own is a table with four functions:
--
--   load(self, key)         → what was saved last under the key, as a fresh table; nil when nothing
--                             is there; nil, err when that cannot be said. "Nothing" means "log in
--                             again", so a store in doubt must give an error.
--   save(self, key, set)    → true when it is certain that `set` survives this process, or
--                             nil, err when what was there before still is. A set is a plain table
--                             that has a JSON form; fields that nobody here knows pass through.
--   delete(self, key)       → true, also when nothing was there; or nil, err.
--   lock(self, key, timeout, driver)
--                           → a lock, or nil, err. It excludes all other holders of the same key:
--                             coroutines, processes and, where a store has several, machines. While
--                             it is held the key is loaded and saved any number of times. Waiting
--                             is done with driver:sleep(seconds), never by blocking, for at most
--                             `timeout` seconds; then err.code is "lock_timeout". A lock has
--                             release(self), which may be called twice, and ends by itself when
--                             its holder dies.
--
-- Keys are non-empty strings of at most 1024 bytes. Errors are of kind "store", and name the cause;
-- they, and whatever else a store prints, hold nothing of what was saved. A store is right when it
-- passes spec/support/store_suite.lua.

---@class zendesk.store
local store = {}

---@class zendesk.Store
---@field load fun(self: zendesk.Store, key: string): table?, zendesk.Error?
---@field save fun(self: zendesk.Store, key: string, set: table): true?, zendesk.Error?
---@field delete fun(self: zendesk.Store, key: string): true?, zendesk.Error?
---@field lock zendesk.store.lock_function

---@alias zendesk.store.lock_function
---| fun(self: table, key: string, timeout: number, driver: table): zendesk.Lock?, zendesk.Error?

---@class zendesk.Lock
---@field release fun(self: zendesk.Lock)

--- Keeps everything in memory: it is gone when the process ends.
---@param options nil there are none
---@return zendesk.Store
function store.memory(options)
  return require "zendesk.store.memory".new(options)
end

--- Keeps everything in one private file.
---@param options zendesk.store.FileOptions
---@return zendesk.Store
function store.file(options)
  return require "zendesk.store.file".new(options)
end

--- Keeps everything in a table of a database, over LuaSQL.
---@param options zendesk.store.SqlOptions
---@return zendesk.store.Sql
function store.sql(options)
  return require "zendesk.store.sql".new(options)
end

return store
