/* allocator: a host whose allocator counts, fails on demand and can be looked
 * through. Usage: allocator BASE_URL. Prints what went wrong; exits 1 then.
 *
 * Every state gets one account, makes one call and is closed. First with as
 * much memory as it wants, and then the secret must be in no block that Lua
 * holds; then with an allocation that fails, once for each of many places, and
 * then the state must end in an error of memory, with every block given back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bundle.h"
#include "zendesk.h"

#define CANARY "canary-in-the-account"

struct block {
  struct block *next, *prev;
  size_t size;
};

struct memory {
  struct block all; /* a ring */
  long live;
  long made;
  long fails_at; /* number of the allocation from which on all fail; 0: none */
};

static const char *base_url;
static int failures;

static void complain(const char *what, long number) {
  printf("%s (allocation %ld)\n", what, number);
  failures++;
}

static void release(struct memory *memory, struct block *block) {
  block->next->prev = block->prev;
  block->prev->next = block->next;
  memory->live--;
  free(block);
}

static void *make(struct memory *memory, size_t size) {
  memory->made++;
  if (memory->fails_at > 0 && memory->made >= memory->fails_at)
    return NULL;
  struct block *block = malloc(sizeof(*block) + size);
  if (block == NULL)
    return NULL;
  block->size = size;
  block->next = memory->all.next;
  block->prev = &memory->all;
  block->next->prev = block;
  memory->all.next = block;
  memory->live++;
  return block + 1;
}

static void *allocate(void *user, void *old, size_t old_size, size_t size) {
  struct memory *memory = user;
  struct block *block = old == NULL ? NULL : (struct block *)old - 1;
  if (size == 0) {
    if (block != NULL)
      release(memory, block);
    return NULL;
  }
  if (block != NULL && size <= block->size)
    return old; /* Lua counts on shrinking to succeed */
  void *fresh = make(memory, size);
  if (fresh == NULL || block == NULL)
    return fresh;
  memcpy(fresh, old, old_size < size ? old_size : size);
  release(memory, block);
  return fresh;
}

static int holds(const struct memory *memory, const char *text) {
  size_t length = strlen(text);
  const struct block *block = memory->all.next;
  for (; block != &memory->all; block = block->next) {
    const char *bytes = (const char *)(block + 1);
    for (size_t at = 0; at + length <= block->size; at++)
      if (memcmp(bytes + at, text, length) == 0)
        return 1;
  }
  return 0;
}

static int load_bundled(lua_State *L) {
  const struct bundle_entry *entry = lua_touserdata(L, lua_upvalueindex(1));
  if (luaL_loadbuffer(L, entry->text, entry->size, entry->name) != LUA_OK)
    return lua_error(L);
  lua_call(L, 0, 1);
  return 1;
}

static int call(lua_State *L) {
  struct zd_host_account account = {.base_url = base_url,
                                    .access_token = CANARY};
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (const struct bundle_entry *entry = bundle; entry->name != NULL;
       entry++) {
    lua_pushlightuserdata(L, (void *)entry);
    lua_pushcclosure(L, load_bundled, 1);
    lua_setfield(L, -2, entry->name);
  }
  lua_pushcfunction(L, luaopen_zendesk_core);
  lua_setfield(L, -2, "zendesk.core");
  if (luaL_loadstring(L, "local zd = assert(require 'zendesk'.new {\n"
                         "  account = ..., retry = false })\n"
                         "a_string = 'this is in a block'\n"
                         "return assert(zd:get '/any').ok") != LUA_OK)
    return lua_error(L);
  if (zd_push_account(L, &account) != 0)
    return lua_error(L);
  lua_call(L, 1, 1);
  return 1;
}

/* Returns how many allocations the state has asked for. */
static long try(long fails_at) {
  struct memory memory = {{NULL, NULL, 0}, 0, 0, fails_at};
  memory.all.next = memory.all.prev = &memory.all;
  lua_State *L = lua_newstate(allocate, &memory);
  if (L != NULL) {
    lua_pushcfunction(L, call);
    int status = lua_pcall(L, 0, 1, 0);
    if (fails_at == 0 && (status != LUA_OK || !lua_toboolean(L, -1)))
      complain(luaL_tolstring(L, -1, NULL), 0);
    if (fails_at > 0 && status == LUA_OK && memory.made >= fails_at)
      complain("a call went well without memory", fails_at);
    if (!holds(&memory, "this is in a block") && fails_at == 0)
      complain("the search finds nothing", 0);
    if (holds(&memory, CANARY))
      complain("Lua holds the secret", fails_at);
    memory.fails_at = 0;
    lua_close(L);
  }
  if (memory.live != 0)
    complain("blocks were left behind", fails_at);
  return memory.made;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  base_url = argv[1];
  long all = try(0);
  long step = all / 400 + 1;
  for (long at = 1; at <= all; at += step)
    try(at);
  printf("%ld allocations, %d failures\n", all, failures);
  return failures > 0;
}
