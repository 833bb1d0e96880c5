/* lurl: core.check_subdomain, parse_origin, resolve and escape. */
#include "../core/url.h"
#include "lzd.h"

static int url_check_subdomain(lua_State *L) {
  struct zd_text text = lzd_check_text(L, 1);

  const char *why;
  enum zd_status status = zd_subdomain_check(text.data, text.len, &why);

  if (status == ZD_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lzd_push_quoted(L, text);
  lua_pushfstring(L, "subdomain %s: %s", lua_tostring(L, -1), why);
  lua_replace(L, -2);
  return 2;
}

static int url_parse_origin(lua_State *L) {
  struct zd_text text = lzd_check_text(L, 1);

  struct zd_origin origin;
  const char *why;
  enum zd_status status = zd_origin_parse(text.data, text.len, &origin, &why);

  if (status != ZD_OK) {
    lua_pushnil(L);
    lua_pushfstring(L, "base_url: %s", why);
    return 2;
  }
  char formatted[ZD_ORIGIN_MAX];
  size_t len = zd_origin_format(&origin, formatted);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, origin.https ? "https" : "http");
  lua_setfield(L, -2, "scheme");
  lua_pushstring(L, origin.host);
  lua_setfield(L, -2, "host");
  lua_pushinteger(L, origin.port);
  lua_setfield(L, -2, "port");
  lua_pushlstring(L, formatted, len);
  lua_setfield(L, -2, "origin");
  return 1;
}

static int url_resolve(lua_State *L) {
  struct zd_text base = lzd_check_text(L, 1);
  struct zd_text url = lzd_check_text(L, 2);
  struct zd_origin origin;
  const char *why;
  if (zd_origin_parse(base.data, base.len, &origin, &why) != ZD_OK)
    luaL_argerror(L, 1, "origin expected");
  if (url.len > ZD_URL_MAX) {
    lua_pushnil(L);
    lua_pushliteral(L, "path: is longer than 64 KiB");
    return 2;
  }
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, 3 * url.len + 1);

  size_t len = 0;
  enum zd_status status =
      zd_url_resolve(&origin, url.data, url.len, out, &len, &why);

  luaL_pushresultsize(&buffer, status == ZD_OK ? len : 0);
  if (status == ZD_OK)
    return 1;
  lua_pushnil(L);
  lua_pushfstring(L, "path: %s", why);
  return 2;
}

static int url_escape(lua_State *L) {
  struct zd_text text = lzd_check_text(L, 1);
  luaL_argcheck(L, text.len <= (size_t)-1 / 4, 1, "text is too long");
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, 3 * text.len);

  size_t len = zd_url_escape(text.data, text.len, out);

  luaL_pushresultsize(&buffer, len);
  return 1;
}

void lzd_open_url(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"check_subdomain", url_check_subdomain},
      {"parse_origin", url_parse_origin},
      {"resolve", url_resolve},
      {"escape", url_escape},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
