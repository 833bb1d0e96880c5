-- login: a person's login with the browser, or a program's with a client secret. Both end in a
-- profile that the other commands find.

local failure = require "zendesk.cli.failure"
local profile = require "zendesk.cli.profile"
local secrets = require "zendesk.cli.secret"
local shared = require "zendesk.cli.parser".shared
local terminal = require "zendesk.cli.terminal"
local zendesk = require "zendesk"

local login = {}

local REDIRECT_URI = "http://localhost:19187/callback"

function login.define(root)
  local command = root:command("login", "Log in, and keep the login as a profile.")
  command:argument("subdomain", "acme, of acme.zendesk.com."):args "?"
  command:option "--base-url" :argname "URL" :description "Instead of the subdomain."
  command:option "--client-id" :argname "NAME" :description "Identifier of the OAuth client."
  command:option "--scope" :argname "SCOPE" :count "*"
    :description "What the login may do; again for another one."
  command:flag "--client-credentials"
    :description "For programs: with the secret of a confidential client, without a browser."
  command:option "--secret-file" :argname "FILE"
    :description "Take the client's secret from a private file; - for standard input."
  command:option "--redirect-uri" :argname "URI" :default(REDIRECT_URI)
    :description "A redirect URI of the client."
  command:flag "--no-browser" :description "Print the address, and wait for the answer here."
  command:flag "--paste" :description "Print the address, and ask for the one it leads to (SSH)."
  shared.dry_run(command)
end

local function ask(value, prompt, option)
  if value then return value end
  local answer = terminal.is(0) and terminal.ask(prompt)
  if answer and answer ~= "" then return answer end
  return failure.raise("usage", option .. " is missing")
end

local function wanted(args)
  if args.base_url and args.subdomain then
    failure.raise("usage", "give the subdomain or --base-url, and not both")
  end
  local fields = {
    grant = args.client_credentials and "client_credentials" or "authorization_code",
    base_url = args.base_url, scope = #args.scope > 0 and table.concat(args.scope, " ") or nil,
    redirect_uri = not args.client_credentials and args.redirect_uri or nil,
  }
  local subdomain = not args.base_url and ask(args.subdomain, "Subdomain: ", "the subdomain")
  fields.client_id = ask(args.client_id, "Client identifier: ", "--client-id")
  -- The address in one form, which the names in the store are made of.
  fields.base_url = profile.origin {
    base_url = args.base_url, subdomain = subdomain or nil, client_id = fields.client_id,
  }
  return fields
end

local function opening(cli)
  if cli.args.paste then return false end
  if not cli.args.no_browser then return true end
  return function(url)
    cli.out:note("Open this address in a browser and allow the access:\n%s", url)
  end
end

-- A new grant, also where an earlier login of the profile would still do: it proves the secret.
local function log_in(cli, name, fields, secret)
  local provider, app = cli:provider(name, fields, secret)
  if fields.grant == "client_credentials" then
    assert(provider:adopt(assert(app:client_credentials())))
  else
    local say = function(line) cli.out:note("%s", line) end
    assert(provider:login { open = opening(cli), say = say })
  end
  return provider
end

local function keep(name, fields, secret)
  if secret then
    local key = profile.secret_key(fields.base_url, fields.client_id)
    assert(profile.store():save(key, {
      client_id = fields.client_id, client_secret = secret, phase = "done",
    }))
  end
  profile.save(name, fields)
end

local function shown(word) return type(word) == "string" and word or "?" end

-- The names of its secrets in the store are made of account and client: under another one they
-- would be left behind.
local function check_profile(name, fields)
  local earlier = profile.all()[name]
  if not earlier then return end
  local origin = profile.origin(earlier)
  if origin == fields.base_url and earlier.client_id == fields.client_id then return end
  failure.raise("usage", ("profile %q is a login to %s with the client %q"):format(name, origin,
    earlier.client_id), ("--profile gives this login another name; `zendesk logout --profile %s`"
    .. " ends that one"):format(name))
end

-- What the profile had before: it has not ended with the new login.
local function revoke_earlier(cli, name, fields, earlier)
  if not earlier then return end
  local zd <close> = cli:open(name, fields, zendesk.auth.access_token(earlier.access_token))
  zd.token:revoke_current { retry = false } -- it may have ended long ago
end

function login.run(cli)
  local args, name = cli.args, cli:profile_name() or "default"
  local fields = wanted(args)
  if cli:would({ profile = name, wanted = fields }, "log in to %s as profile %q", fields.base_url,
    name) then
    return
  end
  check_profile(name, fields)
  local earlier, trouble = profile.login_store(name, fields):load()
  if trouble then error(trouble, 0) end -- before anybody has logged in in vain
  local secret = (args.client_credentials or args.secret_file)
    and secrets.read(args.secret_file, ("Secret of %s: "):format(fields.client_id)) or nil
  local provider = log_in(cli, name, fields, secret)
  keep(name, fields, secret)
  revoke_earlier(cli, name, fields, earlier)
  local zd <close> = cli:open(name, fields, provider)
  local me, err = zd:whoami()
  -- A login with narrow scopes need not be allowed to ask who it is.
  if not me and err.kind ~= "forbidden" then
    cli.out:note("The login is kept as profile %q.", name)
    error(err, 0)
  end
  me = me or {}
  cli.out:done({
    profile = name, account = zd:origin(), name = me.name, email = me.email, role = me.role,
  }, "Logged in to %s as %s <%s>, profile %q.", zd:origin(), shown(me.name), shown(me.email), name)
  if not cli:profile() then
    cli.out:note("The environment names an account and comes first: --profile %s is this login.",
      name)
  end
end

return login
