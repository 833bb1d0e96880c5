-- What a program meets first: zendesk.new and its siblings, calls, JSON, the doctor.

local core = require "zendesk.core"
local hostile = require "spec.support.hostile"

local CALL = {
  query = "table or string", content_type = "string", headers = "table", timeout = "number",
  deadline = "number", idempotency_key = "string", retry = "table or boolean", raw = "boolean",
  max_body = "number", auth = "boolean", timings = "boolean", body = "string or core.body",
}

local DOWNLOAD = {
  timeout = "seconds", deadline = "seconds", retry = "table or boolean", max_body = "count",
}

local PATH = { "path", "string", good = "/api/v2/tickets" }

local VERB = { PATH, { options = CALL } }

local WALK = {
  query = "table or string", page_size = "integer", limit = "count_or_zero", from = "string",
  on_page = "function", key = "string", prefetch = "boolean", progress = "boolean",
  dialect = "string", headers = "table", timeout = "seconds", deadline = "seconds",
  retry = "table or boolean", max_body = "count",
}

local NEW = {
  subdomain = "string", base_url = "string", email = "string", api_token = "string",
  access_token = "string", auth = "table or function", account = "userdata", timeout = "number",
  connect_timeout = "number", deadline = "number", retry = "table or false",
  rate_limit = "string", max_body = "integer", user_agent = "string", proxy = "string",
  ca_file = "string", ca_path = "string", on_event = "function", driver = "driver",
}

local TOO_DEEP = { a = { b = { c = { d = 1 } } } }

-- A walk's options that are of the right types.
local walks = {
  { "a path that is no address", "fine", "::" },
  { "a page of 0", "raises: option 'page_size': integer between 1 and 1000 expected, got 0", "/x",
    { page_size = 0 } },
  { "a huge page", "raises: option 'page_size': integer between 1 and 1000 expected, got 1001",
    "/x", { page_size = 1001 } },
  { "an unknown dialect", "raises: option 'dialect': one of cursor, export, incremental, "
    .. "incremental_cursor, linked, offset, search expected, got 'a b'", "/x",
    { dialect = "a\r\nb" } },
  { "a query that is a cycle", "raises: query field 'again' is nested too deeply", "/x",
    { query = hostile.cycle } },
  { "a query of four levels", "raises: query field 'c' is nested too deeply", "/x",
    { query = TOO_DEEP } },
  { "a query with a function", "raises: query field 'a' is a function: expected string, number, "
    .. "boolean or a table of these", "/x", { query = { a = print } } },
  { "a query with NaN", "raises: query field 'a' is not a finite number", "/x",
    { query = { a = 0 / 0 } } },
  { "a header that breaks a line", "raises: header 'A' holds a control character", "/x",
    { headers = { A = "a\r\nB: c" } } },
  { "retry of no sense", "raises: option 'retry.attempts' is not between 1 and 100", "/x",
    { retry = { attempts = 0 } } },
  { "options that bite", "fine", "/x", hostile.bitten },
  { "a query that bites", "fine", "/x", { query = hostile.bitten } },
}

-- The same where the list is read at once: what is fine would be sent.
local lists = {
  { "a path that is no address", "config: the path is not usable: path: is neither a path that "
    .. "begins with / nor a valid URL", "::" },
}
for _, row in ipairs(walks) do
  if row[2] ~= "fine" then lists[#lists + 1] = row end
end

local function instance_expected(_, _, value)
  return "raises: an instance of zendesk.new expected, got " .. type(value)
end

local function seconds_expected()
  return "raises: seconds: a number of at least 0 expected"
end

local SLEEP = {
  { "seconds", "number", refusal = seconds_expected },
  rows = {
    { "negative", seconds_expected(), -1 }, { "for ever", seconds_expected(), math.huge },
    { "NaN", seconds_expected(), 0 / 0 },
  },
}

local function group_rows(first, second)
  local function row(what, outcome, options)
    return { what, outcome, first, second or options, second and options }
  end
  return {
    row("options = a number", "raises: options: table expected, got number", 7),
    row("0 at a time", "raises: option 'concurrency': integer above 0 expected, got 0",
      { concurrency = 0 }),
    row("1.5 at a time", "raises: option 'concurrency': integer above 0 expected, got 1.5",
      { concurrency = 1.5 }),
    row("errors of an unknown kind",
      "raises: option 'errors': \"first\" or \"values\" expected", { errors = "canary" }),
    row("on_progress = a table", "raises: option 'on_progress': function expected, got table",
      { on_progress = {} }),
    row("an unknown option", "raises: unknown option 'zzzzzzzz'", { zzzzzzzz = 1 }),
    row("an option nearly known",
      "raises: unknown option 'concurency' (did you mean 'concurrency'?)", { concurency = 1 }),
  }
end

local all_rows = group_rows({})
all_rows[#all_rows + 1] = {
  "a number among the functions", "raises: functions[2]: function expected, got number",
  { print, 7 },
}

return {
  CALL = CALL, WALK = WALK,
  entries = {
    ["zendesk.new"] = {
      { options = NEW, required = true },
      rows = {
        { "nothing in it", "config: option 'access_token' is missing: give 'access_token', or "
          .. "'email' and 'api_token', or 'auth'", {} },
        { "a table that bites", "config: option 'access_token' is missing: give 'access_token', or "
          .. "'email' and 'api_token', or 'auth'", hostile.bitten },
        { "options behind a metatable", "config: option 'access_token' is missing: give "
          .. "'access_token', or 'email' and 'api_token', or 'auth'",
          setmetatable({}, { __index = { access_token = "canary", subdomain = "acme" } }) },
        { "a NUL in the subdomain", "config: option 'subdomain' is not usable: subdomain "
          .. "'ac\\x00me': give only the first label, as in acme for acme.zendesk.com: letters, "
          .. "digits and inner hyphens", { subdomain = "ac\0me", access_token = "canary" } },
        { "a line break in the token",
          "config: option 'access_token' holds a line break (CR or LF)",
          { subdomain = "acme", access_token = "canary\r\nX: y" } },
        { "a line break in the user agent", "config: option 'user_agent' holds a control character",
          { subdomain = "acme", access_token = "canary", user_agent = "a\r\nX: y" } },
        { "a provider without get", "raises: option 'auth': a provider of zendesk.auth, or a "
          .. "function, expected: this table has no function 'get'",
          { subdomain = "acme", auth = {} } },
        { "a provider that bites", "raises: bitten",
          { subdomain = "acme", auth = hostile.bitten } },
        { "a base of 100 MB", "config: option 'base_url' is not usable: base_url: must begin "
          .. "with https://",
          function() return { base_url = hostile.huge(), access_token = "canary" } end,
          made = true },
      },
    },
    ["zendesk.from_env"] = {
      { "options", "table", optional = true },
    },
    ["zendesk.array"] = {
      { "list", "table", optional = true },
      rows = {
        { "a protected table", "raises: list: its metatable is protected",
          setmetatable({}, { __metatable = "mine" }) },
      },
    },
    ["zendesk.is_error"] = {
      rows = {
        { "nothing", "fine" }, { "a table that bites", "fine", hostile.bitten },
        { "a cycle", "fine", hostile.cycle },
        { "a protected table", "fine", setmetatable({}, { __metatable = "mine" }) },
      },
    },
    ["zendesk.sleep"] = SLEEP,
    ["zendesk.driver.sleep"] = SLEEP,
    ["zendesk.driver.current"] = { rows = { { "what nobody asked for", "fine", "canary", {} } } },
    ["zendesk.all"] = { { "functions", "table" }, rows = all_rows },
    ["zendesk.map"] = {
      { "list", "table", good = {} }, { "f", "function" }, rows = group_rows({}, print),
    },
    ["zendesk.doctor.examine"] = {
      { "zd", "an instance", refusal = instance_expected },
    },
    ["zendesk.json.array"] = { { "list", "table", optional = true } },
    ["zendesk.json.is_array"] = {
      rows = { { "a table that bites", "fine", hostile.bitten }, { "nothing", "fine" } },
    },
    ["zendesk.json.decode"] = {
      { "text", "string", good = "1" }, { "depth", "count", optional = true },
      rows = {
        { "an empty text", "decode: expected a value at byte 1, where the text ends", "" },
        { "a NUL", "decode: expected a value at byte 1", "\0" },
        { "no UTF-8", "decode: expected well-formed UTF-8 at byte 2", '"\xff"' },
        { "100 MB that are none", "decode: expected a value at byte 1", hostile.huge },
        { "100,000 levels", "decode: expected fewer levels of nesting at byte 513",
          ("["):rep(100000) },
        { "more levels than the stack has", "decode: expected fewer levels of nesting at byte 8193",
          ("["):rep(100000), math.maxinteger },
      },
    },
    ["zendesk.json.encode"] = {
      rows = {
        { "nothing", "encode: a nil has no JSON form" },
        { "a function", "encode: a function has no JSON form", print },
        { "a cycle", "encode: again: a table contains itself", hostile.cycle },
        { "NaN", "encode: NaN has no JSON form", 0 / 0 },
        { "no UTF-8", "encode: a string is not valid UTF-8", "\xff" },
        { "a table that bites", "fine", hostile.bitten },
        { "100 MB", "fine", hostile.huge },
        { "null", "fine", core.null },
      },
    },
    ["zendesk.progress.describe"] = {
      { "event", "table" },
      rows = { { "of no kind", "fine", {} }, { "that bites", "raises: bitten", hostile.bitten } },
    },
    ["zendesk.progress.line"] = {
      { options = { stream = "table or userdata", terminal = "boolean" } },
    },
    ["zd:get"] = VERB, ["zd:post"] = VERB, ["zd:put"] = VERB, ["zd:patch"] = VERB,
    ["zd:delete"] = VERB,
    ["zd:request"] = {
      { "method", "string", good = "POST" }, PATH, { options = CALL },
    },
    ["zd:download"] = {
      { "address", "string", good = "/attachments/token/a" }, { options = DOWNLOAD },
    },
    ["zd:whoami"] = { { options = CALL } },
    ["zd:each"] = { PATH, { options = WALK }, rows = walks },
    ["zd:list"] = { PATH, { options = WALK }, rows = lists },
    ["zd:origin"] = { rows = { { "what nobody asked for", "fine", "canary", {} } } },
    ["zd:describe"] = {
      rows = { { "what nobody asked for", "fine", "canary", {} } },
    },
    ["iterator:next"] = {},
    ["iterator:checkpoint"] = { rows = { { "what nobody asked for", "fine", "canary" } } },
    ["iterator:close"] = { rows = { { "what nobody asked for", "fine", "canary" } } },
    ["response:header"] = {},
    ["blocking:spawn"] = { self = false, { "f", "function" } },
    ["blocking:sleep"] = { self = false, { "seconds", "duration" } },
    ["report:table"] = { { "most", "count_or_zero", optional = true } },
  },
}
