/* ljson_keys: see ljson_keys.h. */
#include "ljson_keys.h"

#include <string.h>

void lzd_keys_begin(struct lzd_keys *keys) {
  if (keys->missed <= LZD_KEYS_MAX)
    return;
  keys->count = 0;
  keys->missed = 0;
  memset(keys->table, LZD_KEYS_NONE, sizeof keys->table);
}

/* Looks at the ends only: what distinguishes keys is seldom the middle, and
 * the table is small. `len` is above 0. */
static uint32_t keys_hash(const char *text, size_t len) {
  const uint64_t mix = UINT64_C(0x9E3779B97F4A7C15);
  uint64_t head = 0;
  uint64_t tail = 0;
  if (len >= 8) {
    memcpy(&head, text, 8);
    memcpy(&tail, text + len - 8, 8);
  } else if (len >= 4) {
    memcpy(&head, text, 4);
    memcpy(&tail, text + len - 4, 4);
  } else {
    head = (unsigned char)text[0];
    tail = (unsigned char)text[len / 2] * 256U + (unsigned char)text[len - 1];
  }
  return (uint32_t)(((head * mix ^ tail ^ len) * mix) >> 32);
}

static bool is_kept(size_t len) {
  return len > 0 && len <= LZD_KEYS_LONGEST;
}

/* The place in the table of the key or, when there is none, for it. */
static uint32_t keys_place(const struct lzd_keys *keys, const char *text,
                           size_t len, uint32_t hash) {
  uint32_t at = hash / (UINT32_MAX / LZD_KEYS_TABLE + 1); /* its high bits */
  for (; keys->table[at] != LZD_KEYS_NONE; at = (at + 1) % LZD_KEYS_TABLE) {
    const struct lzd_key *key = &keys->key[keys->table[at]];
    if (key->hash == hash && key->known.len == len &&
        memcmp(key->known.text, text, len) == 0)
      break;
  }
  return at;
}

int lzd_keys_find(const struct lzd_keys *keys, const char *text, size_t len) {
  if (!is_kept(len))
    return LZD_KEYS_NONE;
  return keys->table[keys_place(keys, text, len, keys_hash(text, len))];
}

int lzd_keys_add(struct lzd_keys *keys, const char *text, size_t len) {
  if (!is_kept(len))
    return LZD_KEYS_NONE;
  uint32_t hash = keys_hash(text, len);
  uint32_t at = keys_place(keys, text, len, hash);
  if (keys->table[at] != LZD_KEYS_NONE)
    return keys->table[at];
  if (keys->count == LZD_KEYS_MAX) {
    keys->missed++;
    return LZD_KEYS_NONE;
  }
  struct lzd_key fresh = {zd_json_know(text, len), hash, 0, 0, 0, false};
  keys->count++;
  keys->key[keys->count] = fresh;
  keys->table[at] = (unsigned char)keys->count;
  return keys->count;
}

void lzd_keys_size(struct lzd_key *key, int count) {
  unsigned was = (unsigned)key->pairs - 1;
  unsigned is = (unsigned)count - 1;
  /* The same highest bit, and not none. */
  key->sure = key->pairs > 0 && count > 0 && (was ^ is) <= (was & is);
  key->pairs = (unsigned char)(count <= LZD_KEYS_PAIRS ? count : 0);
}
