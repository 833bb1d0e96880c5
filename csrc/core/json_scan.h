/* json_scan: the inner loops that the JSON reader and writer share.
 *
 * Both spend most of their time looking for the next byte of a string that
 * needs attention, so that loop looks at 16 bytes at a time where SSE2 or NEON
 * is there (decided by the compiler's target, not at run time) and at 8
 * elsewhere. Nothing here reads a byte at or after `end`: receive buffers are
 * not NUL-terminated. */
#ifndef ZD_JSON_SCAN_H
#define ZD_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(ZD_JSON_PORTABLE)
#define ZD_JSON_SSE2 1
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(ZD_JSON_PORTABLE)
#define ZD_JSON_NEON 1
#include <arm_neon.h>
#endif

/* A byte that stands for itself inside a JSON string, wherever it comes from:
 * printable ASCII and DEL, without '"' and '\\'. */
static inline bool zd_json_is_plain(char byte) {
  return (signed char)byte >= 0x20 && byte != '"' && byte != '\\';
}

static inline const char *zd_json_scan_bytes(const char *at, const char *end) {
  while (at < end && zd_json_is_plain(*at))
    at++;
  return at;
}

/* zd_json_scan_plain: the first byte in [at, end) that is not plain, or
 * `end`. */
#if defined(ZD_JSON_SSE2)

/* The signed comparison catches control characters and bytes from 0x80 on
 * (negative) in one go. */
static inline const char *zd_json_scan_plain(const char *at, const char *end) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  for (; end - at >= 16; at += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
                               _mm_cmpeq_epi8(bytes, backslash));
    hit = _mm_or_si128(hit, _mm_cmplt_epi8(bytes, space));
    unsigned mask = (unsigned)_mm_movemask_epi8(hit);
    if (mask != 0)
      return at + __builtin_ctz(mask);
  }
  return zd_json_scan_bytes(at, end);
}

#elif defined(ZD_JSON_NEON)

static inline const char *zd_json_scan_plain(const char *at, const char *end) {
  const int8x16_t space = vdupq_n_s8(' ');
  const uint8x16_t quote = vdupq_n_u8('"');
  const uint8x16_t backslash = vdupq_n_u8('\\');
  for (; end - at >= 16; at += 16) {
    uint8x16_t bytes = vld1q_u8((const uint8_t *)at);
    uint8x16_t hit =
        vorrq_u8(vceqq_u8(bytes, quote), vceqq_u8(bytes, backslash));
    hit = vorrq_u8(hit, vcltq_s8(vreinterpretq_s8_u8(bytes), space));
    /* Narrowing leaves four bits for each byte: NEON has no movemask. */
    uint64_t mask = vget_lane_u64(
        vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(hit), 4)), 0);
    if (mask != 0)
      return at + (__builtin_ctzll(mask) >> 2);
  }
  return zd_json_scan_bytes(at, end);
}

#else

/* Skips blocks of eight while none of their bytes is of interest. A borrow can
 * flag a byte beside a real hit, never without one, and the byte loop tells
 * them apart: endianness does not matter. */
static inline const char *zd_json_scan_plain(const char *at, const char *end) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  const uint64_t tops = UINT64_C(0x8080808080808080);
  for (; end - at >= 8; at += 8) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    uint64_t quote = bytes ^ (ones * '"');
    uint64_t backslash = bytes ^ (ones * '\\');
    uint64_t hit = (quote - ones) | (backslash - ones) | (bytes - ones * 0x20);
    if (((hit | bytes) & tops) != 0)
      break;
  }
  return zd_json_scan_bytes(at, end);
}

#endif

/* Appends the digits at `at`, eight at most, to the number in `value` and
 * returns how many there were. Eight bytes must be readable. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

static inline int zd_json_take_digits(const char *at, uint64_t *value) {
  static const uint32_t powers[] = {1,      10,      100,      1000,     10000,
                                    100000, 1000000, 10000000, 100000000};
  uint64_t bytes;
  memcpy(&bytes, at, sizeof bytes);
  bytes ^= UINT64_C(0x3030303030303030); /* digits become 0 to 9 */
  uint64_t other = ((bytes + UINT64_C(0x7676767676767676)) | bytes) &
                   UINT64_C(0x8080808080808080);
  int count = other != 0 ? __builtin_ctzll(other) / 8 : 8;
  if (count == 0)
    return 0;
  /* The first digit is the lowest byte. Shifted to the top it has zeros in
   * front; then neighbours are joined to pairs, to fours, to eight. */
  bytes <<= 64 - 8 * count;
  bytes = (bytes * 10 + (bytes >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
  bytes = (bytes * 100 + (bytes >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
  bytes = (bytes * 10000 + (bytes >> 32)) & UINT64_C(0xFFFFFFFF);
  *value = *value * powers[count] + bytes;
  return count;
}

#else

static inline int zd_json_take_digits(const char *at, uint64_t *value) {
  int count = 0;
  for (; count < 8 && at[count] >= '0' && at[count] <= '9'; count++)
    *value = *value * 10 + (unsigned)(at[count] - '0');
  return count;
}

#endif

static inline bool zd_json_is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/* The length (2 to 4) of the well-formed UTF-8 sequence at `at`, whose first
 * byte is 0x80 or above; 0 for anything that Unicode's table 3-7 leaves out:
 * overlong forms, surrogates, values above U+10FFFF, cut sequences. */
static inline size_t zd_json_utf8_length(const char *at, const char *end) {
  const unsigned char *byte = (const unsigned char *)at;
  size_t left = (size_t)(end - at);
  if (byte[0] < 0xC2 || byte[0] > 0xF4)
    return 0;
  if (byte[0] < 0xE0)
    return left >= 2 && zd_json_is_continuation(byte[1]) ? 2 : 0;
  if (left < 3 || !zd_json_is_continuation(byte[1]) ||
      !zd_json_is_continuation(byte[2]))
    return 0;
  if (byte[0] < 0xF0) {
    bool overlong = byte[0] == 0xE0 && byte[1] < 0xA0;
    bool surrogate = byte[0] == 0xED && byte[1] > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (left < 4 || !zd_json_is_continuation(byte[3]))
    return 0;
  if ((byte[0] == 0xF0 && byte[1] < 0x90) ||
      (byte[0] == 0xF4 && byte[1] > 0x8F))
    return 0;
  return 4;
}

#endif
