-- logout: revokes the token of a profile, and forgets its secrets and the profile.

local failure = require "zendesk.cli.failure"
local profile = require "zendesk.cli.profile"
local shared = require "zendesk.cli.parser".shared

local logout = {}

function logout.define(root)
  shared.dry_run(root:command("logout", "Revoke the token of a profile, and forget the profile."))
end

-- > whether it was revoked, > what went wrong; a token that has ended already needs no revoking
local function revoke(cli, name, fields)
  local zd <close> = cli:open(name, fields)
  local revoked, err = zd.token:revoke_current()
  if revoked then return true, nil end
  return false, err.kind ~= "auth" and err.kind ~= "reauthorize" and err or nil
end

-- Whatever goes wrong (the file of a secret is gone, say), the login is forgotten all the same.
local function end_token(cli, name, fields)
  local ran, revoked, problem = xpcall(revoke, failure.traced, cli, name, fields)
  if not ran then revoked, problem = false, revoked end
  if problem then
    cli.out:note("warning: the token was not revoked, and is forgotten here; Admin Center can end"
      .. " it: %s", tostring(problem.message or problem))
  end
  return revoked, problem
end

-- Two profiles may use the same client.
local function shares_client(name, fields)
  for other, each in pairs(profile.all()) do
    local same = other ~= name and each.client_id == fields.client_id
    if same and profile.origin(each) == profile.origin(fields) then return true end
  end
  return false
end

function logout.run(cli)
  local name = cli:profile_name() or "default"
  local fields = profile.all()[name]
  if not fields then failure.raise("auth", ("there is no profile %q"):format(name)) end
  if cli:would({ profile = name }, "log out of %s, profile %q", profile.origin(fields), name) then
    return
  end
  local login = profile.login_store(name, fields)
  local revoked, problem = false, nil
  if login:load() ~= nil then revoked, problem = end_token(cli, name, fields) end
  assert(login:delete())
  if not shares_client(name, fields) then
    local key = profile.secret_key(profile.origin(fields), fields.client_id)
    assert(profile.store():delete(key))
  end
  profile.save(name, nil)
  cli.out:done({ profile = name, revoked = revoked }, "Logged out of %s, profile %q%s.",
    profile.origin(fields), name, revoked and "; its token was revoked" or "")
  return problem and 1 or 0
end

return logout
