-- whoami: the user, the credential, and how long it will go on working.

local whoami = {}

local DAY = 86400

function whoami.define(root)
  root:command("whoami", "Show the user and the credential, and when it ends.")
end

-- Of a fixed token only Zendesk knows the end, and it need not say.
local function ends_at(zd, credential)
  if credential.ends_at or credential.kind ~= "access_token" then return credential.ends_at end
  local token = zd.token:current()
  return token and token.expires_at
end

local function when(ends)
  if math.type(ends) then return os.date("!%Y-%m-%dT%H:%M:%SZ", ends // 1 | 0) end
  return ends
end

function whoami.run(cli)
  local profile = cli:profile()
  local zd <close> = cli:connect()
  local me = assert(zd:whoami())
  local credential = zd:describe().credential
  local ends = ends_at(zd, credential)
  local facts = {
    id = me.id, name = me.name, email = me.email, role = me.role, account = zd:origin(),
    credential = credential.kind, client = credential.client_id, profile = profile,
    ends_at = when(ends),
  }
  if credential.kind == "api_token" then facts.days_left = math.ceil((ends - os.time()) / DAY) end
  cli.out:record(facts, {
    "name", "email", "role", "id", "account", "profile", "credential", "client", "ends_at",
    "days_left",
  })
end

return whoami
