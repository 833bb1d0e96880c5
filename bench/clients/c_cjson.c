/* c_cjson: C on libcurl with lua-cjson: the reply is gathered in a buffer and
 * decoded into Lua tables. What a careful programmer would build from what
 * Debian has; pages and walks alone, where decoding is what costs. */
#define _POSIX_C_SOURCE 200809L

#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

struct body {
  char *bytes;
  size_t size, room;
};

static size_t gather(char *data, size_t size, size_t count, void *user) {
  struct body *body = user;
  size *= count;
  if (body->size + size > body->room) {
    body->room = (body->size + size) * 2;
    body->bytes = realloc(body->bytes, body->room);
    if (body->bytes == NULL)
      bench_fail("memory", "none left");
  }
  memcpy(body->bytes + body->size, data, size);
  body->size += size;
  return size;
}

/* Leaves cjson.decode at 1. */
static lua_State *open_decoder(void) {
  lua_State *L = luaL_newstate();
  if (L == NULL)
    bench_fail("Lua", "no state");
  luaL_openlibs(L);
  if (luaL_dostring(L, "return require('cjson').decode") != LUA_OK)
    bench_fail("lua-cjson", lua_tostring(L, -1));
  return L;
}

/* Fetches and decodes; leaves the table at 2. */
static void fetch(CURL *easy, struct body *body, lua_State *L) {
  body->size = 0;
  bench_check(easy, curl_easy_perform(easy));
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  lua_pushlstring(L, body->bytes, body->size);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK)
    bench_fail("lua-cjson", lua_tostring(L, -1));
}

/* Goes through the records of the page in hand, as `each` hands them out, and
 * on to the page that it names. */
static void follow(CURL *easy, lua_State *L) {
  lua_getfield(L, 2, "tickets");
  for (lua_Integer index = 1; index <= (lua_Integer)lua_rawlen(L, 3); index++) {
    lua_rawgeti(L, 3, index);
    lua_pop(L, 1);
  }
  lua_getfield(L, 2, "links");
  lua_getfield(L, -1, "next");
  if (lua_isstring(L, -1))
    curl_easy_setopt(easy, CURLOPT_URL, lua_tostring(L, -1));
}

int main(int argc, char **argv) {
  struct bench_job job = bench_arguments(argc, argv);
  struct body body = {0};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *easy = bench_handle();
  lua_State *L = open_decoder();
  int walks = strcmp(job.work, "walk") == 0;
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, gather);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  bench_url(easy, job.base_url, bench_page_path);
  if (!walks)
    fetch(easy, &body, L);
  struct bench_clock start = bench_now();
  for (long index = 0; index < job.count; index++) {
    fetch(easy, &body, L);
    if (walks)
      follow(easy, L);
  }
  bench_report(&job, start);
  return 0;
}
