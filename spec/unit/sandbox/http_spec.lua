local http = require "zendesk.sandbox.http"

local POST = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello"
local CHUNKED = "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
  .. "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n"
local GET = "GET /d HTTP/1.1\r\nHost: x\r\n\r\n"

local function read_all(reader)
  local list = {}
  while true do
    local request, status = reader:next()
    if status then return list, status end
    if not request then return list end
    list[#list + 1] = request
  end
end

local function read(bytes)
  local reader = http.reader()
  reader:feed(bytes)
  return read_all(reader)
end

describe("the sandbox's HTTP reader", function()
  local function check(list)
    assert.equal(3, #list)
    assert.equal("POST", list[1].method)
    assert.equal("/a", list[1].path)
    assert.equal("b=c", list[1].query)
    assert.equal("hello", list[1].body)
    assert.equal("1, 2", list[1].headers["x-a"])
    assert.equal("hello world", list[2].body)
    assert.equal("/d", list[3].path)
    assert.equal("", list[3].body)
  end

  it("takes requests apart that come together", function()
    check(read(POST .. CHUNKED .. GET))
  end)

  it("puts requests together that come byte by byte", function()
    local reader, list = http.reader(), {}
    for byte in (POST .. CHUNKED .. GET):gmatch "." do
      reader:feed(byte)
      for _, request in ipairs(read_all(reader)) do list[#list + 1] = request end
    end
    check(list)
    assert.is_false(reader:is_partial())
  end)

  it("puts requests together that come in two pieces, wherever they are cut", function()
    local bytes = POST .. CHUNKED .. GET
    for cut = 1, #bytes - 1 do
      local reader = http.reader()
      reader:feed(bytes:sub(1, cut))
      local list = read_all(reader)
      reader:feed(bytes:sub(cut + 1))
      for _, request in ipairs(read_all(reader)) do list[#list + 1] = request end
      check(list)
    end
  end)

  it("takes absolute targets and skips empty lines between requests", function()
    local list = read("\r\n\r\nGET http://127.0.0.1:80/x?y HTTP/1.1\r\n\r\n\r\n" .. GET)
    assert.equal("/x", list[1].path)
    assert.equal("y", list[1].query)
    assert.equal(2, #list)
  end)

  it("keeps connections as the versions demand", function()
    local function keeps(version, connection)
      local line = connection and "Connection: " .. connection .. "\r\n" or ""
      return read("GET / HTTP/1." .. version .. "\r\n" .. line .. "\r\n")[1].keep_alive
    end
    assert.is_true(keeps(1))
    assert.is_false(keeps(1, "close"))
    assert.is_false(keeps(0))
    assert.is_true(keeps(0, "Keep-Alive"))
  end)

  it("asks once for a body that waits for 100 Continue", function()
    local reader = http.reader()
    reader:feed "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert.is_nil((reader:next()))
    assert.is_true(reader:wants_continue())
    assert.is_false(reader:wants_continue())
    reader:feed "ok"
    assert.equal("ok", reader:next().body)
  end)

  it("gives up on what is no HTTP", function()
    for bytes, wanted in pairs {
      ["GET /\r\n\r\n"] = 400, ["GET / HTTP/2\r\n\r\n"] = 400, [" GET / HTTP/1.1\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nA : b\r\n\r\n"] = 400, ["GET / HTTP/1.1\r\n folded\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"] = 400,
      ["GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n"] = 400,
      ["GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n"] = 400,
      ["GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff0\r\n"] = 413,
      [("x"):rep(70000)] = 431,
    } do
      local list, status = read(bytes)
      assert.equal(0, #list)
      assert.equal(wanted, status)
    end
  end)
end)

describe("the sandbox's HTTP writer", function()
  local request = { method = "GET", keep_alive = true, headers = {} }

  it("frames bodies by their length", function()
    local bytes = http.write({ status = 200, headers = { "A: b" }, body = "hello" }, request)
    assert.equal("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello", bytes)
  end)

  it("writes no body for HEAD, 204 and 304", function()
    local head = { method = "HEAD", keep_alive = true, headers = {} }
    local bytes = http.write({ status = 200, headers = {}, body = "hello" }, head)
    assert.equal("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", bytes)
    for _, status in ipairs { 204, 304 } do
      bytes = http.write({ status = status, headers = {}, body = "hello" }, request)
      assert.matches("\r\n\r\n$", bytes)
      assert.is_nil(bytes:find("Content-Length", 1, true))
    end
  end)

  it("says when it will close, and when it will not although it might", function()
    local closing = { method = "GET", keep_alive = false, headers = {} }
    local keeping = { method = "GET", keep_alive = true, headers = { connection = "keep-alive" } }
    local reply = { status = 299, headers = {}, body = "" }
    assert.is_truthy(http.write(reply, closing):find("Connection: close", 1, true))
    assert.is_truthy(http.write(reply, keeping):find("Connection: keep-alive", 1, true))
    assert.matches("^HTTP/1.1 299 Status\r\n", http.write(reply, request))
  end)
end)
