/* reply: see reply.h. */
#include "reply.h"

#include <string.h>

enum {
  FIRST_HEAD = 2048,      /* holds the headers of a usual Zendesk reply */
  IDLE_KEEP = 16 * 1024,  /* body memory an idle reply may keep */
  TRUST_LENGTH = 1 << 20, /* memory set aside on a Content-Length's word */
  FIRST_FINAL_STATUS = 200,
  STATUS_SWITCHING = 101,
  STATUS_NO_CONTENT = 204,
  STATUS_NOT_MODIFIED = 304
};

void zd_reply_start(struct zd_reply *reply, size_t max_body, bool bodiless) {
  reply->head.max = ZD_HEAD_MAX;
  reply->body.max = max_body;
  reply->head_seen = 0;
  reply->status = 0;
  memset(&reply->frame, 0, sizeof(reply->frame));
  reply->head_complete = false;
  reply->bodiless = bodiless;
  reply->failure = ZD_OK;
  reply->why = NULL;
}

static enum zd_status fail_reply(struct zd_reply *reply, enum zd_status status,
                                 const char *why) {
  reply->failure = status;
  reply->why = why;
  return status;
}

static enum zd_status fail_append(struct zd_reply *reply, enum zd_status status,
                                  const char *too_large) {
  return fail_reply(reply, status,
                    status == ZD_TOO_LARGE ? too_large : "out of memory");
}

/* The three digits behind the first space of a status line; else 0. */
static int parse_status(const char *line, size_t len) {
  const char *space = memchr(line, ' ', len);
  if (space == NULL || len - (size_t)(space - line) < 4)
    return 0;
  int status = 0;
  for (int i = 1; i <= 3; i++) {
    if (space[i] < '0' || space[i] > '9')
      return 0;
    status = status * 10 + (space[i] - '0');
  }
  return status;
}

static bool expects_body(const struct zd_reply *reply) {
  return !reply->bodiless && reply->status != STATUS_NO_CONTENT &&
         reply->status != STATUS_NOT_MODIFIED;
}

/* At the blank line of a final reply: refuses early what cannot end well, and
 * sets memory aside. */
static enum zd_status end_head(struct zd_reply *reply) {
  reply->head_complete = true;
  if (reply->frame.framing == ZD_FRAMING_BROKEN)
    return fail_reply(reply, ZD_TRANSPORT,
                      "the reply's Content-Length is not usable");
  if (reply->frame.framing != ZD_FRAMING_LENGTH || reply->frame.encoded ||
      !expects_body(reply))
    return ZD_OK;
  if ((uint64_t)reply->frame.length > reply->body.max - reply->body.len)
    return fail_reply(reply, ZD_TOO_LARGE,
                      "the reply's Content-Length is above max_body");
  size_t expected = reply->frame.length > TRUST_LENGTH
                        ? TRUST_LENGTH
                        : (size_t)reply->frame.length;
  enum zd_status status = zd_buf_reserve(&reply->body, expected);
  if (status != ZD_OK)
    return fail_append(reply, status, "the reply's body is above max_body");
  return ZD_OK;
}

/* Joins a folded line (RFC 9112, section 5.2) to the one before it. */
static void unfold(struct zd_buf *head) {
  while (head->len > 0 && (head->data[head->len - 1] == '\n' ||
                           head->data[head->len - 1] == '\r'))
    head->len--;
}

enum zd_status zd_reply_header(struct zd_reply *reply, const char *line,
                               size_t len) {
  if (len > ZD_HEAD_MAX - reply->head_seen)
    return fail_reply(reply, ZD_TOO_LARGE,
                      "the reply's headers are above 64 KiB");
  reply->head_seen += len;
  if (reply->head_complete)
    return ZD_OK; /* a trailer */
  if (len >= 5 && line[0] == 'H' && memcmp(line, "HTTP/", 5) == 0) {
    zd_buf_reset(&reply->head);
    reply->status = parse_status(line, len);
    memset(&reply->frame, 0, sizeof(reply->frame));
  }
  if (zd_framing_concerns(line, len))
    zd_framing_take(&reply->frame, line, len);
  if (len > 0 && (line[0] == ' ' || line[0] == '\t'))
    unfold(&reply->head);
  enum zd_status status = ZD_OK;
  if (reply->head.cap == 0)
    status = zd_buf_reserve(&reply->head, FIRST_HEAD);
  if (status == ZD_OK)
    status = zd_buf_append(&reply->head, line, len);
  if (status != ZD_OK)
    return fail_append(reply, status, "the reply's headers are above 64 KiB");
  bool blank = len > 0 && (line[0] == '\r' || line[0] == '\n');
  if (!blank ||
      (reply->status < FIRST_FINAL_STATUS && reply->status != STATUS_SWITCHING))
    return ZD_OK;
  return end_head(reply);
}

enum zd_status zd_reply_body(struct zd_reply *reply, const char *data,
                             size_t len) {
  enum zd_status status = zd_buf_append(&reply->body, data, len);
  if (status != ZD_OK)
    return fail_append(reply, status, "the reply's body is above max_body");
  return ZD_OK;
}

enum zd_status zd_reply_check(struct zd_reply *reply,
                              const struct zd_exchange *exchange) {
  if (!reply->head_complete)
    return fail_reply(reply, ZD_TRANSPORT,
                      "the connection ended inside the reply's headers");
  if (!expects_body(reply))
    return ZD_OK;
  if (reply->frame.framing == ZD_FRAMING_LENGTH &&
      exchange->received < reply->frame.length)
    return fail_reply(reply, ZD_TRANSPORT,
                      "the connection ended inside the reply's body");
  /* Plain HTTP is for loopback, where a closed connection is all there is to
   * go by. Through TLS it would let anyone on the way shorten a reply, and
   * libcurl does not tell whether close_notify came. */
  if (reply->frame.framing == ZD_FRAMING_CLOSE && exchange->tls &&
      exchange->http1)
    return fail_reply(reply, ZD_TRANSPORT,
                      "the reply has neither Content-Length nor chunks: its "
                      "end cannot be told from a cut connection");
  return ZD_OK;
}

void zd_reply_reset(struct zd_reply *reply) {
  zd_buf_reset(&reply->head);
  if (reply->body.cap > IDLE_KEEP)
    zd_buf_free(&reply->body);
  else
    zd_buf_reset(&reply->body);
}

void zd_reply_free(struct zd_reply *reply) {
  zd_buf_free(&reply->head);
  zd_buf_free(&reply->body);
}
