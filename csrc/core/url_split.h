/* url_split: the part of url.c that path.c needs. */
#ifndef ZD_URL_SPLIT_H
#define ZD_URL_SPLIT_H

#include "url.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Splits an absolute URL into its origin and what follows, which `*path`
 * borrows from `url`. The scheme may be http even off loopback: callers
 * compare the origin with one that has been checked. */
ZD_USE_RESULT enum zd_status zd_url_split(const char *url, size_t len,
                                          struct zd_origin *origin,
                                          const char **path, size_t *path_len,
                                          const char **why);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
