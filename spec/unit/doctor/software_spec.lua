local software = require "zendesk.doctor.software"

local function told(versions, cjson)
  local texts = {}
  for place, finding in ipairs(software.judge(versions, cjson)) do
    texts[place] = finding.level .. " " .. finding.text
  end
  return table.concat(texts, "\n")
end

local CURRENT = { curl = "8.14.1", ssl = "OpenSSL/3.5.4", features = { http2 = true } }

describe("the known defects", function()
  it("are none for current versions", function()
    local text = told(CURRENT)
    assert.matches("good libcurl 8.14.1: no known defect", text, 1, true)
    assert.matches("good OpenSSL 3.5.4: no known defect", text, 1, true)
    assert.is_nil(text:find("note", 1, true))
  end)

  it("of the libcurl and OpenSSL of Debian 12 are told", function()
    local text = told { curl = "7.88.1", ssl = "OpenSSL/3.0.17", features = { http2 = true } }
    assert.matches("note libcurl 7.88.1: a SOCKS5 proxy", text, 1, true)
    assert.matches("note OpenSSL 3.0.17: its makers stopped maintaining it in September 2026", text,
      1, true)
  end)

  it("begin and end where they should", function()
    assert.is_nil(told { curl = "8.4.0", ssl = "OpenSSL/3.5.4" }:find("SOCKS", 1, true))
    assert.matches("SOCKS", told { curl = "8.3.0", ssl = "OpenSSL/3.5.4" })
    assert.matches("not safe among threads", told { curl = "7.81.0", ssl = "OpenSSL/3.5.4" })
    assert.is_nil(told { curl = "7.68.0", ssl = "OpenSSL/3.5.4" }:find("SOCKS", 1, true))
    assert.matches("problem OpenSSL 1.0.2u", told { curl = "8.14.1", ssl = "OpenSSL/1.0.2u" })
    assert.matches("warning OpenSSL 1.1.1w", told { curl = "8.14.1", ssl = "OpenSSL/1.1.1w" })
  end)

  it("of lua-cjson 2.1.0 are told where it is installed", function()
    assert.matches("note lua%-cjson 2%.1%.0: it rounds", told(CURRENT, "2.1.0"))
    assert.is_nil(told(CURRENT, "2.1.0.10"):find("cjson", 1, true))
    assert.is_nil(told(CURRENT):find("cjson", 1, true))
  end)

  it("include what is missing from the build", function()
    assert.matches("no HTTP/2", told { curl = "8.14.1", ssl = "OpenSSL/3.5.4", features = {} })
    assert.matches("TLS is done by GnuTLS/3", told { curl = "8.14.1", ssl = "GnuTLS/3.7.9" })
    assert.matches("an unknown library", told { curl = "8.14.1" })
  end)
end)
