/* host: a program with Lua and Zendesk inside, which needs no files at run
 * time.
 *
 *   echo "$TOKEN" | host https://acme.zendesk.com 'print(zd:whoami().email)'
 *
 * The token comes by standard input: arguments and environment can be read by
 * others, the script among them. The script gets `zd`, which can use the token,
 * and has no way to it. */
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bundle.h"
#include "zendesk.h"

static int load_bundled(lua_State *L) {
  const struct bundle_entry *entry = lua_touserdata(L, lua_upvalueindex(1));
  lua_pushfstring(L, "=%s", entry->name);
  const char *chunk = lua_tostring(L, -1);
  if (luaL_loadbufferx(L, entry->text, entry->size, chunk, "t") != LUA_OK)
    return lua_error(L);
  lua_pushstring(L, entry->name);
  lua_call(L, 1, 1);
  return 1;
}

/* Lua parses only the files that the script comes to need. */
static void preload(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (const struct bundle_entry *entry = bundle; entry->name != NULL;
       entry++) {
    lua_pushlightuserdata(L, (void *)entry);
    lua_pushcclosure(L, load_bundled, 1);
    lua_setfield(L, -2, entry->name);
  }
  lua_pushcfunction(L, luaopen_zendesk_core);
  lua_setfield(L, -2, "zendesk.core");
  lua_pop(L, 1);
}

struct job {
  const char *base_url, *script;
  char token[1024];
};

static void wipe(char *bytes, size_t size) {
  volatile char *at = bytes;
  while (size-- > 0)
    *at++ = '\0';
}

/* Sets the global `zd` to zendesk.new { account = … }. */
static void lend(lua_State *L, struct job *job) {
  struct zd_host_account account = {.base_url = job->base_url,
                                    .access_token = job->token};
  luaL_loadstring(L, "zd = assert(require 'zendesk'.new { account = ... })");
  int refused = zd_push_account(L, &account);
  wipe(job->token, sizeof(job->token));
  if (refused)
    lua_error(L);
  lua_call(L, 1, 0);
}

static int run(lua_State *L) {
  struct job *job = lua_touserdata(L, 1);
  luaL_openlibs(L);
  preload(L);
  lend(L, job);
  if (luaL_loadbuffer(L, job->script, strlen(job->script), "=script") != LUA_OK)
    return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static int run_in_state(struct job *job) {
  lua_State *L = luaL_newstate();
  if (L == NULL)
    return 1;
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, job);
  int failed = lua_pcall(L, 1, 0, 0) != LUA_OK;
  if (failed)
    fprintf(stderr, "host: %s\n", luaL_tolstring(L, -1, NULL));
  lua_close(L);
  return failed;
}

int main(int argc, char **argv) {
  struct job job = {NULL, NULL, ""};
  if (argc != 3 || fgets(job.token, sizeof(job.token), stdin) == NULL) {
    fprintf(stderr, "usage: host BASE_URL SCRIPT < token (zendesk %s)\n",
            zd_version());
    return 2;
  }
  job.token[strcspn(job.token, "\r\n")] = '\0';
  job.base_url = argv[1];
  job.script = argv[2];
  /* libcurl is this program's business here, and it says so. */
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return 1;
  zd_leave_curl_init();
  int failed = run_in_state(&job);
  curl_global_cleanup();
  return failed;
}
