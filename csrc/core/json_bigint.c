/* json_bigint: see json_bigint.h. */
#include "json_bigint.h"

#include <string.h>

void zd_bigint_set(struct zd_bigint *big, uint64_t value) {
  big->len = 0;
  for (; value != 0; value >>= 32)
    big->limb[big->len++] = (uint32_t)value;
}

static void bigint_trim(struct zd_bigint *big) {
  while (big->len > 0 && big->limb[big->len - 1] == 0)
    big->len--;
}

int zd_bigint_bits(const struct zd_bigint *big) {
  if (big->len == 0)
    return 0;
  int bits = (big->len - 1) * 32;
  for (uint32_t top = big->limb[big->len - 1]; top != 0; top >>= 1)
    bits++;
  return bits;
}

void zd_bigint_mul_add(struct zd_bigint *big, uint32_t factor,
                       uint32_t addend) {
  uint64_t carry = addend;
  for (int i = 0; i < big->len; i++) {
    carry += (uint64_t)big->limb[i] * factor;
    big->limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry != 0)
    big->limb[big->len++] = (uint32_t)carry;
}

void zd_bigint_mul_pow5(struct zd_bigint *big, int exponent) {
  enum { STEP = 13 }; /* 5^13 is the largest power of 5 in 32 bits */
  for (; exponent >= STEP; exponent -= STEP)
    zd_bigint_mul_add(big, 1220703125, 0);
  uint32_t rest = 1;
  for (; exponent > 0; exponent--)
    rest *= 5;
  zd_bigint_mul_add(big, rest, 0);
}

void zd_bigint_shift(struct zd_bigint *big, int bits) {
  int limbs = bits / 32;
  bits %= 32;
  if (big->len == 0)
    return;
  if (limbs > 0) {
    memmove(big->limb + limbs, big->limb, (size_t)big->len * sizeof(uint32_t));
    memset(big->limb, 0, (size_t)limbs * sizeof(uint32_t));
    big->len += limbs;
  }
  if (bits > 0)
    zd_bigint_mul_add(big, UINT32_C(1) << bits, 0);
}

void zd_bigint_add(struct zd_bigint *big, const struct zd_bigint *other) {
  uint64_t carry = 0;
  while (big->len < other->len)
    big->limb[big->len++] = 0;
  for (int i = 0; i < big->len; i++) {
    carry += big->limb[i];
    carry += i < other->len ? other->limb[i] : 0;
    big->limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry != 0)
    big->limb[big->len++] = (uint32_t)carry;
}

int zd_bigint_compare(const struct zd_bigint *a, const struct zd_bigint *b) {
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  for (int i = a->len - 1; i >= 0; i--) {
    if (a->limb[i] != b->limb[i])
      return a->limb[i] < b->limb[i] ? -1 : 1;
  }
  return 0;
}

/* big = big - divisor * factor modulo 2^(32 * limbs); returns true when the
 * true difference is negative. `big` has `limbs` limbs, zeros included. */
static int bigint_sub_mul(uint32_t *big, int limbs,
                          const struct zd_bigint *divisor, uint32_t factor) {
  uint64_t carry = 0;
  uint64_t borrow = 0;
  for (int i = 0; i < limbs; i++) {
    carry += i < divisor->len ? (uint64_t)divisor->limb[i] * factor : 0;
    uint64_t difference = (uint64_t)big[i] - (uint32_t)carry - borrow;
    big[i] = (uint32_t)difference;
    borrow = difference >> 63;
    carry >>= 32;
  }
  return borrow != 0 || carry != 0;
}

/* Adds the divisor back; returns the carry out of the highest limb. */
static uint32_t bigint_add_back(uint32_t *big, int limbs,
                                const struct zd_bigint *divisor) {
  uint64_t carry = 0;
  for (int i = 0; i < limbs; i++) {
    carry += (uint64_t)big[i] + (i < divisor->len ? divisor->limb[i] : 0);
    big[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return (uint32_t)carry;
}

uint32_t zd_bigint_divide(struct zd_bigint *big,
                          const struct zd_bigint *divisor) {
  int limbs = divisor->len + 1;
  if (big->len < divisor->len)
    return 0;
  if (big->len < limbs)
    big->limb[big->len] = 0;
  uint64_t top = ((uint64_t)big->limb[limbs - 1] << 32) | big->limb[limbs - 2];
  uint64_t guess = top / divisor->limb[divisor->len - 1];
  uint32_t quotient = guess > UINT32_MAX ? UINT32_MAX : (uint32_t)guess;
  /* The guess is at most two too large, as the divisor's top bit is set. */
  if (bigint_sub_mul(big->limb, limbs, divisor, quotient)) {
    do
      quotient--;
    while (bigint_add_back(big->limb, limbs, divisor) == 0);
  }
  big->len = limbs;
  bigint_trim(big);
  return quotient;
}
