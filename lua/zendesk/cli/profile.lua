-- profile: the accounts that a person has logged in to, in profiles.json of the configuration
-- folder. A profile names things and holds no secret: those lie in credentials.json beside it, a
-- private store that `zendesk.store.file` keeps, or in a private file that the profile names.
--
--   { "profiles": { "default": {
--       "base_url": "https://acme.zendesk.com",   or "subdomain": "acme"
--       "client_id": "my_tool",
--       "grant": "client_credentials",            or "authorization_code"
--       "secret_file": "my_tool.secret",          instead of the store; from this folder on
--       "scope": "read write", "redirect_uri": "http://localhost:19187/callback" } } }

local failure = require "zendesk.cli.failure"
local files = require "zendesk.cli.files"
local zendesk = require "zendesk"

local profile = {}

local KNOWN = {
  base_url = true, subdomain = true, client_id = true, grant = true, secret_file = true,
  scope = true, redirect_uri = true,
}

local LOCK_TIMEOUT = 10 -- seconds

local GRANTS = { authorization_code = true, client_credentials = true }

local function set(variable)
  local value = os.getenv(variable)
  return value ~= "" and value or nil
end

---The folder of the profiles and credentials.
---@return string
function profile.folder()
  local above = set "XDG_CONFIG_HOME" or set "HOME" and set "HOME" .. "/.config"
  if above then return above .. "/zendesk" end
  return failure.raise("usage", "there is no folder for profiles and secrets",
    "set HOME, or XDG_CONFIG_HOME")
end

local function path_of(name) return profile.folder() .. "/" .. name end

local function damaged(problem)
  failure.raise("usage", ("%s cannot be used: %s"):format(path_of "profiles.json", problem))
end

local function check(name, found)
  if type(found) ~= "table" then damaged(("profile %q is not an object"):format(name)) end
  for field, value in pairs(found) do
    if not KNOWN[field] then
      damaged(("profile %q has the unknown field %q (a secret belongs into a private file, see "
        .. "secret_file)"):format(name, field))
    elseif type(value) ~= "string" then
      damaged(("the field %q of profile %q is no text"):format(field, name))
    end
  end
  if not found.client_id or not (found.base_url or found.subdomain) then
    damaged(("profile %q needs client_id, and base_url or subdomain"):format(name))
  end
  if not GRANTS[found.grant or "authorization_code"] then
    damaged(("profile %q has the unknown grant %q"):format(name, found.grant))
  end
end

---Every profile.
---@return table<string, table>
function profile.all()
  local text, message = files.read(path_of "profiles.json")
  if not text and message:find("No such file", 1, true) then return {} end
  if not text then damaged(message) end
  local document, err = zendesk.json.decode(text)
  if err then damaged(err.message) end
  local found = type(document) == "table" and document.profiles
  if type(found) ~= "table" then damaged "it has no object 'profiles'" end
  for name, each in pairs(found) do check(name, each) end
  return found
end

---@param name string
---@param fields table|nil nil takes the profile away
function profile.save(name, fields)
  files.make_folder(profile.folder())
  -- Another program may log in at the same time: none of the two is lost.
  local lock <close>, err = profile.store():lock("profiles", LOCK_TIMEOUT,
    zendesk.driver.blocking.shared())
  if not lock then error(err, 0) end
  local all = profile.all()
  all[name] = fields
  local text = assert(zendesk.json.encode { profiles = all })
  files.replace(path_of "profiles.json", text .. "\n")
end

---The store of all secrets: client secrets and logins.
---@return zendesk.Store
function profile.store()
  files.make_folder(profile.folder())
  return zendesk.store.file { path = path_of "credentials.json" }
end

---Where the secret of a client lies in the store; `clients rotate` puts new ones there.
---@param origin string
---@param client_id string
---@return string
function profile.secret_key(origin, client_id)
  return table.concat({ origin, client_id, "client_secret" }, "|")
end

---The origin of a profile's account, without a connection.
---@param fields table
---@return string
function profile.origin(fields)
  local app <close> = assert(zendesk.oauth.new {
    base_url = fields.base_url, subdomain = fields.subdomain, client_id = fields.client_id,
  })
  return app.origin
end

---The login of a profile, as a store that keeps this one login: whatever name the provider of
---zendesk.auth has for it, the profile finds it again, and logout can delete it.
---@param name string
---@param fields table
---@return zendesk.Store
function profile.login_store(name, fields)
  local store = profile.store()
  local key = table.concat({ profile.origin(fields), fields.client_id, "login", name }, "|")
  return {
    load = function() return store:load(key) end,
    save = function(_, _, set_of_tokens) return store:save(key, set_of_tokens) end,
    delete = function() return store:delete(key) end,
    lock = function(_, _, timeout, driver) return store:lock(key, timeout, driver) end,
  }
end

---The secret of a profile's client.
---@param fields table
---@return string|nil nil for a public client
function profile.secret(fields)
  if fields.secret_file then
    local path = fields.secret_file
    if path:sub(1, 1) ~= "/" then path = path_of(path) end
    return require "zendesk.cli.secret".from_file(path)
  end
  local key = profile.secret_key(profile.origin(fields), fields.client_id)
  local entry, err = profile.store():load(key)
  if err then error(err, 0) end
  return entry and entry.client_secret
end

return profile
