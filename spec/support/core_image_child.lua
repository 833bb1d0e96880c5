-- core_image_child: a process that uses every kind of credential, closes and forgets all it has,
-- and waits to be looked at.
--
--   lua5.4 core_image_child.lua PLAIN_URL BASE_URL CA_FILE
--
-- The credentials come over the wire: what Lua itself makes of a text that it reads (buffers on the
-- stack, copies) would be found, too. Prints its pid when it is done.

local plain_url, base_url, ca_file = ...
if ca_file == "" then ca_file = nil end

local new_lock = require "zendesk.store.lock".new
local zendesk = require "zendesk"

local function connect(options)
  options.base_url, options.ca_file, options.retry = base_url, ca_file, false
  return assert(zendesk.new(options))
end

local function call(zd)
  assert(zd:get "/api/v2/users/me")
  assert(zd:post("/api/v2/things", { json = { thing = { name = "x" } } }))
  zd:close()
end

local function fetch_credentials()
  local zd <close> = assert(zendesk.new { base_url = plain_url, access_token = "none" })
  return assert(zd:get "/credentials")
end

-- Keeps tables as they are; the stores of the library keep JSON text, in strings of Lua, too.
local function table_store()
  local content = {}
  return {
    load = function(_, key) return content[key] end,
    save = function(_, key, set)
      content[key] = set
      return true
    end,
    delete = function(_, key)
      content[key] = nil
      return true
    end,
    lock = function() return new_lock(function() end) end,
  }
end

local function renew(given)
  local login = zendesk.auth.authorization_code {
    client_id = "tool", client_secret = given.client_secret, store = table_store(),
    tokens = {
      access_token = given.access_token, refresh_token = given.refresh_token, scope = "read",
      client_id = "tool", grant = "authorization_code", token_type = "bearer",
      issued_at = os.time() - 3600, expires_at = os.time() - 1800, expires_from = "reply",
    },
  }
  call(connect { auth = login })
end

local function use_all(given)
  call(connect { access_token = given.access_token })
  call(connect { email = "admin@example.com", api_token = given.api_token })
  call(connect { auth = zendesk.auth.client_credentials {
    client_id = "tool", client_secret = given.client_secret, store = table_store(),
  } })
  renew(given)
end

use_all(fetch_credentials())
zendesk.driver.blocking.shared():close()
collectgarbage()
collectgarbage()
local stat = assert(io.open "/proc/self/stat")
print("pid " .. stat:read "n" .. "\n")
io.stdout:flush()
io.read()
