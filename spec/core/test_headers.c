/* test_headers: what may be sent, lookup in a raw block, framing. */
#include "core/headers.h"

#include <string.h>

#include "check.h"

static bool name(const char *text) {
  const char *why = NULL;
  bool accepted = zd_header_name_check(text, strlen(text), &why) == ZD_OK;
  return accepted || why == NULL;
}

static void header_names_are_tokens(void) {
  CHECK(name("X-Trace"));
  CHECK(name("traceparent"));
  CHECK(name("Idempotency-Key"));
  CHECK(name("!#$%&'*+-.^_`|~09"));
  const char *const refused[] = {"",    "a b", "a:",       "a\r\n", "a\tb",
                                 "(a)", "a/b", "\xc3\xa9", "a\"",   "X-Trace "};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(!name(refused[i]));
  const char *why;
  CHECK(zd_header_name_check("a\0b", 3, &why) == ZD_BAD_VALUE);
  char long_name[257];
  memset(long_name, 'a', sizeof long_name);
  CHECK(zd_header_name_check(long_name, 256, &why) == ZD_OK);
  CHECK(zd_header_name_check(long_name, 257, &why) == ZD_BAD_VALUE);
}

static void headers_of_the_transport_are_its_own(void) {
  const char *const reserved[] = {"Authorization",    "authorization",
                                  "AUTHORIZATION",    "Host",
                                  "Content-Length",   "Transfer-Encoding",
                                  "Connection",       "Cookie",
                                  "Expect",           "TE",
                                  "Trailer",          "Upgrade",
                                  "Keep-Alive",       "Proxy-Authorization",
                                  "Proxy-Connection", "HTTP2-Settings",
                                  "Accept-Encoding"};
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    CHECK(!name(reserved[i]));
  CHECK(name("Authorization-Extra"));
  CHECK(name("X-On-Behalf-Of"));
}

static bool value(const char *text, size_t len) {
  const char *why = NULL;
  bool accepted = zd_header_value_check(text, len, &why) == ZD_OK;
  return accepted || why == NULL;
}

static void header_values_stay_on_their_line(void) {
  CHECK(value("", 0));
  CHECK(value("a b\tc", 5));
  CHECK(value("\xc3\xa9", 2));
  CHECK(!value("a\r", 2));
  CHECK(!value("a\n", 2));
  CHECK(!value("a\0b", 3));
  CHECK(!value("\x1b", 1));
  CHECK(!value("\x7f", 1));
}

static void methods_are_words_in_capitals(void) {
  CHECK(zd_method_check("GET", 3));
  CHECK(zd_method_check("PATCH", 5));
  CHECK(!zd_method_check("", 0));
  CHECK(!zd_method_check("get", 3));
  CHECK(!zd_method_check("GET ", 4));
  CHECK(!zd_method_check("GET\0", 4));
  CHECK(!zd_method_check("G\r\n", 3));
  CHECK(!zd_method_check("AAAAAAAAAAAAAAAAA", 17));
}

static struct zd_slice slice(const char *text) {
  struct zd_slice made = {text, strlen(text)};
  return made;
}

static bool finds(const char *block, const char *wanted_name,
                  const char *wanted) {
  struct zd_slice found;
  if (!zd_headers_find(slice(block), wanted_name, strlen(wanted_name), &found))
    return wanted == NULL;
  return wanted != NULL && found.len == strlen(wanted) &&
         memcmp(found.data, wanted, found.len) == 0;
}

static const char BLOCK[] = "HTTP/1.1 200 OK\r\n"
                            "Content-Type: application/json\r\n"
                            "X-Twice: first\r\n"
                            "x-empty:\r\n"
                            "no colon\r\n"
                            ": no name\r\n"
                            "X-TWICE:  last \t \r\n"
                            "X-Colon: a:b\r\n"
                            "\r\n";

static void a_header_is_found_whatever_its_case(void) {
  CHECK(finds(BLOCK, "content-type", "application/json"));
  CHECK(finds(BLOCK, "CONTENT-TYPE", "application/json"));
  CHECK(finds(BLOCK, "x-twice", "last"));
  CHECK(finds(BLOCK, "X-Empty", ""));
  CHECK(finds(BLOCK, "x-colon", "a:b"));
  CHECK(finds(BLOCK, "x-nothing", NULL));
  CHECK(finds(BLOCK, "", NULL));
  CHECK(finds("", "a", NULL));
  CHECK(finds("HTTP/1.1 200 OK", "a", NULL));
  CHECK(finds("HTTP/1.1 200 OK\nA: b", "a", "b"));
}

static void headers_are_walked_in_order(void) {
  struct zd_header_line line;
  size_t at = 0;
  int count = 0;
  while (zd_headers_next(slice(BLOCK), &at, &line))
    count++;
  CHECK(count == 5);
  CHECK(!zd_headers_next(slice(BLOCK), &at, &line));
}

static struct zd_framing_state framing(const char *lines[]) {
  struct zd_framing_state state = {0};
  for (size_t i = 0; lines[i] != NULL; i++)
    zd_framing_take(&state, lines[i], strlen(lines[i]));
  return state;
}

#define FRAMING(...) framing((const char *[]){__VA_ARGS__, NULL})

static void framing_is_read_from_the_headers(void) {
  CHECK(FRAMING("HTTP/1.1 200 OK\r\n").framing == ZD_FRAMING_CLOSE);
  CHECK(FRAMING("Content-Length: 0\r\n").framing == ZD_FRAMING_LENGTH);
  CHECK(FRAMING("content-length:42").length == 42);
  CHECK(FRAMING("Content-Length: 9223372036854775807\r\n").length == INT64_MAX);
  CHECK(FRAMING("Content-Length: 5\r\n", "Content-Length: 5\r\n").framing ==
        ZD_FRAMING_LENGTH);
  CHECK(FRAMING("Transfer-Encoding: chunked\r\n").framing ==
        ZD_FRAMING_CHUNKED);
  CHECK(FRAMING("Transfer-Encoding: gzip, Chunked\r\n").framing ==
        ZD_FRAMING_CHUNKED);
  CHECK(FRAMING("Transfer-Encoding: xchunked\r\n").framing == ZD_FRAMING_CLOSE);
  CHECK(FRAMING("Transfer-Encoding: chunked, gzip\r\n").framing ==
        ZD_FRAMING_CLOSE);
  CHECK(FRAMING("Content-Length: x\r\n", "Transfer-Encoding: chunked\r\n")
            .framing == ZD_FRAMING_CHUNKED);
  CHECK(FRAMING("Transfer-Encoding: chunked\r\n", "Content-Length: x\r\n")
            .framing == ZD_FRAMING_CHUNKED);
  CHECK(FRAMING("Content-Encoding: gzip\r\n").encoded);
  CHECK(!FRAMING("Content-Type: gzip\r\n").encoded);
}

static void a_length_that_cannot_be_is_broken(void) {
  const char *const broken[] = {
      "Content-Length: \r\n",
      "Content-Length: -1\r\n",
      "Content-Length: +1\r\n",
      "Content-Length: 1 2\r\n",
      "Content-Length: 1,1\r\n",
      "Content-Length: 0x10\r\n",
      "Content-Length: 9223372036854775808\r\n",
      "Content-Length: 99999999999999999999999999\r\n"};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
    CHECK(FRAMING(broken[i]).framing == ZD_FRAMING_BROKEN);
  CHECK(FRAMING("Content-Length: 5\r\n", "Content-Length: 6\r\n").framing ==
        ZD_FRAMING_BROKEN);
  CHECK(FRAMING("Content-Length: x\r\n", "Content-Length: 6\r\n").framing ==
        ZD_FRAMING_BROKEN);
}

int main(void) {
  header_names_are_tokens();
  headers_of_the_transport_are_its_own();
  header_values_stay_on_their_line();
  methods_are_words_in_capitals();
  a_header_is_found_whatever_its_case();
  headers_are_walked_in_order();
  framing_is_read_from_the_headers();
  a_length_that_cannot_be_is_broken();
  return check_result();
}
