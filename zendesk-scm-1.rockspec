rockspec_format = "3.0"
package = "zendesk"
version = "scm-1"

-- `luarocks make` builds the checkout it stands in; the address is a place-holder until there is a
-- public one.
source = {
  url = "git+https://example.invalid/lua-zendesk.git",
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
  "lua-cjson >= 2.1.0", -- the sandbox and the command line; the client brings its own JSON
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
}
