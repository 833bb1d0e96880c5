-- request: any call of the API. The reply is JSON, whoever reads it.

local failure = require "zendesk.cli.failure"
local files = require "zendesk.cli.files"
local shared = require "zendesk.cli.parser".shared
local terminal = require "zendesk.cli.terminal"
local zendesk = require "zendesk"

local request = {}

local METHODS = {
  GET = true, POST = true, PUT = true, PATCH = true, DELETE = true, HEAD = true,
}

-- Not argparse's choices: those are compared before a word is converted.
local function method(text)
  local name = text:upper()
  if METHODS[name] then return name end
  return nil, ("'%s' is no method: GET, POST, PUT, PATCH, DELETE or HEAD is one"):format(text)
end

function request.define(root)
  local command = root:command("request", "Make any call: request GET /api/v2/tickets")
  command:argument("method", "GET, POST, PUT, PATCH, DELETE or HEAD."):convert(method)
  command:argument("path", "Begins with /api; or an address of the account.")
  command:option "--json" :target "body" :argname "JSON"
    :description "The body: JSON, @FILE, or - for standard input."
  command:option "--file" :argname "FILE"
    :description "The body: a file as it is, or - for standard input; an upload, say."
  command:option "--content-type" :argname "TYPE"
    :description "Of --file; application/octet-stream."
  command:option "--query" :argname "NAME=VALUE" :count "*"
    :description "Added to the path; again for another one."
  command:option "--header" :argname "NAME:VALUE" :count "*"
    :description "Sent with the call; again for another one."
  command:flag "--each" :description "Every record of a list, page after page, one a line."
  command:option "--limit" :argname "N" :convert(shared.count)
    :description "With --each: at most so many records."
  command:option "--idempotency-key" :argname "KEY"
    :description "Lets Zendesk recognise a repeated POST."
  shared.dry_run(command)
end

-- What the call would leave out is refused, and not left out.
local function check(args)
  if args.body and args.file then failure.raise("usage", "--json and --file: give one of them") end
  if args.content_type and not args.file then
    failure.raise("usage", "--content-type goes with --file")
  end
  if args.each and (args.method ~= "GET" or args.idempotency_key) then
    failure.raise("usage", "--each reads a list: it goes with GET, --query and --limit alone")
  end
  if args.limit and not args.each then failure.raise("usage", "--limit goes with --each") end
  if (args.body or args.file) and (args.method == "GET" or args.method == "HEAD") then
    failure.raise("usage", args.method .. " takes no body", "--query adds to the path")
  end
end

local function content_of(path)
  local content, message = files.read(path)
  return content or failure.raise("usage", "cannot read the body: " .. message)
end

local function json_of(word)
  if not word then return nil end
  local path = word == "-" and word or word:match "^@(.+)$"
  local body, err = zendesk.json.decode(path and content_of(path) or word)
  if err then failure.raise("usage", "the body is not JSON: " .. err.message) end
  return body
end

local function escape(text)
  return (text:gsub("[^A-Za-z0-9._~-]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end

-- A text and not a table, in which a name could be there only once.
local function query_of(words)
  local parts = {}
  for place, word in ipairs(words) do
    local name, value = word:match "^([^=]+)=(.*)$"
    if not name then failure.raise("usage", ("--query takes NAME=VALUE, not %q"):format(word)) end
    parts[place] = escape(name) .. "=" .. escape(value)
  end
  return #parts > 0 and table.concat(parts, "&") or nil
end

local function headers_of(words)
  local headers
  for _, word in ipairs(words) do
    local name, value = word:match "^%s*([^:%s]+)%s*:%s*(.-)%s*$"
    if not name then failure.raise("usage", ("--header takes NAME:VALUE, not %q"):format(word)) end
    headers = headers or {}
    headers[name] = value
  end
  return headers
end

local function each(cli, path, query, headers)
  local zd <close> = cli:connect()
  -- Records that scroll by are progress enough.
  local records = zd:each(path, {
    query = query, headers = headers, limit = cli.args.limit, progress = not terminal.is(1),
  })
  while true do
    local record, err = records:next()
    if err then error(err, 0) end
    if record == nil then return end
    cli.out:json_line(record)
  end
end

function request.run(cli)
  local args = cli.args
  cli.out.is_json = true
  check(args)
  local path = args.path
  if not path:find "^/" and not path:find "^https?://" then path = "/" .. path end
  local json, query, headers = json_of(args.body), query_of(args.query), headers_of(args.header)
  local body = args.file and content_of(args.file)
  local facts = {
    method = args.method, path = path, query = query, headers = headers, json = json,
    file = args.file, content_type = args.content_type,
  }
  if cli:would(facts, "send %s %s", args.method, path) then return end
  if args.each then return each(cli, path, query, headers) end
  local zd <close> = cli:connect()
  local reply = assert(zd:request(args.method, path, {
    json = json, body = body, content_type = args.content_type, query = query,
    headers = headers, idempotency_key = args.idempotency_key,
  }))
  if type(reply) == "string" then return cli.out:raw(reply) end
  if reply ~= true then cli.out:json(reply) end
end

return request
