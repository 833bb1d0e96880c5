/* ldigest: see ldigest.h. The memory that the core writes to is a luaL_Buffer,
 * sized before the core is called and owned by Lua all the time. */
#include "ldigest.h"

#include "../core/digest.h"
#include "../core/secret.h"
#include "lzd.h"

enum { RANDOM_MAX = 65536 };

static int digest_sha256(lua_State *L) {
  struct zd_text bytes = lzd_check_text(L, 1);

  unsigned char digest[ZD_SHA256_SIZE];
  enum zd_status status = zd_sha256(bytes.data, bytes.len, digest);

  /* The callers have no use for an error value here: short of memory, Lua
   * itself would raise as well. */
  if (status != ZD_OK)
    return luaL_error(L, "not enough memory");
  lua_pushlstring(L, (const char *)digest, sizeof digest);
  return 1;
}

static int digest_random(lua_State *L) {
  luaL_Buffer buffer;
  lua_Integer wanted = luaL_checkinteger(L, 1);
  luaL_argcheck(L, wanted >= 1 && wanted <= RANDOM_MAX, 1,
                "a number of bytes from 1 to 65536 expected");
  char *out = luaL_buffinitsize(L, &buffer, (size_t)wanted);

  enum zd_status status = zd_random(out, (size_t)wanted);

  if (status != ZD_OK) {
    lua_pushnil(L);
    lua_pushliteral(L, "the system has no random bytes");
    return 2;
  }
  luaL_pushresultsize(&buffer, (size_t)wanted);
  return 1;
}

/* [may raise: type, size] */
static struct zd_text check_base64_input(lua_State *L) {
  struct zd_text text = lzd_check_text(L, 1);
  luaL_argcheck(L, text.len <= ZD_BASE64_INPUT_MAX, 1, "too long");
  return text;
}

static int digest_base64(lua_State *L) {
  luaL_Buffer buffer;
  struct zd_text bytes = check_base64_input(L);
  char *out = luaL_buffinitsize(L, &buffer, zd_base64_size(bytes.len));

  size_t len = zd_base64_encode(bytes.data, bytes.len, out);

  luaL_pushresultsize(&buffer, len);
  return 1;
}

static int digest_base64url(lua_State *L) {
  luaL_Buffer buffer;
  struct zd_text bytes = check_base64_input(L);
  char *out = luaL_buffinitsize(L, &buffer, zd_base64url_size(bytes.len));

  size_t len = zd_base64url_encode(bytes.data, bytes.len, out);

  luaL_pushresultsize(&buffer, len);
  return 1;
}

static int digest_base64url_decode(lua_State *L) {
  luaL_Buffer buffer;
  size_t len;
  struct zd_text text = check_base64_input(L);
  char *out = luaL_buffinitsize(L, &buffer, text.len);

  enum zd_status status =
      zd_base64url_decode(text.data, text.len, (unsigned char *)out, &len);

  if (status != ZD_OK) {
    lua_pushnil(L);
    return 1;
  }
  luaL_pushresultsize(&buffer, len);
  return 1;
}

static int digest_equal(lua_State *L) {
  struct zd_text a = lzd_check_text(L, 1);
  struct zd_text b = lzd_check_text(L, 2);

  bool equal = zd_equal_ct(a.data, a.len, b.data, b.len);

  lua_pushboolean(L, equal);
  return 1;
}

void lzd_open_digest(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"sha256", digest_sha256},
      {"random", digest_random},
      {"base64", digest_base64},
      {"base64url", digest_base64url},
      {"base64url_decode", digest_base64url_decode},
      {"equal", digest_equal},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
