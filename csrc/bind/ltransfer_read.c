/* ltransfer_read: see ltransfer.h. */
#include "ltransfer.h"

#include "ljson.h"

int lzd_read_failure(lua_State *L) {
  struct zd_outcome outcome;
  zd_transfer_outcome(lzd_transfer_in(L, 1), &outcome);
  lzd_fail(L, outcome.status, outcome.message);
  lua_pushboolean(L, outcome.sent);
  lua_pushinteger(L, outcome.curl_code);
  return 5;
}

/* Pushes a header's name in lower case, by ASCII's rules. [may raise: memory]
 */
static void push_name(lua_State *L, struct zd_slice name) {
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, name.len);
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  luaL_pushresultsize(&buffer, name.len);
}

int lzd_read_headers(lua_State *L) {
  struct zd_slice head = zd_transfer_head(lzd_transfer_in(L, 1));
  lua_newtable(L);
  int headers = lua_gettop(L);
  struct zd_header_line line;
  for (size_t at = 0; zd_headers_next(head, &at, &line);) {
    push_name(L, line.name);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, headers) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushlstring(L, line.value.data, line.value.len);
    } else {
      lua_pushliteral(L, ", ");
      lua_pushlstring(L, line.value.data, line.value.len);
      lua_concat(L, 3);
    }
    lua_rawset(L, headers);
  }
  return 1;
}

int lzd_read_json(lua_State *L) {
  struct zd_slice body = zd_transfer_body(lzd_transfer_in(L, 1));
  int depth = (int)lua_tointeger(L, 2);
  lua_settop(L, 0);
  lzd_json_push(L, body.data == NULL ? "" : body.data, body.len, depth);
  return lua_gettop(L);
}

/* Sets field `name` of the table on top unless `value` is empty.
 * [may raise: memory] */
static void set_text(lua_State *L, const char *name, const char *value) {
  if (value[0] == '\0')
    return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, long long value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

int lzd_read_timings(lua_State *L) {
  struct zd_timings timings;
  zd_transfer_timings(lzd_transfer_in(L, 1), &timings);
  lua_createtable(L, 0, 11);
  set_number(L, "total", timings.total);
  set_number(L, "name_lookup", timings.name_lookup);
  set_number(L, "connect", timings.connect);
  set_number(L, "tls", timings.tls);
  set_number(L, "first_byte", timings.first_byte);
  set_integer(L, "upload", timings.upload);
  set_integer(L, "download", timings.download);
  set_integer(L, "new_connections", timings.new_connections);
  set_text(L, "http_version", timings.http_version);
  set_text(L, "ip", timings.ip);
  if (timings.port > 0)
    set_integer(L, "port", timings.port);
  return 1;
}

/* Whether the reply is a success with a JSON object or array. */
static bool has_structure(const struct zd_transfer *transfer,
                          const struct zd_outcome *outcome) {
  if (outcome->status != ZD_OK || outcome->http_status / 100 != 2)
    return false;
  struct zd_slice body = zd_transfer_body(transfer);
  return body.len > 0 && (body.data[0] == '{' || body.data[0] == '[');
}

int lzd_push_reply(lua_State *L, const struct zd_transfer *transfer) {
  struct zd_outcome outcome;
  zd_transfer_outcome(transfer, &outcome);
  if (!has_structure(transfer, &outcome))
    return 0;
  lua_pushinteger(L, outcome.http_status);
  struct zd_slice head = zd_transfer_head(transfer);
  lua_pushlstring(L, head.data == NULL ? "" : head.data, head.len);
  struct zd_slice body = zd_transfer_body(transfer);
  return lzd_json_push(L, body.data, body.len, 0) == 0 ? 3 : 0;
}

int lzd_read_reply(lua_State *L) {
  return lzd_push_reply(L, lzd_transfer_in(L, 1));
}
