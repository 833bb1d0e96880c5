/* url: origins, and the paths that may be asked of them.
 *
 * A credential belongs to one origin, so every address a caller names is
 * reduced to a path on that origin or refused. Nothing is guessed or repaired,
 * with one exception: raw square brackets, which Zendesk's own links carry, are
 * percent-encoded by zd_url_resolve. Nothing here allocates. On failure `*why`
 * points to a static text that says what is wrong and never quotes the value.
 */
#ifndef ZD_URL_H
#define ZD_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  ZD_SUBDOMAIN_MAX = 63,
  ZD_HOST_MAX = 253,
  ZD_ORIGIN_MAX = 8 + 2 + ZD_HOST_MAX + 6 + 1 /* scheme [ host ] :port NUL */
};

/* Longest path with query that is accepted. */
#define ZD_PATH_MAX ((size_t)64 * 1024)

/* Longest text that zd_url_resolve reads. */
#define ZD_URL_MAX (ZD_PATH_MAX + ZD_ORIGIN_MAX)

struct zd_origin {
  char host[ZD_HOST_MAX + 1]; /* lower case, without brackets */
  unsigned port;
  bool https;
  bool ipv6;
  bool loopback; /* 127.0.0.0/8, ::1 or localhost */
};

/* One DNS label: letters, digits and inner hyphens. */
ZD_USE_RESULT enum zd_status zd_subdomain_check(const char *text, size_t len,
                                                const char **why);

/* Reads https://host[:port][/]; http is accepted for loopback hosts only. */
ZD_USE_RESULT enum zd_status zd_origin_parse(const char *url, size_t len,
                                             struct zd_origin *origin,
                                             const char **why);

/* Writes the origin with a NUL, leaving a default port out; returns the length
 * without the NUL. */
size_t zd_origin_format(const struct zd_origin *origin,
                        char out[ZD_ORIGIN_MAX]);

/* A path with an optional query, ready to be sent as it stands. */
ZD_USE_RESULT enum zd_status zd_path_check(const char *path, size_t len,
                                           const char **why);

/* Writes the path and query of `url`, which is a path or an absolute URL on
 * `origin`, to `out`, which has room for 3 * len + 1 bytes; no NUL follows.
 * ZD_BAD_VALUE for anything else. */
ZD_USE_RESULT enum zd_status zd_url_resolve(const struct zd_origin *origin,
                                            const char *url, size_t len,
                                            char *out, size_t *out_len,
                                            const char **why);

/* Writes `text` to `out`, which has room for 3 * len bytes, with everything
 * percent-encoded that is not unreserved in RFC 3986; returns the length. */
size_t zd_url_escape(const char *text, size_t len, char *out);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
