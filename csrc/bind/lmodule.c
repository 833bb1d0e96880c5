/* lmodule: zendesk.core, the one symbol that the shared object exports. */
#include "../core/clock.h"
#include "../core/global.h"
#include "../zendesk.h"
#include "ldigest.h"
#include "lfile.h"
#include "ljson.h"
#include "lzd.h"

#if defined(_WIN32)
#define LZD_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define LZD_EXPORT __attribute__((visibility("default")))
#else
#define LZD_EXPORT
#endif

LZD_EXPORT int luaopen_zendesk_core(lua_State *L);

static int module_monotonic(lua_State *L) {
  lua_pushnumber(L, zd_clock_monotonic());
  return 1;
}

static int module_time(lua_State *L) {
  lua_pushnumber(L, zd_clock_wall());
  return 1;
}

/* [may raise: memory] */
static void set_version(lua_State *L, const char *name, const char *version) {
  if (version == NULL)
    return;
  lua_pushstring(L, version);
  lua_setfield(L, -2, name);
}

static int module_versions(lua_State *L) {
  struct zd_versions versions;
  zd_global_versions(&versions);

  lua_createtable(L, 0, 6);
  set_version(L, "curl", versions.curl);
  set_version(L, "ssl", versions.ssl);
  set_version(L, "zlib", versions.zlib);
  set_version(L, "brotli", versions.brotli);
  set_version(L, "nghttp2", versions.nghttp2);
  lua_newtable(L);
  for (unsigned i = 0;; i++) {
    const char *feature = zd_global_feature(i);
    if (feature == NULL)
      break;
    if (feature[0] == '\0')
      continue;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, feature);
  }
  lua_setfield(L, -2, "features");
  return 1;
}

LZD_EXPORT int luaopen_zendesk_core(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"monotonic", module_monotonic},
      {"time", module_time},
      {"versions", module_versions},
      {NULL, NULL},
  };
  luaL_checkversion(L);
  if (zd_global_init() != ZD_OK)
    return luaL_error(L, "libcurl cannot be initialised");
  luaL_newlib(L, functions);
  lua_pushliteral(L, ZD_VERSION);
  lua_setfield(L, -2, "_VERSION");
  lzd_open_url(L);
  lzd_open_account(L);
  lzd_open_transfer(L);
  lzd_open_engine(L);
  lzd_open_json(L);
  lzd_open_digest(L);
  lzd_open_file(L);
  return 1;
}
