/* lengine: core.engine, which runs transfers.
 *
 * A running transfer is kept alive by its user; the engine knows its boxes by
 * a table with weak values, so that one that is dropped is collected, which
 * cancels it. */
#include "../core/clock.h"
#include "lzd.h"

struct lzd_engine {
  struct zd_engine *engine; /* owned; NULL when closed */
};

enum {
  BOXES = 1, /* user values: zd_transfer pointer → box, weak */
  SPARE = 2  /* a closed box that no other code has ever seen, or nil */
};

/* The engine in argument 1, which is known to be a box. [may raise: closed] */
static struct zd_engine *open_engine(lua_State *L) {
  const struct lzd_engine *box = lua_touserdata(L, 1);
  if (box->engine == NULL)
    luaL_error(L, "the engine is closed");
  return box->engine;
}

/* The engine in argument 1, open. [may raise] */
static struct zd_engine *check_engine(lua_State *L) {
  lzd_self(L, LZD_ENGINE);
  return open_engine(L);
}

/* The same, for what touches sockets. [may raise] */
static struct zd_engine *check_own_engine(lua_State *L) {
  struct zd_engine *engine = check_engine(L);
  if (zd_engine_is_foreign(engine))
    luaL_error(L, "the engine was made before this process was forked: close "
                  "the driver in the child, and go on with a new one");
  return engine;
}

/* [may raise: memory] */
static void push_weak_table(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

static int engine_new(lua_State *L) {
  struct zd_engine_options options = {false, 0};
  lua_settop(L, 1);
  if (!lua_isnil(L, 1)) {
    luaL_checktype(L, 1, LUA_TTABLE);
    options.events = lzd_field_bool(L, 1, "events", false);
    options.max_connections = (long)lzd_field_size(L, 1, "max_connections", 0);
  }
  struct lzd_engine *box = lzd_box(L, sizeof(*box), 2, LZD_ENGINE);
  push_weak_table(L);
  lua_setiuservalue(L, 2, BOXES);

  enum zd_status status = zd_engine_new(&options, &box->engine);

  if (status != ZD_OK)
    return lzd_fail(L, status, "libcurl cannot be set up");
  return 1;
}

/* Notes the box on top of the stack as that of `transfer`.
 * [may raise: memory] */
static void remember(lua_State *L, struct zd_transfer *transfer) {
  lua_getiuservalue(L, 1, BOXES);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, transfer);
  lua_pop(L, 1);
}

/* [may raise: memory] */
static int fail_submit(lua_State *L, struct zd_transfer **transfer,
                       enum zd_status status, const char *message) {
  lzd_fail(L, status, message);
  zd_engine_close_transfer(*transfer);
  *transfer = NULL;
  return 3;
}

/* Pushes a box for a transfer that stays inside of this file for now: the
 * spare one, which is no longer the engine's then, so that no finaliser comes
 * by it. [may raise: memory] */
static struct zd_transfer **hidden_box(lua_State *L, int body) {
  if (lua_getiuservalue(L, 1, SPARE) == LUA_TNIL) {
    lua_pop(L, 1);
    return lzd_box_transfer(L, 1, body);
  }
  lua_pushnil(L);
  lua_setiuservalue(L, 1, SPARE);
  return lzd_reuse_box(L, body);
}

/* Argument 2 of a method whose second upvalue is the metatable of accounts: a
 * quick lzd_check_account. [may raise: type, closed] */
static void check_account(lua_State *L) {
  if (lzd_has_metatable(L, 2, 2))
    lzd_account_in(L, 2);
  else
    lzd_check_account(L, 2);
}

/* Submits the request in argument 3 to the engine in argument 1, which has been
 * checked, and leaves its box on top; what is hidden is not noted for
 * engine:next. 1, or the number of results that say why not. [may raise] */
static int start_request(lua_State *L, bool hidden) {
  struct lzd_request request;
  check_account(L);
  const char *why = lzd_check_request(L, 3, &request);
  if (why != NULL)
    return lzd_fail(L, ZD_BAD_VALUE, why);
  struct zd_transfer **transfer = hidden ? hidden_box(L, request.body)
                                         : lzd_box_transfer(L, 1, request.body);
  int box = lua_gettop(L);
  enum zd_status status = zd_engine_transfer(open_engine(L), transfer);
  if (status != ZD_OK)
    return lzd_fail(L, status, "out of memory");
  if (!hidden)
    remember(L, *transfer);
  status = lzd_add_headers(L, *transfer, &request);
  if (status == ZD_OK)
    status = lzd_write_body(L, *transfer, &request);
  if (status != ZD_OK)
    return fail_submit(L, transfer, status, lua_tostring(L, -1));
  lzd_check_body(L, &request);
  struct zd_account *account = lzd_account_in(L, 2);

  struct zd_refusal refusal;
  status = zd_engine_submit(*transfer, account, &request.core, &refusal);

  if (status == ZD_BAD_VALUE)
    why = lua_pushfstring(L, "%s: %s", refusal.option, refusal.why);
  else if (status != ZD_OK)
    why = status == ZD_CLOSED ? "the engine is closed" : "out of memory";
  if (status != ZD_OK)
    return fail_submit(L, transfer, status, why);
  lua_pushvalue(L, box);
  return 1;
}

static int engine_submit(lua_State *L) {
  lua_settop(L, 3);
  check_own_engine(L);
  return start_request(L, false);
}

/* An engine that is stepped, and the milliseconds for a step in argument
 * `index`. [may raise] */
static struct zd_engine *check_step(lua_State *L, int index, int *wait) {
  struct zd_engine *engine = check_own_engine(L);
  lua_Number seconds = luaL_checknumber(L, index);
  luaL_argcheck(L, seconds >= 0, index, "seconds from 0 up expected");
  if (zd_engine_has_events(engine))
    luaL_error(L, "an engine with events is not stepped; see ready");
  /* Rounded up, so that a wait for a deadline does not spin short of it. */
  *wait = seconds < 1e6 ? (int)(seconds * 1000 + 0.999) : 1000000000;
  return engine;
}

/* The short way of a small call: submit, one step, and take, without a box for
 * each. With a transfer that has not had the usual end comes the moment of its
 * beginning, which nobody else has noted. */
static int engine_call(lua_State *L) {
  int wait;
  double began = zd_clock_monotonic();
  check_step(L, 4, &wait);
  lua_settop(L, 3);
  int results = start_request(L, true);
  if (results != 1)
    return results;
  int box = lua_gettop(L);

  zd_engine_step(open_engine(L), wait);

  results = lzd_take_reply(L, box);
  if (results > 0) {
    lua_pushvalue(L, box);
    lua_setiuservalue(L, 1, SPARE);
    return results;
  }
  lua_settop(L, box);
  remember(L, lzd_transfer_in(L, box));
  lua_pushnumber(L, began);
  return 2;
}

static int engine_step(lua_State *L) {
  int wait;
  struct zd_engine *engine = check_step(L, 2, &wait);

  zd_engine_step(engine, wait);

  lua_pushinteger(L, zd_engine_running(engine));
  return 1;
}

static int engine_next(lua_State *L) {
  struct zd_engine *engine = check_engine(L);
  lua_getiuservalue(L, 1, BOXES);
  for (;;) {
    struct zd_transfer *transfer = zd_engine_next(engine);
    if (transfer == NULL)
      break;
    if (lua_rawgetp(L, -1, transfer) != LUA_TNIL)
      return 1;
    lua_pop(L, 1); /* collected, and about to be closed by its finaliser */
  }
  lua_pushnil(L);
  return 1;
}

static int engine_running(lua_State *L) {
  struct zd_engine *engine = check_engine(L);
  lua_pushinteger(L, zd_engine_running(engine));
  return 1;
}

static int engine_wakeup(lua_State *L) {
  zd_engine_wakeup(check_engine(L));
  return 0;
}

static const char *const EVENT_NAMES[] = {"none", "r", "w", "rw", NULL};

/* An engine that an event loop drives. [may raise] */
static struct zd_engine *check_events(lua_State *L) {
  struct zd_engine *engine = check_engine(L);
  if (!zd_engine_has_events(engine))
    luaL_error(L, "the engine was made without events = true");
  return engine;
}

static int engine_watches(lua_State *L) {
  struct zd_engine *engine = check_events(L);

  struct zd_watch watch;
  if (!zd_engine_watch(engine, &watch)) {
    lua_pushnil(L);
    return 1;
  }

  lua_pushinteger(L, watch.fd);
  lua_pushstring(L, EVENT_NAMES[watch.what]);
  return 2;
}

static int engine_timeout(lua_State *L) {
  struct zd_engine *engine = check_events(L);

  long milliseconds = zd_engine_timeout(engine);

  if (milliseconds < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, (lua_Number)milliseconds / 1000);
  return 1;
}

static int engine_ready(lua_State *L) {
  check_own_engine(L);
  struct zd_engine *engine = check_events(L);
  if (lua_isnoneornil(L, 2)) {
    zd_engine_ready_timer(engine);
    return 0;
  }
  lua_Integer fd = luaL_checkinteger(L, 2);
  int what = luaL_checkoption(L, 3, NULL, EVENT_NAMES);
  luaL_argcheck(L, fd >= 0 && fd <= 0x7fffffff, 2, "descriptor expected");

  zd_engine_ready(engine, (int)fd, (enum zd_watch_event)what);

  return 0;
}

static int engine_release(lua_State *L) {
  struct lzd_engine *box = lzd_self(L, LZD_ENGINE);
  struct zd_engine *engine = box->engine;
  box->engine = NULL;
  zd_engine_free(engine);
  return 0;
}

static int engine_text(lua_State *L) {
  struct lzd_engine *box = lzd_self(L, LZD_ENGINE);
  if (box->engine == NULL)
    lua_pushliteral(L, "zendesk engine (closed)");
  else
    lua_pushfstring(L, "zendesk engine (%d running)",
                    (int)zd_engine_running(box->engine));
  return 1;
}

/* Adds a method that knows the metatable of accounts. [may raise: memory] */
static void add_sender(lua_State *L, const char *name, lua_CFunction method) {
  luaL_getmetatable(L, LZD_ENGINE);
  lua_getfield(L, -1, "__index");
  lua_pushvalue(L, -2);
  luaL_getmetatable(L, LZD_ACCOUNT);
  lua_pushcclosure(L, method, 2);
  lua_setfield(L, -2, name);
  lua_pop(L, 2);
}

void lzd_open_engine(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"step", engine_step},
      {"next", engine_next},
      {"running", engine_running},
      {"wakeup", engine_wakeup},
      {"watches", engine_watches},
      {"timeout", engine_timeout},
      {"ready", engine_ready},
      {"close", engine_release},
      {NULL, NULL},
  };
  lzd_class(L, LZD_ENGINE, methods, engine_release, engine_text);
  add_sender(L, "submit", engine_submit);
  add_sender(L, "call", engine_call);
  lua_pushcfunction(L, engine_new);
  lua_setfield(L, -2, "engine");
}
