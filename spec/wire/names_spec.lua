-- A name that takes long to look up, while other calls of the same engine come and go. #tls

local process = require "spec.support.process"
local tls_server = require "spec.support.tls_server"

-- Stands before the C library's: looks slow.invalid up in SLOW milliseconds, as 127.0.0.1.
local RESOLVER = [[
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result) {
  int (*real)(const char *, const char *, const struct addrinfo *,
              struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
  if (node == NULL || strcmp(node, "slow.invalid") != 0)
    return real(node, service, hints, result);
  usleep(1000 * (unsigned)atoi(getenv("SLOW")));
  return real("127.0.0.1", service, hints, result);
}
]]

describe("a slow name lookup #tls", function()
  local server, directory, remove

  setup(function()
    directory, remove = process.temporary_directory()
    process.write_file(directory .. "/slow.c", RESOLVER)
    local built = process.run({ "sh", "-c",
      "${CC:-cc} -shared -fPIC -o slow.so slow.c -ldl" }, { cwd = directory })
    assert(built.status == 0, built.stderr)
    server = tls_server.start { http2 = true, directives = "keepalive_timeout 0;" }
  end)
  teardown(function()
    server:stop()
    remove()
  end)

  -- Seconds until the slow call ends; every 0.2 s another one opens a connection elsewhere.
  local function seconds_with(milliseconds, timeout)
    local result = process.run_lua([[
      local core = require "zendesk.core"
      local url, ca_file, timeout = ...
      local engine = core.engine {}
      local function get(base_url, seconds)
        local account = core.account { base_url = base_url, ca_file = ca_file }
        return engine:submit(account, { method = "GET", path = "/", timeout = seconds })
      end
      local began, others = core.monotonic(), 0
      local slow = get("https://slow.invalid:1", tonumber(timeout))
      while not slow:done() and others < 20 do
        local other, last = get(url, 5), core.monotonic()
        while not other:done() do engine:step(0.05) end
        assert(other:outcome() == 200)
        while not slow:done() and core.monotonic() - last < 0.2 do engine:step(0.05) end
        others = others + 1
      end
      print(core.monotonic() - began)
    ]], {
      args = { server.base_url, server.ca_file, tostring(timeout) },
      env = { SLOW = tostring(milliseconds), LD_PRELOAD = directory .. "/slow.so" },
    })
    assert(result.status == 0, result.stderr)
    return tonumber(result.stdout)
  end

  it("is not begun anew when another call opens a connection", function()
    assert.is_true(seconds_with(500, 10) < 1.5)
  end)

  it("does not put off the time limit of its call", function()
    assert.is_true(seconds_with(8000, 0.5) < 1.5)
  end)
end)
