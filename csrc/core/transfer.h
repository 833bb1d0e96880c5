/* transfer: one request and its reply.
 *
 * An engine makes transfers, runs them, and keeps used ones for the next
 * request; engine.h has what starts and ends one. libcurl's callbacks touch
 * only the transfer's memory. A request that may not happen twice is sent at
 * most once, whatever libcurl would like to do about a connection that dies. */
#ifndef ZD_TRANSFER_H
#define ZD_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "account.h"
#include "buf.h"
#include "headers.h"
#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum { ZD_REQUEST_HEADERS_MAX = 64 };

/* Room for the text of all request headers that a caller adds. */
#define ZD_REQUEST_HEADERS_SIZE ((size_t)64 * 1024)

/* Longest body that zd_transfer_upload holds. */
#define ZD_UPLOAD_MAX ((size_t)256 * 1024 * 1024)

struct zd_transfer;

struct zd_request {
  const char *method;  /* NUL-terminated, checked by zd_method_check */
  struct zd_text path; /* checked here */
  struct zd_text body;
  bool copy_body; /* else it is borrowed until the transfer is finished */
  struct zd_text content_type, accept; /* absent: no such header */
  long timeout_ms, connect_timeout_ms;
  size_t max_body;
  bool anonymous; /* leave the account's credential out */
  bool http1;     /* do not offer HTTP/2 */
  bool brief;     /* one record comes back: a small buffer does, and
                     compression is not asked for */
};

struct zd_outcome {
  enum zd_status status; /* ZD_OK: a whole reply has arrived */
  int http_status;       /* 0 when no status line was read */
  const char *message;   /* borrowed from the transfer; "" for ZD_OK */
  bool sent;             /* may the request have reached the server? */
  int curl_code;
};

struct zd_timings {
  double total, name_lookup, connect, tls, first_byte; /* seconds */
  long long upload, download;                          /* bytes on the wire */
  long new_connections;
  const char *http_version; /* "1.0", "1.1", "2", "3"; "" when unknown */
  const char *ip;           /* borrowed from the transfer; "" when unknown */
  long port;
};

/* Adds a header to a transfer that has not been submitted. ZD_BAD_VALUE sets
 * `*why` to a static text. */
ZD_USE_RESULT enum zd_status
zd_transfer_add_header(struct zd_transfer *transfer, struct zd_text name,
                       struct zd_text value, const char **why);

/* Memory for a body, wiped with the transfer: empty until it is written to, and
 * fixed once the transfer is submitted. Borrowed from the transfer. */
struct zd_buf *zd_transfer_upload(struct zd_transfer *transfer);

bool zd_transfer_done(const struct zd_transfer *transfer);

/* Valid once the transfer is done. */
void zd_transfer_outcome(const struct zd_transfer *transfer,
                         struct zd_outcome *outcome);
void zd_transfer_timings(const struct zd_transfer *transfer,
                         struct zd_timings *timings);

/* Borrowed until the transfer is closed; empty before the transfer is done. */
struct zd_slice zd_transfer_head(const struct zd_transfer *transfer);
struct zd_slice zd_transfer_body(const struct zd_transfer *transfer);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
