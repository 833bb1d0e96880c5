-- Memory that runs out in a call through TLS. `make torture` does the same without TLS, allocation
-- by allocation; here they are sampled.

local faults = require "spec.support.faults"
local paths = require "spec.support.paths"
local process = require "spec.support.process"
local tls_server = require "spec.support.tls_server"

describe("memory that runs out in a call through TLS #slow #tls", function()
  local provoke = faults.area "Memory that runs out"
  local program = paths.build .. "/torture/core_torture"
  local promised = "a clean error each time; then fine"
  local server

  setup(function()
    local built = process.make((os.getenv "ZENDESK_BUILD" or "build") .. "/torture/core_torture")
    assert.equal(0, built.status, built.stderr)
    -- Without sessions: where there is no memory for the note of one, libcurl 7.88 frees the name
    -- in it twice at the next one.
    server = tls_server.start {
      protocols = "TLSv1.2", directives = "ssl_session_tickets off; ssl_session_cache off;",
    }
  end)

  teardown(function() server:stop() end)

  local function torture(step, more)
    local result = process.run({ program, server.base_url, server.ca_file, more },
      { env = { TORTURE_STEP = step }, timeout = 300 })
    assert.equal("", result.stderr)
    assert.equal(0, result.status)
    local cycles = assert(result.stdout:match ", (%d+) cycles, 0 failed")
    assert.is_true(tonumber(cycles) >= 50)
    return promised
  end

  provoke("each third allocation of the core and of libcurl, once and for good", promised,
    function() return torture(3) end)

  provoke("each 151st allocation of OpenSSL, once and for good", promised,
    function() return torture(151, "openssl") end)
end)
