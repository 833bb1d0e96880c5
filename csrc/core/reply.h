/* reply: one reply as it arrives, and whether it arrived whole.
 *
 * Owns the raw header block of the final reply and the decoded body, each with
 * a maximum; both are wiped when they go. It knows nothing of libcurl, which
 * reports success where there is none: a connection closed inside the header
 * block, a Content-Length that overflows, an unframed body that TLS did not
 * end. Those are found here. Trailers are counted and dropped. One thing is out
 * of reach: a compressed body that its sender cut short but framed well is
 * decoded as far as it goes. */
#ifndef ZD_REPLY_H
#define ZD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "headers.h"
#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* All header bytes of one transfer: 1xx replies and trailers included. */
#define ZD_HEAD_MAX ((size_t)64 * 1024)

struct zd_reply {
  struct zd_buf head;
  struct zd_buf body;
  size_t head_seen; /* header bytes so far, dropped ones included */
  int status;       /* of the block in `head`; 0 before the first */
  struct zd_framing_state frame;
  bool head_complete;     /* the final reply's header block has ended */
  bool bodiless;          /* the request was a HEAD */
  enum zd_status failure; /* why receiving stopped; ZD_OK while it goes on */
  const char *why;        /* a static text, with `failure` */
};

/* How the exchange went, for zd_reply_check. */
struct zd_exchange {
  int64_t received; /* body bytes before decompression */
  bool tls;
  bool http1; /* HTTP/2 frames every body by itself */
};

/* Makes a zeroed or used reply ready for a new one; keeps memory. */
void zd_reply_start(struct zd_reply *reply, size_t max_body, bool bodiless);

/* Takes one header line with its line end: a status line, a header, the blank
 * line, or a trailer. Anything but ZD_OK is also in `failure`. */
ZD_USE_RESULT enum zd_status zd_reply_header(struct zd_reply *reply,
                                             const char *line, size_t len);

/* Takes decoded body bytes. Anything but ZD_OK is also in `failure`. */
ZD_USE_RESULT enum zd_status zd_reply_body(struct zd_reply *reply,
                                           const char *data, size_t len);

/* Is the reply whole, now that the exchange has ended without an error? */
ZD_USE_RESULT enum zd_status zd_reply_check(struct zd_reply *reply,
                                            const struct zd_exchange *exchange);

/* Wipes the content; gives memory back beyond what an idle reply may keep. */
void zd_reply_reset(struct zd_reply *reply);

/* Wipes and releases everything. Idempotent. */
void zd_reply_free(struct zd_reply *reply);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
