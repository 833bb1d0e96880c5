/* ltransfer: one request and its reply, as engine:submit and engine:next hand
 * it out. */
#include <limits.h>

#include "ljson.h"
#include "lzd.h"

enum {
  KEPT_ENGINE = 1, /* user values: what must live as long as the transfer */
  KEPT_BODY = 2
};

struct lzd_transfer {
  struct zd_transfer *transfer; /* owned; NULL when closed */
  bool busy;   /* its bytes are being read while finalisers may run */
  bool doomed; /* closed while busy */
  bool keeps;  /* KEPT_BODY is not nil */
};

/* Lets the box on top of the stack keep the value at `body_index`, if any. */
static void keep_body(lua_State *L, struct lzd_transfer *box, int body_index) {
  box->keeps = body_index != 0;
  if (!box->keeps)
    return;
  lua_pushvalue(L, body_index);
  lua_setiuservalue(L, -2, KEPT_BODY);
}

struct zd_transfer **lzd_box_transfer(lua_State *L, int engine_index,
                                      int body_index) {
  struct lzd_transfer *box = lzd_box(L, sizeof(*box), 2, LZD_TRANSFER);
  lua_pushvalue(L, engine_index);
  lua_setiuservalue(L, -2, KEPT_ENGINE);
  keep_body(L, box, body_index);
  return &box->transfer;
}

struct zd_transfer **lzd_reuse_box(lua_State *L, int body_index) {
  struct lzd_transfer *box = lua_touserdata(L, -1);
  keep_body(L, box, body_index);
  return &box->transfer;
}

struct zd_transfer *lzd_transfer_in(lua_State *L, int index) {
  const struct lzd_transfer *box = lua_touserdata(L, index);
  return box->transfer;
}

/* The box in argument 1, open. [may raise] */
static struct lzd_transfer *check_open(lua_State *L) {
  struct lzd_transfer *box = lzd_self(L, LZD_TRANSFER);
  if (box->transfer == NULL || box->doomed)
    luaL_error(L, "the transfer is closed");
  return box;
}

/* The box in argument 1, open and its transfer done. [may raise] */
static struct lzd_transfer *check_done(lua_State *L) {
  struct lzd_transfer *box = check_open(L);
  if (!zd_transfer_done(box->transfer))
    luaL_error(L, "the transfer is still running");
  return box;
}

static void release_box(struct lzd_transfer *box) {
  struct zd_transfer *transfer = box->transfer;
  box->transfer = NULL;
  box->busy = false;
  box->doomed = false;
  zd_engine_close_transfer(transfer);
}

/* While a reply is turned into Lua values, memory is allocated, and that may
 * run a finaliser that closes this very transfer: begin_reading makes such a
 * close wait until end_reading. After an error in between, the transfer is
 * released when it is collected. */
static void begin_reading(struct lzd_transfer *box) {
  box->busy = true;
}

static void end_reading(struct lzd_transfer *box) {
  box->busy = false;
  if (box->doomed)
    release_box(box);
}

static int transfer_done(lua_State *L) {
  struct lzd_transfer *box = check_open(L);
  lua_pushboolean(L, zd_transfer_done(box->transfer));
  return 1;
}

static int transfer_outcome(lua_State *L) {
  struct lzd_transfer *box = check_done(L);

  struct zd_outcome outcome;
  zd_transfer_outcome(box->transfer, &outcome);

  if (outcome.status == ZD_OK) {
    lua_pushinteger(L, outcome.http_status);
    lua_pushboolean(L, 1);
    return 2;
  }
  lzd_fail(L, outcome.status, outcome.message);
  lua_pushboolean(L, outcome.sent);
  lua_pushinteger(L, outcome.curl_code);
  return 5;
}

static int transfer_header(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  struct zd_text name = lzd_check_text(L, 2);

  struct zd_slice value;
  bool found = zd_headers_find(zd_transfer_head(box->transfer), name.data,
                               name.len, &value);

  if (found)
    lua_pushlstring(L, value.data, value.len);
  else
    lua_pushnil(L);
  return 1;
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

static int transfer_headers(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  begin_reading(box);
  lua_newtable(L);
  int headers = lua_gettop(L);
  struct zd_slice head = zd_transfer_head(box->transfer);
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
  end_reading(box);
  return 1;
}

static int transfer_json(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  lua_Integer depth = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, lua_isnoneornil(L, 2) || (depth > 0 && depth <= INT_MAX), 2,
                "depth limit above 0 expected");
  lua_settop(L, 1);
  begin_reading(box);
  struct zd_slice body = zd_transfer_body(box->transfer);
  const char *data = body.data == NULL ? "" : body.data;
  lzd_json_push(L, data, body.len, (int)depth);
  end_reading(box);
  return lua_gettop(L) - 1;
}

/* All header lines at once: a caller that keeps them can close the transfer
 * and still look headers up. */
static int transfer_head(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  struct zd_slice head = zd_transfer_head(box->transfer);
  lua_pushlstring(L, head.data == NULL ? "" : head.data, head.len);
  return 1;
}

static int transfer_body(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  struct zd_slice body = zd_transfer_body(box->transfer);
  lua_pushlstring(L, body.data == NULL ? "" : body.data, body.len);
  return 1;
}

static int transfer_size(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  lua_pushinteger(L, (lua_Integer)zd_transfer_body(box->transfer).len);
  return 1;
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

static int transfer_timings(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  lua_createtable(L, 0, 11);

  begin_reading(box);
  struct zd_timings timings;
  zd_transfer_timings(box->transfer, &timings);

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
  end_reading(box);
  return 1;
}

static int transfer_cancel(lua_State *L) {
  struct lzd_transfer *box = check_open(L);
  zd_engine_cancel(box->transfer);
  return 0;
}

/* Closes the box at `index`. */
static void close_box(lua_State *L, int index) {
  struct lzd_transfer *box = lua_touserdata(L, index);
  release_box(box);
  if (!box->keeps)
    return;
  box->keeps = false;
  lua_pushnil(L);
  lua_setiuservalue(L, index, KEPT_BODY);
}

static int transfer_close(lua_State *L) {
  struct lzd_transfer *box = lzd_self(L, LZD_TRANSFER);
  if (box->busy)
    box->doomed = true;
  else
    close_box(L, 1);
  return 0;
}

/* Whether the reply is a success with a JSON object or array. */
static bool has_structure(const struct zd_transfer *transfer,
                          const struct zd_outcome *outcome) {
  if (outcome->status != ZD_OK || outcome->http_status / 100 != 2)
    return false;
  struct zd_slice body = zd_transfer_body(transfer);
  return body.len > 0 && (body.data[0] == '{' || body.data[0] == '[');
}

/* The short way, for what most replies are: the status, the header block and
 * the decoded body of a success, in one go that also closes the transfer. */
int lzd_take_reply(lua_State *L, int index) {
  struct lzd_transfer *box = lua_touserdata(L, index);
  struct zd_outcome outcome;
  if (!zd_transfer_done(box->transfer))
    return 0;
  zd_transfer_outcome(box->transfer, &outcome);
  if (!has_structure(box->transfer, &outcome))
    return 0;
  lua_pushinteger(L, outcome.http_status);
  begin_reading(box);
  struct zd_slice head = zd_transfer_head(box->transfer);
  lua_pushlstring(L, head.data == NULL ? "" : head.data, head.len);
  struct zd_slice body = zd_transfer_body(box->transfer);
  int failed = lzd_json_push(L, body.data, body.len, 0);
  end_reading(box);
  if (failed)
    return 0;
  close_box(L, index);
  return 3;
}

static int transfer_take(lua_State *L) {
  check_done(L);
  lua_settop(L, 1);
  return lzd_take_reply(L, 1);
}

/* Collected: nobody can be reading it, whatever `busy` says after an error. */
static int transfer_collect(lua_State *L) {
  release_box(lzd_self(L, LZD_TRANSFER));
  return 0;
}

static int transfer_text(lua_State *L) {
  struct lzd_transfer *box = lzd_self(L, LZD_TRANSFER);
  const char *state = "running";
  if (box->transfer == NULL || box->doomed)
    state = "closed";
  else if (zd_transfer_done(box->transfer))
    state = "done";
  lua_pushfstring(L, "zendesk transfer (%s)", state);
  return 1;
}

void lzd_open_transfer(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"outcome", transfer_outcome},
      {"done", transfer_done},
      {"header", transfer_header},
      {"headers", transfer_headers},
      {"head", transfer_head},
      {"take", transfer_take},
      {"json", transfer_json},
      {"body", transfer_body},
      {"size", transfer_size},
      {"timings", transfer_timings},
      {"cancel", transfer_cancel},
      {"close", transfer_close},
      {NULL, NULL},
  };
  lzd_class(L, LZD_TRANSFER, methods, transfer_close, transfer_text);
  luaL_getmetatable(L, LZD_TRANSFER);
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, transfer_collect, 1);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
