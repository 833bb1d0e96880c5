-- Compressed replies: decoded by libcurl, counted after decompression.

local exchange = require "spec.support.exchange"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local function compressed(text)
  local result = process.run({ "gzip", "-c" }, { stdin = text })
  assert(result.status == 0, result.stderr)
  return result.stdout
end

local function outcome_of(body, encoding, request)
  local server <close> = raw_server.start {
    { { "read" }, { "reply", 200, body, { ["Content-Encoding"] = encoding } } },
  }
  local wire <close> = exchange.open { base_url = server.base_url }
  return wire:outcome(request or {}), server:requests()[1]
end

describe("a compressed reply", function()
  local text = '{"numbers":[' .. ("1234567890,"):rep(10000) .. "0]}"

  it("is asked for and decoded", function()
    local outcome, request = outcome_of(compressed(text), "gzip")
    assert.are.equal(200, outcome.status)
    assert.are.equal(text, outcome.transfer:body())
    assert.are.equal(#text, outcome.transfer:size())
    assert.is_truthy(request:find("\r\nAccept%-Encoding: [^\r]*gzip"))
  end)

  it("may be longer than max_body on the wire as long as its content is not", function()
    local outcome = outcome_of(compressed "abc", "gzip", { max_body = 3 })
    assert.are.equal(200, outcome.status)
    assert.are.equal("abc", outcome.transfer:body())
  end)

  it("is given up when its content exceeds max_body", function()
    local bomb = compressed(("\0"):rep(20000000))
    assert.is_true(#bomb < 100000)
    local outcome = outcome_of(bomb, "gzip", { max_body = 1000000 })
    assert.are.equal("too_large", outcome.kind)
  end)

  it("is a decode error when it is damaged", function()
    local damaged = compressed(text)
    damaged = damaged:sub(1, 200) .. ("\255"):rep(50) .. damaged:sub(251)
    assert.are.equal("decode", outcome_of(damaged, "gzip").kind)
  end)

  it("is a decode error when it is not compressed at all", function()
    assert.are.equal("decode", outcome_of('{"ok":true}', "gzip").kind)
  end)

  it("is a decode error in a coding that nobody asked for", function()
    assert.are.equal("decode", outcome_of('{"ok":true}', "compress").kind)
  end)
end)
