-- clients: the OAuth clients of the account.

local failure = require "zendesk.cli.failure"
local files = require "zendesk.cli.files"
local profile = require "zendesk.cli.profile"
local secrets = require "zendesk.cli.secret"
local shared = require "zendesk.cli.parser".shared
local zendesk = require "zendesk"

local clients = {}

local COLUMNS = { "id", "identifier", "name", "kind" }
local FIELDS = {
  "id", "identifier", "name", "kind", "description", "redirect_uri", "secret", "secret_file",
}

local function attributes(command)
  command:option "--name" :argname "TEXT" :description "What people are shown."
  command:option "--kind" :choices { "public", "confidential" }
    :description "A public client has no secret."
  command:option "--description" :argname "TEXT"
  command:option "--redirect-uri" :argname "URI" :count "*"
    :description "Where a login may lead; again for another one."
end

function clients.define(root)
  local group = root:command("clients", "OAuth clients."):command_target "action"
  group:command("list", "List the clients.")

  local create = group:command("create", "Make a client.")
  create:argument("identifier", "The name that programs give; unique in the account.")
  attributes(create)
  shared.secret_out(create)
  shared.dry_run(create)

  local ensure = group:command("ensure", "Make clients be as wanted; a second run does nothing.")
  ensure:argument("identifier", "Of the client, unless --file is given."):args "?"
  attributes(ensure)
  ensure:option "--file" :argname "FILE"
    :description "JSON: an array of clients, or one; - for standard input."
  shared.dry_run(ensure)

  local rotate = group:command("rotate", "Give a client a new secret. The old one ends at once.")
  rotate:argument("client", "Numeric id or identifier.")
  shared.secret_out(rotate, "Print the secret, which is in the store in any case.")
  shared.yes(rotate)
  shared.dry_run(rotate)

  local delete = group:command("delete", "Delete a client, and end all of its tokens.")
  delete:argument("client", "Numeric id or identifier.")
  shared.yes(delete)
  shared.dry_run(delete)
end

function clients.list(cli)
  local zd <close> = cli:connect()
  cli.out:list(assert(zd.client:list()), COLUMNS)
end

local function wanted(args)
  return {
    identifier = args.identifier, name = args.name, kind = args.kind,
    description = args.description,
    redirect_uri = #args.redirect_uri > 0 and zendesk.array(args.redirect_uri) or nil,
  }
end

function clients.create(cli)
  local fields = wanted(cli.args)
  fields.name, fields.kind = fields.name or fields.identifier, fields.kind or "confidential"
  local has_secret = fields.kind == "confidential"
  if cli.args.out and not has_secret then
    failure.raise("usage", "--out is for the secret, and a public client has none")
  end
  if cli:would({ client = fields }, "create OAuth client %q", fields.identifier) then return end
  if has_secret then secrets.check_place(cli.args) end
  local zd <close> = cli:connect()
  local place <close> = has_secret and secrets.place(cli.args) or nil
  local client = assert(zd.client:create(fields))
  if place then
    place:take(client, "secret", "delete the client and make another one")
  else
    client.secret = nil
  end
  cli.out:record(client, FIELDS)
  if client.secret then cli.out:note "The secret is shown this once: keep it." end
end

-- All of a file is looked at before the first client is made.
local function wanted_of_file(path)
  local text, message = files.read(path)
  if not text then failure.raise("usage", message) end
  local name = path == "-" and "standard input" or path
  local list, err = zendesk.json.decode(text)
  if err then failure.raise("usage", ("%s is not JSON: %s"):format(name, err.message)) end
  local is_one = not zendesk.json.is_array(list)
  if is_one then list = { list } end
  for place, fields in ipairs(list) do
    local identifier = type(fields) == "table" and fields.identifier
    if type(identifier) ~= "string" or identifier == "" then
      failure.raise("usage", ("%s is no client with an identifier"):format(
        is_one and name or ("entry %d of %s"):format(place, name)),
        "an array of clients, or one client, is expected")
    end
  end
  return list
end

-- What a person has to know besides.
local function remark(cli, result, client)
  if client.kind == "confidential" and (result.actions[1] == "create" or result.secret_unseen) then
    cli.out:note("Its secret was not kept; `zendesk clients rotate %s` makes one that is.",
      client.identifier)
  end
  -- What is printed for people has it.
  if cli.out.is_json and #result.ignored > 0 then
    cli.out:note("warning: Zendesk did not take over: %s", table.concat(result.ignored, ", "))
  end
end

local function ensure_one(cli, zd, fields)
  local options = { dry_run = cli.args.dry_run or false }
  local result = assert(zd.client:ensure(fields, options))
  if not cli.out.is_json then cli.out:say("%s", tostring(result)) end
  local client = result.client
  if client then
    client.secret = nil
    remark(cli, result, client)
  end
  return {
    identifier = result.identifier, changed = result.changed, actions = result.actions,
    diff = result.diff, client = client, dry_run = result.dry_run,
    ignored = result.ignored, secret_unseen = result.secret_unseen,
  }
end

function clients.ensure(cli)
  local args, given = cli.args, wanted(cli.args)
  if args.file and next(given) or not (args.file or args.identifier) then
    failure.raise("usage", "clients ensure takes an identifier with its options, or --file alone")
  end
  local list = args.file and wanted_of_file(args.file) or { given }
  local zd <close> = cli:connect()
  local results, problem = zendesk.array(), nil
  for place, fields in ipairs(list) do
    local ok, result = xpcall(ensure_one, failure.traced, cli, zd, fields)
    if not ok then
      problem = result
      if args.file then
        problem.message = ("entry %d, %q: %s"):format(place, fields.identifier, problem.message)
      end
      break
    end
    results[place] = result
  end
  -- What was done before something failed was done.
  if cli.out.is_json and not (problem and #results == 0) then cli.out:json(results) end
  if problem then error(problem, 0) end
end

-- The secret is in the store before anything else can fail; --out has a copy of it.
local function rotated(zd, client, store, key)
  local result, err, partial = zd.client:rotate(client, { store = store, key = key })
  if result then return result, assert(store:load(key)).client_secret end
  return nil, err, partial and partial.client_secret
end

-- The one copy of the secret goes where it was asked for, else before the eyes of a person.
local function hand_over(cli, place, secret)
  local facts = { secret = secret }
  local ok, problem = pcall(place.take, place, facts, "secret")
  if facts.secret_file then
    return cli.out:note("The new secret, which could not be stored, is in %s.", facts.secret_file)
  end
  if not ok then cli.out:note("%s", problem.message) end
  io.stderr:write("The new secret, which could not be stored: ", secret, "\n")
end

function clients.rotate(cli)
  local zd <close> = cli:connect()
  local client = cli.client(zd, cli.args.client)
  local facts = { id = client.id, identifier = client.identifier }
  if cli:would(facts, "give OAuth client %q a new secret", client.identifier) then return end
  cli:confirm("Give OAuth client %q a new secret? The old one ends at once.", client.identifier)
  local store, key = profile.store(), profile.secret_key(zd:origin(), client.identifier)
  local place <close> = secrets.place(cli.args)
  local result, secret, unstored = rotated(zd, client, store, key)
  if not result then
    if unstored then hand_over(cli, place, unstored) end
    error(secret, 0)
  end
  facts.verified, facts.stored_as = result.verified, key
  if cli.args.out or cli.args.show_secret then facts.secret = secret end
  place:take(facts, "secret", "the store has it, and profiles find it there")
  cli.out:record(facts, { "id", "identifier", "verified", "stored_as", "secret", "secret_file" })
end

function clients.delete(cli)
  local zd <close> = cli:connect()
  local client = cli.client(zd, cli.args.client)
  local facts = { id = client.id, identifier = client.identifier, deleted = true }
  if cli:would(facts, "delete OAuth client %q", client.identifier) then return end
  cli:confirm("Delete OAuth client %q, and end all of its tokens?", client.identifier)
  assert(zd.client:delete(client))
  cli.out:done(facts, "deleted OAuth client %q (id %d)", client.identifier, client.id)
end

return clients
