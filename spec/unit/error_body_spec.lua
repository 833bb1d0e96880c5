local error_body = require "zendesk.error_body"

local function parse(value)
  return error_body.parse(value, "")
end

describe("error_body reads", function()
  it("the grants' errors", function()
    assert.same({ code = "invalid_grant", message = "The code has expired." },
      parse { error = "invalid_grant", error_description = "The code has expired." })
  end)

  it("validation errors, with the fields in the sentence", function()
    local details = {
      identifier = {
        { description = "Identifier: has already been taken", error = "DuplicateValue" },
      },
      name = { { description = "Name: cannot be blank", error = "BlankValue" } },
    }
    assert.same({
      code = "RecordInvalid", details = details,
      message = "Record validation errors (identifier: Identifier: has already been taken; "
        .. "name: Name: cannot be blank)",
    }, parse {
      error = "RecordInvalid", description = "Record validation errors", details = details,
    })
  end)

  it("details that are strings, lists of strings, and nested maps", function()
    assert.equal("no (a: x; b: y, z; c: d: e)", parse {
      error = "RecordInvalid", description = "no",
      details = { a = "x", b = { "y", "z" }, c = { d = { e = nil, "e" } } },
    }.message)
  end)

  it("details that never end", function()
    local cycle = {}
    cycle.x = cycle
    assert.equal("no",
      parse { error = "RecordInvalid", description = "no", details = cycle }.message)
  end)

  it("an object with title and message", function()
    assert.same({ code = "Forbidden", message = "You do not have access to this page." },
      parse { error = { title = "Forbidden", message = "You do not have access to this page." } })
    assert.equal("No help desk at acme",
      parse { error = { title = "No help desk at acme" } }.message)
  end)

  it("the gateway's list", function()
    local list = {
      { code = "TooManyRequests", title = "Too many requests", detail = "10 per minute" },
      { code = "Other", title = "More" },
    }
    assert.same({
      code = "TooManyRequests", message = "Too many requests: 10 per minute; More", details = list,
    }, parse { errors = list })
  end)

  it("lists of strings, and lists by field", function()
    assert.equal("one; two", parse { errors = { "one", "two" } }.message)
    assert.equal("title: is too long", parse { errors = { title = { "is too long" } } }.message)
    assert.equal("just so", parse { errors = "just so" }.message)
  end)

  it("a code with a description", function()
    assert.same({ code = "RecordNotFound", message = "Not found" },
      parse { error = "RecordNotFound", description = "Not found" })
  end)

  it("a sentence in place of a code", function()
    assert.same({ message = "Couldn't authenticate you" },
      parse { error = "Couldn't authenticate you" })
    assert.same({ message = "Create Failed: the view has no title" },
      parse { error = "Create Failed", description = "the view has no title" })
  end)

  it("a bare word", function()
    assert.same({ code = "Forbidden", message = "Forbidden" }, parse { error = "Forbidden" })
  end)

  it("message, description and code by themselves", function()
    assert.equal("gone", parse { message = "gone" }.message)
    assert.equal("gone", parse { description = "gone" }.message)
    assert.same({ code = "E42", message = "E42" }, parse { code = "E42" })
  end)

  it("numbers where words are expected", function()
    assert.equal("1234", parse { error = 1234, description = "no" }.code)
  end)

  it("nothing out of shapes that nobody knows", function()
    assert.same({}, parse {})
    assert.same({}, parse { tickets = {} })
    assert.same({}, parse { error = true, errors = true })
    assert.same({}, parse { error = "" })
    assert.same({}, parse { error = {} })
  end)

  it("a JSON string", function()
    assert.equal("Not found", parse("Not found").message)
  end)

  it("HTML of nothing but spaces, which must not take minutes", function()
    assert.is_nil(error_body.parse(nil, "<title>" .. (" "):rep(4090)).message)
    assert.is_nil(error_body.parse(nil, "<html>" .. (" "):rep(4080)).message)
    assert.equal("a", error_body.parse(nil, "<title>" .. (" "):rep(2000) .. "a </title>").message)
    assert.equal("b", error_body.parse(nil, "<title> </title><p>b" .. (" "):rep(2000)).message)
  end)

  it("plain text, HTML and nothing", function()
    assert.equal("Rate limited", error_body.parse(nil, "  Rate limited\n").message)
    assert.equal("502 Bad Gateway", error_body.parse(nil,
      "<html>\r\n<head><title>502 Bad Gateway</title></head><body>x</body></html>").message)
    assert.equal("Sorry, down.", error_body.parse(nil,
      "<!doctype html><style>p{}</style><script>a<b</script><p>Sorry, down.</p>").message)
    assert.is_nil(error_body.parse(nil, "").message)
    assert.is_nil(error_body.parse(nil, " \n ").message)
  end)

  it("a megabyte of text without reading it all", function()
    assert.equal(4096, #error_body.parse(nil, ("x"):rep(2 ^ 20)).message)
  end)

  it("the scopes of which one is missing", function()
    assert.same({ "groups:read", "read" }, error_body.missing_scopes(
      "You are missing the following required scopes: groups:read, read"))
    assert.same({ "write" }, error_body.missing_scopes "missing required scope: write")
    assert.is_nil(error_body.missing_scopes "You do not have access to this page.")
    assert.is_nil(error_body.missing_scopes(nil))
  end)
end)
