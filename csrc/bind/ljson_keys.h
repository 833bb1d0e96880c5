/* ljson_keys: the keys that the texts of a Lua state have shown so far, each
 * with the key that came after it.
 *
 * Records of one kind have the same keys in the same order, in a list as from
 * reply to reply. A reader that remembers them compares the next key with the
 * one it expects instead of scanning, hashing and looking it up; Lua's string
 * for it waits as a user value.
 *
 * Only keys are kept, never values, and only short ones: a token, should one
 * ever be a key, has more bytes than LZD_KEYS_LONGEST. Their number is bounded,
 * and when too many others come by, those at hand are forgotten. */
#ifndef LZD_JSON_KEYS_H
#define LZD_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/json_known.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  LZD_KEYS_MAX = 255,    /* later ones are not kept; key 0 is nobody */
  LZD_KEYS_TABLE = 512,  /* a power of two, with room for misses */
  LZD_KEYS_LONGEST = 32, /* bytes; Lua interns strings up to 40 */
  LZD_KEYS_PAIRS = 255,  /* larger objects are not expected again */
  LZD_KEYS_NONE = 0
};

/* `next`, `first` and `pairs` are guesses, and verified when they are used. */
struct lzd_key {
  struct zd_json_known known; /* the text is Lua's */
  uint32_t hash;
  unsigned char next;  /* the key that followed this one */
  unsigned char first; /* the first key of the object that was its value, or of
                        * the objects in the array that was */
  unsigned char pairs; /* how many pairs that object had */
  bool sure;           /* a table for so many had room for the one before */
};

/* Zeroed, it is empty. What key N's text points into is user value N of the
 * userdata that this lies in; nothing that may collect garbage comes between a
 * change of the two, because a finaliser may decode, too. */
struct lzd_keys {
  int count;
  int missed;                          /* keys for which there was no room */
  unsigned char table[LZD_KEYS_TABLE]; /* hash to key; linear probing */
  struct lzd_key key[LZD_KEYS_MAX + 1];
};

/* A text begins: forgets all keys if many others were wanted. A guess may go
 * on naming a forgotten key, whose text stays until its place is taken. */
void lzd_keys_begin(struct lzd_keys *keys);

/* The key with this text, or LZD_KEYS_NONE. */
int lzd_keys_find(const struct lzd_keys *keys, const char *text, size_t len);

/* Adds the key with this text of Lua's unless it is there already, and returns
 * it: the caller sets the user value. LZD_KEYS_NONE if it is not to be kept. */
int lzd_keys_add(struct lzd_keys *keys, const char *text, size_t len);

/* An object of `count` pairs was the value of the key. Lua's tables have powers
 * of two as sizes: the next object is expected to have the same size when this
 * one and the one before had. One that has another would be moved from table to
 * table while it grows. */
void lzd_keys_size(struct lzd_key *key, int count);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
