-- tokens: the OAuth tokens of the account.

local failure = require "zendesk.cli.failure"
local secrets = require "zendesk.cli.secret"
local shared = require "zendesk.cli.parser".shared
local zendesk = require "zendesk"

local tokens = {}

local COLUMNS = { "id", "client_id", "user_id", "scopes", "used_at", "expires_at" }
local FIELDS = { "id", "client_id", "scopes", "expires_at", "full_token", "secret_file" }

local REASONS = {
  "expired", "expires_soon", "never_expires", "unused", "broad_scope", "client_gone",
}

local function rules(command)
  command:option "--unused-for" :argname "TIME" :convert(shared.duration)
    :description "Name tokens that were not used for so long: 90d, 12h."
  command:option "--expiring-within" :argname "TIME" :convert(shared.duration)
    :description "Name tokens that end so soon; 7d."
  command:option "--client" :argname "CLIENT" :description "Only tokens of this client."
end

local function define_prune(group)
  local prune = group:command("prune", "Revoke the tokens that an audit names.")
  rules(prune)
  prune:option "--reason" :argname "REASON" :count "*" :choices(REASONS)
    :description("Why a token may go; again for another one. One of "
      .. table.concat(REASONS, ", ") .. "; else unused.")
  prune:option "--limit" :argname "N" :convert(shared.count) :description "Revoke at most so many."
  shared.yes(prune)
  shared.dry_run(prune)
end

function tokens.define(root)
  local group = root:command("tokens", "OAuth tokens."):command_target "action"
  local list = group:command("list", "List the tokens.")
  list:option "--client" :argname "CLIENT" :description "Only tokens of this client."
  list:flag "--all" :description "Of all users of the account, and not only one's own."

  local create = group:command("create", "Make a token.")
  create:argument("client", "Numeric id or identifier of the client.")
  create:option "--scope" :argname "SCOPE" :count "+"
    :description "What it may do, tickets:read; again for another one."
  shared.secret_out(create)
  shared.dry_run(create)

  local revoke = group:command("revoke", "Revoke a token. It ends at once.")
  revoke:argument("id", "Numeric id of the token."):convert(shared.count)
  shared.dry_run(revoke)

  rules(group:command("audit", "Name tokens that are worth a look. Exit status 1: there are some."))
  define_prune(group)
end

local function client_id(cli, zd)
  return cli.args.client and cli.client(zd, cli.args.client).id
end

function tokens.list(cli)
  local zd <close> = cli:connect()
  cli.out:list(assert(zd.token:list { client_id = client_id(cli, zd), all = cli.args.all }),
    COLUMNS)
end

-- Written once for each, or with spaces between them as `login` and Zendesk have it.
local function scopes_of(args)
  local scopes = zendesk.array()
  for word in table.concat(args.scope, " "):gmatch "%S+" do scopes[#scopes + 1] = word end
  if #scopes == 0 then failure.raise("usage", "--scope names no scope") end
  return scopes
end

function tokens.create(cli)
  local scopes = scopes_of(cli.args)
  if not cli.args.dry_run then secrets.check_place(cli.args) end
  local zd <close> = cli:connect()
  local client = cli.client(zd, cli.args.client)
  if cli:would({ token = { client_id = client.id, scopes = scopes } },
    "create a token of OAuth client %q for %s", client.identifier, table.concat(scopes, " ")) then
    return
  end
  local place <close> = secrets.place(cli.args)
  local token = assert(zd.token:create { client_id = client, scopes = scopes })
  place:take(token, "full_token", "revoke the token and make another one")
  token.token = nil -- the same word once more
  if cli.args.out then token.refresh_token = nil end -- a secret, too
  cli.out:record(token, FIELDS)
  if token.full_token then cli.out:note "The token is shown this once: keep it." end
end

function tokens.revoke(cli)
  local id = cli.args.id
  if cli:would({ id = id }, "revoke token %d", id) then return end
  local zd <close> = cli:connect()
  assert(zd.token:revoke(id))
  cli.out:done({ id = id, revoked = true }, "revoked token %d", id)
end

function tokens.audit(cli)
  local zd <close> = cli:connect()
  local report = assert(zd.token:audit {
    unused_for = cli.args.unused_for, expiring_within = cli.args.expiring_within,
    client_id = client_id(cli, zd),
  })
  cli.out:done({
    tokens = report.tokens, counts = report.counts, findings = report.findings,
    notes = report.notes,
  }, "%s", tostring(report))
  return #report.findings > 0 and 1 or 0
end

local function finish_prune(cli, result)
  local text = tostring(result)
  for _, outcome in ipairs(result.outcomes) do
    outcome.error = outcome.error and tostring(outcome.error)
  end
  cli.out:done(result, "%s", text)
  return result.failed > 0 and 1 or 0
end

local function prune(cli, zd, settings)
  local args = cli.args
  local result, err, partial = zd.token:prune {
    unused_for = args.unused_for, expiring_within = args.expiring_within,
    client_id = client_id(cli, zd), reasons = #args.reason > 0 and args.reason or nil,
    limit = args.limit, dry_run = settings.dry_run, plan = settings.plan,
  }
  if result then return result end
  -- What was done before something failed was done.
  if partial then finish_prune(cli, partial) end
  return error(err, 0)
end

function tokens.prune(cli)
  if not cli.args.unused_for and #cli.args.reason == 0 then
    failure.raise("usage", "tokens prune needs --unused-for or --reason: what may go?")
  end
  local zd <close> = cli:connect()
  local dry_run, plan = cli.args.dry_run or false, nil
  if not dry_run and not cli.args.yes then
    plan = prune(cli, zd, { dry_run = true })
    if plan.revoked == 0 then
      plan.dry_run = false -- all that was asked for is done
      return finish_prune(cli, plan)
    end
    cli:confirm("Revoke %d of %d token%s?", plan.revoked, plan.looked_at,
      plan.looked_at == 1 and "" or "s")
  end
  return finish_prune(cli, prune(cli, zd, { dry_run = dry_run, plan = plan }))
end

return tokens
