/* json_number: see json_number.h. Reading; writing is in json_format.c. */
#include "json_number.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json_bigint.h"

enum {
  HEAD_DIGITS = 19, /* as many as always fit in 64 bits */
  /* The halfway point between two floats has at most 767 significant digits,
   * so what follows the 800th can only break a tie. */
  KEPT_DIGITS = 800,
  EXACT_POWER = 22 /* 10^22 is the largest power of ten a float holds */
};

struct decimal {
  uint64_t head; /* the first HEAD_DIGITS significant digits */
  int digits;    /* how many there are in head */
  int64_t point; /* value = 0.d1d2d3… * 10^point */
  bool more;     /* digits other than 0 follow the head */
  bool negative;
  const char *first; /* the first significant digit */
  const char *end;   /* behind the last digit or the point */
};

static bool decimal_is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

/* The exponent's value, held below 10^16: further away than the longest text
 * could move the decimal point. */
static int64_t decimal_exponent(const char *at, const char *end) {
  const int64_t ceiling = INT64_C(1000000000000000);
  int64_t value = 0;
  bool negative = *at == '-';
  if (*at == '-' || *at == '+')
    at++;
  for (; at < end; at++)
    value = value < ceiling ? value * 10 + (*at - '0') : value;
  return negative ? -value : value;
}

static void decimal_take(struct decimal *decimal, const char *at,
                         bool fraction) {
  int digit = *at - '0';
  if (decimal->digits == 0 && digit == 0) {
    decimal->point -= fraction;
    return;
  }
  if (decimal->digits == 0)
    decimal->first = at;
  if (decimal->digits < HEAD_DIGITS) {
    decimal->head = decimal->head * 10 + (unsigned)digit;
    decimal->digits++;
  } else if (digit != 0) {
    decimal->more = true;
  }
  decimal->point += !fraction;
}

static void decimal_read(struct decimal *decimal, const char *text,
                         size_t len) {
  const char *end = text + len;
  bool fraction = false;
  memset(decimal, 0, sizeof *decimal);
  decimal->negative = *text == '-';
  const char *at = text + decimal->negative;
  for (; at < end && (decimal_is_digit(*at) || *at == '.'); at++) {
    if (*at == '.')
      fraction = true;
    else
      decimal_take(decimal, at, fraction);
  }
  decimal->end = at;
  if (at < end)
    decimal->point += decimal_exponent(at + 1, end);
}

/* The float nearest to (top + a fraction if `sticky`) * 2^exponent, ties to
 * even; `top` is not 0 and has 55 bits or more unless it is exact. */
static enum zd_status round_to_float(uint64_t top, bool sticky, int exponent,
                                     uint64_t *bits) {
  const uint64_t half = UINT64_C(1) << 63;
  for (; (top & half) == 0; top <<= 1)
    exponent--;
  int biased = exponent + 63 + 1023;
  int drop = 11;
  if (biased <= 0) { /* subnormal: fewer bits are kept */
    drop += 1 - biased;
    biased = 0;
  }
  *bits = 0;
  if (drop > 64)
    return ZD_OK;
  uint64_t kept = drop < 64 ? top >> drop : 0;
  uint64_t rest = top << (64 - drop);
  if (rest > half || (rest == half && (sticky || (kept & 1) != 0)))
    kept++;
  /* A carry out of the fraction lands in the exponent, as it should. */
  *bits = biased == 0 ? kept : ((uint64_t)(biased - 1) << 52) + kept;
  return *bits >> 52 < 2047 ? ZD_OK : ZD_TOO_LARGE;
}

/* For what people write: both factors and the result's rounding are exact. */
static bool parse_exactly(const struct decimal *decimal, int exponent,
                          double *value) {
#if defined(FLT_EVAL_METHOD) && (FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1)
  static const double powers[] = {
      1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (decimal->more || decimal->head > UINT64_C(1) << 53 ||
      exponent < -EXACT_POWER || exponent > EXACT_POWER)
    return false;
  *value = (double)decimal->head;
  if (exponent < 0)
    *value /= powers[-exponent];
  else
    *value *= powers[exponent];
  return true;
#else
  (void)decimal, (void)exponent, (void)value;
  return false;
#endif
}

#if defined(__SIZEOF_INT128__)
/* For up to 19 digits and moderate exponents: 5^27 fits in 64 bits, so that
 * product and quotient are exact in 128. */
static bool parse_in_128(const struct decimal *decimal, int exponent,
                         uint64_t *bits) {
  __extension__ typedef unsigned __int128 wide;
  if (decimal->more || exponent < -27 || exponent > 27)
    return false;
  uint64_t power = 1;
  for (int i = exponent < 0 ? -exponent : exponent; i > 0; i--)
    power *= 5;
  wide product;
  bool sticky = false;
  int binary = exponent;
  if (exponent >= 0) {
    product = (wide)decimal->head * power;
  } else {
    uint64_t head = decimal->head;
    for (; head >> 63 == 0; head <<= 1)
      binary--;
    product = ((wide)head << 64) / power;
    sticky = product * power != (wide)head << 64;
    binary -= 64;
  }
  for (; product >> 64 != 0; product >>= 1, binary++)
    sticky = sticky || (product & 1) != 0;
  /* Never too large: at most 10^19 * 10^27. */
  return round_to_float((uint64_t)product, sticky, binary, bits) == ZD_OK;
}
#else
static bool parse_in_128(const struct decimal *decimal, int exponent,
                         uint64_t *bits) {
  (void)decimal, (void)exponent, (void)bits;
  return false;
}
#endif

/* The significant digits as an integer; returns how many there are. */
static int decimal_to_bigint(const struct decimal *decimal,
                             struct zd_bigint *big) {
  int digits = 0;
  bool more = false;
  zd_bigint_set(big, 0);
  for (const char *at = decimal->first; at < decimal->end; at++) {
    if (*at == '.')
      continue;
    if (digits == KEPT_DIGITS) {
      more = more || *at != '0';
      continue;
    }
    zd_bigint_mul_add(big, 10, (uint32_t)(*at - '0'));
    digits++;
  }
  if (more) {
    zd_bigint_mul_add(big, 10, 1);
    digits++;
  }
  return digits;
}

/* For everything else: a long division that yields 62 to 64 bits and tells
 * whether something is left over. */
static enum zd_status parse_at_length(const struct decimal *decimal,
                                      uint64_t *bits) {
  struct zd_bigint dividend;
  struct zd_bigint divisor;
  int digits = decimal_to_bigint(decimal, &dividend);
  int exponent = (int)decimal->point - digits;
  int binary = exponent; /* 10^n = 5^n * 2^n */
  zd_bigint_set(&divisor, 1);
  zd_bigint_mul_pow5(exponent < 0 ? &divisor : &dividend,
                     exponent < 0 ? -exponent : exponent);
  /* The divisor must fill its highest limb, and the dividend have 31 bits
   * more: the first digit of the quotient is then below 2^32. */
  int least = zd_bigint_bits(&dividend) - 31;
  int own = zd_bigint_bits(&divisor);
  int target = ((least > own ? least : own) + 31) / 32 * 32;
  zd_bigint_shift(&divisor, target - own);
  zd_bigint_shift(&dividend, target - least);
  binary += (target - own) - (target - least);
  uint64_t top = (uint64_t)zd_bigint_divide(&dividend, &divisor) << 32;
  zd_bigint_shift(&dividend, 32);
  top |= zd_bigint_divide(&dividend, &divisor);
  return round_to_float(top, dividend.len > 0, binary - 32, bits);
}

enum zd_status zd_json_parse_float(const char *text, size_t len,
                                   double *value) {
  struct decimal decimal;
  enum zd_status status = ZD_OK;
  uint64_t bits = 0;
  decimal_read(&decimal, text, len);
  int64_t exponent = decimal.point - decimal.digits;
  if (decimal.head != 0 && decimal.point > 309)
    return ZD_TOO_LARGE;
  if (decimal.head != 0 && decimal.point > -324) {
    if (parse_exactly(&decimal, (int)exponent, value)) {
      *value = decimal.negative ? -*value : *value;
      return ZD_OK;
    }
    if (!parse_in_128(&decimal, (int)exponent, &bits))
      status = parse_at_length(&decimal, &bits);
  }
  bits |= (uint64_t)decimal.negative << 63;
  memcpy(value, &bits, sizeof bits);
  return status;
}
