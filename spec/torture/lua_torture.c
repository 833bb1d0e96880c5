/* lua_torture: every allocation of a Lua state, of the core and of libcurl
 * fails while a real script makes its calls (cycle.lua): once, from there on,
 * and from there on through lua_close. After each failure: a clean error, the
 * same script works in the same state, and the closed state leaves nothing. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "torture.h"

int luaopen_zendesk_core(lua_State *L);

enum victim { LUA_ALLOCATOR, MALLOC, VICTIMS };
enum ending { ONCE, AND_ON, AND_ON_TO_THE_END, ENDINGS };

static const char *const victim_names[VICTIMS] = {"lua", "malloc"};
static const char *const ending_names[ENDINGS] = {"once", "and on",
                                                  "and on to the end"};

static char script[64 * 1024];
static size_t script_len;
static char base_url[64];
static enum victim victim;
static size_t lua_bytes;
static long reached; /* lives that did come to the allocation that fails */
static bool again;   /* Lua collects and tries again: that fails, too */

static bool lua_refuses(void) {
  if (victim != LUA_ALLOCATOR)
    return false;
  if (again) {
    again = false;
    return true;
  }
  again = torture_refuses();
  return again;
}

/* Lua's memory must not count as the core's, so it does not go through malloc
 * as the linker wraps it. */
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);

static void *allocate(void *unused, void *old, size_t old_size, size_t size) {
  (void)unused;
  if (old == NULL)
    old_size = 0; /* Lua says what kind of object it is to be */
  if (size == 0) {
    lua_bytes -= old_size;
    __real_free(old);
    return NULL;
  }
  if (size > old_size && lua_refuses())
    return NULL;
  void *made = __real_realloc(old, size);
  if (made != NULL)
    lua_bytes += size - old_size;
  return made;
}

static bool load_script(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return false;
  script_len = fread(script, 1, sizeof script, file);
  fclose(file);
  return script_len > 0 && script_len < sizeof script;
}

/* Everything before the first line of the script is not under test. */
static int prepare(lua_State *L) {
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_zendesk_core);
  lua_setfield(L, -2, "zendesk.core");
  return 0;
}

static lua_State *new_state(void) {
  torture_arm(TORTURE_NEVER, 0);
  again = false;
  lua_State *L = lua_newstate(allocate, NULL);
  lua_pushcfunction(L, prepare);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK)
    abort();
  return L;
}

/* libcurl may take a lack of memory for the lack of a host. */
static const char *const CLEAN[] = {"not enough memory", "out of memory",
                                    "memory", "zendesk: transport: "};

/* Says what came of a run: "" for success, NULL for an error that does not tell
 * that memory was short. The text is on the stack. */
static const char *reason_of(lua_State *L, int status) {
  if (status == LUA_ERRMEM)
    return "memory";
  if (status == LUA_OK && lua_toboolean(L, -2))
    return "";
  const char *text = luaL_tolstring(L, -1, NULL);
  for (size_t i = 0; i < sizeof CLEAN / sizeof CLEAN[0]; i++) {
    if (strstr(text, CLEAN[i]) != NULL)
      return text;
  }
  fprintf(stderr, "unclean: %s\n", text);
  return NULL;
}

static int run(lua_State *L) {
  if (luaL_loadbufferx(L, script, script_len, "=cycle.lua", "t") != LUA_OK)
    return LUA_ERRMEM;
  lua_pushstring(L, base_url);
  return lua_pcall(L, 1, 2, 0);
}

/* Runs the script; pushing its arguments may already fail. */
static int protected_run(lua_State *L) {
  lua_pushinteger(L, run(L));
  lua_replace(L, 1);
  return lua_gettop(L);
}

static int run_once(lua_State *L) {
  lua_settop(L, 0);
  lua_pushcfunction(L, protected_run);
  lua_pushnil(L);
  int status = lua_pcall(L, 1, LUA_MULTRET, 0);
  if (status != LUA_OK)
    return status;
  return (int)lua_tointeger(L, 1);
}

static bool succeeds(lua_State *L) {
  int status = run_once(L);
  const char *reason = reason_of(L, status);
  return reason != NULL && reason[0] == '\0';
}

static bool try_one(enum ending ending, long nth) {
  long before = torture_alive();
  lua_State *L = new_state();
  torture_arm(ending == ONCE ? TORTURE_ONCE : TORTURE_FOREVER, nth);
  int status = run_once(L);
  reached += torture_refused() > 0;
  bool clean = true, works = true;
  if (ending != AND_ON_TO_THE_END) {
    torture_arm(TORTURE_NEVER, 0);
    again = false;
    clean = reason_of(L, status) != NULL;
    /* libcurl 7.88 keeps a connection whose name it had no memory to look up,
     * and lets the next call wait for it: that one ends by its time limit. */
    works = succeeds(L) || (victim == MALLOC && succeeds(L));
  }
  lua_close(L);
  torture_arm(TORTURE_NEVER, 0);
  bool settled = torture_settled(before) && lua_bytes == 0;
  if (!clean || !works || !settled)
    fprintf(stderr,
            "%s, allocation %ld %s: %s, then %s, %ld blocks and %zu bytes of "
            "Lua left\n",
            victim_names[victim], nth, ending_names[ending],
            clean ? "clean" : "unclean", works ? "works" : "broken",
            torture_alive() - before, lua_bytes);
  lua_bytes = 0;
  return clean && works && settled;
}

/* How many allocations there are without a fault; 0 when that fails already. */
static long count_allocations(void) {
  lua_State *L = new_state();
  bool fine = succeeds(L);
  long count = torture_count();
  lua_close(L);
  return fine && lua_bytes == 0 ? count : 0;
}

static bool torture(void) {
  long count = count_allocations(), tried = 0, failed = 0;
  reached = 0;
  for (long nth = 1; nth <= count; nth += torture_step()) {
    for (int ending = 0; ending < ENDINGS; ending++) {
      failed += !try_one((enum ending)ending, nth);
      tried++;
    }
  }
  printf(
      "lua torture, %s: %ld allocations, %ld lives, %ld struck, %ld failed\n",
      victim_names[victim], count, tried, reached, failed);
  /* A life may take a few allocations less than the one that was counted. */
  return failed == 0 && reached > tried * 9 / 10;
}

int main(int argc, char **argv) {
  torture_take_libcurl();
  unsigned port = torture_serve();
  if (argc != 2 || port == 0 || !load_script(argv[1]))
    return 2;
  snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u", port);
  bool fine = true;
  for (int each = VICTIMS - 1; each >= 0; each--) {
    victim = (enum victim)each;
    fine = torture() && fine;
  }
  return fine ? 0 : 1;
}
