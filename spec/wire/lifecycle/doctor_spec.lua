local account_of = require "spec.support.account"
local raw_server = require "spec.support.raw_server"
local zendesk = require "zendesk"

describe("the doctor over the wire", function()
  local account = account_of.use()

  local function text_of(instance)
    local report = zendesk.doctor(instance)
    return tostring(report), report
  end

  it("says how an API token is doing", function()
    local tokens = account.box:seed { api_tokens = 3 } and assert(account.zd.api_token:list())
    local text, report = text_of(account.zd)
    assert.is_true(report.ok)
    assert.matches("API token is in use. It works until 30 April 2027", text, 1, true)
    assert.matches("active API tokens of the account: " .. #tokens, text, 1, true)
    assert.matches("this machine's clock agrees", text, 1, true)
    assert.matches("requests a minute are left", text, 1, true)
    assert.matches("libcurl %d", text)
    for _, request in ipairs(account.box:requests()) do assert.equal("GET", request.method) end
  end)

  it("says what a token may do, when it ends, and how far the clock is off", function()
    account.box:set("clock_offset", 600)
    local token = account.box:seed { tokens = { { scopes = { "users:read" }, expires_in = 7200 } } }
      .tokens[1]
    local other = account:connect { access_token = token.full_token }
    local text, report = text_of(other)
    other:close()
    assert.matches("its scopes: users:read", text, 1, true)
    assert.matches("It ends at %d+", text)
    assert.matches("seconds behind Zendesk's: set it", text, 1, true)
    assert.is_nil(text:find(token.full_token, 1, true))
    assert.is_true(report.facts.skew > 590 and report.facts.skew < 610)
  end)

  it("reports a credential that is not known, and a call that fails, as findings", function()
    local wrong = assert(zendesk.new {
      base_url = account.box.base_url, email = account.box.email, retry = false,
      api_token = "wrong-api-token",
    })
    local text, report = text_of(wrong)
    assert.is_false(report.ok)
    assert.matches("anonymous", text)
    wrong:close()
    account.box:fail { path = "users/me", status = 503 }
    text, report = text_of(account.zd)
    assert.is_false(report.ok)
    assert.matches("PROBLEM  access      a call failed: zendesk: server", text, 1, true)
  end)

  it("reports whatever stands in a reply, nulls and other types, too", function()
    local odd = { "null", "7", "true", "{}", "[]", "[null,7,{}]", '"text"' }
    for _, text in ipairs(odd) do
      local connection = {}
      for _, reply in ipairs {
        '{"user":{"id":7,"name":%s,"role":%s}}',
        '{"token":{"id":%s,"client_id":%s,"scopes":%s,"expires_at":%s}}',
        '{"api_tokens":[%s]}',
      } do
        connection[#connection + 1] = { "read" }
        connection[#connection + 1] = { "reply", 200, (reply:gsub("%%s", text)) }
      end
      local server <close> = raw_server.start { connection }
      local zd <close> = assert(zendesk.new {
        base_url = server.base_url, access_token = "test-access-token", retry = false,
      })
      local lines, report = text_of(zd)
      assert.is_true(report.ok)
      assert.matches("it acts as", lines, 1, true)
      assert.matches("its scopes: ", lines, 1, true)
      assert.is_nil(lines:find("userdata", 1, true) or lines:find("table:", 1, true))
      assert.equal(3, #server:requests())
    end
  end)

  it("says of a provider of the program's own that it is one", function()
    local token = account.box:seed { tokens = { { scopes = { "users:read" } } } }.tokens[1]
    local function get() return { token = token.full_token } end
    local zd <close> = account:connect { auth = { get = get, renew = get } }
    assert.matches("comes from the program itself", text_of(zd), 1, true)
  end)
end)
