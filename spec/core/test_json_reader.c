/* test_json_reader: the events of texts, the offsets of faults. Every text is
 * read from memory of just its size: a look behind the end is noticed. */
#include "core/json_reader.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/json_string.h"

/* Appends to a description of the events. */
static void describe(char *out, size_t room, const char *format, ...) {
  va_list arguments;
  size_t len = strlen(out);
  va_start(arguments, format);
  vsnprintf(out + len, room - len, format, arguments);
  va_end(arguments);
}

static void describe_text(char *out, size_t room,
                          const struct zd_json_reader *reader, char mark) {
  char *content = malloc(reader->text_len + 1);
  if (content == NULL)
    abort();
  size_t len = reader->text_len;
  if (reader->escaped)
    len = zd_json_unescape(reader->text, len, content);
  else
    memcpy(content, reader->text, len);
  describe(out, room, "%c", mark);
  for (size_t i = 0; i < len; i++)
    describe(out, room, content[i] == '\0' ? "<0>" : "%c", content[i]);
  describe(out, room, "%c ", mark);
  free(content);
}

/* One short word for each event, the fault's offset and message at the end. */
static const char *events_within(const char *text, size_t len, int depth) {
  static char out[2000];
  struct zd_json_reader reader;
  enum zd_json_event event;
  char *copy = malloc(len > 0 ? len : 1);
  if (copy == NULL)
    abort();
  memcpy(copy, text, len);
  out[0] = '\0';
  zd_json_reader_init(&reader, copy, len, depth);
  do {
    event = zd_json_next(&reader);
    switch (event) {
    case ZD_JSON_FAILED:
      describe(out, sizeof out, "%d: %s", (int)zd_json_offset(&reader),
               reader.message);
      break;
    case ZD_JSON_END:
      describe(out, sizeof out, "end");
      break;
    case ZD_JSON_INTEGER:
      describe(out, sizeof out, "%lld ", (long long)reader.integer);
      break;
    case ZD_JSON_FLOAT:
      describe(out, sizeof out, "%#.17g ", reader.number);
      break;
    case ZD_JSON_STRING:
      describe_text(out, sizeof out, &reader, '"');
      break;
    case ZD_JSON_KEY:
      describe_text(out, sizeof out, &reader, '\'');
      break;
    default:
      describe(out, sizeof out, "%c ", "..nft....[]{}"[event]);
    }
  } while (event != ZD_JSON_END && event != ZD_JSON_FAILED);
  if (zd_json_next(&reader) != event)
    describe(out, sizeof out, " and goes on");
  free(copy);
  return out;
}

static bool reads(const char *text, const char *expected) {
  const char *events = events_within(text, strlen(text), ZD_JSON_DEPTH);
  if (strcmp(events, expected) == 0)
    return true;
  fprintf(stderr, "%s: %s\n", text, events);
  return false;
}

static void a_value_of_any_kind_is_a_text(void) {
  CHECK(reads("null", "n end"));
  CHECK(reads(" true\r\n", "t end"));
  CHECK(reads("\tfalse ", "f end"));
  CHECK(reads("0", "0 end"));
  CHECK(reads("\"\"", "\"\" end"));
  CHECK(reads("[]", "[ ] end"));
  CHECK(reads("{}", "{ } end"));
  CHECK(reads("[ [ ] , { } ]", "[ [ ] { } ] end"));
  CHECK(reads("{\"a\":1,\"b\" : [true,null]}", "{ 'a' 1 'b' [ t n ] } end"));
  CHECK(reads("{\"a\":1,\"a\":2}", "{ 'a' 1 'a' 2 } end"));
}

static void integers_are_exact_over_64_bits(void) {
  CHECK(reads("9223372036854775807", "9223372036854775807 end"));
  CHECK(reads("-9223372036854775808", "-9223372036854775808 end"));
  CHECK(reads("9223372036854775808", "9.2233720368547758e+18 end"));
  CHECK(reads("-9223372036854775809", "-9.2233720368547758e+18 end"));
  CHECK(reads("18446744073709551616", "1.8446744073709552e+19 end"));
  CHECK(reads("99999999999999999999", "1.0000000000000000e+20 end"));
  CHECK(reads("[1,12,123,1234,12345,123456,1234567,12345678,123456789]",
              "[ 1 12 123 1234 12345 123456 1234567 12345678 123456789 ] end"));
  CHECK(reads("[9007199254740993,-360000000000001]",
              "[ 9007199254740993 -360000000000001 ] end"));
}

static void floats_are_what_has_a_point_an_exponent_or_a_negative_zero(void) {
  CHECK(reads("1.0", "1.0000000000000000 end"));
  CHECK(reads("1e2", "100.00000000000000 end"));
  CHECK(reads("-0", "-0.0000000000000000 end"));
  CHECK(reads("-0.0", "-0.0000000000000000 end"));
  CHECK(reads("12345678.5", "12345678.500000000 end"));
  CHECK(reads("1e400", "0: expected a number that a float holds"));
  CHECK(reads("[1e-400]", "[ 0.0000000000000000 ] end"));
}

static void malformed_numbers_are_refused(void) {
  CHECK(reads("-", "1: expected a digit"));
  CHECK(reads("-a", "1: expected a digit"));
  CHECK(reads("1.", "2: expected a digit"));
  CHECK(reads("1.e1", "2: expected a digit"));
  CHECK(reads("1e", "2: expected a digit"));
  CHECK(reads("1e+", "3: expected a digit"));
  CHECK(reads("01", "0: expected no 0 in front of a number"));
  CHECK(reads("-012345678", "1: expected no 0 in front of a number"));
  CHECK(reads("+1", "0: expected a value"));
  CHECK(reads(".5", "0: expected a value"));
  CHECK(reads("1x", "1 1: expected nothing behind the value"));
  CHECK(reads("NaN", "0: expected a value"));
  CHECK(reads("Infinity", "0: expected a value"));
}

static void strings_are_checked_and_unescaped(void) {
  CHECK(reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\"\\/\b\f\n\r\t\" end"));
  CHECK(reads("\"a\\u0000b\"", "\"a<0>b\" end"));
  CHECK(reads("\"\\u00e9\\u20AC\\uD83d\\uDe00.\"",
              "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.\" end"));
  CHECK(reads("\"\x7f\xc3\xa9 0123456789abcdef \xf4\x8f\xbf\xbf\"",
              "\"\x7f\xc3\xa9 0123456789abcdef \xf4\x8f\xbf\xbf\" end"));
  CHECK(reads("{\"\\u0061\":1}", "{ 'a' 1 } end"));
  CHECK(reads("\"a\\x\"", "2: expected one of \"\\/bfnrtu behind '\\'"));
  CHECK(
      reads("\"\\u12g4\"", "1: expected four hexadecimal digits behind '\\u'"));
  CHECK(reads("\"\\u12", "1: expected four hexadecimal digits behind '\\u'"));
  CHECK(reads("\"\\", "1: expected one of \"\\/bfnrtu behind '\\'"));
  CHECK(reads("\"a\n\"",
              "2: expected a control character in a string to be escaped"));
  CHECK(reads("\"a", "2: expected the '\"' that ends the string"));
}

static void half_a_surrogate_pair_is_refused(void) {
  const char *const texts[] = {"\"\\ud800\"",        "\"\\udc00\"",
                               "\"\\ud800\\u0061\"", "\"\\ud800\\ud800\"",
                               "\"\\ud800x\"",       "\"\\ud83d\\n\"",
                               "\"\\udc00\\ud800\"", "\"\\ud83d\\ude0\""};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    CHECK(reads(texts[i], "1: expected a pair of surrogates, not half of one"));
}

static void bytes_that_are_no_utf8_are_refused(void) {
  const char *const bytes[] = {"\x80",
                               "\xbf",
                               "\xc0\xaf",
                               "\xc1\xbf",
                               "\xc3",
                               "\xc3(",
                               "\xe0\x80\xaf",
                               "\xe0\x9f\xbf",
                               "\xe2\x82",
                               "\xed\xa0\x80",
                               "\xed\xbf\xbf",
                               "\xf0\x80\x80\x80",
                               "\xf0\x8f\xbf\xbf",
                               "\xf0\x9f\x98",
                               "\xf4\x90\x80\x80",
                               "\xf5\x80\x80\x80",
                               "\xfe",
                               "\xff"};
  for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
    char text[64];
    snprintf(text, sizeof text, "\"0123456789abcdef0%s\"", bytes[i]);
    CHECK(reads(text, "18: expected well-formed UTF-8"));
    snprintf(text, sizeof text, "\"%s", bytes[i]); /* cut by the end */
    CHECK(strstr(events_within(text, strlen(text), 9), "1: expected well-f"));
  }
  CHECK(reads("\"\xed\x9f\xbf\xee\x80\x80\"",
              "\"\xed\x9f\xbf\xee\x80\x80\" end"));
}

static void structure_faults_name_what_was_expected(void) {
  CHECK(reads("", "0: expected a value"));
  CHECK(reads("  ", "2: expected a value"));
  CHECK(reads("\xef\xbb\xbf{}", "0: expected a value, not a byte order mark"));
  CHECK(reads("[", "[ 1: expected a value or ']'"));
  CHECK(reads("[1", "[ 1 2: expected ',' or ']'"));
  CHECK(reads("[1,", "[ 1 3: expected a value"));
  CHECK(reads("[1,]", "[ 1 3: expected a value"));
  CHECK(reads("[,1]", "[ 1: expected a value or ']'"));
  CHECK(reads("[1}", "[ 1 2: expected ',' or ']'"));
  CHECK(reads("{", "{ 1: expected a key or '}'"));
  CHECK(reads("{,", "{ 1: expected a key or '}'"));
  CHECK(reads("{\"a\"", "{ 4: expected ':'"));
  CHECK(reads("{\"a\":", "{ 'a' 5: expected a value"));
  CHECK(reads("{\"a\":}", "{ 'a' 5: expected a value"));
  CHECK(reads("{\"a\":1", "{ 'a' 1 6: expected ',' or '}'"));
  CHECK(reads("{\"a\":1]", "{ 'a' 1 6: expected ',' or '}'"));
  CHECK(reads("{\"a\":1,", "{ 'a' 1 7: expected a key"));
  CHECK(reads("{\"a\":1,}", "{ 'a' 1 7: expected a key"));
  CHECK(reads("{1:1}", "{ 1: expected a key or '}'"));
  CHECK(reads("]", "0: expected a value"));
  CHECK(reads("nul", "0: expected a value"));
  CHECK(reads("[tru]", "[ 1: expected a value"));
  CHECK(reads("1 2", "1 2: expected nothing behind the value"));
  CHECK(reads("{},", "{ } 2: expected nothing behind the value"));
  CHECK(reads("[]]", "[ ] 2: expected nothing behind the value"));
  CHECK(reads("[1]\f", "[ 1 ] 3: expected nothing behind the value"));
}

static void a_nul_byte_does_not_end_the_text(void) {
  CHECK(strcmp(events_within("1\0", 2, 9),
               "1 1: expected nothing behind the value") == 0);
  CHECK(strcmp(events_within("[\0]", 3, 9), "[ 1: expected a value or ']'") ==
        0);
  CHECK(strstr(events_within("\"a\0b\"", 5, 9), "2: expected a control"));
}

static void nesting_ends_at_the_limit(void) {
  enum { LEVELS = 100000 };
  char *text = malloc(LEVELS);
  struct zd_json_reader reader;
  if (text == NULL)
    abort();
  memset(text, '[', LEVELS);
  const int limits[] = {1, 8, 9, ZD_JSON_DEPTH, ZD_JSON_DEPTH_MAX};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    zd_json_reader_init(&reader, text, LEVELS, limits[i]);
    int opened = 0;
    while (zd_json_next(&reader) == ZD_JSON_OPEN_ARRAY)
      opened++;
    CHECK(opened == limits[i] && reader.depth == limits[i]);
    CHECK(zd_json_offset(&reader) == (size_t)limits[i]);
    CHECK(strcmp(reader.message, "expected fewer levels of nesting") == 0);
  }
  zd_json_reader_init(&reader, text, LEVELS, LEVELS);
  while (zd_json_next(&reader) == ZD_JSON_OPEN_ARRAY)
    ;
  CHECK(reader.depth == ZD_JSON_DEPTH_MAX);
  zd_json_reader_init(&reader, text, LEVELS, -1);
  CHECK(zd_json_next(&reader) == ZD_JSON_OPEN_ARRAY);
  CHECK(zd_json_next(&reader) == ZD_JSON_FAILED);
  free(text);
}

static void objects_and_arrays_nest_in_each_other(void) {
  char text[400] = "";
  char expected[2000] = "";
  for (int i = 0; i < 20; i++) {
    strcat(text, "[{\"a\":");
    strcat(expected, "[ { 'a' ");
  }
  strcat(text, "0");
  strcat(expected, "0 ");
  for (int i = 0; i < 20; i++) {
    strcat(text, "}]");
    strcat(expected, "} ] ");
  }
  strcat(expected, "end");
  CHECK(reads(text, expected));
}

static bool is_accepted(const char *text, size_t len) {
  const char *events = events_within(text, len, 9);
  return strcmp(events + strlen(events) - 4, " end") == 0;
}

static void no_beginning_of_a_text_is_accepted(void) {
  const char *text = "{\"ab\":[1,-2.5e1,\"\\u00e9\xc3\xa9\",true,false,null,"
                     "{\"01234567890123456\":{}}]}";
  size_t len = strlen(text);
  int accepted = 0;
  for (size_t cut = 0; cut < len; cut++)
    accepted += is_accepted(text, cut);
  CHECK(accepted == 0);
  CHECK(is_accepted(text, len));
}

int main(void) {
  a_value_of_any_kind_is_a_text();
  integers_are_exact_over_64_bits();
  floats_are_what_has_a_point_an_exponent_or_a_negative_zero();
  malformed_numbers_are_refused();
  strings_are_checked_and_unescaped();
  half_a_surrogate_pair_is_refused();
  bytes_that_are_no_utf8_are_refused();
  structure_faults_name_what_was_expected();
  a_nul_byte_does_not_end_the_text();
  nesting_ends_at_the_limit();
  objects_and_arrays_nest_in_each_other();
  no_beginning_of_a_text_is_accepted();
  return check_result();
}
