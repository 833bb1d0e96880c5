/* test_goaway: which trace texts of libcurl prove that a request was not taken
 * up, and which prove nothing. */
#include "core/goaway.h"

#include <string.h>

#include "check.h"

static struct zd_goaways goaways;

static void start(void) {
  memset(&goaways, 0, sizeof goaways);
}

static struct zd_stream begin(int local_port) {
  struct zd_stream stream;
  memset(&stream, 0, sizeof stream);
  zd_stream_begin(&stream, "192.0.2.1", 443, "198.51.100.7", local_port);
  return stream;
}

static void trace(struct zd_stream *stream, const char *text) {
  zd_goaways_take(&goaways, stream, text, strlen(text));
}

static bool proved(const struct zd_stream *stream) {
  return zd_goaways_prove(&goaways, stream);
}

static void a_later_stream_than_the_last_was_not_processed(void) {
  static const char *const texts[][2] = {
      {"Using Stream ID: %d (easy handle 0x55)\n",
       "recveived GOAWAY, error=0, last_stream=5\n"},
      {"[HTTP/2] [%d] OPENED stream for https://acme.zendesk.com/\n",
       "received GOAWAY, error=0, last_stream=5\n"}};
  for (int version = 0; version < 2; version++) {
    struct zd_stream streams[3] = {begin(1), begin(1), begin(1)};
    start();
    for (int i = 0; i < 3; i++) {
      char text[100];
      snprintf(text, sizeof text, texts[version][0], 3 + 2 * i);
      trace(&streams[i], text);
      CHECK(!proved(&streams[i]));
    }
    trace(&streams[0], texts[version][1]);
    CHECK(!proved(&streams[0]));
    CHECK(!proved(&streams[1]));
    CHECK(proved(&streams[2]));
  }
}

static void another_connection_is_not_meant(void) {
  struct zd_stream one = begin(1), other = begin(2), unknown;
  start();
  memset(&unknown, 0, sizeof unknown);
  trace(&one, "Using Stream ID: 7 (x)\n");
  trace(&other, "Using Stream ID: 7 (x)\n");
  trace(&unknown, "Using Stream ID: 7 (x)\n");
  trace(&other, "recveived GOAWAY, error=0, last_stream=1\n");
  CHECK(!proved(&one));
  CHECK(proved(&other));
  CHECK(!proved(&unknown));
}

static void an_earlier_connection_of_the_same_name_is_not_meant(void) {
  struct zd_stream old = begin(1), fresh = begin(1);
  start();
  trace(&old, "Using Stream ID: 9 (x)\n");
  trace(&old, "recveived GOAWAY, error=0, last_stream=1\n");
  trace(&fresh, "Using Stream ID: 11 (x)\n");
  CHECK(proved(&old));
  CHECK(!proved(&fresh));
}

static void a_first_goaway_that_promises_all_is_followed_by_the_real_one(void) {
  struct zd_stream stream = begin(1);
  start();
  trace(&stream, "Using Stream ID: 9 (x)\n");
  trace(&stream, "recveived GOAWAY, error=0, last_stream=2147483647\n");
  CHECK(!proved(&stream));
  trace(&stream, "recveived GOAWAY, error=0, last_stream=7\n");
  CHECK(proved(&stream));
}

static void a_stream_that_the_server_refused_was_not_processed(void) {
  struct zd_stream stream = begin(1);
  start();
  trace(&stream, "HTTP/2 stream 9 refused by server, try again on a new "
                 "connection\n");
  CHECK(proved(&stream));
  stream = begin(1);
  CHECK(!proved(&stream));
}

static void other_texts_prove_nothing(void) {
  static const char *const texts[] = {
      "",
      "Using Stream ID: \n",
      "Using Stream ID: 99999999999999999999\n",
      "h2h3 [x-trace: recveived GOAWAY, error=0, last_stream=1]\n",
      "h2h3 [x-trace: HTTP/2 stream 9 refused by server]\n",
      "HTTP/2 stream 9 was not closed cleanly: INTERNAL_ERROR (err 2)\n",
      "HTTP/2 stream x refused by server\n",
      "x received GOAWAY, error=0, last_stream=1\n",
      "recveived GOAWAY, error=0, last_stream=\n",
      "recveived GOAWAY, error=0, last_stream=-1\n",
      "recveived GOAWAY, error=0\n",
      "recveived GOAWAY, last_stream=1\n",
      "[HTTP/2] [x] OPENED stream\n",
      "[HTTP/2] [1] [GOAWAY] last_stream=1\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct zd_stream stream = begin(1);
    start();
    trace(&stream, "Using Stream ID: 9 (x)\n");
    trace(&stream, texts[i]);
    CHECK(stream.id == 9 && !proved(&stream));
  }
  struct zd_stream stream = begin(1);
  char endless[1000];
  memset(endless, 'a', sizeof endless);
  zd_goaways_take(&goaways, &stream, endless, sizeof endless);
  CHECK(!proved(&stream));
}

static void what_is_read_while_another_connection_is_sought_is_not_taken(void) {
  static const char *const texts[] = {
      "Connection died, retrying a fresh connect (retry count: 1)\n",
      "REFUSED_STREAM, retrying a fresh connect\n", "Downgrades to HTTP/1.1\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct zd_stream left = begin(1), beside = begin(1);
    start();
    trace(&left, "Using Stream ID: 3 (x)\n");
    trace(&beside, "Using Stream ID: 5 (x)\n");
    trace(&left, texts[i]);
    trace(&left, "recveived GOAWAY, error=0, last_stream=1\n");
    trace(&left, "HTTP/2 stream 9 refused by server, try again\n");
    CHECK(!proved(&left));
    CHECK(!proved(&beside));
    trace(&beside, "recveived GOAWAY, error=0, last_stream=1\n");
    CHECK(proved(&left));
    zd_stream_begin(&left, "192.0.2.1", 443, "198.51.100.7", 2);
    trace(&left, "Using Stream ID: 7 (x)\n");
    CHECK(!proved(&left));
    trace(&left, "recveived GOAWAY, error=0, last_stream=1\n");
    CHECK(proved(&left));
  }
}

static void a_stream_that_is_forgotten_takes_and_proves_nothing(void) {
  struct zd_stream stream = begin(1), beside = begin(1);
  start();
  trace(&beside, "Using Stream ID: 5 (x)\n");
  trace(&stream, "Using Stream ID: 3 (x)\n");
  trace(&stream, "HTTP/2 stream 3 refused by server, try again\n");
  CHECK(proved(&stream));
  zd_stream_forget(&stream);
  CHECK(!proved(&stream));
  trace(&stream, "recveived GOAWAY, error=0, last_stream=1\n");
  CHECK(!proved(&stream));
  CHECK(!proved(&beside));
}

static void the_latest_goaways_are_kept(void) {
  struct zd_stream streams[ZD_GOAWAYS_MAX + 1];
  start();
  for (int i = 0; i <= ZD_GOAWAYS_MAX; i++) {
    streams[i] = begin(i + 1);
    trace(&streams[i], "Using Stream ID: 9 (x)\n");
    trace(&streams[i], "recveived GOAWAY, error=0, last_stream=1\n");
  }
  CHECK(!proved(&streams[0]));
  for (int i = 1; i <= ZD_GOAWAYS_MAX; i++)
    CHECK(proved(&streams[i]));
}

static void long_addresses_fit(void) {
  struct zd_stream stream;
  const char *longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
  zd_stream_begin(&stream, longest, 65535, longest, 65534);
  CHECK(strlen(stream.connection) == 2 * (45 + 6) + 1);
  CHECK(stream.connection[strlen(stream.connection) - 1] == '4');
}

int main(void) {
  a_later_stream_than_the_last_was_not_processed();
  another_connection_is_not_meant();
  an_earlier_connection_of_the_same_name_is_not_meant();
  a_first_goaway_that_promises_all_is_followed_by_the_real_one();
  a_stream_that_the_server_refused_was_not_processed();
  other_texts_prove_nothing();
  what_is_read_while_another_connection_is_sought_is_not_taken();
  a_stream_that_is_forgotten_takes_and_proves_nothing();
  the_latest_goaways_are_kept();
  long_addresses_fit();
  return check_result();
}
