/* ljson_keys: the keys that a text has shown so far, each with the key that
 * came after it.
 *
 * The objects of a list have the same keys in the same order. A reader that
 * remembers them compares the next key with the one it expects instead of
 * scanning, hashing and looking it up; Lua's string for it waits on the stack.
 * Lives as long as one decode, borrows its data, never looks at Lua. */
#ifndef LZD_JSON_KEYS_H
#define LZD_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  LZD_KEYS_MAX = 255,    /* later ones are not kept; key 0 is nobody */
  LZD_KEYS_TABLE = 512,  /* a power of two, with room for misses */
  LZD_KEYS_LONGEST = 40, /* longer strings are not interned by Lua */
  LZD_KEYS_NONE = 0
};

/* `next` and `first` are guesses, and verified when they are used. */
struct lzd_key {
  const char *text; /* in the data, between its quotes */
  uint32_t len;
  uint32_t hash;
  short next;  /* the key that followed this one */
  short first; /* the first key of the object that was its value, or of the
                * objects in the array that was */
  int pairs;   /* how many pairs that object had */
};

struct lzd_keys {
  int count;
  unsigned char table[LZD_KEYS_TABLE]; /* hash to key; linear probing */
  struct lzd_key key[LZD_KEYS_MAX + 1];
};

/* Without `search`, there is only LZD_KEYS_NONE, and lzd_keys_find must not be
 * asked. */
void lzd_keys_init(struct lzd_keys *keys, bool search);

/* The key with this text, added if there is room; LZD_KEYS_NONE if not. A key
 * has just been added when it is the `count`th. */
int lzd_keys_find(struct lzd_keys *keys, const char *text, size_t len);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
