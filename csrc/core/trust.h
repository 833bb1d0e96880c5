/* trust: which certificates a TLS connection is checked against by default.
 *
 * Where libcurl was built with both a bundle file and a folder of hashed
 * certificates, as on Debian, it reads the whole bundle for every handle
 * (19.6 ms of CPU a handshake) and keeps no cache. The folder alone is read
 * by certificate (1.2 ms) and holds the same trust, but only where it really
 * is hashed, and that for all that the bundle holds: what has no link would not
 * be trusted. */
#ifndef ZD_TRUST_H
#define ZD_TRUST_H

#include <stdbool.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* True when the built-in folder can stand for the built-in bundle. Reads both:
 * ask once. */
bool zd_trust_folder_suffices(void);

/* True when `folder` has as many links as `bundle` has certificates, of the
 * kind that c_rehash makes: eight hexadecimal digits, a dot and a number; and
 * when the bundle has not been changed since. Without a bundle, any link does:
 * there is nothing else. */
bool zd_trust_is_hashed(const char *folder, const char *bundle);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
