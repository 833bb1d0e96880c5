/* fuzz_reply: a whole reply as libcurl would hand it over, line by line and
 * then in pieces. The first bytes of the input are switches: the maximum of the
 * body, whether the request was a HEAD, the size of the pieces, TLS, HTTP/2. */
#include "core/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SWITCHES = 5 };

static void require(bool holds) {
  if (!holds)
    abort();
}

/* Feeds lines up to the first empty one; returns the bytes behind it. */
static size_t feed_head(struct zd_reply *reply, const char *text, size_t len) {
  size_t at = 0;
  while (at < len) {
    const char *end = memchr(text + at, '\n', len - at);
    size_t line = end == NULL ? len - at : (size_t)(end - text) + 1 - at;
    if (zd_reply_header(reply, text + at, line) != ZD_OK) {
      require(reply->failure != ZD_OK && reply->why != NULL);
      return len;
    }
    at += line;
    require(reply->head.len <= ZD_HEAD_MAX);
    if (line <= 2 && (text[at - line] == '\r' || text[at - line] == '\n') &&
        reply->head_complete)
      break;
  }
  return at;
}

static size_t feed_body(struct zd_reply *reply, const char *text, size_t len,
                        size_t piece) {
  size_t at = 0;
  while (at < len) {
    size_t now = len - at < piece ? len - at : piece;
    if (zd_reply_body(reply, text + at, now) != ZD_OK) {
      require(reply->failure != ZD_OK && reply->why != NULL);
      break;
    }
    at += now;
    require(reply->body.len <= reply->body.max);
  }
  return at;
}

static void fuzz(struct zd_reply *reply, const uint8_t *switches,
                 const char *text, size_t len) {
  size_t max_body = (size_t)switches[0] * 16;
  zd_reply_start(reply, max_body, (switches[1] & 1) != 0);
  size_t head = feed_head(reply, text, len);
  size_t body = feed_body(reply, text + head, len - head, switches[2] + 1u);
  if (reply->failure != ZD_OK) /* the transfer ends with that */
    return;
  struct zd_exchange exchange = {(int64_t)body, (switches[3] & 1) != 0,
                                 (switches[4] & 1) != 0};
  if (zd_reply_check(reply, &exchange) == ZD_OK) {
    /* Success is a whole reply: a final status and all that was announced.
     * libcurl itself never hands on more than that. */
    require(reply->failure == ZD_OK && reply->head_complete);
    require(reply->status >= 200 || reply->status == 101);
    require(reply->bodiless || reply->frame.framing != ZD_FRAMING_LENGTH ||
            reply->status == 204 || reply->status == 304 ||
            reply->frame.length <= (int64_t)body);
  } else {
    require(reply->why != NULL);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct zd_reply reply;
  if (size < SWITCHES)
    return 0;
  memset(&reply, 0, sizeof reply);
  size_t len = size - SWITCHES;
  char *text = malloc(len > 0 ? len : 1);
  require(text != NULL);
  memcpy(text, data + SWITCHES, len);
  fuzz(&reply, data, text, len);
  zd_reply_reset(&reply); /* a used reply serves again */
  fuzz(&reply, data, text, len);
  zd_reply_free(&reply);
  free(text);
  return 0;
}
