/* json_memory: decode, encode and body with every allocation failing, once and
 * from there on for ever. Each run has a Lua state of its own whose allocator
 * counts; the core's malloc and free are replaced when buf.c is compiled (see
 * json_memory_spec.lua). What must hold: the call succeeds or raises "not
 * enough memory", the same call succeeds afterwards, and nothing is left when
 * the state is closed. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/ljson.h"

void *torture_malloc(size_t size);
void torture_free(void *block);

/* The state of the experiment; one at a time. */
static struct {
  long countdown; /* allocations until one fails; 0: none does */
  bool for_ever;  /* and so do all after it */
  long blocks;    /* alive */
  long failures;
} torture;

static bool must_fail(void) {
  if (torture.countdown == 0)
    return false;
  if (torture.countdown > 1) {
    torture.countdown--;
    return false;
  }
  if (!torture.for_ever)
    torture.countdown = 0;
  torture.failures++;
  return true;
}

void *torture_malloc(size_t size) {
  void *block = must_fail() ? NULL : malloc(size);
  torture.blocks += block != NULL;
  return block;
}

void torture_free(void *block) {
  torture.blocks -= block != NULL;
  free(block);
}

static void *allocate(void *unused, void *block, size_t old_size,
                      size_t new_size) {
  (void)unused;
  if (new_size == 0) {
    torture_free(block);
    return NULL;
  }
  /* Lua relies on it that shrinking does not fail. */
  if ((block == NULL || new_size > old_size) && must_fail())
    return NULL;
  void *moved = realloc(block, new_size);
  torture.blocks += block == NULL && moved != NULL;
  return moved;
}

/* What is tortured: the function `work` of this chunk. The texts and values
 * take every path that allocates: long escapes, many levels, large tables,
 * repeated shapes, refusals with a path. */
static const char *const chunk =
    "local core, name = ...\n"
    "local parts = {}\n"
    "for i = 1, 30 do parts[i] = "
    "('{\"id\":%d,\"name\":\"n%d\",\"tags\":[\"x\"],'\n"
    "  .. '\"via\":{\"a\":1.5,\"b\":null}}'):format(i, i) end\n"
    "local list = '[' .. table.concat(parts, ',') .. ']'\n"
    "local many = {}\n"
    "for i = 1, 700 do many[i] = ('\"k%d\":%d'):format(i, i) end\n"
    "local large = '{' .. table.concat(many, ',') .. '}'\n"
    "local long = '\"' .. ('\\\\n0123456789'):rep(300) .. '\"'\n"
    "local deep = ('[{\"a\":'):rep(40) .. '1' .. ('}]'):rep(40)\n"
    "local numbers = '[' .. ('1,'):rep(1500) .. '1]'\n"
    "local text = '{\"list\":' .. list .. ',\"large\":' .. large .. "
    "',\"long\":'\n"
    "  .. long .. ',\"deep\":' .. deep .. ',\"numbers\":' .. numbers .. '}'\n"
    "local value = core.decode(text)\n"
    "local bad = { list = { { 1 }, { ['a b'] = { print } } } }\n"
    "local work = {\n"
    "  decode = function() return core.decode(text).list[30].id == 30 end,\n"
    "  decode_small = function() return core.decode('{\"a\":[1]}').a[1] == 1 "
    "end,\n"
    "  decode_fault = function()\n"
    "    local _, message, offset = core.decode(text .. 'x')\n"
    "    return offset == #text + 1 and message:find 'expected nothing' ~= "
    "nil\n"
    "  end,\n"
    "  encode = function() return #core.encode(value) > 9000 end,\n"
    "  encode_refused = function()\n"
    "    local _, message = core.encode(bad)\n"
    "    return message == 'list[2][\"a b\"][1]: a function has no JSON form'\n"
    "  end,\n"
    "  body = function() local b <close> = core.body(value) return #b > 9000 "
    "end,\n"
    "}\n"
    "return work[name]\n";

static lua_State *prepare(const char *name) {
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL)
    abort();
  luaL_openlibs(L);
  if (luaL_loadstring(L, chunk) != LUA_OK)
    abort();
  lua_newtable(L);
  lzd_open_json(L);
  lua_pushstring(L, name);
  if (lua_pcall(L, 2, 1, 0) != LUA_OK || !lua_isfunction(L, -1)) {
    fprintf(stderr, "%s: %s\n", name, lua_tostring(L, -1));
    exit(1);
  }
  return L;
}

static bool is_memory_error(lua_State *L, int status) {
  const char *message = lua_tostring(L, -1);
  return status == LUA_ERRMEM ||
         (message != NULL && strstr(message, "not enough memory") != NULL);
}

static void complain(const char *name, long nth, const char *what) {
  fprintf(stderr, "%s, allocation %ld%s: %s\n", name, nth,
          torture.for_ever ? " and all after it" : "", what);
  exit(1);
}

/* False when fewer than `nth` allocations were made, so that none failed. */
static bool run(const char *name, long nth, bool for_ever) {
  lua_State *L = prepare(name);
  lua_gc(L, LUA_GCCOLLECT); /* the stack shrinks, and must grow again */
  torture.failures = 0;
  torture.for_ever = for_ever;
  torture.countdown = nth;
  lua_pushvalue(L, -1);
  int status = lua_pcall(L, 0, 1, 0);
  torture.countdown = 0;
  bool failed = torture.failures > 0;
  /* An allocation that fails once may be made good by a collection. */
  if (status == LUA_OK && !lua_toboolean(L, -1))
    complain(name, nth, "wrong result");
  if (status != LUA_OK && !is_memory_error(L, status))
    complain(name, nth, lua_tostring(L, -1));
  lua_settop(L, 1);
  if (lua_pcall(L, 0, 1, 0) != LUA_OK || !lua_toboolean(L, -1))
    complain(name, nth, "does not work afterwards");
  lua_close(L);
  if (torture.blocks != 0)
    complain(name, nth, "leaks");
  return failed;
}

int main(void) {
  static const char *const names[] = {"decode",         "decode_small",
                                      "decode_fault",   "encode",
                                      "encode_refused", "body"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    long nth = 1;
    for (; run(names[i], nth, false); nth++) {
      if (!run(names[i], nth, true))
        complain(names[i], nth, "is not reached the second time");
    }
    printf("%s: %ld allocations\n", names[i], nth - 1);
  }
  return 0;
}
