/* route: how an account's origin is reached, without any credential.
 *
 * Never changes once made, and is shared: a kept easy handle that is configured
 * for a route serves the next request on it as it stands. Wiped when the last
 * share goes, since a proxy URL may hold a password. Counted by hand, for one
 * thread. */
#ifndef ZD_ROUTE_H
#define ZD_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "account.h"
#include "secret.h"
#include "status.h"
#include "url.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum zd_proxy {
  ZD_PROXY_NONE,        /* a direct connection, whatever the environment says */
  ZD_PROXY_ENVIRONMENT, /* https_proxy, all_proxy and no_proxy decide */
  ZD_PROXY_URL
};

struct zd_route {
  unsigned shares;
  struct zd_origin origin;
  char origin_text[ZD_ORIGIN_MAX];
  enum zd_proxy proxy;
  bool http1_only; /* the server has turned HTTP/2 down */
  /* Empty where the user has not chosen; `user_agent` is a header line. */
  struct zd_secret user_agent, ca_file, ca_path, proxy_url;
};

/* Returns owned, with one share. ZD_BAD_VALUE fills `refusal`. */
ZD_USE_RESULT enum zd_status
zd_route_new(const struct zd_account_options *options, struct zd_route **route,
             struct zd_refusal *refusal);

struct zd_route *zd_route_share(struct zd_route *route);

/* Whether an easy handle that is configured for one serves the other as well:
 * two instances for one account, say. The User-Agent goes with each request. */
bool zd_route_equals(const struct zd_route *a, const struct zd_route *b);

/* Gives a share back; the last one wipes. NULL is allowed. */
void zd_route_release(struct zd_route *route);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
