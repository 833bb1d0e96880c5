/* buf: a growing byte buffer with a mandatory maximum.
 *
 * The buffer owns its memory and wipes it whenever memory goes back, because
 * requests and replies carry credentials. Reaching `max` is ZD_TOO_LARGE and
 * changes nothing: content is never truncated. The content is not
 * NUL-terminated. A zeroed zd_buf is valid and has a maximum of 0. */
#ifndef ZD_BUF_H
#define ZD_BUF_H

#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

struct zd_buf {
  char *data; /* NULL until the first byte */
  size_t len; /* bytes in use */
  size_t cap; /* bytes allocated */
  size_t max; /* bytes allowed */
};

void zd_buf_init(struct zd_buf *buf, size_t max);

/* Makes room for `extra` more bytes behind `len`; `len` stays. A caller may
 * then write to data + len and add to len by itself. */
ZD_USE_RESULT enum zd_status zd_buf_reserve(struct zd_buf *buf, size_t extra);

ZD_USE_RESULT enum zd_status zd_buf_append(struct zd_buf *buf, const void *data,
                                           size_t len);

ZD_USE_RESULT enum zd_status zd_buf_append_str(struct zd_buf *buf,
                                               const char *text);

/* Forgets and wipes the content, keeps the memory. */
void zd_buf_reset(struct zd_buf *buf);

/* Wipes and releases; the buffer is then empty with the same maximum.
 * Idempotent. */
void zd_buf_free(struct zd_buf *buf);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
