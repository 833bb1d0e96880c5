rockspec_format = "3.0"
package = "zendesk"
version = "scm-1"

-- No address: this is for the checkout that it stands in, which `luarocks make` builds without
-- fetching anything. `make release` makes a rockspec of it that names its archive here.
source = {
  url = "git+file://.",
}

description = {
  summary = "Zendesk from Lua: API calls, OAuth clients and tokens, over libcurl",
  detailed = [[
A C transport on libcurl under a Lua library for the Zendesk Support API: creates and revokes OAuth
clients and tokens, renews expiring ones, follows lists, decodes JSON with exact 64-bit ids, and
brings a sandbox to test against.]],
  license = "MIT",
  labels = { "zendesk", "http", "oauth", "api", "curl" },
}

supported_platforms = { "unix" }

dependencies = {
  "lua ~> 5.4",
  -- The client needs no rock: its C module brings JSON and sockets. These are for the others.
  "lua-cjson >= 2.1.0", -- the sandbox
  "luasocket >= 3.1.0", -- the sandbox; logins with a browser
  "argparse >= 0.7.1", -- the command line
}

-- Only the libraries are named: a header such as curl/curl.h lies in a multiarch folder on Debian,
-- where LuaRocks does not look and the compiler does.
external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { library = "crypto" },
}

build = {
  type = "builtin",
  modules = {
    -- One translation unit: the same file that static hosts build, so there is no list to keep in step.
    ["zendesk.core"] = {
      sources = { "csrc/onezd.c" },
      incdirs = { "csrc", "$(CURL_INCDIR)", "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)", "$(CRYPTO_LIBDIR)" },
      libraries = { "curl", "crypto" },
    },
  },
  install = { bin = { "bin/zendesk" } },
}
