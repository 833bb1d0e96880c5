local environment = require "zendesk.environment"

local function read(variables, given)
  return environment.options(given or {}, function(name) return variables[name] end)
end

local ADDRESS = { ZENDESK_SUBDOMAIN = "acme" }

local function with(variables)
  local all = {}
  for name, value in pairs(ADDRESS) do all[name] = value end
  for name, value in pairs(variables) do all[name] = value end
  return all
end

describe("the environment", function()
  it("gives an access token", function()
    assert.same({ subdomain = "acme", access_token = "test-token", proxy = "environment" },
      read(with { ZENDESK_OAUTH_TOKEN = "test-token" }))
  end)

  it("gives an address of a person and an API token", function()
    assert.same({
      subdomain = "acme", email = "a@example.com", api_token = "test-api-token",
      proxy = "environment",
    }, read(with { ZENDESK_EMAIL = "a@example.com", ZENDESK_API_TOKEN = "test-api-token" }))
  end)

  it("names the authorities to trust, unless the program does", function()
    local variables = with { ZENDESK_OAUTH_TOKEN = "test-token", ZENDESK_CA_FILE = "own.pem" }
    assert.equal("own.pem", read(variables).ca_file)
    assert.equal("given.pem", read(variables, { ca_file = "given.pem" }).ca_file)
    assert.is_nil(read(variables, { ca_path = "folder" }).ca_file)
    assert.is_nil(read(with { ZENDESK_OAUTH_TOKEN = "t", ZENDESK_CA_FILE = "" }).ca_file)
  end)

  it("gives a provider of client credentials", function()
    local found = assert(read(with {
      ZENDESK_OAUTH_CLIENT_ID = "my_client", ZENDESK_OAUTH_CLIENT_SECRET = "test-secret",
    }))
    assert.equal("client_credentials", found.auth.kind)
  end)

  it("prefers the base URL over the subdomain", function()
    local found = read(with {
      ZENDESK_BASE_URL = "http://127.0.0.1:1", ZENDESK_OAUTH_TOKEN = "test-token",
    })
    assert.equal("http://127.0.0.1:1", found.base_url)
    assert.is_nil(found.subdomain)
  end)

  it("takes an empty variable for an absent one", function()
    local found = read(with {
      ZENDESK_BASE_URL = "", ZENDESK_OAUTH_TOKEN = "test-token", ZENDESK_EMAIL = "",
    })
    assert.equal("acme", found.subdomain)
    assert.is_nil(found.email)
  end)

  it("yields to what is given", function()
    local found = read(with { ZENDESK_OAUTH_TOKEN = "canary" },
      { subdomain = "other", access_token = "mine", proxy = "http://127.0.0.1:3128", timeout = 5 })
    assert.same({
      subdomain = "other", access_token = "mine", proxy = "http://127.0.0.1:3128", timeout = 5,
    }, found)
  end)

  it("names the variable that is missing", function()
    local found, err = read { ZENDESK_OAUTH_TOKEN = "canary" }
    assert.is_nil(found)
    assert.equal("config", err.kind)
    assert.equal("ZENDESK_SUBDOMAIN", err.option)
    assert.equal("ZENDESK_OAUTH_TOKEN", select(2, read(ADDRESS)).option)
    assert.equal("ZENDESK_API_TOKEN",
      select(2, read(with { ZENDESK_EMAIL = "a@example.com" })).option)
    assert.equal("ZENDESK_OAUTH_CLIENT_ID",
      select(2, read(with { ZENDESK_OAUTH_CLIENT_SECRET = "canary" })).option)
  end)

  it("is not read where the program is wrong", function()
    local function getenv() error "read" end
    for problem, given in pairs {
      ["unknown option 'foo'"] = { foo = 1 },
      ["option 'timeout': number expected, got string"] = { timeout = "5" },
      ["option 'auth': a provider"] = { auth = {} },
    } do
      assert.error_matches(function() environment.options(given, getenv) end, problem)
    end
  end)

  it("refuses two kinds of credential, and shows neither", function()
    local found, err = read(with {
      ZENDESK_OAUTH_TOKEN = "canary-1", ZENDESK_EMAIL = "a@example.com",
      ZENDESK_API_TOKEN = "canary-2",
    })
    assert.is_nil(found)
    assert.matches("ZENDESK_EMAIL and ZENDESK_OAUTH_TOKEN are both set", err.message, 1, true)
    assert.not_matches("canary", tostring(err))
  end)
end)
