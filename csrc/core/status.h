/* status: the one result type of the core.
 *
 * Every function that can fail returns an enum zd_status; 0 is success and a
 * result must be used. A status says what kind of thing went wrong; details
 * (an offset, a libcurl code) travel beside it, in the structure at hand. */
#ifndef ZD_STATUS_H
#define ZD_STATUS_H

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#define ZD_USE_RESULT __attribute__((warn_unused_result))
#else
#define ZD_USE_RESULT
#endif

enum zd_status {
  ZD_OK = 0,
  ZD_NOMEM,     /* an allocation failed */
  ZD_TOO_LARGE, /* a named maximum was reached */
  ZD_BAD_VALUE, /* an argument is not of the required form */
  ZD_TRANSPORT, /* name lookup, connection, or a broken exchange */
  ZD_TLS,       /* handshake or certificate */
  ZD_TIMEOUT,   /* a time limit of the transfer was reached */
  ZD_CANCELLED, /* the caller gave the transfer up */
  ZD_CLOSED,    /* the engine was closed under the transfer */
  ZD_DECODE,    /* JSON or content encoding is not well-formed */
  ZD_ENCODE,    /* a value has no JSON form */
  ZD_SYSTEM,    /* a system call failed; errno travels beside it */
  ZD_STATUS_COUNT
};

/* The word that names a status in `err.kind` on the Lua side. Never NULL. */
const char *zd_status_kind(enum zd_status status);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
