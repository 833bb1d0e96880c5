/* test_secret: copies, wiping and comparison; and the names of statuses. */
#include "core/secret.h"

#include <string.h>

#include "check.h"
#include "core/status.h"

static void a_secret_is_a_terminated_copy(void) {
  struct zd_secret secret = {0};
  char source[] = "canary\0token";
  CHECK(zd_secret_set(&secret, source, sizeof source - 1) == ZD_OK);
  memset(source, 'x', sizeof source);
  CHECK(secret.len == 12 && memcmp(secret.data, "canary\0token", 13) == 0);
  CHECK(zd_secret_set(&secret, "other", 5) == ZD_OK);
  CHECK(secret.len == 5 && strcmp(secret.data, "other") == 0);
  zd_secret_clear(&secret);
  zd_secret_clear(&secret);
  CHECK(secret.data == NULL && secret.len == 0);
}

static void an_empty_secret_is_still_a_string(void) {
  struct zd_secret secret = {0};
  CHECK(zd_secret_set(&secret, "", 0) == ZD_OK);
  CHECK(secret.data != NULL && secret.data[0] == '\0');
  zd_secret_clear(&secret);
}

static void wiping_leaves_zeros(void) {
  char bytes[8] = "canary";
  zd_wipe(bytes, sizeof bytes);
  zd_wipe(NULL, 0);
  CHECK(memcmp(bytes, "\0\0\0\0\0\0\0\0", 8) == 0);
}

static void comparison_looks_at_every_byte_and_the_length(void) {
  CHECK(zd_equal_ct("abc", 3, "abc", 3));
  CHECK(zd_equal_ct("", 0, "", 0));
  CHECK(!zd_equal_ct("abc", 3, "abd", 3));
  CHECK(!zd_equal_ct("abc", 3, "Abc", 3));
  CHECK(!zd_equal_ct("abc", 3, "abcd", 4));
  CHECK(!zd_equal_ct("a\0b", 3, "a\0c", 3));
}

static void every_status_has_a_name(void) {
  for (int status = 0; status < ZD_STATUS_COUNT; status++)
    CHECK(zd_status_kind((enum zd_status)status)[0] != '\0');
  CHECK(strcmp(zd_status_kind(ZD_TLS), "tls") == 0);
  CHECK(strcmp(zd_status_kind((enum zd_status)999), "unknown") == 0);
}

int main(void) {
  a_secret_is_a_terminated_copy();
  an_empty_secret_is_still_a_string();
  wiping_leaves_zeros();
  comparison_looks_at_every_byte_and_the_length();
  every_status_has_a_name();
  return check_result();
}
