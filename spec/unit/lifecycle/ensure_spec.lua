local ensure = require "zendesk.lifecycle.ensure"
local errors = require "zendesk.errors"
local scripted = require "spec.support.scripted"

local TAKEN = { status = 422, body = {
  error = "RecordInvalid", description = "Record validation errors",
  details = { identifier = { { description = "Identifier: has already been taken" } } },
} }

local function listing(...)
  return { body = { clients = { ... }, meta = { has_more = false } } }
end

local function methods(transport)
  local found = {}
  for place, call in ipairs(transport.calls) do found[place] = call.method end
  return table.concat(found, " ")
end

local wanted = {
  identifier = "exporter", name = "Exporter", redirect_uri = { "https://a", "https://b" },
}

describe("ensuring a client", function()
  it("creates one that is missing, with what was given and nothing else", function()
    local made = { id = 7, identifier = "exporter", name = "Exporter", secret = "canary",
      redirect_uri = { "https://a", "https://b" } }
    local transport = scripted.new { listing { id = 1, identifier = "other" },
      { status = 201, body = { client = made } } }
    local result = assert(ensure.client(transport, wanted))
    assert.is_true(result.changed)
    assert.same({ "create" }, result.actions)
    assert.equal(made, result.client)
    assert.equal("GET POST", methods(transport))
    assert.same({ client = wanted }, transport.calls[2].json)
    assert.matches('^created OAuth client "exporter" %(id 7%)\n', tostring(result))
    assert.is_nil(tostring(result):find("canary", 1, true))
  end)

  it("names a new one after its identifier, and leaves the name of one that is there", function()
    local bare = { identifier = "exporter" }
    local made = { id = 7, identifier = "exporter", name = "exporter" }
    local transport = scripted.new { listing(), { status = 201, body = { client = made } } }
    local result = assert(ensure.client(transport, bare))
    assert.same({ client = { identifier = "exporter", name = "exporter" } },
      transport.calls[2].json)
    assert.same({ {}, nil }, { result.ignored, bare.name })
    result = assert(ensure.client(scripted.new { listing() }, bare, { dry_run = true }))
    assert.matches('\n  name: "exporter"$', tostring(result))
    local other = { id = 9, identifier = "exporter", name = "Made meanwhile" }
    transport = scripted.new { listing(), TAKEN, listing(other) }
    result = assert(ensure.client(transport, bare))
    assert.is_false(result.changed)
    assert.equal("GET POST GET", methods(transport))
  end)

  it("changes nothing where all is as wanted, whatever the order of redirect URIs", function()
    local present = { id = 7, identifier = "exporter", name = "Exporter", company = "Acme",
      redirect_uri = { "https://b", "https://a" } }
    local transport = scripted.new { listing(present) }
    local result = assert(ensure.client(transport, wanted))
    assert.is_false(result.changed)
    assert.same({}, result.actions)
    assert.same({}, result.diff)
    assert.equal(present, result.client)
    assert.equal('OAuth client "exporter" (id 7) is as wanted', tostring(result))
  end)

  it("updates the fields that differ and no others", function()
    local present = { id = 7, identifier = "exporter", name = "Old",
      redirect_uri = { "https://a", "https://b" } }
    local transport = scripted.new { listing(present), { body = { client = {
      id = 7, identifier = "exporter", name = "Exporter", redirect_uri = present.redirect_uri,
    } } } }
    local result = assert(ensure.client(transport, wanted))
    assert.equal("PUT", transport.calls[2].method)
    assert.equal("/api/v2/oauth/clients/7", transport.calls[2].path)
    assert.same({ client = { name = "Exporter" } }, transport.calls[2].json)
    assert.same({ "update" }, result.actions)
    assert.equal("Exporter", result.client.name)
    assert.matches('^updated OAuth client.*\n  name: "Old" → "Exporter"', tostring(result))
  end)

  it("sends only GETs in a dry run, and says what would be done", function()
    local transport = scripted.new { listing() }
    local result = assert(ensure.client(transport, wanted, { dry_run = true }))
    assert.equal("GET", methods(transport))
    assert.is_true(result.changed)
    assert.is_nil(result.client)
    assert.matches('^would create OAuth client "exporter"\n.*\n  name: "Exporter"\n',
      tostring(result))
    transport = scripted.new { listing { id = 7, identifier = "exporter", name = "Old" } }
    result = assert(ensure.client(transport, wanted, { dry_run = true }))
    assert.equal("GET", methods(transport))
    assert.matches('would update OAuth client "exporter" %(id 7%)', tostring(result))
  end)

  it("takes the client of a process that was faster", function()
    local other = { id = 9, identifier = "exporter", name = "Exporter",
      redirect_uri = wanted.redirect_uri }
    local transport = scripted.new { listing(), TAKEN, listing(other) }
    local result = assert(ensure.client(transport, wanted))
    assert.is_false(result.changed)
    assert.equal(9, result.client.id)
  end)

  it("returns the refusal where the client is still not there", function()
    local transport = scripted.new { listing(), TAKEN, listing() }
    local result, err = ensure.client(transport, wanted)
    assert.is_nil(result)
    assert.equal(422, err.status)
    assert.equal("GET POST GET", methods(transport))
  end)

  it("creates anew a client that was deleted meanwhile", function()
    local transport = scripted.new {
      listing { id = 7, identifier = "exporter", name = "Old" }, { status = 404, body = {} },
      listing(), { status = 201, body = { client = { id = 8, identifier = "exporter",
        name = "Exporter", redirect_uri = wanted.redirect_uri } } },
    }
    local result = assert(ensure.client(transport, wanted))
    assert.same({ "create" }, result.actions)
    assert.equal(8, result.client.id)
  end)

  it("looks again where the answer to its own request was lost, and tells of the secret", function()
    local made = { id = 9, identifier = "exporter", name = "Exporter",
      redirect_uri = wanted.redirect_uri }
    local lost = errors.new("timeout", "too slow", { ambiguous = true })
    local transport = scripted.new { listing(), { error = lost }, listing(made) }
    local result = assert(ensure.client(transport, wanted))
    assert.equal(9, result.client.id)
    assert.is_true(result.secret_unseen)
    transport = scripted.new { listing(), { error = lost }, listing(),
      { status = 201, body = { client = made } } }
    result = assert(ensure.client(transport, wanted))
    assert.is_nil(result.secret_unseen)
  end)

  it("says which fields the server did not take over, and does not call that a change", function()
    local present = { id = 7, identifier = "exporter", name = "Exporter" }
    local transport = scripted.new { listing(present), { body = { client = present } } }
    local result = assert(ensure.client(transport,
      { identifier = "exporter", name = "Exporter", brand_new = 1 }))
    assert.is_false(result.changed)
    assert.same({ "brand_new" }, result.ignored)
  end)

  it("gives up after a few rounds of conflicts", function()
    local transport = scripted.new(function(call)
      return call.method == "GET" and listing() or { status = 409, body = { error = "Conflict" } }
    end)
    local result, err = ensure.client(transport, wanted)
    assert.is_nil(result)
    assert.equal("conflict", err.kind)
    assert.is_true(#transport.calls <= 8)
  end)

  it("returns errors of the list and of the write at once", function()
    local _, err = ensure.client(scripted.new { { status = 403, body = {} } }, wanted)
    assert.equal("forbidden", err.kind)
    _, err = ensure.client(scripted.new { listing(), { status = 403, body = {} } }, wanted)
    assert.equal("forbidden", err.kind)
    _, err = ensure.client(scripted.new { listing(), { body = true } }, wanted)
    assert.equal("decode", err.kind)
  end)

  it("takes one redirect URI for a list of one", function()
    local transport = scripted.new { listing(), { body = { client = { id = 1 } } } }
    assert(ensure.client(transport, { identifier = "x", redirect_uri = "https://a" }))
    assert.same({ "https://a" }, transport.calls[2].json.client.redirect_uri)
  end)

  it("refuses mistakes before anything is sent", function()
    local function refused(pattern, ...)
      local ok, message = pcall(ensure.client, scripted.new {}, ...)
      assert.is_false(ok)
      assert.matches(pattern, message)
    end
    refused("wanted: table expected", "exporter")
    refused("needs an identifier", { name = "x" })
    refused("'secret'", { identifier = "x", secret = "canary" })
    refused("did you mean 'dry_run'", wanted, { dryrun = true })
  end)
end)
