/* test_reply: receiving a reply line by line, its limits, its completeness. */
#include "core/reply.h"

#include <string.h>

#include "check.h"

static enum zd_status feed(struct zd_reply *reply, const char *lines[]) {
  enum zd_status status = ZD_OK;
  for (size_t i = 0; lines[i] != NULL && status == ZD_OK; i++)
    status = zd_reply_header(reply, lines[i], strlen(lines[i]));
  return status;
}

#define FEED(reply, ...) feed((reply), (const char *[]){__VA_ARGS__, NULL})

static bool head_is(const struct zd_reply *reply, const char *wanted) {
  return reply->head.len == strlen(wanted) &&
         memcmp(reply->head.data, wanted, reply->head.len) == 0;
}

static const struct zd_exchange plain = {2, false, true};

static void a_whole_reply_is_whole(void) {
  struct zd_reply reply = {0};
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "\r\n") ==
        ZD_OK);
  CHECK(reply.status == 200 && reply.head_complete);
  CHECK(zd_reply_body(&reply, "{}", 2) == ZD_OK);
  CHECK(zd_reply_check(&reply, &plain) == ZD_OK);
  CHECK(reply.body.len == 2 && memcmp(reply.body.data, "{}", 2) == 0);
  zd_reply_free(&reply);
  zd_reply_free(&reply);
}

static void only_the_final_replys_headers_are_kept(void) {
  struct zd_reply reply = {0};
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 103 Early\r\n", "Link: a\r\n",
             "Content-Length: x\r\n", "\r\n") == ZD_OK);
  CHECK(!reply.head_complete);
  CHECK(zd_reply_check(&reply, &plain) == ZD_TRANSPORT);
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 100 Go\r\n", "\r\n", "HTTP/2 404 \r\n",
             "a: b\r\n", "\r\n", "trailer: c\r\n", "\r\n") == ZD_OK);
  CHECK(reply.status == 404);
  CHECK(head_is(&reply, "HTTP/2 404 \r\na: b\r\n\r\n"));
  zd_reply_free(&reply);
}

static void folded_lines_are_joined(void) {
  struct zd_reply reply = {0};
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "a: b\r\n", "  c\r\n", "\r\n") ==
        ZD_OK);
  CHECK(head_is(&reply, "HTTP/1.1 200 OK\r\na: b  c\r\n\r\n"));
  zd_reply_free(&reply);
}

static void endless_headers_are_too_large(void) {
  struct zd_reply reply = {0};
  char line[1001];
  enum zd_status status = ZD_OK;
  size_t taken = 0;
  memset(line, 'a', sizeof line - 1);
  line[sizeof line - 1] = '\0';
  zd_reply_start(&reply, 100, false);
  for (; status == ZD_OK && taken < 1000; taken++)
    status = FEED(&reply, "HTTP/1.1 103 Early\r\n", line, "\r\n");
  CHECK(status == ZD_TOO_LARGE && reply.failure == ZD_TOO_LARGE);
  CHECK(taken * 1000 < 2 * ZD_HEAD_MAX);
  zd_reply_free(&reply);
}

static void a_body_is_limited_at_its_header_and_at_its_bytes(void) {
  struct zd_reply reply = {0};
  zd_reply_start(&reply, 5, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: 6\r\n", "\r\n") ==
        ZD_TOO_LARGE);
  zd_reply_start(&reply, 5, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "\r\n") ==
        ZD_OK);
  CHECK(zd_reply_body(&reply, "12345", 5) == ZD_OK);
  CHECK(zd_reply_body(&reply, "6", 1) == ZD_TOO_LARGE);
  CHECK(reply.body.len == 5 && reply.why != NULL);
  zd_reply_reset(&reply);
  /* Length of a HEAD, of a 304 and of compressed bytes is not the body's. */
  zd_reply_start(&reply, 5, true);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: 6\r\n", "\r\n") ==
        ZD_OK);
  zd_reply_start(&reply, 5, false);
  CHECK(FEED(&reply, "HTTP/1.1 304 Not\r\n", "Content-Length: 6\r\n", "\r\n") ==
        ZD_OK);
  CHECK(zd_reply_check(&reply, &plain) == ZD_OK);
  zd_reply_start(&reply, 5, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Encoding: gzip\r\n",
             "Content-Length: 6\r\n", "\r\n") == ZD_OK);
  zd_reply_free(&reply);
}

static void a_huge_honest_length_takes_no_memory_ahead(void) {
  struct zd_reply reply = {0};
  zd_reply_start(&reply, (size_t)1 << 40, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: 1099511627776\r\n",
             "\r\n") == ZD_OK);
  CHECK(reply.body.cap <= 1 << 20);
  zd_reply_free(&reply);
}

static void what_ended_early_is_not_whole(void) {
  struct zd_reply reply = {0};
  struct zd_exchange short_one = {1, false, true};
  zd_reply_start(&reply, 100, false);
  CHECK(zd_reply_check(&reply, &plain) == ZD_TRANSPORT);
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "a: b\r\n") == ZD_OK);
  CHECK(zd_reply_check(&reply, &plain) == ZD_TRANSPORT);
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "\r\n") ==
        ZD_OK);
  CHECK(zd_reply_check(&reply, &short_one) == ZD_TRANSPORT);
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "Content-Length: -2\r\n", "\r\n") ==
        ZD_TRANSPORT);
  zd_reply_free(&reply);
}

static void an_unframed_body_is_whole_in_the_clear_only(void) {
  struct zd_reply reply = {0};
  struct zd_exchange tls1 = {2, true, true};
  struct zd_exchange tls2 = {2, true, false};
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "\r\n") == ZD_OK);
  CHECK(zd_reply_check(&reply, &plain) == ZD_OK);
  CHECK(zd_reply_check(&reply, &tls2) == ZD_OK);
  CHECK(zd_reply_check(&reply, &tls1) == ZD_TRANSPORT);
  zd_reply_start(&reply, 100, false);
  CHECK(FEED(&reply, "HTTP/1.1 204 No\r\n", "\r\n") == ZD_OK);
  CHECK(zd_reply_check(&reply, &tls1) == ZD_OK);
  zd_reply_free(&reply);
}

static void a_reset_wipes_and_gives_large_memory_back(void) {
  struct zd_reply reply = {0};
  static const char large[100000];
  zd_reply_start(&reply, 1000000, false);
  CHECK(FEED(&reply, "HTTP/1.1 200 OK\r\n", "X: canary\r\n", "\r\n") == ZD_OK);
  const char *head = reply.head.data;
  size_t len = reply.head.len;
  CHECK(zd_reply_body(&reply, large, sizeof large) == ZD_OK);
  zd_reply_reset(&reply);
  bool wiped = true;
  for (size_t i = 0; i < len; i++)
    wiped = wiped && head[i] == 0;
  CHECK(wiped && reply.head.data == head && reply.body.data == NULL);
  zd_reply_free(&reply);
}

int main(void) {
  a_whole_reply_is_whole();
  only_the_final_replys_headers_are_kept();
  folded_lines_are_joined();
  endless_headers_are_too_large();
  a_body_is_limited_at_its_header_and_at_its_bytes();
  a_huge_honest_length_takes_no_memory_ahead();
  what_ended_early_is_not_whole();
  an_unframed_body_is_whole_in_the_clear_only();
  a_reset_wipes_and_gives_large_memory_back();
  return check_result();
}
