/* test_json_number: decimal text to floats and back. The C library's own
 * conversions, in the C locale that every program starts with, are the
 * reference. */
#include "core/json_number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static uint64_t random_state = 88172645463325252;

static uint64_t random_bits(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static double float_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static bool same(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

/* Parsed from memory of just its size, where a byte too many is noticed. */
static enum zd_status parse(const char *text, double *value) {
  size_t len = strlen(text);
  char *copy = malloc(len);
  if (copy == NULL)
    abort();
  memcpy(copy, text, len);
  enum zd_status status = zd_json_parse_float(copy, len, value);
  free(copy);
  return status;
}

static bool reads_as(const char *text, double expected) {
  double value = 0;
  return parse(text, &value) == ZD_OK && same(value, expected);
}

static bool reads_as_reference(const char *text) {
  if (reads_as(text, strtod(text, NULL)))
    return true;
  fprintf(stderr, "%s\n", text);
  return false;
}

static const char *written(double value) {
  static char out[ZD_JSON_FLOAT_ROOM + 1];
  out[zd_json_format_float(value, out)] = '\0';
  return out;
}

static bool writes(double value, const char *expected) {
  if (strcmp(written(value), expected) == 0)
    return true;
  fprintf(stderr, "%s, not %s\n", written(value), expected);
  return false;
}

static void simple_numbers_are_read(void) {
  CHECK(reads_as("0.0", 0.0));
  CHECK(reads_as("-0", -0.0));
  CHECK(reads_as("-0.0e5", -0.0));
  CHECK(reads_as("0e999999999999999999999", 0.0));
  CHECK(reads_as("1.5", 1.5));
  CHECK(reads_as("-1.5e+3", -1500.0));
  CHECK(reads_as("1E2", 100.0));
  CHECK(reads_as("9223372036854775808", 0x1p63));
  CHECK(reads_as("9007199254740993.0", 9007199254740992.0));
  CHECK(reads_as("9007199254740993.00000000000000001", 9007199254740994.0));
}

static void hard_numbers_are_read(void) {
  const char *const numbers[] = {"1.7976931348623157e308",
                                 "1.7976931348623158e308",
                                 "2.2250738585072014e-308",
                                 "2.2250738585072011e-308",
                                 "4.9406564584124654e-324",
                                 "2.4703282292062328e-324",
                                 "5e-324",
                                 "1e-323",
                                 "1e23",
                                 "8.5e22",
                                 "6.02214076e23",
                                 "123456789012345678901234567890",
                                 "0.1",
                                 "0.3",
                                 "1e-400",
                                 "3.44900692657631387e-283",
                                 "2.98023223876953125E-8",
                                 "6.2506271055979013e-309",
                                 "9.5e-27",
                                 "1.2345678901234567e27"};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    CHECK(reads_as_reference(numbers[i]));
}

/* Halfway between two floats: a digit far behind decides. */
static void ties_go_to_even_unless_a_late_digit_decides(void) {
  char text[1200] = "9007199254740993.";
  size_t len = strlen(text);
  memset(text + len, '0', 1000);
  text[len + 1000] = '\0';
  CHECK(reads_as(text, 9007199254740992.0));
  text[len + 999] = '1';
  CHECK(reads_as(text, 9007199254740994.0));
  /* Half of the smallest float, to 751 digits and one more. */
  snprintf(text, sizeof text, "%.1100f", 0x1p-1074);
  char half[1200];
  unsigned carry = 0;
  for (size_t i = 0; text[i] != '\0'; i++) {
    if (text[i] == '.') {
      half[i] = '.';
      half[i + 1] = '\0';
      continue;
    }
    unsigned digit = (unsigned)(text[i] - '0') + carry * 10;
    half[i] = (char)('0' + digit / 2);
    half[i + 1] = '\0';
    carry = digit % 2;
  }
  CHECK(reads_as(half, 0.0));
  half[strlen(half) - 1] = '1';
  CHECK(reads_as(half, 0x1p-1074));
}

static void the_point_may_be_far_from_the_digits(void) {
  enum { ZEROS = 100000 };
  char *text = malloc(ZEROS + 64);
  if (text == NULL)
    abort();
  text[0] = '1';
  memset(text + 1, '0', ZEROS);
  strcpy(text + 1 + ZEROS, "e-100000");
  CHECK(reads_as(text, 1.0));
  strcpy(text, "0.");
  memset(text + 2, '0', ZEROS);
  strcpy(text + 2 + ZEROS, "25e100001");
  CHECK(reads_as(text, 2.5));
  free(text);
}

static void what_no_float_holds_is_refused(void) {
  double value;
  CHECK(parse("1e400", &value) == ZD_TOO_LARGE);
  CHECK(parse("-1e400", &value) == ZD_TOO_LARGE);
  CHECK(parse("1e99999999999999999999", &value) == ZD_TOO_LARGE);
  CHECK(parse("1.7976931348623159e308", &value) == ZD_TOO_LARGE);
  /* Halfway between the largest float and 2^1024, which an even fraction
   * would have: this and above is too large. */
  static const char half[] =
      "179769313486231580793728971405303415079934132710037826936173"
      "778980444968292764750946649017977587207096330286416692887910"
      "946555547851940402630657488671505820681908902000708383676273"
      "854845817711531764475730270069855571366959622842914819860834"
      "936475292719074168444365510704342711559699508093042880177904"
      "174497792";
  static const char below[] =
      "179769313486231580793728971405303415079934132710037826936173"
      "778980444968292764750946649017977587207096330286416692887910"
      "946555547851940402630657488671505820681908902000708383676273"
      "854845817711531764475730270069855571366959622842914819860834"
      "936475292719074168444365510704342711559699508093042880177904"
      "174497791";
  CHECK(parse(half, &value) == ZD_TOO_LARGE);
  CHECK(reads_as(below, DBL_MAX));
  CHECK(reads_as("1e-99999999999999999999", 0.0));
  CHECK(reads_as("-1e-99999999999999999999", -0.0));
}

static void random_texts_are_read_as_the_c_library_reads_them(void) {
  char text[64];
  int wrong = 0;
  for (int i = 0; i < 40000; i++) {
    uint64_t digits = random_bits() >> (random_bits() % 60);
    int exponent = (int)(random_bits() % 60) - 30;
    if (i % 4 == 0)
      exponent = (int)(random_bits() % 660) - 345;
    snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)digits,
             (unsigned long long)(random_bits() >> (random_bits() % 60)),
             exponent);
    if (isinf(strtod(text, NULL)))
      continue;
    wrong += !reads_as_reference(text);
  }
  CHECK(wrong == 0);
}

static void floats_are_written_short(void) {
  CHECK(writes(0.0, "0.0"));
  CHECK(writes(-0.0, "-0.0"));
  CHECK(writes(3.0, "3.0"));
  CHECK(writes(-1.5, "-1.5"));
  CHECK(writes(0.1, "0.1"));
  CHECK(writes(0.1 + 0.2, "0.30000000000000004"));
  CHECK(writes(1e15, "1000000000000000.0"));
  CHECK(writes(1e16, "1e16"));
  CHECK(writes(1.25e22, "1.25e22"));
  CHECK(writes(0.0001, "0.0001"));
  CHECK(writes(0.00001, "1e-5"));
  CHECK(writes(123456.789, "123456.789"));
  CHECK(writes(9007199254740993.0, "9007199254740992.0"));
  CHECK(writes(0x1p63, "9.223372036854776e18"));
  CHECK(writes(DBL_MAX, "1.7976931348623157e308"));
  CHECK(writes(DBL_MIN, "2.2250738585072014e-308"));
  CHECK(writes(5e-324, "5e-324"));
  CHECK(writes(0x1p-44, "5.684341886080802e-14")); /* %.16g is not enough */
  CHECK(writes(9.5e-27, "9.5e-27"));
  CHECK(writes(5e22, "5e22"));
}

/* No text with a digit less reads back, up or down from the float. */
static bool is_shortest(double value) {
  char text[64];
  const char *full = written(value);
  int digits = 0;
  for (const char *at = full; *at != '\0' && *at != 'e'; at++)
    digits += *at >= '0' && *at <= '9' && (digits > 0 || *at != '0');
  for (const char *at = full + strcspn(full, "e"); at > full; at--) {
    if (at[-1] == '.')
      continue;
    if (at[-1] != '0')
      break;
    digits--;
  }
  if (digits <= 1)
    return true;
  snprintf(text, sizeof text, "%.*e", digits - 2, value);
  return !same(strtod(text, NULL), value);
}

static void random_floats_read_back_and_none_is_too_long(void) {
  int wrong = 0;
  int too_long = 0;
  for (int i = 0; i < 60000; i++) {
    uint64_t bits = random_bits();
    if (i % 8 == 0)
      bits &= UINT64_C(0xFFF0000000000000); /* powers of two */
    if (i % 16 == 1)
      bits &= UINT64_C(0x800FFFFFFFFFFFFF); /* subnormal */
    double value = float_of(bits);
    if (i % 8 == 2) /* money */
      value = (double)(int64_t)(random_bits() >> 30) / 100;
    if (!isfinite(value))
      continue;
    double back = 0;
    if (parse(written(value), &back) != ZD_OK || !same(back, value) ||
        !same(strtod(written(value), NULL), value))
      wrong++;
    too_long += !is_shortest(value);
    if (strpbrk(written(value), ".e") == NULL)
      wrong++;
  }
  CHECK(wrong == 0);
  CHECK(too_long == 0);
}

int main(void) {
  simple_numbers_are_read();
  hard_numbers_are_read();
  ties_go_to_even_unless_a_late_digit_decides();
  the_point_may_be_far_from_the_digits();
  what_no_float_holds_is_refused();
  random_texts_are_read_as_the_c_library_reads_them();
  floats_are_written_short();
  random_floats_read_back_and_none_is_too_long();
  return check_result();
}
