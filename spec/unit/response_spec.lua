local fake_driver = require "spec.support.fake_driver"
local response = require "zendesk.response"
local response_text = require "zendesk.response_text"

local HEAD = "HTTP/1.1 200 OK\r\nX-Request-Id: r-1\r\nContent-Type:application/json \r\n"
  .. "Vary: a\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nvary: b\r\nEmpty:\r\n\r\n"

-- A finished transfer with a body.
local function transfer(content_type, body)
  local driver = fake_driver.new():reply {
    headers = content_type and { ["Content-Type"] = content_type } or {}, body = body,
  }
  return driver:submit(nil, { method = "GET", path = "/" })
end

local function decode(content_type, body)
  return response_text.decode(transfer(content_type, body), true)
end

describe("a response", function()
  local reply = response.new(200, HEAD, 2)

  it("finds a header in any case, the last one of several", function()
    assert.equal("r-1", reply:header "X-REQUEST-ID")
    assert.equal("b", reply:header "Vary")
    assert.equal("application/json", reply:header "content-type")
    assert.equal("", reply:header "empty")
    assert.is_nil(reply:header "x-request")
    assert.is_nil(reply:header "")
  end)

  it("reads a value of thousands of spaces", function()
    local value = "a" .. (" "):rep(60000) .. "b"
    local long = response.new(500, "HTTP/1.1 500 Oh\r\nX-Request-Id: " .. value .. " \r\n\r\n")
    assert.equal(value, long:header "x-request-id")
    assert.same({ ["x-request-id"] = value }, long.headers)
  end)

  it("gives all headers, repeated ones joined", function()
    assert.same({
      ["x-request-id"] = "r-1", ["content-type"] = "application/json", vary = "a, b", empty = "",
      date = "Sun, 06 Nov 1994 08:49:37 GMT",
    }, reply.headers)
    assert.equal(reply.headers, reply.headers)
  end)

  it("names the request by the id of Zendesk, or of its edge", function()
    assert.equal("r-1", reply.request_id)
    assert.equal("ray", response.new(200, "HTTP/2 200\r\nCF-Ray: ray\r\n\r\n", 1).request_id)
    assert.is_nil(response.new(200, "", 1).request_id)
  end)

  it("takes no words and no credential for an id", function()
    local uuid = "0a1b2c3d-0a1b-2c3d-4e5f-0123456789ab"
    local function id_of(value)
      local head = ("HTTP/2 200\r\nX-Request-Id: %s\r\nCF-Ray: ray\r\n\r\n"):format(value)
      return response.new(200, head).request_id
    end
    assert.equal(uuid, id_of(uuid))
    assert.equal("ray", id_of(("0a"):rep(20)))
    assert.equal("ray", id_of("canary of words"))
    assert.equal("ray", id_of "")
  end)

  it("has status, attempts and the server's date, and nothing else", function()
    assert.equal(200, reply.status)
    assert.equal(2, reply.attempts)
    assert.equal("Sun, 06 Nov 1994 08:49:37 GMT", reply.date)
    assert.is_nil(reply.anything)
    assert.equal("zendesk.Response (status 200)", tostring(reply))
  end)
end)

describe("a body", function()
  it("that is an object or an array is decoded whatever its type says", function()
    for _, content_type in ipairs { "application/json; charset=x", "text/plain", "text/html" } do
      assert.same({ a = 1 }, decode(content_type, '{"a":1}'))
      assert.same({ 1, 2 }, decode(content_type, " [1,2]"))
    end
    assert.same({ a = 1 }, decode(nil, '{"a":1}'))
  end)

  it("that is a bare value is decoded where the type says JSON", function()
    assert.equal(42, decode("application/json", "42"))
    assert.equal("42", decode("text/plain", "42"))
    assert.equal("42", decode(nil, "42"))
  end)

  it("that is absent, or white space, is true", function()
    assert.is_true(decode("application/json", ""))
    assert.is_true(decode("text/plain", " "))
  end)

  it("that is text is a string", function()
    assert.equal("id,name\n1,x", decode("text/csv", "id,name\n1,x"))
    assert.equal("[draft] hello", decode("text/csv", "[draft] hello"))
    assert.equal("ok", decode("text/plain", "ok"))
    for _, text in ipairs { "[draft] hello", "{{ticket.id}} was closed", "[1] a list", "{", "[" } do
      assert.equal(text, decode("text/plain; charset=utf-8", text))
      assert.equal(text, decode(nil, text))
    end
  end)

  it("that is a web page is an error with its first words", function()
    local value, problem = decode("text/html; charset=utf-8",
      "<html><title>Maintenance</title><body>token=canary</body></html>")
    assert.is_nil(value)
    assert.equal("the reply is a web page instead of JSON: Maintenance", problem)
    assert.is_nil((decode("text/plain", "<!DOCTYPE html><p>hello</p>")))
    assert.is_nil((decode(nil, "\n<html>x</html>")))
  end)

  it("that is a web page is a string where something else was asked for", function()
    assert.equal("<html>x</html>",
      response_text.decode(transfer("text/html", "<html>x</html>"), false))
  end)

  it("that is XML is a string", function()
    assert.equal("<?xml version='1.0'?><a/>",
      decode("application/xml", "<?xml version='1.0'?><a/>"))
  end)

  it("that is broken JSON is an error that quotes nothing", function()
    for _, content_type in ipairs {
      "application/json", "text/plain", "application/octet-stream",
    } do
      local value, problem = decode(content_type, '{"token":"canary')
      assert.is_nil(value)
      assert.matches("no well-formed JSON", problem, 1, true)
      assert.not_matches("canary", problem)
      assert.is_nil((decode(content_type, ' [ {"token":"canary')))
    end
    assert.is_nil((decode("application/json", "oops")))
  end)
end)
