/* digest: see digest.h. */
#include "digest.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum zd_status zd_sha256(const void *data, size_t len,
                         unsigned char out[ZD_SHA256_SIZE]) {
  if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
    return ZD_NOMEM;
  return ZD_OK;
}

enum zd_status zd_random(void *out, size_t len) {
  if (len > INT_MAX)
    return ZD_TOO_LARGE;
  if (RAND_bytes(out, (int)len) != 1)
    return ZD_SYSTEM;
  return ZD_OK;
}

size_t zd_base64_size(size_t len) {
  return (len + 2) / 3 * 4;
}

size_t zd_base64url_size(size_t len) {
  size_t rest = len % 3;
  return len / 3 * 4 + (rest == 0 ? 0 : rest + 1);
}

/* Encodes the 1 to 3 bytes at `in`; returns how many digits carry data. */
static size_t encode_group(const unsigned char *in, size_t len,
                           const char *alphabet, char digits[4]) {
  uint32_t bits = (uint32_t)in[0] << 16;
  if (len > 1)
    bits |= (uint32_t)in[1] << 8;
  if (len > 2)
    bits |= in[2];
  for (size_t i = 0; i < 4; i++)
    digits[i] = alphabet[(bits >> (18 - 6 * i)) & 63];
  return len + 1;
}

static size_t encode_with(const unsigned char *in, size_t len,
                          const char *alphabet, bool padded, char *out) {
  size_t written = 0;
  for (size_t at = 0; at < len; at += 3) {
    size_t group = len - at < 3 ? len - at : 3;
    char digits[4];
    size_t used = encode_group(in + at, group, alphabet, digits);
    for (size_t i = 0; i < used; i++)
      out[written++] = digits[i];
    for (size_t i = used; padded && i < 4; i++)
      out[written++] = '=';
  }
  return written;
}

size_t zd_base64_encode(const void *data, size_t len, char *out) {
  return encode_with(data, len, base64_alphabet, true, out);
}

size_t zd_base64url_encode(const void *data, size_t len, char *out) {
  return encode_with(data, len, base64url_alphabet, false, out);
}

/* The six bits of a base64url digit, or -1. */
static int digit_value(char digit) {
  if (digit >= 'A' && digit <= 'Z')
    return digit - 'A';
  if (digit >= 'a' && digit <= 'z')
    return digit - 'a' + 26;
  if (digit >= '0' && digit <= '9')
    return digit - '0' + 52;
  if (digit == '-')
    return 62;
  return digit == '_' ? 63 : -1;
}

enum zd_status zd_base64url_decode(const char *text, size_t len,
                                   unsigned char *out, size_t *out_len) {
  uint32_t bits = 0;
  unsigned pending = 0; /* bits read and not yet written: 0, 2, 4 or 6 */
  size_t written = 0;
  *out_len = 0;
  if (len % 4 == 1)
    return ZD_BAD_VALUE;
  for (size_t i = 0; i < len; i++) {
    int value = digit_value(text[i]);
    if (value < 0)
      return ZD_BAD_VALUE;
    bits = bits << 6 | (uint32_t)value;
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      out[written++] = (unsigned char)(bits >> pending);
      bits &= ((uint32_t)1 << pending) - 1;
    }
  }
  if (bits != 0)
    return ZD_BAD_VALUE;
  *out_len = written;
  return ZD_OK;
}
