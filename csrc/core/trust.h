/* trust: which certificates a TLS connection is checked against by default.
 *
 * Where libcurl was built with both a bundle file and a folder of hashed
 * certificates, as on Debian, it reads the whole bundle for every handle
 * (19.6 ms of CPU a handshake) and keeps no cache. The folder alone is read
 * by certificate (1.2 ms) and holds the same trust, but only where it really
 * is hashed: without its links, verification would fail. */
#ifndef ZD_TRUST_H
#define ZD_TRUST_H

#include <stdbool.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* True when the built-in folder can stand for the built-in bundle. Reads a
 * directory: ask once. */
bool zd_trust_folder_suffices(void);

/* True when `path` holds a link as c_rehash makes it: eight hexadecimal digits
 * and ".0". */
bool zd_trust_is_hashed(const char *path);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
