/* ljson_keys: see ljson_keys.h. */
#include "ljson_keys.h"

#include <string.h>

void lzd_keys_init(struct lzd_keys *keys, bool search) {
  keys->count = 0;
  if (search)
    memset(keys->table, LZD_KEYS_NONE, sizeof keys->table);
  memset(&keys->key[LZD_KEYS_NONE], 0, sizeof keys->key[LZD_KEYS_NONE]);
}

/* Looks at the ends only: what distinguishes keys is seldom the middle, and
 * the table is small. */
static uint32_t keys_hash(const char *text, size_t len) {
  const uint64_t mix = UINT64_C(0x9E3779B97F4A7C15);
  uint64_t head = 0;
  uint64_t tail = 0;
  size_t part = len < 8 ? len : 8;
  memcpy(&head, text, part);
  memcpy(&tail, text + len - part, part);
  return (uint32_t)(((head * mix ^ tail ^ len) * mix) >> 32);
}

int lzd_keys_find(struct lzd_keys *keys, const char *text, size_t len) {
  if (len > LZD_KEYS_LONGEST)
    return LZD_KEYS_NONE;
  uint32_t hash = keys_hash(text, len);
  uint32_t at = hash % LZD_KEYS_TABLE;
  for (; keys->table[at] != LZD_KEYS_NONE; at = (at + 1) % LZD_KEYS_TABLE) {
    const struct lzd_key *key = &keys->key[keys->table[at]];
    if (key->hash == hash && key->len == len &&
        memcmp(key->text, text, len) == 0)
      return keys->table[at];
  }
  if (keys->count == LZD_KEYS_MAX)
    return LZD_KEYS_NONE;
  struct lzd_key fresh = {text, (uint32_t)len, hash, 0, 0, 0};
  keys->count++;
  keys->key[keys->count] = fresh;
  keys->table[at] = (unsigned char)keys->count;
  return keys->count;
}
