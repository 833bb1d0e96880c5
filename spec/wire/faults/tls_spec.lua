-- Servers whose TLS is not to be trusted, as a program on top of the whole library sees them.

local faults = require "spec.support.faults"
local raw_server = require "spec.support.raw_server"
local tls_server = require "spec.support.tls_server"

describe("a TLS server #tls", function()
  local provoke = faults.area "A TLS server"

  local function outcome_of(options, call)
    local server <close> = tls_server.start(options)
    local zd <close> = faults.connect(server.base_url, { ca_file = server.ca_file, timeout = 5 })
    return faults.describe(zd:request("POST", "/api/v2/x", call or { json = {} }))
  end

  for kind, what in pairs {
    expired = "with an expired certificate", self_signed = "with a self-signed certificate",
    wrong_host = "with a certificate of another host",
  } do
    provoke(what, "tls, not sent, final", function()
      return outcome_of { certificate = kind }
    end)
  end

  provoke("that speaks no more than TLS 1.1", "tls, not sent, repeatable", function()
    return outcome_of {
      protocols = "TLSv1 TLSv1.1", directives = "ssl_ciphers DEFAULT@SECLEVEL=0;",
    }
  end)

  provoke("of an authority that nobody trusts", "tls, not sent, final", function()
    local server <close> = tls_server.start()
    local zd <close> = faults.connect(server.base_url)
    return faults.describe(zd:post("/api/v2/x", { json = {} }))
  end)

  provoke("that cuts the handshake", "tls, not sent, repeatable", function()
    local cutting <close> = raw_server.start { { { "read_bytes", 1 }, { "close" } } }
    local zd <close> = faults.connect("https://127.0.0.1:" .. cutting.port)
    return faults.describe(zd:post("/api/v2/x", { json = {} }))
  end)

  provoke("that stalls in the handshake", "timeout, not sent, repeatable", function()
    local stalling <close> = raw_server.start { { { "hold" } } }
    local zd <close> = faults.connect("https://127.0.0.1:" .. stalling.port, { timeout = 0.3 })
    return faults.describe(zd:post("/api/v2/x", { json = {} }))
  end)

  provoke("that answers the handshake in plain HTTP", "tls, not sent, repeatable", function()
    local plain <close> = raw_server.start {
      { { "read_bytes", 1 }, { "reply", 200, "{}" }, { "hold" } },
    }
    local zd <close> = faults.connect("https://127.0.0.1:" .. plain.port)
    return faults.describe(zd:post("/api/v2/x", { json = {} }))
  end)

  provoke("that renews its certificate between two calls", "200, a table", function()
    local server <close> = tls_server.start()
    local zd <close> = faults.connect(server.base_url, { ca_file = server.ca_file })
    assert.equal("200, a table", faults.describe(zd:get "/api/v2/x"))
    server:renew()
    return faults.describe(zd:get "/api/v2/x")
  end)

  provoke("whose new certificate is of another host", "tls, not sent, final", function()
    local server <close> = tls_server.start { directives = "keepalive_timeout 0;" }
    local zd <close> = faults.connect(server.base_url, { ca_file = server.ca_file })
    assert.equal("200, a table", faults.describe(zd:get "/api/v2/x"))
    server:renew "wrong_host"
    local err
    for _ = 1, 100 do -- the old workers take a moment to leave
      local value
      value, err = zd:get "/api/v2/x"
      if value == nil then break end
      zd._transport.driver:sleep(0.05)
    end
    return faults.describe(nil, err)
  end)

  provoke("and a file of trust that is missing", "tls, not sent, final", function()
    local server <close> = tls_server.start()
    local zd <close> = faults.connect(server.base_url, { ca_file = "/nonexistent/ca.pem" })
    return faults.describe(zd:get "/api/v2/x")
  end)
end)
