-- Replies of /oauth/tokens, mutated at random: a token set that can be used and kept comes out, or
-- a fault that quotes nothing. Texts are UTF-8, as the JSON reader sees to. A failure names the
-- seed.

local core = require "zendesk.core"
local token_set = require "zendesk.oauth.token_set"

local ROUNDS = 20000
local NOW = 1795600000

local VALUES = {
  0, 1, -1, 1800, 1.5, -0.0, 0 / 0, math.huge, -math.huge, math.maxinteger, math.mininteger, 2 ^ 63,
  "", " ", "read", "value-1", "1800", "-1", "1e400", "0x10", "\0", "a\r\nb", "é",
  ("x"):rep(9999),
  "a.b.c", "eyJhbGciOiJub25lIn0.eyJleHAiOjE4MDB9.", "eyJhbGciOiJub25lIn0.!!!.",
  true, false, {}, { 1, 2 }, { access_token = "nested" }, core.null, print,
}

local FIELDS = {
  "access_token", "refresh_token", "token_type", "scope", "expires_in", "expires_at",
  "refresh_token_expires_in", "created_at", "error", "unknown",
}

local function mutated(random)
  local reply = {
    access_token = "canary-access", refresh_token = "canary-refresh", token_type = "bearer",
    scope = "read write", expires_in = 1800, refresh_token_expires_in = 2592000,
  }
  for _ = 1, random(1, 4) do
    local field = FIELDS[random(#FIELDS)]
    reply[field] = random(6) > 1 and VALUES[random(#VALUES)] or nil
  end
  return random(50) > 1 and reply or VALUES[random(#VALUES)]
end

-- What every set must hold, whatever the reply was.
local function check(set, seed)
  assert.is_nil(token_set.fault(set), seed)
  assert.is_true(token_set.is_token(set.access_token), seed)
  for _, field in ipairs { "expires_at", "refresh_expires_at" } do
    local value = set[field]
    assert.is_true(value == nil or value == value, seed)
  end
  assert.is_truthy(set.expires_from, seed)
  local described, problem = core.encode(token_set.describe(set))
  assert(described, seed .. ": " .. tostring(problem))
  assert.is_nil(described:find("canary", 1, true), seed)
end

describe("a token set of a mutated reply", function()
  it("is usable, or a fault that quotes nothing", function()
    local seed = os.time()
    math.randomseed(seed)
    local made, refused = 0, 0
    for round = 1, ROUNDS do
      local where = ("seed %d, round %d"):format(seed, round)
      local ok, set, fault = pcall(token_set.from_reply, mutated(math.random), {
        grant = "authorization_code", client_id = "my_client", issued_at = NOW, requested = 1800,
      })
      assert.is_true(ok, where .. ": " .. tostring(set))
      if set then
        made = made + 1
        check(set, where)
      else
        refused = refused + 1
        assert.is_nil(fault:find("canary", 1, true), where)
      end
    end
    assert.is_true(made > 1000 and refused > 1000)
  end)
end)
