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

bool lzd_has_metatable(lua_State *L, int index, int upvalue) {
  if (lua_getmetatable(L, index) == 0)
    return false;
  bool same = lua_rawequal(L, -1, lua_upvalueindex(upvalue));
  lua_pop(L, 1);
  return same;
}

void *lzd_self(lua_State *L, const char *name) {
  void *box = lua_touserdata(L, 1);
  if (box != NULL && lzd_has_metatable(L, 1, 1))
    return box;
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

/* The number on the top of the stack, which it pops. [may raise] */
static long pop_milliseconds(lua_State *L, const char *name) {
  lua_Number seconds = lua_tonumber(L, -1);
  if (lua_type(L, -1) != LUA_TNUMBER)
    wrong_field(L, name, "number");
  /* Written so that NaN fails as well. */
  if (!(seconds > 0 && seconds <= (lua_Number)MILLISECONDS_MAX / 1000))
    luaL_error(L, "bad field '%s' (seconds above 0, up to %d, expected)", name,
               MILLISECONDS_MAX / 1000);
  lua_pop(L, 1);
  long milliseconds = (long)(seconds * 1000);
  return milliseconds == 0 ? 1 : milliseconds; /* 0: "no limit" to libcurl */
}

/* The same for a number of bytes. [may raise] */
static size_t pop_size(lua_State *L, const char *name) {
  int exact;
  lua_Integer value = lua_tointegerx(L, -1, &exact);
  if (lua_type(L, -1) != LUA_TNUMBER || !exact)
    wrong_field(L, name, "integer");
  if (value <= 0 || (lua_Unsigned)value > (size_t)-1 / 2)
    luaL_error(L, "bad field '%s' (a number of bytes above 0 expected)", name);
  lua_pop(L, 1);
  return (size_t)value;
}

/* Pushes the field, unless it is nil. */
static bool push_field(lua_State *L, int index, const char *name) {
  if (lua_getfield(L, index, name) != LUA_TNIL)
    return true;
  lua_pop(L, 1);
  return false;
}

/* Pushes the element, unless it is nil or false. */
static bool push_item(lua_State *L, int index, int place) {
  lua_rawgeti(L, index, place);
  if (lua_toboolean(L, -1))
    return true;
  lua_pop(L, 1);
  return false;
}

long lzd_field_milliseconds(lua_State *L, int index, const char *name,
                            long fallback) {
  return push_field(L, index, name) ? pop_milliseconds(L, name) : fallback;
}

size_t lzd_field_size(lua_State *L, int index, const char *name,
                      size_t fallback) {
  return push_field(L, index, name) ? pop_size(L, name) : fallback;
}

long lzd_item_milliseconds(lua_State *L, int index, int place, const char *name,
                           long fallback) {
  return push_item(L, index, place) ? pop_milliseconds(L, name) : fallback;
}

size_t lzd_item_size(lua_State *L, int index, int place, const char *name,
                     size_t fallback) {
  return push_item(L, index, place) ? pop_size(L, name) : fallback;
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
