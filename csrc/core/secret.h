/* secret: bytes that must not outlive their use.
 *
 * A zd_secret owns a NUL-terminated copy of what it is given and overwrites it
 * before the memory goes back. It never prints, and compares in constant time.
 * A zeroed zd_secret is valid and empty. */
#ifndef ZD_SECRET_H
#define ZD_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

struct zd_secret {
  char *data; /* NUL-terminated, or NULL when empty */
  size_t len;
};

/* Replaces what `secret` holds by a copy of `data`. On failure the old content
 * stays. */
ZD_USE_RESULT enum zd_status zd_secret_set(struct zd_secret *secret,
                                           const char *data, size_t len);

/* Wipes and releases; leaves the secret empty. Idempotent. */
void zd_secret_clear(struct zd_secret *secret);

/* Overwrites memory in a way that the compiler does not remove. */
void zd_wipe(void *data, size_t len);

/* Compares without a data-dependent branch; the lengths may be observed. */
ZD_USE_RESULT bool zd_equal_ct(const char *a, size_t a_len, const char *b,
                               size_t b_len);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
