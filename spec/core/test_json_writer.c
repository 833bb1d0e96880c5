/* test_json_writer: scalars to JSON text, and what a full buffer does. */
#include "core/json_writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/json_reader.h"
#include "core/json_string.h"

/* The text that `len` bytes become, or the status as a number. */
static const char *string_written(const char *text, size_t len) {
  static char shown[400];
  struct zd_buf out;
  char *copy = malloc(len > 0 ? len : 1);
  if (copy == NULL)
    abort();
  memcpy(copy, text, len);
  zd_buf_init(&out, sizeof shown - 1);
  enum zd_status status = zd_json_write_string(&out, copy, len);
  if (status == ZD_OK) {
    memcpy(shown, out.data, out.len);
    shown[out.len] = '\0';
  } else {
    snprintf(shown, sizeof shown, "%d", status);
  }
  zd_buf_free(&out);
  free(copy);
  return shown;
}

static bool writes(const char *text, const char *expected) {
  return strcmp(string_written(text, strlen(text)), expected) == 0;
}

static bool refuses(const char *text) {
  char status[8];
  snprintf(status, sizeof status, "%d", ZD_ENCODE);
  return writes(text, status);
}

static void strings_get_the_escapes_that_they_need_and_no_more(void) {
  CHECK(writes("", "\"\""));
  CHECK(writes("plain / ' <b>&\x7f", "\"plain / ' <b>&\x7f\""));
  CHECK(writes("\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""));
  CHECK(writes("\x01\x1f", "\"\\u0001\\u001f\""));
  CHECK(strcmp(string_written("a\0b", 3), "\"a\\u0000b\"") == 0);
  CHECK(writes("0123456789abcdefghi\n0123456789abcdefghi",
               "\"0123456789abcdefghi\\n0123456789abcdefghi\""));
}

static void characters_beyond_ascii_stay_as_they_are(void) {
  const char *text = "\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf";
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\"", text);
  CHECK(writes(text, quoted));
}

static void bytes_that_are_no_utf8_are_refused(void) {
  CHECK(refuses("\xff"));
  CHECK(refuses("abc\xc3"));
  CHECK(refuses("\xc0\xaf"));
  CHECK(refuses("\xed\xa0\x80"));
  CHECK(refuses("\xf4\x90\x80\x80"));
  CHECK(refuses("0123456789abcdef\n\x80"));
}

static bool writes_integer(int64_t value, const char *expected) {
  struct zd_buf out;
  zd_buf_init(&out, 32);
  bool same = zd_json_write_integer(&out, value) == ZD_OK &&
              out.len == strlen(expected) &&
              memcmp(out.data, expected, out.len) == 0;
  zd_buf_free(&out);
  return same;
}

static void integers_are_exact(void) {
  CHECK(writes_integer(0, "0"));
  CHECK(writes_integer(-1, "-1"));
  CHECK(writes_integer(10, "10"));
  CHECK(writes_integer(9007199254740993, "9007199254740993"));
  CHECK(writes_integer(INT64_MAX, "9223372036854775807"));
  CHECK(writes_integer(INT64_MIN, "-9223372036854775808"));
}

static void floats_that_are_no_numbers_are_refused(void) {
  struct zd_buf out;
  zd_buf_init(&out, 32);
  CHECK(zd_json_write_float(&out, (double)NAN) == ZD_ENCODE);
  CHECK(zd_json_write_float(&out, (double)INFINITY) == ZD_ENCODE);
  CHECK(zd_json_write_float(&out, -(double)INFINITY) == ZD_ENCODE);
  CHECK(out.len == 0);
  CHECK(zd_json_write_float(&out, -2.50) == ZD_OK);
  CHECK(out.len == 4 && memcmp(out.data, "-2.5", 4) == 0);
  zd_buf_free(&out);
}

static void a_full_buffer_is_an_error_at_every_size(void) {
  const char *text = "ab\ncd\x01\xc3\xa9";
  const size_t needed = strlen("\"ab\\ncd\\u0001\xc3\xa9\"");
  for (size_t max = 0; max <= needed; max++) {
    struct zd_buf out;
    zd_buf_init(&out, max);
    enum zd_status expected = max < needed ? ZD_TOO_LARGE : ZD_OK;
    CHECK(zd_json_write_string(&out, text, strlen(text)) == expected);
    zd_buf_free(&out);
  }
  struct zd_buf out;
  zd_buf_init(&out, 2);
  CHECK(zd_json_write_integer(&out, 100) == ZD_TOO_LARGE);
  CHECK(zd_json_write_float(&out, 0.5) == ZD_TOO_LARGE);
  zd_buf_free(&out);
}

/* What is written is read back, for every byte that a string can hold. */
static void strings_read_back(void) {
  char text[2 * 0x80];
  char back[sizeof text];
  struct zd_json_reader reader;
  struct zd_buf out;
  size_t len = 0;
  for (int byte = 0; byte < 0x80; byte++) {
    text[len++] = (char)byte;
    if (byte % 3 == 0)
      text[len++] = 'x';
  }
  zd_buf_init(&out, 4096);
  CHECK(zd_json_write_string(&out, text, len) == ZD_OK);
  zd_json_reader_init(&reader, out.data, out.len, 1);
  CHECK(zd_json_next(&reader) == ZD_JSON_STRING && reader.escaped);
  CHECK(zd_json_unescape(reader.text, reader.text_len, back) == len);
  CHECK(memcmp(text, back, len) == 0);
  CHECK(zd_json_next(&reader) == ZD_JSON_END);
  zd_buf_free(&out);
}

int main(void) {
  strings_get_the_escapes_that_they_need_and_no_more();
  characters_beyond_ascii_stay_as_they_are();
  bytes_that_are_no_utf8_are_refused();
  integers_are_exact();
  floats_that_are_no_numbers_are_refused();
  a_full_buffer_is_an_error_at_every_size();
  strings_read_back();
  return check_result();
}
