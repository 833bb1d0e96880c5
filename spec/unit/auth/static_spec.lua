local auth = require "zendesk.auth"
local api_token = require "zendesk.auth.api_token"
local virtual_driver = require "spec.support.virtual_driver"

local driver, events

local function context()
  return { driver = driver, emit = function(event) events[#events + 1] = event end }
end

before_each(function()
  driver, events = virtual_driver.new(), {}
end)

describe("an API token", function()
  local function provider()
    return auth.api_token { email = "admin@example.com", api_token = "canary-api-token" }
  end

  it("gives the fields of the account, and is static", function()
    assert.is_true(provider().static)
    assert.same({ email = "admin@example.com", api_token = "canary-api-token" },
      provider():account_options())
  end)

  it("warns once, with the day on which it ends", function()
    local p = provider()
    for _ = 1, 3 do p:get(context()) end
    assert.equal(1, #events)
    assert.equal("api_token_ends", events[1].code)
    assert.equal("2027-04-30", events[1].ends_on)
    assert.truthy(events[1].message:find("2027-04-30, in 156 days", 1, true), events[1].message)
    assert.equal(api_token.ENDS_AT, p:describe().ends_at)
  end)

  it("says that it is over after that day", function()
    local day = 86400
    local function said_at(now) return api_token.warning(now).message end
    assert.truthy(said_at(api_token.ENDS_AT - day):find "in 1 day;")
    assert.truthy(said_at(api_token.ENDS_AT):find "stopped working on 2027%-04%-30")
    driver.epoch = api_token.ENDS_AT + day
    local credential, err = provider():renew(context())
    assert.is_nil(credential)
    assert.equal("auth", err.kind)
    assert.truthy(err.message:find("stopped working on 2027-04-30", 1, true))
    assert.truthy(err.remedy:find("client_credentials", 1, true))
  end)

  it("explains an earlier refusal by what deactivates tokens", function()
    local _, err = provider():renew(context())
    assert.truthy(err.remedy:find("30 days", 1, true))
  end)

  it("raises when something is missing", function()
    assert.error_matches(function() auth.api_token { email = "a@example.com" } end,
      "needs api_token")
    assert.error_matches(function() auth.api_token { email = "a@example.com", token = "x" } end,
      "unknown option")
  end)

  it("is shown nowhere", function()
    local p = provider()
    assert.is_nil(tostring(p):find("canary", 1, true))
    for _, value in pairs(p) do assert.not_equal("canary-api-token", value) end
  end)
end)

describe("an access token", function()
  it("may be given alone or with its end", function()
    assert.equal("test-token", auth.access_token("test-token"):get().token)
    local provider = auth.access_token { access_token = "test-token", expires_at = 1795600000 }
    assert.equal(1795600000, provider:describe().ends_at)
    assert.same({ access_token = "test-token" }, provider:account_options())
  end)

  it("cannot be renewed, and its error names what can", function()
    local credential, err = auth.access_token("test-token"):renew()
    assert.is_nil(credential)
    assert.equal("auth", err.kind)
    assert.truthy(err.remedy:find("client_credentials", 1, true))
  end)

  it("raises when it is missing", function()
    assert.error_matches(function() auth.access_token {} end, "needs access_token")
  end)
end)

describe("a token function", function()
  local asked, answer

  local function provider()
    return auth.from_function(function(reason)
      asked[#asked + 1] = reason
      return answer(reason)
    end)
  end

  before_each(function()
    asked = {}
    local serial = 0
    answer = function()
      serial = serial + 1
      return "token-" .. serial, driver:time() + 1800
    end
  end)

  it("is asked for the first token, for the next one ahead of time, and after a refusal", function()
    local p = provider()
    assert.equal("token-1", p:get(context()).token)
    assert.equal("token-1", p:get(context()).token)
    driver:advance(1510)
    local used = p:get(context())
    assert.equal("token-2", used.token)
    assert.equal("token-3", p:renew(context(), used).token)
    driver:advance(1900)
    assert.equal("token-4", p:get(context()).token)
    assert.same({ "first", "due", "rejected", "expired" }, asked)
  end)

  it("is asked once for calls that come together", function()
    local next_answer = answer
    answer = function()
      driver:sleep(1)
      return next_answer()
    end
    local p = provider()
    local calls = {}
    for index = 1, 50 do calls[index] = function() return p:get(context()) end end
    for _, result in ipairs(driver:all(calls)) do assert.equal("token-1", result[1].token) end
    assert.equal(1, #asked)
  end)

  it("is waited for up to the deadline", function()
    answer = function()
      driver:sleep(100)
      return "token-1"
    end
    local p = provider()
    driver:spawn(function() return p:get(context()) end)
    local late = context()
    late.deadline = driver:now() + 1
    local credential, err = p:get(late)
    assert.is_nil(credential)
    assert.equal("timeout", err.kind)
  end)

  it("that makes a call which needs its token is told so at once", function()
    local p, inner
    p = auth.from_function(function()
      inner = table.pack(p:get(context()))
      return "canary-token"
    end)
    assert.equal("canary-token", assert(p:get(context())).token)
    assert.is_nil(inner[1])
    assert.equal("auth", inner[2].kind)
    assert.matches("needs its own token", inner[2].message, 1, true)
  end)

  it("may give a token without an end", function()
    answer = function() return "token-1" end
    local p = provider()
    p:get(context())
    driver:advance(10 ^ 7)
    assert.equal("token-1", p:get(context()).token)
    assert.equal(1, #asked)
  end)

  it("that gives nothing, or nonsense, is an error without the value", function()
    for _, give in ipairs {
      function() return nil, "the vault is sealed" end, function() return nil end,
      function() return 7 end, function() return "canary-secret\r\nHost: x" end,
      function() return "canary-secret", "tomorrow" end,
    } do
      answer = give
      local credential, err = provider():get(context())
      assert.is_nil(credential)
      assert.equal("auth", err.kind)
      assert.is_nil(tostring(err):find("canary", 1, true))
    end
    answer = function() return nil, "the vault is sealed" end
    assert.truthy(select(2, provider():get(context())).message:find("the vault is sealed", 1, true))
  end)

  it("that fails ahead of time does not stop a call", function()
    local p = provider()
    p:get(context())
    driver:advance(1510)
    answer = function() return nil, "the vault is sealed" end
    assert.equal("token-1", p:get(context()).token)
    assert.equal("renewal_failed", events[1].code)
  end)

  it("that gives the refused token again is told so", function()
    answer = function() return "token-1" end
    local p = provider()
    local used = p:get(context())
    local credential, err = p:renew(context(), used)
    assert.is_nil(credential)
    assert.truthy(err.message:find("the same token", 1, true))
  end)

  it("that raises has given its reason, and can be asked again", function()
    local p = provider()
    local good = answer
    answer = function() error "boom" end
    local credential, err = p:get(context())
    assert.same({ nil, "auth" }, { credential, err.kind })
    assert.matches("boom", err.message, 1, true)
    answer = good
    assert.equal("token-1", p:get(context()).token)
  end)

  local function together(p, used)
    local calls = {}
    for index = 1, 30 do
      calls[index] = function()
        if used then return p:renew(context(), used) end
        return p:get(context())
      end
    end
    return driver:all(calls)
  end

  it("that fails is asked once for calls that come together, and each has its error", function()
    for _, fail in ipairs { function() return nil, "sealed" end, function() error "sealed" end } do
      asked = {}
      answer = function()
        driver:sleep(1)
        return fail()
      end
      local seen = {}
      for _, result in ipairs(together(provider())) do
        assert.matches("sealed", result[2].message, 1, true)
        assert.is_nil(seen[result[2]])
        seen[result[2]] = true
      end
      assert.equal(1, #asked)
    end
  end)

  it("that fails ahead of time for calls that come together is told once", function()
    local p = provider()
    p:get(context())
    driver:advance(1510)
    answer = function()
      driver:sleep(1)
      return nil, "sealed"
    end
    for _, result in ipairs(together(p)) do assert.equal("token-1", result[1].token) end
    assert.same({ 2, 1 }, { #asked, #events })
  end)

  it("that gives a refused token again is asked once by calls that come together", function()
    answer = function()
      driver:sleep(1)
      return "token-1"
    end
    local p = provider()
    for _, result in ipairs(together(p, assert(p:get(context())))) do
      assert.matches("the same token", result[2].message, 1, true)
    end
    assert.same({ "first", "rejected" }, asked)
  end)

  it("is asked anew by a call whose refused token is what another one has got", function()
    answer = function()
      driver:sleep(1)
      return #asked < 3 and "token-1" or "token-2", driver:time() + 1800
    end
    local p = provider()
    local used = assert(p:get(context()))
    driver:advance(1510)
    local results = driver:all {
      function() return p:get(context()) end, function() return p:renew(context(), used) end,
    }
    assert.same({ "token-1", "token-2" }, { results[1][1].token, results[2][1].token })
    assert.same({ "first", "due", "rejected" }, asked)
  end)

  it("is asked with a driver that has no signals, too", function()
    local p, plain = provider(), {}
    for _, name in ipairs { "now", "time", "sleep" } do
      plain[name] = function(_, ...) return driver[name](driver, ...) end
    end
    assert.equal("token-1", p:get({ driver = plain, emit = function() end }).token)
  end)

  it("must be a function", function()
    assert.error_matches(function() auth.from_function "token" end, "function expected")
  end)
end)
