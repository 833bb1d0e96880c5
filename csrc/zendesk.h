/* zendesk: the C module for programs that have Lua inside.
 *
 * Compile csrc/onezd.c with ZD_STATIC defined, link libcurl, libcrypto and Lua
 * 5.4, and put luaopen_zendesk_core into package.preload as "zendesk.core".
 * examples/embed does it, with the Lua files of the library inside of the
 * program. Nothing here prints, exits, starts threads or keeps global state
 * beyond the once-flag of libcurl's initialisation. */
#ifndef ZENDESK_H
#define ZENDESK_H

#ifdef __cplusplus
extern "C" {
#endif

#define ZD_VERSION "0.1.0"

struct lua_State; /* of lua.h, which C++ includes as lua.hpp */

/* The shared module shows luaopen_zendesk_core alone. */
#if defined(__GNUC__) && !defined(ZD_STATIC)
#define ZD_HOST __attribute__((visibility("hidden")))
#else
#define ZD_HOST
#endif

/* The version of the module that is linked, which is static text. */
ZD_HOST const char *zd_version(void);

/* The C module: require "zendesk.core". */
int luaopen_zendesk_core(struct lua_State *L);

/* Leaves curl_global_init to the host, who has called it or does so before the
 * first Lua state opens the module. To be called before that, too; afterwards
 * it has no effect. A program that never wants the module to do it compiles
 * with ZD_NO_CURL_GLOBAL_INIT. */
ZD_HOST void zd_leave_curl_init(void);

/* NULL where there is nothing. base_url is "https://acme.zendesk.com"; the
 * credential is email and api_token, or access_token. */
struct zd_host_account {
  const char *base_url;
  const char *email, *api_token;
  const char *access_token;
  const char *user_agent;
  const char *ca_file, *ca_path;
  const char *proxy;
};

/* Pushes an account for zendesk.new { account = … } and returns 0; or pushes a
 * message, which holds no secret, and returns 1. The texts are only read: the
 * caller may wipe them afterwards. Lua gets the use of the credential and
 * nothing else: it is in no Lua string, upvalue or user value, and goes to
 * this origin alone. [may raise: memory; needs 5 stack slots] */
ZD_HOST int zd_push_account(struct lua_State *L,
                            const struct zd_host_account *account);

#ifdef __cplusplus
}
#endif
#endif
