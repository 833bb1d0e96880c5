/* ltransfer: one request and its reply, as engine:submit and engine:next hand
 * it out. */
#include <limits.h>

#include "ltransfer.h"

enum {
  KEPT_ENGINE = 1, /* user values: what must live as long as the transfer */
  KEPT_BODY = 2
};

struct lzd_transfer {
  struct zd_transfer *transfer; /* owned; NULL when closed */
  bool busy;   /* its bytes are being read while finalisers may run */
  bool doomed; /* closed or collected while busy */
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
  box->doomed = false;
  zd_engine_close_transfer(transfer);
}

/* Calls `read`, which turns what the transfer holds into Lua values, with the
 * arguments. Memory is allocated then, and that may run a finaliser that closes
 * this very transfer, or its own, when another one has brought it back: it is
 * released when the reading is over, be it by an error. [may raise: memory] */
static int read_held(lua_State *L, lua_CFunction read) {
  struct lzd_transfer *box = lua_touserdata(L, 1);
  bool outer = box->busy;
  int arguments = lua_gettop(L);
  lua_pushcfunction(L, read);
  for (int i = 1; i <= arguments; i++)
    lua_pushvalue(L, i);
  box->busy = true;
  int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
  box->busy = outer;
  if (box->doomed && !outer)
    release_box(box);
  return status == LUA_OK ? lua_gettop(L) - arguments : lua_error(L);
}

static int transfer_done(lua_State *L) {
  struct lzd_transfer *box = check_open(L);
  lua_pushboolean(L, zd_transfer_done(box->transfer));
  return 1;
}

static int transfer_outcome(lua_State *L) {
  struct lzd_transfer *box = check_done(L);
  lua_settop(L, 1);

  struct zd_outcome outcome;
  zd_transfer_outcome(box->transfer, &outcome);

  if (outcome.status != ZD_OK)
    return read_held(L, lzd_read_failure);
  lua_pushinteger(L, outcome.http_status);
  lua_pushboolean(L, 1);
  return 2;
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

static int transfer_headers(lua_State *L) {
  check_done(L);
  lua_settop(L, 1);
  return read_held(L, lzd_read_headers);
}

static int transfer_json(lua_State *L) {
  check_done(L);
  lua_Integer depth = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, lua_isnoneornil(L, 2) || (depth > 0 && depth <= INT_MAX), 2,
                "depth limit above 0 expected");
  lua_settop(L, 1);
  lua_pushinteger(L, depth);
  return read_held(L, lzd_read_json);
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

static int transfer_timings(lua_State *L) {
  check_done(L);
  lua_settop(L, 1);
  return read_held(L, lzd_read_timings);
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

int lzd_take_reply(lua_State *L, int index) {
  const struct zd_transfer *transfer = lzd_transfer_in(L, index);
  int results = zd_transfer_done(transfer) ? lzd_push_reply(L, transfer) : 0;
  if (results > 0)
    close_box(L, index);
  return results;
}

static int transfer_take(lua_State *L) {
  check_done(L);
  lua_settop(L, 1);
  int results = read_held(L, lzd_read_reply);
  if (results > 0)
    transfer_close(L);
  return results;
}

static int transfer_collect(lua_State *L) {
  struct lzd_transfer *box = lzd_self(L, LZD_TRANSFER);
  if (box->busy)
    box->doomed = true;
  else
    release_box(box);
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
