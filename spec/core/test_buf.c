/* test_buf: growth, the maximum, and that memory is wiped. */
#include "core/buf.h"

#include <stdint.h>
#include <string.h>

#include "check.h"

static void an_empty_buffer_holds_nothing(void) {
  struct zd_buf zeroed = {0};
  CHECK(zd_buf_append(&zeroed, "", 0) == ZD_OK);
  CHECK(zd_buf_append(&zeroed, "a", 1) == ZD_TOO_LARGE);
  zd_buf_free(&zeroed);
  zd_buf_free(&zeroed);
  CHECK(zeroed.data == NULL && zeroed.len == 0);
}

static void bytes_are_kept_in_order_while_it_grows(void) {
  struct zd_buf buf;
  zd_buf_init(&buf, 100000);
  bool in_order = true;
  for (int i = 0; i < 10000; i++) {
    char c = (char)('a' + i % 26);
    in_order = in_order && zd_buf_append(&buf, &c, 1) == ZD_OK;
  }
  CHECK(buf.len == 10000 && buf.cap <= buf.max);
  for (int i = 0; i < 10000; i++)
    in_order = in_order && buf.data[i] == (char)('a' + i % 26);
  CHECK(in_order);
  zd_buf_free(&buf);
}

static void the_maximum_is_reached_and_not_passed(void) {
  struct zd_buf buf;
  zd_buf_init(&buf, 5);
  CHECK(zd_buf_append_str(&buf, "abcde") == ZD_OK);
  CHECK(zd_buf_append_str(&buf, "f") == ZD_TOO_LARGE);
  CHECK(buf.len == 5 && memcmp(buf.data, "abcde", 5) == 0);
  CHECK(zd_buf_reserve(&buf, SIZE_MAX) == ZD_TOO_LARGE);
  CHECK(zd_buf_append(&buf, NULL, 0) == ZD_OK);
  zd_buf_free(&buf);
  CHECK(buf.max == 5);
  CHECK(zd_buf_append_str(&buf, "again") == ZD_OK);
  zd_buf_free(&buf);
}

static void a_huge_maximum_does_not_overflow(void) {
  struct zd_buf buf;
  zd_buf_init(&buf, SIZE_MAX);
  CHECK(zd_buf_append_str(&buf, "abc") == ZD_OK);
  CHECK(zd_buf_reserve(&buf, SIZE_MAX - 2) == ZD_TOO_LARGE);
  CHECK(buf.len == 3 && memcmp(buf.data, "abc", 3) == 0);
  zd_buf_free(&buf);
}

static void a_reset_wipes_and_keeps_the_memory(void) {
  struct zd_buf buf;
  zd_buf_init(&buf, 1000);
  CHECK(zd_buf_append_str(&buf, "canary-secret") == ZD_OK);
  const char *memory = buf.data;
  zd_buf_reset(&buf);
  CHECK(buf.len == 0 && buf.data == memory);
  bool wiped = true;
  for (size_t i = 0; i < strlen("canary-secret"); i++)
    wiped = wiped && memory[i] == 0;
  CHECK(wiped);
  zd_buf_free(&buf);
}

int main(void) {
  an_empty_buffer_holds_nothing();
  bytes_are_kept_in_order_while_it_grows();
  the_maximum_is_reached_and_not_passed();
  a_huge_maximum_does_not_overflow();
  a_reset_wipes_and_keeps_the_memory();
  return check_result();
}
