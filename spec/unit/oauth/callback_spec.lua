local callback = require "zendesk.oauth.callback"

local FLOW = {
  state = "state-1234567890", verifier = "verifier", redirect_uri = "http://localhost:8080/cb",
}

local function code_of(answer)
  return callback.code(FLOW, answer)
end

describe("a callback", function()
  it("is read from the URL of the address bar", function()
    assert.equal("abc", code_of "http://localhost:8080/cb?code=abc&state=state-1234567890")
  end)

  it("is read from a URL that was pasted with white space and a fragment", function()
    assert.equal("abc", code_of "  http://localhost/cb?state=state-1234567890&code=abc#top\n")
  end)

  it("is read from a query string, with or without its question mark", function()
    assert.equal("abc", code_of "code=abc&state=state-1234567890")
    assert.equal("abc", code_of "?code=abc&state=state-1234567890")
  end)

  it("is read from a table of parameters", function()
    assert.equal("abc", code_of { code = "abc", state = "state-1234567890" })
  end)

  it("is decoded", function()
    assert.equal("a/b c+d", code_of "code=a%2Fb+c%2bd&state=state%2D1234567890")
  end)

  it("is refused with another state, and does not quote it", function()
    local code, err = code_of "code=abc&state=forged-state"
    assert.is_nil(code)
    assert.equal("oauth", err.kind)
    assert.equal("state_mismatch", err.code)
    assert.is_nil(tostring(err):find("forged-state", 1, true))
    assert.is_nil(tostring(err):find(FLOW.state, 1, true))
  end)

  it("is refused without a state", function()
    assert.equal("state_mismatch", select(2, code_of "code=abc").code)
    assert.equal("state_mismatch", select(2, code_of { code = "abc" }).code)
  end)

  it("is refused when a parameter comes twice", function()
    local _, err = code_of "code=abc&code=def&state=state-1234567890"
    assert.equal("invalid_callback", err.code)
    _, err = code_of "code=abc&state=forged&state=state-1234567890"
    assert.equal("invalid_callback", err.code)
  end)

  it("says so when it is not a callback at all", function()
    for _, text in ipairs {
      "", "https://acme.zendesk.com/", "http://localhost/cb?code=", ("x"):rep(20000), "&&==&%",
    } do
      local code, err = code_of(text)
      assert.is_nil(code)
      assert.truthy(err.remedy)
    end
  end)

  it("turns access_denied into an error that a program can compare", function()
    local code, err = code_of("error=access_denied&error_description=The+user+said+no"
      .. "&state=state-1234567890")
    assert.is_nil(code)
    assert.equal("oauth", err.kind)
    assert.equal("access_denied", err.code)
    assert.truthy(err.message:find("The user said no", 1, true))
  end)

  it("reports a refusal that came without its state", function()
    assert.equal("access_denied", select(2, code_of "error=access_denied").code)
  end)

  it("does not believe a refusal with another state", function()
    assert.equal("state_mismatch", select(2, code_of "error=access_denied&state=forged").code)
  end)

  it("keeps a description from outside on one line and short", function()
    local _, err = code_of { error = "server_error", state = FLOW.state,
      error_description = "two\r\nlines\27[31m" .. ("x"):rep(1000) }
    assert.is_nil(err.message:find "[%c]")
    assert.is_true(#err.message < 500)
  end)

  it("does not take a strange word for an error code", function()
    local _, err = code_of { error = "<script>", state = FLOW.state }
    assert.equal("invalid_callback", err.code)
  end)
end)
