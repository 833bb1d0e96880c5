local page = require "zendesk.oauth.page"

describe("a page of the login", function()
  it("tells that the window may be closed", function()
    assert.truthy(page.success():find("You may close this window", 1, true))
    assert.truthy(page.success():find("^HTTP/1.1 200 OK\r\n"))
  end)

  it("escapes what came from outside", function()
    local reply = page.failure "<script>alert(\"1\" & '2')</script>"
    assert.is_nil(reply:find("<script>", 1, true))
    assert.truthy(reply:find("&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)", 1, true))
  end)

  it("counts its bytes, and is neither kept nor framed nor referred to", function()
    local head, body = page.success():match "^(.-)\r\n\r\n(.*)$"
    assert.equal(#body, tonumber(head:match "Content%-Length: (%d+)"))
    for _, header in ipairs {
      "Cache-Control: no-store", "Content-Security-Policy: default-src 'none'",
      "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff", "Connection: close",
    } do
      assert.truthy(head:find(header, 1, true), header)
    end
  end)

  it("survives a percent sign in a message", function()
    assert.truthy(page.failure("100 %s"):find("100 %s", 1, true))
  end)
end)
