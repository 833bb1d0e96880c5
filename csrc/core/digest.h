/* digest: SHA-256, random bytes, and the two base64 alphabets.
 *
 * Hashing and randomness are OpenSSL's libcrypto; nothing here keeps state,
 * and nothing here is home-made cryptography. The encoders write into memory
 * of the caller, whose size the zd_*_size functions tell, and never
 * allocate. Outputs are not NUL-terminated. */
#ifndef ZD_DIGEST_H
#define ZD_DIGEST_H

#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum { ZD_SHA256_SIZE = 32 };

/* Lengths above this are refused by callers, so that sizes cannot overflow. */
#define ZD_BASE64_INPUT_MAX ((size_t)1 << 30)

/* ZD_NOMEM when libcrypto cannot set the digest up. */
ZD_USE_RESULT enum zd_status zd_sha256(const void *data, size_t len,
                                       unsigned char out[ZD_SHA256_SIZE]);

/* Fills `out` from the system's random source by way of libcrypto. ZD_SYSTEM
 * when there is no entropy; `out` must then not be used. */
ZD_USE_RESULT enum zd_status zd_random(void *out, size_t len);

/* RFC 4648 section 4: with padding. Returns the number of bytes written, which
 * is zd_base64_size(len). */
size_t zd_base64_size(size_t len);
size_t zd_base64_encode(const void *data, size_t len, char *out);

/* RFC 4648 section 5, unpadded: the form of PKCE and JWT. Returns the number
 * of bytes written, which is zd_base64url_size(len). */
size_t zd_base64url_size(size_t len);
size_t zd_base64url_encode(const void *data, size_t len, char *out);

/* Writes at most `len` bytes to `out` and their number to `out_len`.
 * ZD_BAD_VALUE for anything but the one canonical encoding: no padding, no
 * white space, no bits set behind the last byte. */
ZD_USE_RESULT enum zd_status zd_base64url_decode(const char *text, size_t len,
                                                 unsigned char *out,
                                                 size_t *out_len);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
