/* account: one origin and the credential that belongs to it.
 *
 * The credential exists only as a finished Authorization line in memory that
 * is wiped when the last user lets go: the account, and every transfer that
 * was submitted with it. A request names a path, never a host, so the line
 * cannot reach another origin. Messages name an option and never show a
 * value. Owned by one thread. */
#ifndef ZD_ACCOUNT_H
#define ZD_ACCOUNT_H

#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Longest email, token, agent, path or proxy URL that is accepted. */
enum { ZD_OPTION_MAX = 16 * 1024 };

enum zd_scheme { ZD_SCHEME_NONE, ZD_SCHEME_BASIC, ZD_SCHEME_BEARER };

/* A text that may hold any byte; absent when data is NULL. */
struct zd_text {
  const char *data;
  size_t len;
};

struct zd_account_options {
  struct zd_text base_url;
  struct zd_text email, api_token; /* both or neither */
  struct zd_text access_token;
  struct zd_text user_agent;
  struct zd_text product; /* the library's own name, after user_agent */
  struct zd_text ca_file, ca_path;
  struct zd_text proxy; /* a URL, or "environment" */
};

/* Which option or field was refused, and why; both static texts. */
struct zd_refusal {
  const char *option;
  const char *why;
};

struct zd_account;
struct zd_credential;
struct zd_route;

/* Returns owned in `*account`. ZD_BAD_VALUE fills `refusal`. */
ZD_USE_RESULT enum zd_status
zd_account_new(const struct zd_account_options *options,
               struct zd_account **account, struct zd_refusal *refusal);

/* Wipes and releases; NULL is allowed. Running transfers keep their
 * credential. */
void zd_account_free(struct zd_account *account);

/* Replaces the credential by a bearer token. On failure the old one stays. */
ZD_USE_RESULT enum zd_status zd_account_bearer(struct zd_account *account,
                                               struct zd_text token,
                                               struct zd_refusal *refusal);

enum zd_scheme zd_account_scheme(const struct zd_account *account);

/* NUL-terminated, borrowed from the account. */
const char *zd_account_origin(const struct zd_account *account);

/* Borrowed from the account; see route.h. */
struct zd_route *zd_account_route(const struct zd_account *account);

/* Takes a share in the credential; NULL when the account has none. */
struct zd_credential *zd_account_credential(const struct zd_account *account);

/* The line "Authorization: …", borrowed from the credential. */
const char *zd_credential_line(const struct zd_credential *credential);

/* Gives a share back; the last one wipes. NULL is allowed. */
void zd_credential_release(struct zd_credential *credential);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
