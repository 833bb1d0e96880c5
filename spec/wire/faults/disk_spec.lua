-- A disk that is full, for real: no file of the process may grow (RLIMIT_FSIZE), and, where mounts
-- are to be had, a file system of a few pages.

local faults = require "spec.support.faults"
local host_process = require "spec.support.host_process"
local process = require "spec.support.process"
local sandbox = require "zendesk.sandbox"

local PRELUDE = [[
  local host, zendesk = require "spec_host_process", require "zendesk"
  local kind, path, base_url = ...
  local KEY = "https://acme.zendesk.com|test_client|read|main"
  local store
  if kind == "file" then
    store = zendesk.store.file { path = path }
  else
    local luasql = require "luasql.sqlite3".sqlite3()
    store = zendesk.store.sql { dialect = "sqlite3", connect = function()
      return luasql:connect(path)
    end }
  end
  local function set_of(number, size)
    local padding = ("p"):rep(size or 0)
    return { access_token = "test-access-token-" .. number, number = number, padding = padding }
  end
  local function describe(ok, err)
    if ok then return "saved" end
    assert(zendesk.is_error(err) and err.kind == "store", tostring(err))
    return "store"
  end
]]

describe("a full disk", function()
  local provoke = faults.area "A full disk"
  local host, directory, remove

  setup(function() host = host_process.build() end)
  teardown(function() host:close() end)
  before_each(function() directory, remove = process.temporary_directory() end)
  after_each(function() remove() end)

  for kind, what in pairs { file = "the file store", sqlite3 = "the SQLite store" } do
    provoke("under " .. what .. ", at a save", "store; the old set is whole; then saved",
      function()
        return host:run(PRELUDE .. [[
          assert(store:save(KEY, set_of(1)))
          host.limit_files(kind == "file" and 64 or 4096)
          for number = 2, 4 do
            assert(describe(store:save(KEY, set_of(number, 50000))) == "store")
          end
          local kept = assert(store:load(KEY))
          assert(kept.number == 1 and kept.access_token == "test-access-token-1")
          host.limit_files()
          local last = describe(store:save(KEY, set_of(5, 50000)))
          assert(store:load(KEY).number == 5)
          print("store; the old set is whole; then " .. last)
        ]], kind, directory .. "/tokens")
      end)

    provoke("under " .. what .. ", from the beginning", "store; then saved", function()
      return host:run(PRELUDE .. [[
        host.limit_files(0)
        local first = describe(store:save(KEY, set_of(1)))
        host.limit_files()
        print(first .. "; then " .. describe(store:save(KEY, set_of(2))))
        assert(store:load(KEY).number == 2)
      ]], kind, directory .. "/tokens")
    end)
  end

  it("leaves no half of a file behind", function()
    host:run(PRELUDE .. [[
      assert(store:save(KEY, set_of(1)))
      host.limit_files(64)
      for number = 2, 9 do assert(not store:save(KEY, set_of(number, 5000))) end
      host.limit_files()
    ]], "file", directory .. "/tokens")
    local listing = process.run { "ls", directory }
    assert.equal("tokens\ntokens.lock\n", listing.stdout)
  end)

  local CONNECT = [[
    local function connect(tokens)
      return assert(zendesk.new { base_url = base_url, retry = false,
        auth = zendesk.auth.authorization_code {
          client_id = "tool", store = store, tokens = tokens,
        },
      })
    end
  ]]

  -- Nothing is sent that could not be written down.
  provoke("when a stored login is to be renewed", "store, not renewed; then renewed", function()
    local box <close> = sandbox.start()
    local client = box:seed { clients = { { identifier = "tool", kind = "public" } } }.clients[1]
    local token = box:seed { tokens = { {
      client_id = client.id, expires_in = 600, refresh_token = "test-refresh-token",
      scopes = { "read" },
    } } }.tokens[1]
    host:run(PRELUDE .. CONNECT .. ("local TOKEN = %q\n"):format(token.full_token) .. [[
      local now = os.time()
      local zd = connect {
        access_token = TOKEN, refresh_token = "test-refresh-token", scope = "read",
        client_id = "tool", grant = "authorization_code", token_type = "bearer",
        issued_at = now, expires_at = now + 600, expires_from = "reply",
      }
      assert(zd:whoami())
      assert(zd:close())
    ]], "file", directory .. "/tokens", box.base_url)
    box:advance(3600)
    local before = box:stats().refreshes
    local said = host:run(PRELUDE .. CONNECT .. [[
      local zd = connect()
      host.limit_files(0)
      local value, err = zd:whoami()
      host.limit_files() -- before anything is printed
      assert(value == nil, "a token that nobody could keep")
      print(err.kind .. ", not renewed; then " .. (zd:whoami() and "renewed" or "broken"))
      assert(zd:close())
    ]], "file", directory .. "/tokens", box.base_url)
    assert.equal(before + 1, box:stats().refreshes)
    return said
  end)

  -- Whether this process may mount a file system of its own.
  local mounts = os.execute "unshare -rm mount -t tmpfs none /mnt 2>/dev/null"

  if mounts then
    for kind, what in pairs { file = "the file store", sqlite3 = "the SQLite store" } do
      it("of a few pages stops " .. what .. " and does no harm", function()
        local script = directory .. "/script.lua"
        process.write_file(script, PRELUDE:gsub("local host, zendesk[^\n]*",
          'local zendesk = require "zendesk"') .. [[
          assert(store:save(KEY, set_of(1)))
          local filler = io.open(path .. ".filler", "wb")
          filler:setvbuf "no"
          while filler:write(("x"):rep(512)) do end
          for number = 2, 4 do
            assert(describe(store:save(KEY, set_of(number, 100000))) == "store")
          end
          assert(store:load(KEY).number == 1)
          filler:close()
          os.remove(path .. ".filler")
          assert(store:save(KEY, set_of(5, 1000)))
          assert(store:load(KEY).number == 5)
        ]])
        local result = process.run({ "unshare", "-rm", "sh", "-c",
          'mount -t tmpfs -o size=128k none "$1" && exec lua5.4 "$2" "$3" "$1/tokens"', "sh",
          "/mnt", script, kind }, { env = process.lua_environment() })
        assert.equal("", result.stderr)
        assert.equal(0, result.status)
      end)
    end
  end
end)
