-- The two ways in which the pipeline empties a transfer: its header block as one string, and all of
-- a usual reply in one call.

local exchange = require "spec.support.exchange"
local raw_server = require "spec.support.raw_server"

describe("a transfer", function()
  local server, wire

  local function play(status, body, headers)
    server = raw_server.start { { { "read" }, { "reply", status, body, headers } } }
    wire = exchange.open { base_url = server.base_url, access_token = "test-token" }
    return wire:call {}
  end

  after_each(function()
    if wire then wire:close() end
    if server then server:stop() end
    wire, server = nil, nil
  end)

  it("gives its header block as it came", function()
    local transfer = play(404, "", { ["X-One"] = "1", ["x-TWO"] = "2" })
    local head = transfer:head()
    assert.matches("\nX-One: 1\r\n", head, 1, true)
    assert.matches("\nx-TWO: 2\r\n", head, 1, true)
    assert.is_false(#transfer:body() > 0)
    transfer:close()
    assert.has_error(function() transfer:head() end)
  end)

  it("hands a success with JSON out whole, and is closed then", function()
    local transfer = play(201, '{"id":9007199254740993}', { ["X-One"] = "1" })
    local status, head, value = transfer:take()
    assert.equal(201, status)
    assert.matches("X-One: 1", head, 1, true)
    assert.same({ id = 9007199254740993 }, value)
    assert.equal("zendesk transfer (closed)", tostring(transfer))
    assert.has_error(function() transfer:take() end)
  end)

  it("hands an array out, too", function()
    local _, _, value = play(200, "[1,[2]]"):take()
    assert.same({ 1, { 2 } }, value)
  end)

  for name, reply in pairs {
    ["an error"] = { 422, '{"error":"RecordInvalid"}' },
    ["a redirect"] = { 302, '{"a":1}' },
    ["an empty body"] = { 200, "" },
    ["a bare value"] = { 200, "42" },
    ["a text"] = { 200, "hello" },
    ["broken JSON"] = { 200, '{"a":' },
  } do
    it("leaves a reply with " .. name .. " as it is", function()
      local transfer = play(reply[1], reply[2])
      assert.equal(0, select("#", transfer:take()))
      assert.equal(reply[1], (transfer:outcome()))
      assert.equal(reply[2], transfer:body())
    end)
  end

  it("hands nothing out of a reply that was cut off", function()
    server = raw_server.start { {
      { "read" }, { "send", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":1}" }, { "close" },
    } }
    wire = exchange.open { base_url = server.base_url, access_token = "test-token" }
    local transfer = wire:call {}
    assert.equal(0, select("#", transfer:take()))
    assert.is_nil((transfer:outcome()))
  end)
end)
