-- `clients ensure`: clients as the command line or a file wants them.

local console = require "spec.cli.console"
local json = require "cjson"
local process = require "spec.support.process"

describe("clients ensure", function()
  local its, zendesk = console.session()

  it("makes clients as a file says, once", function()
    process.write_file(its.home .. "/clients.json",
      '[{"identifier":"a","name":"A","kind":"public"},{"identifier":"b","name":"B"}]')
    local first = json.decode(zendesk({ "clients", "ensure", "--file", "clients.json" }).stdout)
    assert.same({ true, true }, { first[1].changed, first[2].changed })
    local second = json.decode(zendesk({ "clients", "ensure", "--file", "clients.json" }).stdout)
    assert.same({ false, false }, { second[1].changed, second[2].changed })
    assert.is_nil(first[2].client.secret)
  end)

  it("says what of a file is no client, before it makes one", function()
    local function says(text, content)
      process.write_file(its.home .. "/clients.json", content)
      local result = zendesk { "clients", "ensure", "--file", "clients.json" }
      assert.equal(2, result.status, result.stderr)
      assert.equal(text, json.decode(result.stderr).error.message)
      assert.equal(0, #its.box:requests())
    end
    says("clients.json is not JSON: expected a key or '}' at byte 2, where the text ends", "{")
    says("clients.json is no client with an identifier", '{"clients":[{"identifier":"a"}]}')
    says("entry 2 of clients.json is no client with an identifier",
      '[{"identifier":"a","name":"A"},{"name":"B"}]')
    says("entry 1 of clients.json is no client with an identifier", '["a"]')
    says("entry 1 of clients.json is no client with an identifier", '[{"identifier":""}]')
  end)

  it("takes no options of a client beside a file", function()
    local words = { "clients", "ensure", "--kind", "public", "--file", "-" }
    assert.equal(2, zendesk(words, { stdin = "[]" }).status)
  end)

  it("tells what Zendesk did not take over of a client", function()
    local result = zendesk({ "clients", "ensure", "--file", "-" }, {
      stdin = '{"identifier":"a","name":"A","kind":"public","colour":"red"}',
    })
    assert.same({ "colour" }, json.decode(result.stdout)[1].ignored)
    assert.equal("warning: Zendesk did not take over: colour\n", result.stderr)
  end)

  it("does not call a client as wanted that Zendesk has left as it was", function()
    its.box:seed { clients = { { id = 7, identifier = "there", name = "T", kind = "public" } } }
    local body = '{"client":{"id":7,"identifier":"there","name":"T","kind":"public"}}'
    its.box:fail { path = "/oauth/clients/7", method = "PUT", status = 200, body = body, times = 2 }
    local result = zendesk { "--output=table", "clients", "ensure", "there", "--name", "New" }
    assert.equal('OAuth client "there" (id 7) is not as wanted: Zendesk did not take over name\n',
      result.stdout)
    local said = json.decode(zendesk({ "clients", "ensure", "there", "--name", "New" }).stdout)[1]
    assert.same({ false, { "name" } }, { said.changed, said.ignored })
  end)

  it("has arrays where there are lists, empty ones too", function()
    its.box:seed { clients = { { identifier = "there", name = "T", kind = "public" } } }
    local text = zendesk({ "clients", "ensure", "there", "--redirect-uri", "https://a.example" })
      .stdout
    assert.truthy(text:find('"removed": []', 1, true), text)
    text = zendesk({ "clients", "ensure", "there" }).stdout
    for _, name in ipairs { "actions", "diff", "ignored" } do
      assert.truthy(text:find(('"%s": []'):format(name), 1, true), text)
    end
  end)

  it("names a new client after its identifier, and leaves the name of one that is there", function()
    its.box:seed { clients = { { identifier = "there", name = "There", kind = "public" } } }
    local function names(...)
      local list = {}
      for _, word in ipairs { "there", "new" } do
        local result = zendesk { "clients", "ensure", word, "--kind", "public", ... }
        assert.equal(0, result.status, result.stderr)
        local client = json.decode(result.stdout)[1].client
        list[#list + 1] = client and client.name or "-"
      end
      return list
    end
    assert.same({ "There", "-" }, names "--dry-run")
    its.box:clear_requests()
    assert.same({ "There", "new" }, names())
    local methods = {}
    for place, request in ipairs(its.box:requests()) do methods[place] = request.method end
    assert.same({ "GET", "GET", "POST" }, methods)
    assert.same({ "There", "new" }, names())
  end)

  it("prints what was done before an entry that fails, and names that entry", function()
    local function ends(status, message, entry, output)
      its.box:reset()
      local result = zendesk({ output or "--json", "clients", "ensure", "--file", "-" }, {
        stdin = ('[{"identifier":"a","name":"A","kind":"public"},%s]'):format(entry),
      })
      assert.equal(status, result.status, result.stderr)
      assert.truthy(result.stderr:find(message, 1, true), result.stderr)
      return result.stdout
    end
    local kind = '{"identifier":"b","name":"B","kind":"odd"}'
    local done = json.decode(ends(1, [[entry 2, \"b\": ]], kind))
    assert.same({ 1, "a", true }, { #done, done[1].identifier, done[1].changed })
    done = json.decode(ends(2, [[entry 2, \"b\": ]], '{"identifier":"b","id":7}'))
    assert.same({ 1, "a" }, { #done, done[1].identifier })
    assert.truthy(ends(1, 'invalid: entry 2, "b": ', kind, "--output=table"):find '^created OAuth')
    its.box:fail { path = "/oauth/clients", status = 403 }
    assert.equal("", zendesk({ "clients", "ensure", "a" }).stdout)
  end)
end)
