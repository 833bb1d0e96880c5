/* ljson: the fields of zendesk.core that have to do with JSON (see ljson.h;
 * ljson_read.c and ljson_write.c do the work). */
#include "ljson.h"

#include <lauxlib.h>
#include <string.h>

#include "../core/buf.h"
#include "../core/json_reader.h"

/* The longest text that is written. */
#define JSON_TEXT_MAX ((size_t)256 * 1024 * 1024)

/* The values of a page are larger than what Lua's collector waits for between
 * two steps. It would run again and again while they are made, mark each time
 * what cannot be garbage yet, and find the page before it still in use. So a
 * text borrows what it is going to allocate, and the next text pays: by then
 * the page before is garbage as a rule, costs no marking, and its memory is at
 * hand for the new one. The collector's pace remains what the host has set, and
 * one that the host has stopped is left alone.
 *
 * LUA_GCSTEP adds kilobytes to the collector's debt and runs it when there is
 * any: a negative number borrows. */
enum {
  LOAN_WORTHWHILE = 4096, /* bytes of text */
  LOAN_TEXT = 256,        /* bytes of text for which a kilobyte is borrowed */
  LOAN_MAX = 16 * 1024    /* kilobytes */
};

/* Its address is the key of struct lzd_json_kept in the registry. */
static const char kept_key = 'k';

static void open_kept(lua_State *L) {
  struct lzd_json_kept *kept =
      lua_newuserdatauv(L, sizeof(*kept), LZD_JSON_KEPT_VALUES);
  memset(kept, 0, sizeof(*kept));
  luaL_newmetatable(L, LZD_JSON_ARRAY);
  lua_setiuservalue(L, -2, LZD_JSON_KEPT_ARRAY);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kept_key);
}

struct lzd_json_kept *lzd_json_push_kept(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_key);
  return lua_touserdata(L, -1);
}

bool lzd_json_borrow(lua_State *L, struct lzd_json_loan *loan, size_t len) {
  if (len < LOAN_WORTHWHILE || lua_gc(L, LUA_GCISRUNNING) != 1)
    return false;
  if (loan->owed > 0)
    lua_gc(L, LUA_GCSTEP, loan->owed);
  loan->owed = len / LOAN_TEXT < LOAN_MAX ? (int)(len / LOAN_TEXT) : LOAN_MAX;
  loan->before = lua_gc(L, LUA_GCCOUNT);
  lua_gc(L, LUA_GCSTEP, -loan->owed);
  return true;
}

void lzd_json_settle(lua_State *L, struct lzd_json_loan *loan) {
  int used = lua_gc(L, LUA_GCCOUNT) - loan->before;
  int unused = loan->owed - (used > 0 ? used : 0);
  if (unused <= 0)
    return;
  loan->owed -= unused;
  lua_gc(L, LUA_GCSTEP, unused);
}

bool lzd_json_room(lua_State *L, int slots) {
  if (lua_checkstack(L, slots))
    return true;
  /* Lua does not tell the two reasons apart. */
  if (lua_gettop(L) < LUAI_MAXSTACK / 2)
    luaL_error(L, "not enough memory");
  return false;
}

struct zd_buf *lzd_json_tobody(lua_State *L, int index) {
  return luaL_testudata(L, index, LZD_JSON_BODY);
}

static int body_release(lua_State *L) {
  zd_buf_free(luaL_checkudata(L, 1, LZD_JSON_BODY));
  return 0;
}

static int body_length(lua_State *L) {
  const struct zd_buf *body = luaL_checkudata(L, 1, LZD_JSON_BODY);
  lua_pushinteger(L, (lua_Integer)body->len);
  return 1;
}

/* The content may hold a secret: only its size is shown. */
static int body_text(lua_State *L) {
  const struct zd_buf *body = luaL_checkudata(L, 1, LZD_JSON_BODY);
  lua_pushfstring(L, LZD_JSON_BODY ": %I bytes", (LUAI_UACINT)body->len);
  return 1;
}

/* Pushes a body with the JSON text of the value in argument 1 and returns it;
 * or pushes nil and a message and returns NULL. */
static struct zd_buf *push_body(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  struct zd_buf *body = lua_newuserdatauv(L, sizeof(*body), 0);
  zd_buf_init(body, JSON_TEXT_MAX);
  luaL_setmetatable(L, LZD_JSON_BODY);
  if (lzd_json_write(L, 1, body) == 0)
    return body;
  zd_buf_free(body);
  lua_pushnil(L);
  lua_insert(L, -2);
  return NULL;
}

static int json_body(lua_State *L) {
  return push_body(L) != NULL ? 1 : 2;
}

static int json_encode(lua_State *L) {
  struct zd_buf *body = push_body(L);
  if (body == NULL)
    return 2;
  lua_pushlstring(L, body->data, body->len);
  zd_buf_free(body);
  return 1;
}

static int json_decode(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lua_Integer depth = luaL_optinteger(L, 2, ZD_JSON_DEPTH);
  luaL_argcheck(L, depth > 0, 2, "depth limit above 0 expected");
  if (depth > ZD_JSON_DEPTH_MAX)
    depth = ZD_JSON_DEPTH_MAX;
  return lzd_json_push(L, text, len, (int)depth) == 0 ? 1 : 3;
}

static void make_body_class(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__gc", body_release}, {"__close", body_release},
      {"__len", body_length}, {"__tostring", body_text},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"close", body_release},
      {NULL, NULL},
  };
  luaL_newmetatable(L, LZD_JSON_BODY);
  luaL_setfuncs(L, meta, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

void lzd_open_json(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"body", json_body},
      {"decode", json_decode},
      {"encode", json_encode},
      {NULL, NULL},
  };
  make_body_class(L);
  open_kept(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  luaL_getmetatable(L, LZD_JSON_ARRAY);
  lua_setfield(L, -2, "array_mt");
}
