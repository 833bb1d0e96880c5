-- store_child: a process that works on a store, to be killed or run beside others.
--
--   lua5.4 store_child.lua count TIMES STORE…          counts up under the lock, TIMES times
--   lua5.4 store_child.lua hold STORE…                 takes the lock, says its pid, and keeps it
--   lua5.4 store_child.lua renew LEDGER STORE…         renews a token once; prints what came of it
--   lua5.4 store_child.lua churn LEDGER STORE…         renews until it is killed
--
-- STORE is `file PATH`, `sqlite3 PATH` or `postgres SOURCE`. The ledger stands for the server: a
-- file with the number of the only refresh token that is valid; a renewal counts it up, as a server
-- that rotates does, before the store hears of it.

local blocking = require "zendesk.driver.blocking"
local store = require "zendesk.store"

local KEY = "https://acme.zendesk.com|test_client|tickets:read|main"
local LOCK_TIMEOUT = 120

-- More than a page, so that a torn file would show.
local PADDING = ("p"):rep(9000)

local driver = blocking.shared()

local function sql_store(dialect, source)
  local luasql = require("luasql." .. dialect)[dialect]()
  return store.sql { dialect = dialect, connect = function() return luasql:connect(source) end }
end

local function open_store(kind, source)
  if kind == "file" then return store.file { path = source } end
  return sql_store(kind, source)
end

local function set_of(number, pending)
  return {
    access_token = "test-access-token-" .. number, refresh_token = "test-refresh-token-" .. number,
    number = number, pending = pending, padding = PADDING .. number,
  }
end

local function read_ledger(path)
  local file = io.open(path, "rb")
  if not file then return 0 end
  local number = file:read "n"
  file:close()
  return number
end

-- The server's own state is never torn.
local function write_ledger(path, number)
  local file = assert(io.open(path .. ".new", "wb"))
  assert(file:write(number, "\n"))
  assert(file:close())
  assert(os.rename(path .. ".new", path))
end

-- The server rotates; where the refresh token is not the valid one, a person logs in again.
local function next_number(set, ledger)
  local number = read_ledger(ledger)
  if number > 0 and not (set and set.number == number) then return number end
  write_ledger(ledger, number + 1)
  return number + 1
end

-- What a refresh does to the store: a note that it is under way, the refresh, the new pair.
local function renew(target, ledger)
  local lock <close>, err = target:lock(KEY, LOCK_TIMEOUT, driver)
  if not lock then return nil, err end
  local set, ok
  set, err = target:load(KEY)
  if err then return nil, err end
  if set then
    ok, err = target:save(KEY, set_of(set.number, { since = 1795600000 }))
    if not ok then return nil, err end
  end
  local number = next_number(set, ledger)
  ok, err = target:save(KEY, set_of(number))
  if not ok then return nil, err end
  return number
end

-- A system call that a trace can be searched for.
local function mark(name)
  io.open("/zendesk-store-child-" .. name)
end

local function pid()
  local file = assert(io.open "/proc/self/stat")
  local number = file:read "n"
  file:close()
  return number
end

local function say(format, ...)
  io.stdout:write(format:format(...), "\n")
  io.stdout:flush()
end

local actions = {}

function actions.count(times, ...)
  local target = open_store(...)
  for _ = 1, tonumber(times) do
    local lock <close> = assert(target:lock(KEY, LOCK_TIMEOUT, driver))
    local set = lock and (target:load(KEY) or { count = 0 })
    set.count = set.count + 1
    assert(target:save(KEY, set))
  end
end

function actions.hold(...)
  local lock = assert(open_store(...):lock(KEY, LOCK_TIMEOUT, driver))
  say("held by %d", pid())
  driver:sleep(300)
  lock:release()
end

function actions.renew(ledger, ...)
  local target = open_store(...)
  mark "begin"
  local number, err = renew(target, ledger)
  mark "end"
  print(number and "renewed" or "failed", number or tostring(err))
end

function actions.churn(ledger, ...)
  local target = open_store(...)
  assert(renew(target, ledger))
  say("churning as %d", pid())
  while true do assert(renew(target, ledger)) end
end

actions[arg[1]](table.unpack(arg, 2))
