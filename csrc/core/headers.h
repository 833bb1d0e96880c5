/* headers: what may go into a request header, and finding things in a reply's.
 *
 * A reply's headers stay the raw block that arrived; a header is looked up when
 * asked for, so that nobody pays for a table. The block ends every line with
 * CRLF or LF and its first line is the status line. Everything here works on
 * borrowed bytes and allocates nothing. */
#ifndef ZD_HEADERS_H
#define ZD_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

struct zd_slice {
  const char *data;
  size_t len;
};

struct zd_header_line {
  struct zd_slice name;
  struct zd_slice value; /* without surrounding white space */
};

/* How the end of a reply's body is told (RFC 9112, section 6.3). */
enum zd_framing {
  ZD_FRAMING_CLOSE = 0, /* by the end of the connection */
  ZD_FRAMING_LENGTH,    /* by Content-Length */
  ZD_FRAMING_CHUNKED,
  ZD_FRAMING_BROKEN, /* Content-Length is no number, too large, or two */
};

/* Zeroed before the first header. */
struct zd_framing_state {
  enum zd_framing framing;
  int64_t length; /* for ZD_FRAMING_LENGTH */
  bool encoded;   /* Content-Encoding: the length is not the body's */
};

/* A token of RFC 9110 that is not one of those the transport writes itself.
 * On failure `*why` is a static text that does not quote the name. */
ZD_USE_RESULT enum zd_status zd_header_name_check(const char *name, size_t len,
                                                  const char **why);

/* Visible characters, spaces, tabs and bytes above 0x7f. */
ZD_USE_RESULT enum zd_status
zd_header_value_check(const char *value, size_t len, const char **why);

/* Compares names without regard to the case of ASCII letters. */
bool zd_header_same_name(const char *a, size_t a_len, const char *b,
                         size_t b_len);

/* An HTTP method: capital letters only. */
ZD_USE_RESULT bool zd_method_check(const char *method, size_t len);

/* Takes the next header line at `*at` (0 at first) and moves `*at` behind it.
 * False at the end of the block. */
ZD_USE_RESULT bool zd_headers_next(struct zd_slice block, size_t *at,
                                   struct zd_header_line *line);

/* Finds the last header called `name`, whatever its case. */
ZD_USE_RESULT bool zd_headers_find(struct zd_slice block, const char *name,
                                   size_t name_len, struct zd_slice *value);

/* Whether a line can be about framing, by its first letter: most are not. */
static inline bool zd_framing_concerns(const char *line, size_t len) {
  return len > 0 && ((line[0] | 0x20) == 'c' || (line[0] | 0x20) == 't');
}

/* Takes one header line, with or without its line end, into account. */
void zd_framing_take(struct zd_framing_state *state, const char *line,
                     size_t len);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
