/* json_format: the shortest decimal text of a float (see json_number.h).
 *
 * The free-format algorithm of Steele and White, with exact integers: the
 * interval of reals that read back as `value` is [value - below, value +
 * above], and digits are produced until only one continuation lies in it. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json_bigint.h"
#include "json_number.h"

enum { SHORTEST_DIGITS = 17 };

struct digits {
  char digit[SHORTEST_DIGITS + 1];
  int len;
  int point; /* value = 0.d1d2d3… * 10^point */
};

/* value = remainder / scale; half the gap to the next float below is
 * below / scale, above it the same or twice as much. */
struct interval {
  struct zd_bigint remainder;
  struct zd_bigint scale;
  struct zd_bigint below;
  bool above_is_double; /* at powers of two */
  bool closed;          /* the ends round to value: its fraction is even */
};

static void interval_multiply(struct interval *interval, uint32_t factor) {
  zd_bigint_mul_add(&interval->remainder, factor, 0);
  zd_bigint_mul_add(&interval->below, factor, 0);
}

/* What remains, plus the distance to the upper end, against the scale. */
static bool interval_reaches_scale(const struct interval *interval) {
  struct zd_bigint sum = interval->remainder;
  zd_bigint_add(&sum, &interval->below);
  if (interval->above_is_double)
    zd_bigint_add(&sum, &interval->below);
  int order = zd_bigint_compare(&sum, &interval->scale);
  return order > 0 || (order == 0 && interval->closed);
}

static bool interval_reaches_zero(const struct interval *interval) {
  int order = zd_bigint_compare(&interval->remainder, &interval->below);
  return order < 0 || (order == 0 && interval->closed);
}

/* Sets the interval for fraction * 2^exponent, divided by 10^point. */
static void interval_set(struct interval *interval, uint64_t fraction,
                         int exponent, int point) {
  int halves = interval->above_is_double ? 2 : 1; /* all is counted in halves */
  zd_bigint_set(&interval->remainder, fraction);
  zd_bigint_set(&interval->scale, 1);
  zd_bigint_set(&interval->below, 1);
  zd_bigint_mul_pow5(&interval->scale, point > 0 ? point : 0);
  zd_bigint_mul_pow5(&interval->remainder, point < 0 ? -point : 0);
  zd_bigint_mul_pow5(&interval->below, point < 0 ? -point : 0);
  /* The powers of two of both sides, as one shift of the smaller side. */
  int up = exponent - point;
  zd_bigint_shift(&interval->remainder, halves + (up > 0 ? up : 0));
  zd_bigint_shift(&interval->below, up > 0 ? up : 0);
  zd_bigint_shift(&interval->scale, halves + (up < 0 ? -up : 0));
  /* zd_bigint_divide wants the scale to fill its highest limb. */
  int fill = (32 - zd_bigint_bits(&interval->scale) % 32) % 32;
  zd_bigint_shift(&interval->remainder, fill);
  zd_bigint_shift(&interval->below, fill);
  zd_bigint_shift(&interval->scale, fill);
}

static void interval_digits(struct interval *interval, struct digits *digits) {
  bool low;
  bool high;
  uint32_t digit;
  digits->len = 0;
  do {
    interval_multiply(interval, 10);
    digit = zd_bigint_divide(&interval->remainder, &interval->scale);
    low = interval_reaches_zero(interval);
    high = interval_reaches_scale(interval);
    digits->digit[digits->len++] = (char)('0' + digit);
  } while (!low && !high);
  bool up = high;
  if (low && high) { /* both neighbours read back: the nearer one */
    zd_bigint_shift(&interval->remainder, 1);
    up = zd_bigint_compare(&interval->remainder, &interval->scale) >= 0;
  }
  digits->digit[digits->len - 1] += up;
}

static int float_bits_of(uint64_t fraction) {
  int bits = 0;
  for (; fraction != 0; fraction >>= 1)
    bits++;
  return bits;
}

/* `bits` without its sign, finite and not 0. */
static void shortest_digits(uint64_t bits, struct digits *digits) {
  const uint64_t hidden = UINT64_C(1) << 52;
  struct interval interval;
  uint64_t fraction = bits & (hidden - 1);
  int biased = (int)(bits >> 52);
  interval.above_is_double = fraction == 0 && biased > 1;
  if (biased > 0)
    fraction |= hidden;
  interval.closed = (fraction & 1) == 0;
  int exponent = (biased > 0 ? biased : 1) - 1075;
  /* log10 by 1233/4096, less what that ratio and the rounded logarithm are
   * off at most: floored, it is right or one too small. `point` is one more
   * than the logarithm. */
  int log2 = exponent + float_bits_of(fraction) - 1;
  int point = (log2 * 1233 - 24 + (4096 << 9)) / 4096 - (1 << 9) + 1;
  interval_set(&interval, fraction, exponent, point);
  if (interval_reaches_scale(&interval)) {
    point++;
    interval_set(&interval, fraction, exponent, point);
  }
  digits->point = point;
  interval_digits(&interval, digits);
}

/* Most floats that people write have a few decimals: m / 10^k with both exact
 * gives the float that the text reads back as, and the least k is the
 * shortest text. */
static bool short_digits(double value, struct digits *digits) {
  static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  enum { TRIES = sizeof powers / sizeof powers[0] };
  for (int k = 0; k < TRIES && value * powers[k] < 1e15; k++) {
    uint64_t scaled = (uint64_t)(value * powers[k] + 0.5);
    if ((double)scaled / powers[k] != value)
      continue;
    char reversed[SHORTEST_DIGITS];
    int len = 0;
    for (; scaled != 0; scaled /= 10)
      reversed[len++] = (char)('0' + scaled % 10);
    for (int i = 0; i < len; i++)
      digits->digit[i] = reversed[len - 1 - i];
    digits->len = len;
    digits->point = len - k;
    return true;
  }
  return false;
}

static char *put_exponent(char *out, int exponent) {
  *out++ = 'e';
  if (exponent < 0)
    *out++ = '-';
  unsigned rest = (unsigned)(exponent < 0 ? -exponent : exponent);
  if (rest >= 100)
    *out++ = (char)('0' + rest / 100);
  if (rest >= 10)
    *out++ = (char)('0' + rest / 10 % 10);
  *out++ = (char)('0' + rest % 10);
  return out;
}

/* Digits `from` up to `to`, zeros behind the last one. */
static char *put_digits(char *out, const struct digits *digits, int from,
                        int to) {
  for (int i = from; i < to; i++)
    *out++ = i >= 0 && i < digits->len ? digits->digit[i] : '0';
  return out;
}

/* Plain from 0.0001 up to 16 digits before the point, else with an exponent. */
static char *put_float(char *out, const struct digits *digits) {
  int point = digits->point;
  if (point < -3 || point > 16) {
    out = put_digits(out, digits, 0, 1);
    if (digits->len > 1) {
      *out++ = '.';
      out = put_digits(out, digits, 1, digits->len);
    }
    return put_exponent(out, point - 1);
  }
  out = put_digits(out, digits, point > 0 ? 0 : -1, point > 0 ? point : 0);
  *out++ = '.';
  int last = digits->len > point ? digits->len : point + 1;
  return put_digits(out, digits, point, last);
}

size_t zd_json_format_float(double value, char out[ZD_JSON_FLOAT_ROOM]) {
  char *at = out;
  uint64_t bits;
  struct digits digits;
  memcpy(&bits, &value, sizeof bits);
  if (bits >> 63 != 0)
    *at++ = '-';
  bits &= INT64_MAX;
  memcpy(&value, &bits, sizeof bits);
  if (bits == 0) {
    digits.len = 0;
    digits.point = 1;
  } else if (!short_digits(value, &digits)) {
    shortest_digits(bits, &digits);
  }
  at = put_float(at, &digits);
  return (size_t)(at - out);
}
