/* json_bigint: the few operations on large unsigned integers that exact
 * conversions between decimal text and floats need.
 *
 * A zd_bigint is a plain value without heap memory. The callers' bounds keep
 * every intermediate result below ZD_BIGINT_LIMBS * 32 bits: 801 decimal
 * digits are 2,661 bits, 5^1,126 is 2,615, and neither is shifted by more than
 * 64 past the other. */
#ifndef ZD_JSON_BIGINT_H
#define ZD_JSON_BIGINT_H

#include <stdint.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum { ZD_BIGINT_LIMBS = 96 };

struct zd_bigint {
  int len; /* limbs in use; the highest is not 0; 0 has none */
  uint32_t limb[ZD_BIGINT_LIMBS]; /* lowest first */
};

void zd_bigint_set(struct zd_bigint *big, uint64_t value);

int zd_bigint_bits(const struct zd_bigint *big);

/* big = big * factor + addend */
void zd_bigint_mul_add(struct zd_bigint *big, uint32_t factor, uint32_t addend);

/* big = big * 5^exponent */
void zd_bigint_mul_pow5(struct zd_bigint *big, int exponent);

/* big = big * 2^bits */
void zd_bigint_shift(struct zd_bigint *big, int bits);

/* big = big + other */
void zd_bigint_add(struct zd_bigint *big, const struct zd_bigint *other);

/* Negative, 0 or positive, as memcmp. */
int zd_bigint_compare(const struct zd_bigint *a, const struct zd_bigint *b);

/* Returns big / divisor and leaves the remainder in `big`. The top bit of the
 * divisor's highest limb must be set and the quotient be below 2^32. */
uint32_t zd_bigint_divide(struct zd_bigint *big,
                          const struct zd_bigint *divisor);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
