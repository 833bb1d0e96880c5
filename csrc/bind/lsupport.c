/* lsupport: boxes, fields and messages for the other files of the binding. */
#include <string.h>

#include "lzd.h"

enum { QUOTED_MAX = 64, MILLISECONDS_MAX = 1000000000 };

void *lzd_box(lua_State *L, size_t size, int user_values, const char *name) {
  void *box = lua_newuserdatauv(L, size, user_values);
  memset(box, 0, size);
  luaL_setmetatable(L, name);
  return box;
}

/* Sets field `name` of the metatable on top. [may raise: memory] */
static void put_method(lua_State *L, const char *name, lua_CFunction method) {
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, method, 1);
  lua_setfield(L, -2, name);
}

void lzd_class(lua_State *L, const char *name, const luaL_Reg *methods,
               lua_CFunction release, lua_CFunction text) {
  luaL_newmetatable(L, name);
  put_method(L, "__gc", release);
  put_method(L, "__close", release);
  put_method(L, "__tostring", text);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, methods, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

void *lzd_self(lua_State *L, const char *name) {
  void *box = lua_touserdata(L, 1);
  if (box != NULL && lua_getmetatable(L, 1) != 0) {
    bool same = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (same)
      return box;
  }
  return luaL_checkudata(L, 1, name); /* raises, or is a little slower */
}

/* [may raise: memory] */
static void wrong_field(lua_State *L, const char *name, const char *wanted) {
  luaL_error(L, "bad field '%s' (%s expected, got %s)", name, wanted,
             luaL_typename(L, -1));
}

struct zd_text lzd_field_text(lua_State *L, int index, const char *name) {
  struct zd_text text = {NULL, 0};
  int type = lua_getfield(L, index, name);
  if (type == LUA_TNIL)
    return text;
  if (type != LUA_TSTRING)
    wrong_field(L, name, "string");
  text.data = lua_tolstring(L, -1, &text.len);
  return text;
}

long lzd_field_milliseconds(lua_State *L, int index, const char *name,
                            long fallback) {
  long milliseconds = fallback;
  int type = lua_getfield(L, index, name);
  if (type != LUA_TNIL) {
    lua_Number seconds = lua_tonumber(L, -1);
    if (type != LUA_TNUMBER)
      wrong_field(L, name, "number");
    /* Written so that NaN fails as well. */
    if (!(seconds > 0 && seconds <= (lua_Number)MILLISECONDS_MAX / 1000))
      luaL_error(L, "bad field '%s' (seconds above 0, up to %d, expected)",
                 name, MILLISECONDS_MAX / 1000);
    milliseconds = (long)(seconds * 1000);
    if (milliseconds == 0)
      milliseconds = 1; /* 0 is "no limit" to libcurl */
  }
  lua_pop(L, 1);
  return milliseconds;
}

size_t lzd_field_size(lua_State *L, int index, const char *name,
                      size_t fallback) {
  size_t size = fallback;
  int type = lua_getfield(L, index, name);
  if (type != LUA_TNIL) {
    int exact;
    lua_Integer value = lua_tointegerx(L, -1, &exact);
    if (type != LUA_TNUMBER || !exact)
      wrong_field(L, name, "integer");
    if (value <= 0 || (lua_Unsigned)value > (size_t)-1 / 2)
      luaL_error(L, "bad field '%s' (a number of bytes above 0 expected)",
                 name);
    size = (size_t)value;
  }
  lua_pop(L, 1);
  return size;
}

bool lzd_field_bool(lua_State *L, int index, const char *name, bool fallback) {
  bool value = fallback;
  int type = lua_getfield(L, index, name);
  if (type != LUA_TNIL && type != LUA_TBOOLEAN)
    wrong_field(L, name, "boolean");
  if (type == LUA_TBOOLEAN)
    value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

struct zd_text lzd_check_text(lua_State *L, int index) {
  struct zd_text text;
  luaL_checktype(L, index, LUA_TSTRING); /* a number is not taken for one */
  text.data = lua_tolstring(L, index, &text.len);
  return text;
}

int lzd_fail(lua_State *L, enum zd_status status, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, zd_status_kind(status));
  lua_pushstring(L, message);
  return 3;
}

int lzd_refuse(lua_State *L, enum zd_status status,
               const struct zd_refusal *refusal) {
  lua_pushnil(L);
  if (status == ZD_BAD_VALUE)
    lua_pushfstring(L, "%s: %s", refusal->option, refusal->why);
  else
    lua_pushliteral(L, "out of memory");
  return 2;
}

void lzd_push_quoted(lua_State *L, struct zd_text text) {
  static const char HEX[] = "0123456789abcdef";
  char quoted[QUOTED_MAX * 4 + 6];
  size_t used = 0;
  size_t shown = text.len < QUOTED_MAX ? text.len : QUOTED_MAX;
  quoted[used++] = '\'';
  for (size_t i = 0; i < shown; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c >= 0x20 && c < 0x7f) {
      quoted[used++] = (char)c;
      continue;
    }
    quoted[used++] = '\\';
    quoted[used++] = 'x';
    quoted[used++] = HEX[c >> 4];
    quoted[used++] = HEX[c & 15];
  }
  quoted[used++] = '\'';
  if (shown < text.len) {
    memcpy(quoted + used, "...", 3);
    used += 3;
  }
  lua_pushlstring(L, quoted, used);
}
