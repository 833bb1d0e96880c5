local core = require "zendesk.core"

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

describe("core.sha256", function()
  it("gives 32 bytes, those of FIPS 180-2", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      hex(core.sha256 "abc"))
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      hex(core.sha256 ""))
    assert.equal(32, #core.sha256(("x"):rep(1000000)))
    assert.not_equal(core.sha256 "a\0b", core.sha256 "a")
  end)

  it("makes the challenge of RFC 7636, appendix B, with base64url", function()
    assert.equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      core.base64url(core.sha256 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
  end)
end)

describe("core.random", function()
  it("gives as many bytes as were asked for, others each time", function()
    for _, count in ipairs { 1, 16, 1000, 65536 } do assert.equal(count, #core.random(count)) end
    assert.not_equal(core.random(16), core.random(16))
  end)

  it("raises for a count that makes no sense", function()
    for _, count in ipairs { 0, -1, 65537, math.maxinteger, 1.5, "many", {} } do
      assert.has_error(function() core.random(count) end)
    end
    assert.has_error(function() core.random() end)
  end)
end)

describe("core.base64 and core.base64url", function()
  it("encode any bytes", function()
    assert.equal("", core.base64 "")
    assert.equal("AAEC/w==", core.base64 "\0\1\2\xff")
    assert.equal("AAEC_w", core.base64url "\0\1\2\xff")
  end)

  it("give back what was encoded", function()
    for length = 0, 100 do
      local bytes = length > 0 and core.random(length) or ""
      assert.equal(bytes, core.base64url_decode(core.base64url(bytes)))
    end
  end)

  it("decode nothing but canonical text", function()
    for _, text in ipairs { "A", "AB", "AAA=", "AA==", "AA A", "AA\n", "+/8", "é", "AAAA\0" } do
      assert.is_nil(core.base64url_decode(text))
    end
  end)
end)

describe("core.equal", function()
  it("is true for the same bytes only", function()
    assert.is_true(core.equal("", ""))
    assert.is_true(core.equal("a\0b", "a\0b"))
    assert.is_false(core.equal("a\0b", "a\0c"))
    assert.is_false(core.equal("abc", "ab"))
    assert.is_false(core.equal("abc", "Abc"))
  end)
end)

describe("The digest functions", function()
  it("raise for anything but strings, numbers included", function()
    for _, name in ipairs { "sha256", "base64", "base64url", "base64url_decode" } do
      for _, value in ipairs { 1, 1.5, true, {}, print } do
        assert.has_error(function() core[name](value) end)
      end
      assert.has_error(function() core[name]() end)
    end
    assert.has_error(function() core.equal("1", 1) end)
    assert.has_error(function() core.equal "1" end)
  end)
end)
