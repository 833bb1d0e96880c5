-- The sandbox and its remote control. It raises as a test wants it: what it is told at the line of
-- the test, without the name of the library.

local hostile = require "spec.support.hostile"

local function option_refusal(name, wanted, value)
  if not name then return ('raises: unknown option "%s"'):format(wanted) end
  if name == "options" then
    return ("raises: options must be a table, not a %s"):format(type(value))
  end
  return ("raises: option %s must be a %s"):format(name:match "'(.*)'", wanted)
end

local function refusal(name, wanted, value)
  return ("raises: %s must be a %s, not a %s"):format(name, wanted, type(value))
end

local OPTIONS = {
  port = "number", clock = "number", email = "string", api_token = "string", switches = "table",
  seed = "table", lua = "string", key = "string",
}

local PORT = "raises: option port must be an integer from 0 to 65535"
local CLOCK = "raises: option clock must be seconds since 1970"
local KEY = "raises: option key must be letters, digits, _ and -"

local start_rows = {
  { "a port of 65536", PORT, { port = 65536 } }, { "a port of -1", PORT, { port = -1 } },
  { "a port of 1.5", PORT, { port = 1.5 } }, { "a port of NaN", PORT, { port = 0 / 0 } },
  { "a clock before its time", CLOCK, { clock = -1 } },
  { "a clock for ever", CLOCK, { clock = math.huge } },
  { "a clock of NaN", CLOCK, { clock = 0 / 0 } },
  { "a key with a line break", KEY, { key = "canary\r\nX: y" } },
  { "an empty key", KEY, { key = "" } },
}

local SECONDS = "raises: seconds must be less than 8,000 years"
local NO_FORM = "raises: sandbox: what it is told has no JSON form"

local function nothing_asked()
  return {
    rows = { { "nobody there", "raises: the sandbox does not answer: connection refused" } },
  }
end

local function start()
  return {
    { options = OPTIONS, required = false, refusal = option_refusal }, rows = start_rows,
  }
end

return { entries = {
  ["zendesk.sandbox.start"] = start(),
  ["zendesk.sandbox.serve"] = start(),
  ["zendesk.sandbox.attach"] = {
    { refusal = option_refusal,
      options = { port = "number", key = "string", email = "string", api_token = "string" } },
    rows = {
      { "nothing", "raises: attach needs port and key" },
      { "no key", "raises: attach needs port and key", { port = 1 } },
      { "a key with a line break", KEY, { port = 1, key = "canary\r\nX: y" } },
    },
  },
  ["box:fail"] = {
    { "the fault", "table", refusal = refusal },
    rows = {
      { "a function in it", NO_FORM .. " for a function", { path = print } },
      { "a cycle", NO_FORM, hostile.cycle },
    },
  },
  ["box:seed"] = {
    { "the seed", "table", refusal = refusal },
    rows = { { "a function in it", NO_FORM .. " for a function", { users = print } } },
  },
  ["box:set"] = {
    { "the switch", "string", refusal = refusal, good = "jwt_tokens" },
    rows = { { "a function", NO_FORM .. " for a function", "jwt_tokens", print } },
  },
  ["box:advance"] = {
    { "seconds", "number", refusal = refusal },
    rows = {
      { "for ever", SECONDS, math.huge }, { "NaN", SECONDS, 0 / 0 },
      { "very far", SECONDS, -1e300 },
    },
  },
  ["box:requests"] = nothing_asked(), ["box:clear_requests"] = nothing_asked(),
  ["box:stats"] = nothing_asked(), ["box:clear_faults"] = nothing_asked(),
  ["box:reset"] = nothing_asked(),
  ["box:stop"] = { rows = {} },
} }
