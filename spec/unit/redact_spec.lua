local redact = require "zendesk.redact"

describe("redact", function()
  it("hides what looks like a credential", function()
    for _, text in ipairs {
      "Authorization: Bearer canary.token-1", "bearer canary", "Basic Y2FuYXJ5canary=",
      'access_token="canary"', "token=canary&x=1", '{"client_secret": "canary"}',
      "password: canary", "you sent canary" .. ("0a"):rep(30),
    } do
      assert.not_matches("canary", redact.clean(text), text)
      assert.matches("[redacted]", redact.clean(text), 1, true)
    end
  end)

  it("keeps ordinary words, ids and times", function()
    for _, text in ipairs {
      "Record validation errors (name: cannot be blank)", "ticket 1234567890123456789",
      "2026-11-25T05:14:00Z", "https://example.com/a/path/of/forty/characters/and/9/more",
      "a_very_long_name_of_a_field_without_any_digit_in_it",
    } do
      assert.equal(text, redact.clean(text))
    end
  end)

  it("makes one line of bounded length that is whole UTF-8", function()
    assert.equal("a b c", redact.clean "  a\n b\t\0c ")
    for shift = 0, 3 do
      local cut = redact.clean(("x"):rep(shift) .. ("€"):rep(1000))
      assert.is_true(#cut <= 403)
      assert.is_truthy(utf8.len(cut))
    end
  end)

  it("hides a segment that lets anybody in, however short it is", function()
    assert.equal("/attachments/token/[redacted]/", redact.path "/attachments/token/canary/?name=a")
    assert.equal("/api/v2/uploads/[redacted]", redact.path "/api/v2/uploads/canary")
    assert.equal("https://a.example/attachments/token/[redacted]/",
      redact.location "https://a.example/attachments/token/canary/?name=a")
    assert.equal("/api/v2/uploads.json", redact.path "/api/v2/uploads.json")
  end)

  it("hides long opaque segments of a path", function()
    assert.equal("/api/v2/uploads/[redacted]",
      redact.path("/api/v2/uploads/" .. ("k"):rep(40) .. "?token=canary"))
    assert.equal("/api/v2/tickets/9223372036854775807",
      redact.path "/api/v2/tickets/9223372036854775807")
  end)
end)
