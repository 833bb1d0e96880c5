/* ldigest: core.sha256, core.random, core.base64, core.base64url,
 * core.base64url_decode and core.equal. Strings in, strings out; a number is
 * not taken for a string. */
#ifndef LZD_DIGEST_H
#define LZD_DIGEST_H

#include <lua.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Adds the functions to the module table on top of the stack, which stays
 * there. [may raise: memory] */
void lzd_open_digest(lua_State *L);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
