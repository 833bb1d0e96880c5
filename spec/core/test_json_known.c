/* test_json_known: an expected key is taken where it stands, and nowhere else.
 * Every text is in memory of just its size: a look behind the end is noticed.
 */
#include "core/json_known.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* Reads `len` bytes and asks for `known` wherever a key could be; the first key
 * when it is none. How often it was there, or -1 for a fault. */
static int count_taken(const char *text, size_t len,
                       struct zd_json_known known) {
  struct zd_json_reader reader;
  int taken = 0;
  zd_json_reader_init(&reader, text, len, 9);
  for (;;) {
    if (zd_json_take_key(&reader, &known))
      taken++;
    enum zd_json_event event = zd_json_next(&reader);
    if (event == ZD_JSON_FAILED)
      return -1;
    if (event == ZD_JSON_END)
      return taken;
    if (event == ZD_JSON_KEY && known.len == 0)
      known = zd_json_know(reader.text, reader.text_len);
  }
}

/* How often the first key comes again, at once and without space. */
static int keys_taken(const char *text) {
  struct zd_json_known none = {NULL, 0, 0, 0};
  size_t len = strlen(text);
  char *copy = malloc(len);
  if (copy == NULL)
    abort();
  memcpy(copy, text, len);
  int taken = count_taken(copy, len, none);
  free(copy);
  return taken;
}

static void an_expected_key_is_taken_only_where_it_stands(void) {
  CHECK(keys_taken("[{\"id\":1},{\"id\":2},{\"id\":30000}]") == 2);
  CHECK(keys_taken("{\"a\":1,\"a\":2000000}") == 1);
  CHECK(keys_taken("{\"organization_id\":1,\"organization_id\":2}") == 1);
  CHECK(keys_taken("{\"a\":1,\"b\":2000000}") == 0);
  CHECK(keys_taken("{\"organization_id\":1,\"organization_ix\":2}") == 0);
  CHECK(keys_taken("{\"id\":1,\"id2\":2000000}") == 0);
  CHECK(keys_taken("{\"id2\":1,\"id\":2000000}") == 0);
  CHECK(keys_taken("{\"id\" :1,\"id\" :2000000}") == 0);
  CHECK(keys_taken("[{\"id\":[\"id\"]},1000000]") == 0);
  CHECK(keys_taken("{\"id\":\"id\"}") == 0);
  CHECK(keys_taken("{\"\":1,\"\":2000000}") == 0);
  CHECK(keys_taken("{\"a\":1, \"a\":2000000}") == 0);
  CHECK(keys_taken("{\"a\":1,\"a\"}        ") == -1);
  CHECK(keys_taken("{\"a\":[1,\"a\",1000000]}") == 0);
}

/* In memory that ends with the text: keys of any length, and behind them as
 * little as there can be. */
static void an_expected_key_is_compared_to_its_last_byte(void) {
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.,";
  for (size_t len = 1; len < sizeof alphabet; len++) {
    struct zd_json_known known = zd_json_know(alphabet, len);
    size_t whole = len + sizeof "{\"\":1}" - 1;
    char *text = malloc(whole);
    if (text == NULL)
      abort();
    memcpy(text, "{\"", 2);
    memcpy(text + 2, alphabet, len);
    memcpy(text + 2 + len, "\":1}", 4);
    /* What is very short is left to the reader. */
    CHECK(count_taken(text, whole, known) == (whole >= 11));
    for (size_t at = 0; at < len; at++) {
      text[2 + at] ^= 1;
      CHECK(count_taken(text, whole, known) == 0);
      text[2 + at] ^= 1;
    }
    free(text);
  }
}

int main(void) {
  an_expected_key_is_taken_only_where_it_stands();
  an_expected_key_is_compared_to_its_last_byte();
  return check_result();
}
