-- `zendesk request`: any call of the API.

local console = require "spec.cli.console"
local json = require "cjson"
local process = require "spec.support.process"
local tls_server = require "spec.support.tls_server"

describe("zendesk request", function()
  local its, zendesk = console.session()

  local function words_of(text)
    local words = {}
    for word in text:gmatch "%S+" do words[#words + 1] = word end
    return words
  end

  it("sends headers", function()
    zendesk { "request", "GET", "/api/v2/users/me", "--header", "X-On-Behalf-Of: a@example.com",
      "--header", "Accept-Language:de" }
    zendesk { "request", "GET", "/api/v2/users", "--each", "--header", "Accept-Language: de" }
    local seen = its.box:requests()
    assert.equal("a@example.com", seen[1].headers["x-on-behalf-of"])
    assert.equal("de", seen[1].headers["accept-language"])
    assert.equal("de", seen[2].headers["accept-language"])
    for _, word in ipairs { "Accept-Language", ":x", "Host: a", "Authorization: Bearer canary" } do
      local result = zendesk { "request", "GET", "/api/v2/users/me", "--header", word }
      assert.equal(2, result.status, word)
      assert.is_nil(result.stderr:find("canary", 1, true))
    end
    assert.equal(2, #its.box:requests())
  end)

  it("trusts the authorities that ZENDESK_CA_FILE names, and says so where it trusts none #tls",
    function()
      local front <close> = tls_server.start { upstream = its.box.base_url }
      local env = console.admin(its.box)
      env.ZENDESK_BASE_URL = front.base_url
      local result = zendesk({ "whoami" }, { env = env })
      local said = json.decode(result.stderr).error
      assert.same({ 6, "tls" }, { result.status, said.kind })
      assert.matches("ZENDESK_CA_FILE", said.remedy, 1, true)
      env.ZENDESK_CA_FILE = front.ca_file
      assert.equal(0, zendesk({ "whoami" }, { env = env }).status)
    end)

  it("takes the body of a request from a file and from standard input", function()
    process.write_file(its.home .. "/body.json",
      '{"ticket":{"subject":"F","comment":{"body":"b"}}}')
    local by_file = zendesk { "request", "POST", "api/v2/tickets", "--json", "@body.json" }
    assert.equal("F", json.decode(by_file.stdout).ticket.subject)
    local by_pipe = zendesk({ "request", "POST", "/api/v2/tickets", "--json", "-" }, {
      stdin = '{"ticket":{"subject":"P","comment":{"body":"b"}}}',
    })
    assert.equal("P", json.decode(by_pipe.stdout).ticket.subject)
  end)

  it("uploads a file as it is, and fetches it again", function()
    local content = "\0\xFF no text\r\n"
    process.write_file(its.home .. "/a.bin", content)
    local reply = zendesk { "request", "POST", "/api/v2/uploads", "--query", "filename=a.bin",
      "--file", "a.bin", "--content-type", "image/png" }
    local attachment = json.decode(reply.stdout).upload.attachment
    assert.equal("image/png", attachment.content_type)
    assert.equal(content, zendesk({ "download", attachment.content_url }).stdout)
  end)

  it("takes the method in small letters, too", function()
    local result = zendesk { "request", "get", "/api/v2/users/me" }
    assert.equal("admin@example.com", json.decode(result.stdout).user.email)
  end)

  it("sends every --query, in the order given", function()
    local words = {
      "request", "GET", "/api/v2/users?a=b", "--query", "role[]=agent", "--query", "role[]=admin",
      "--query", "name=A & Ö",
    }
    local wanted = "role%5B%5D=agent&role%5B%5D=admin&name=A%20%26%20%C3%96"
    assert.equal(0, zendesk(words).status)
    assert.equal("a=b&" .. wanted, its.box:requests()[1].query)
    words[#words + 1] = "--dry-run"
    assert.equal(wanted, json.decode(zendesk(words).stdout).query)
  end)

  it("follows a list to --limit, with pages as large as --query says", function()
    local result = zendesk(words_of(
      "request GET /api/v2/users --each --limit 2 --query page[size]=1"))
    assert.equal(2, select(2, result.stdout:gsub("\n", "")))
    assert.truthy(its.box:requests()[1].query:find("page%5Bsize%5D=1", 1, true))
  end)

  it("keeps ids above 53 bits as they are", function()
    its.box:seed { clients = { { id = 9007199254740993, identifier = "big" } } }
    local result = zendesk { "clients", "list" }
    assert.truthy(result.stdout:find('"id": 9007199254740993,', 1, true))
  end)
end)
