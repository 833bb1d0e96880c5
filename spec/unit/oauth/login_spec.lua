local listener = require "zendesk.oauth.listener"
local login = require "zendesk.oauth.login"

describe("the place of a redirect URI", function()
  it("is its port and path on loopback", function()
    for uri, expected in pairs {
      ["http://localhost:8080/callback"] = { 8080, "/callback" },
      ["http://127.0.0.1:19186/"] = { 19186, "/" },
      ["http://[::1]:7000/a/b"] = { 7000, "/a/b" },
      ["http://localhost:8080"] = { 8080, "/" },
      ["http://localhost/cb"] = { 80, "/cb" },
      ["http://LOCALHOST:8080/cb?x=1"] = { 8080, "/cb" },
    } do
      local port, path = login.place(uri)
      assert.same(expected, { port, path }, uri)
    end
  end)

  it("is nowhere for an address that does not lead here", function()
    for _, uri in ipairs {
      "https://localhost:8080/cb", "http://example.com/cb", "http://localhost.example.com/cb",
      "http://localhost:99999/cb", "http://localhost:0/cb", "http://[::2]:80/", "nonsense",
      "http://127.0.0.1.example.com/", "http://localhost:80a/cb", "http://localhost:abc/cb",
      "http://[::1]cb:80/",
    } do
      assert.is_nil((login.place(uri)), uri)
    end
  end)
end)

describe("a request to the listener", function()
  local function status_of(head)
    local reply, query = listener.judge_head(head, "/cb")
    return reply and tonumber(reply:match "^HTTP/1.1 (%d+)"), query
  end

  it("is a GET of the path, with its query", function()
    local status, query = status_of "GET /cb?code=a&state=b HTTP/1.1\r\nHost: x\r\n\r\n"
    assert.is_nil(status)
    assert.equal("code=a&state=b", query)
  end)

  it("has an empty query when there is none", function()
    assert.equal("", select(2, status_of "GET /cb HTTP/1.1\r\n\r\n"))
  end)

  it("is not found anywhere else", function()
    for _, target in ipairs { "/", "/favicon.ico", "/cb/", "/cbx?code=a", "//cb", "*" } do
      assert.equal(404, (status_of("GET " .. target .. " HTTP/1.1\r\n\r\n")), target)
    end
  end)

  it("is refused with another method", function()
    assert.equal(405, (status_of "POST /cb?code=a HTTP/1.1\r\n\r\n"))
  end)

  it("is refused when it is not HTTP", function()
    assert.equal(400, (status_of "\22\3\1\2\0\r\n\r\n"))
    assert.equal(400, (status_of "GET /cb\r\n\r\n"))
  end)
end)
