-- The records of an instance: OAuth clients, tokens, users, and what is done with them.

local account = require "spec.unit.hostile.account"
local hostile = require "spec.support.hostile"
local memory = require "zendesk.store.memory"

local CALL, WALK = account.CALL, account.WALK

-- Beside a record there is no other body.
local BESIDE = {}
for name, wanted in pairs(CALL) do
  if name ~= "json" and name ~= "body" then BESIDE[name] = wanted end
end

local function with(options, more)
  local both = {}
  for name, wanted in pairs(options) do both[name] = wanted end
  for name, wanted in pairs(more) do both[name] = wanted end
  return both
end

local function id_refusal(what)
  return function(_, _, value)
    if math.type(value) == "float" then
      return ("raises: %s id: integer expected, got the float %.17g, which may have lost digits on "
        .. "its way"):format(what, value)
    elseif type(value) == "string" then
      return ("raises: %s: the numeric id or the record expected, got a string that is no 64-bit "
        .. "integer (an identifier is another thing: look the record up first)"):format(what)
    elseif rawequal(value, hostile.bitten) then
      return "raises: bitten"
    end
    local got = type(value) == "table" and "nil" or type(value)
    return ("raises: %s: the numeric id or the record expected, got %s"):format(what, got)
  end
end

local function id(what)
  return { what, "integer", refusal = id_refusal(what), good = 1 }
end

local function id_rows(what)
  local refusal = id_refusal(what)
  local rows = {}
  for _, text in ipairs {
    "", "1.0", "1e3", "0x10", " 1", "1 ", "1\n", "1\0", "../1", "9223372036854775808", "\xff",
    "1/2",
  } do
    local name = ("the id %q"):format(text):gsub("[%c\128-\255]", "?")
    rows[#rows + 1] = { name, refusal(nil, nil, text), text }
  end
  rows[#rows + 1] = { "an id of 100 MB", refusal(nil, nil, "x"), hostile.huge }
  rows[#rows + 1] = { "a record whose id is a float", refusal(nil, nil, 1.5), { id = 1.5 } }
  return rows
end

local function fields_of(what)
  return { what, "table", text = "table of attributes", good = {} }
end

-- The verbs that every declaration may have.
local function create(what)
  return {
    fields_of(what), { options = BESIDE },
    rows = {
      { "a json beside the record", "raises: option 'json': the body is the record", {},
        { json = {} } },
      { "a body beside the record", "raises: option 'body': the body is the record", {},
        { body = "x" } },
      { "a function", "encode: " .. what .. ".a: a function has no JSON form", { a = print } },
      { "a cycle", "encode: " .. what .. ".a.again: a table contains itself",
        { a = hostile.cycle } },
      { "NaN", "encode: " .. what .. ".a: NaN has no JSON form", { a = 0 / 0 } },
      { "no UTF-8", "encode: " .. what .. ".a: a string is not valid UTF-8", { a = "\xff" } },
    },
  }
end

local function update(what)
  return { id(what), fields_of(what), { options = BESIDE },
    rows = id_rows(what) }
end

local function one(what)
  return { id(what), { options = CALL }, rows = id_rows(what) }
end

local function list(filters)
  return {
    { options = with(WALK, filters) },
    rows = {
      { "a query that is a cycle", "raises: query field 'again' is nested too deeply",
        { query = hostile.cycle } },
      { "a page of 0", "raises: option 'page_size': integer between 1 and 1000 expected, got 0",
        { page_size = 0 } },
    },
  }
end

local function walk(_, filters) return list(filters) end

local MAKERS = { create = create, update = update, list = walk, each = walk, mine = walk }

local function kinds(prefix, what, verbs, filters)
  local made = {}
  for _, verb in ipairs(verbs) do
    local make = MAKERS[verb] or one
    made[prefix .. verb] = make(what, filters)
  end
  return made
end

local entries = {}
local function add(more)
  for name, entry in pairs(more) do entries[name] = entry end
end

add(kinds("zd.client:", "client",
  { "create", "list", "each", "mine", "show", "update", "delete", "generate_secret" },
  { sort = "string" }))
add(kinds("zd.token:", "token", { "list", "each", "show", "revoke" }, {
  client_id = "integer", global_client_id = "integer", all = "boolean",
  include_expired = "boolean", sort = "string",
}))
add(kinds("zd.user:", "user", { "list", "each", "show" },
  { role = "string", external_id = "string", sort = "string" }))
add(kinds("zd.global_client:", "global_client", { "list", "each", "show" }, { sort = "string" }))
add(kinds("zd.api_token:", "api_token", { "list", "each", "delete" },
  { include_users = "boolean" }))

local CLIENT_NEEDED = "raises: client_id: integer or client record expected, got "
local IDENTIFIER_GIVEN = "raises: client_id: the numeric id of the client, or its record, is "
  .. "expected here; a string is taken for its identifier, which belongs to zendesk.oauth: "
  .. "zd.client:find(identifier) gives the record"
local ARRAY_NEEDED = "raises: scopes: array of strings expected, got "

local AUDIT = {
  unused_for = "duration", expiring_within = "duration", client = "integer or table",
  client_id = "integer", global_client_id = "integer", all = "boolean",
  include_expired = "boolean",
}

local function store_without(...)
  local store = memory.new()
  for _, name in ipairs { ... } do store[name] = 7 end
  return store
end

local GRANTED = { client = 1, scopes = { "read" }, store = memory.new() }

add {
  ["zd.client:find"] = { { "identifier", "string", good = "a" },
    { options = with(WALK, { sort = "string" }) } },
  ["zd.client:ensure"] = {
    { "wanted", "table", good = { identifier = "a" } }, { options = { dry_run = "boolean" } },
    rows = {
      { "no identifier", "raises: the wanted client needs an identifier: it is the key", {} },
      { "an empty one", "raises: the wanted client needs an identifier: it is the key",
        { identifier = "" } },
      { "an identifier behind a metatable",
        "raises: the wanted client needs an identifier: it is the key",
        setmetatable({}, { __index = { identifier = "a" } }) },
      { "a table that bites", "raises: the wanted client needs an identifier: it is the key",
        hostile.bitten },
      { "an id", "raises: field 'id' is set by Zendesk alone", { identifier = "a", id = 1 } },
      { "a function", "encode: name: a function has no JSON form",
        { identifier = "a", name = print } },
      { "a cycle", "encode: name.again: a table contains itself",
        { identifier = "a", name = hostile.cycle } },
      { "an identifier that is no UTF-8", "encode: identifier: a string is not valid UTF-8",
        { identifier = "\xff" } },
      { "redirect URIs with a hole", "encode: redirect_uri: an array has holes (put zendesk.null "
        .. "where there is nothing, or make an object with string keys)",
        { identifier = "a", redirect_uri = { "https://a.example", nil, "https://b.example" } } },
    },
  },
  ["zd.client:rotate"] = {
    id "client",
    { options = {
      store = "function or table", verify = "boolean or function", scope = "string", key = "key",
    } },
    rows = {
      { "no store", "raises: option 'store': a function(secret, client) or a store expected, got "
        .. "nothing: a new secret is shown once", 1 },
      { "a store that is none", "raises: option 'store': a function(secret, client) or a store "
        .. "expected, got a table without load and save", 1, { store = {} } },
      { "a store whose functions are numbers", "raises: option 'store': a function(secret, client) "
        .. "or a store expected, got a table without load and save", 1,
        { store = store_without("load", "save") } },
      { "a store that bites", "raises: bitten", 1, { store = hostile.bitten } },
    },
  },
  ["zd.token:create"] = {
    { "token", "table", text = "table of attributes", good = { client_id = 1 } },
    { options = BESIDE },
    rows = {
      { "nothing in it", "raises: client_id is missing", {} },
      { "a client behind a metatable", "raises: client_id is missing",
        setmetatable({}, { __index = { client_id = 1 } }) },
      { "an identifier", IDENTIFIER_GIVEN, { client_id = "canary" } },
      { "a float", CLIENT_NEEDED .. "float", { client_id = 1.5 } },
      { "NaN", CLIENT_NEEDED .. "float", { client_id = 0 / 0 } },
      { "a boolean", CLIENT_NEEDED .. "boolean", { client_id = true } },
      { "a table without id", "raises: client_id: the table has no 'id': is it a client record?",
        { client_id = {} } },
      { "a table that bites", "raises: client_id: the table has no 'id': is it a client record?",
        { client_id = hostile.bitten } },
      { "scopes = a number", ARRAY_NEEDED .. "number", { client_id = 1, scopes = 7 } },
      { "scopes with a number", "raises: scopes[2]: string expected, got number",
        { client_id = 1, scopes = { "read", 7 } } },
      { "scopes by name", ARRAY_NEEDED .. "the key a b",
        { client_id = 1, scopes = { ["a\r\nb"] = true } } },
      { "an empty scope", "raises: scopes[1]: one scope expected, without spaces",
        { client_id = 1, scopes = { "" } } },
      { "two scopes in one", "raises: scopes[1]: one scope expected, without spaces",
        { client_id = 1, scopes = { "read write" } } },
      { "a scope that is no UTF-8", "encode: token.scopes[1]: a string is not valid UTF-8",
        { client_id = 1, scopes = { "\xff" } } },
    },
  },
  ["zd.token:current"] = { { options = CALL } },
  ["zd.token:revoke_current"] = { { options = CALL } },
  ["zd.token:audit"] = {
    { options = with(AUDIT, {
      on_finding = "function", from = "string", on_page = "function",
    }) },
    rows = {
      { "a client that is no record", id_refusal "client"(nil, nil, {}), { client = {} } },
      { "two clients", "raises: options 'client' and 'client_id' are both given: give one of them",
        { client = 1, client_id = 2 } },
      { "a checkpoint that is none", "config: the checkpoint is damaged or is not a checkpoint",
        { from = "canary" } },
      { "a checkpoint of 100 MB", "config: the checkpoint is damaged or is not a checkpoint",
        function() return { from = hostile.huge() } end, made = true },
    },
  },
  ["zd.token:prune"] = {
    { options = with(AUDIT, {
      reasons = "words", dry_run = "boolean", limit = "count_or_zero", on_outcome = "function",
    }) },
    rows = {
      { "nothing said", "raises: prune needs unused_for (seconds) or reasons, so that it is said "
        .. "what may go" },
      { "no reasons", "raises: prune needs unused_for (seconds) or reasons, so that it is said "
        .. "what may go", { reasons = {}, unused_for = 5 } },
      { "an unknown reason", "raises: unknown reason 'a b'", { reasons = { "a\r\nb" } } },
      { "two clients", "raises: options 'client' and 'client_id' are both given: give one of them",
        { client = 1, client_id = 2, unused_for = 5 } },
    },
  },
  ["zd.token:ensure"] = {
    { options = {
      client = "integer or table or string", scopes = "words", min_ttl = "duration",
      store = "table", key = "key", client_secret = "string", expires_in = "count",
      check = "boolean",
    } },
    rows = {
      { "nothing said", "raises: token:ensure needs client=" },
      { "an empty identifier", "raises: token:ensure needs client=", { client = "" } },
      { "a client that is no record", id_refusal "client"(nil, nil, {}), { client = {} } },
      { "no store",
        "raises: token:ensure needs store=, for example zendesk.store.file { path = … }",
        { client = 1, scopes = { "read" } } },
      { "a store that is none",
        "raises: token:ensure needs store=, for example zendesk.store.file { path = … }",
        { client = 1, scopes = { "read" }, store = { load = 1, save = 2 } } },
      { "no scopes", "raises: token:ensure needs scopes=", { client = 1, store = GRANTED.store } },
      { "a secret with a line break",
        "config: client_secret holds a line break or another control character",
        { client = 1, store = GRANTED.store, client_secret = "canary\r\nX: y" } },
    },
  },
  ["zd.user:me"] = { { options = CALL } },
  ["zd.global_client:token_summary"] = {
    { options = { global_client_id = "integer", include_expired = "boolean" } },
  },
}

return { entries = entries }
