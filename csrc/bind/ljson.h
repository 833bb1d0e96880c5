/* ljson: JSON text to Lua values and back; fields null, array_mt, decode,
 * encode and body of zendesk.core.
 *
 * Reading: arrays become tables of exact size, objects of theirs or of the one
 * before at the same place (ljson_read.c); arrays carry the metatable
 * `array_mt`, so that an array stays one when it has been emptied; null becomes
 * core.null, the light userdata NULL. Of a repeated key the last value counts.
 * Writing looks at tables raw: no metamethod is ever called. Neither recurses
 * in C nor owns memory that a Lua error could leak. */
#ifndef LZD_JSON_H
#define LZD_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "ljson_keys.h"

struct zd_buf;

/* Names of the metatables of marked arrays and of bodies. */
#define LZD_JSON_ARRAY "zendesk.array"
#define LZD_JSON_BODY "zendesk.body"

/* What a text has borrowed from the collector (see ljson.c). */
struct lzd_json_loan {
  int owed;   /* kilobytes */
  int before; /* kilobytes in use when they were borrowed */
};

/* What a Lua state keeps between two texts: a userdata in the registry. Its
 * user values are the strings of the keys, and the metatable of arrays. */
struct lzd_json_kept {
  struct lzd_json_loan loan;
  struct lzd_keys keys;
};

enum {
  LZD_JSON_KEPT_ARRAY = LZD_KEYS_MAX + 1,
  LZD_JSON_KEPT_VALUES = LZD_JSON_KEPT_ARRAY
};

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Adds the fields to the module table on the top of the stack, which stays
 * there. [may raise] */
void lzd_open_json(lua_State *L);

/* Pushes the value of the text and returns 0; or pushes nil, a message and the
 * offset of the fault (from 1, as string.sub counts) and returns 1. Borrows
 * `data`, which must not move or go away until it returns: collecting garbage
 * may run finalisers meanwhile. `depth_limit` 0 is the default.
 * [may raise: memory] */
int lzd_json_push(lua_State *L, const char *data, size_t len, int depth_limit);

/* Appends the text of the value at `index` and returns 0; or pushes a message
 * that names the path to the culprit and returns 1. The caller drops `out`
 * when it fails or raises. [may raise: memory] */
int lzd_json_write(lua_State *L, int index, struct zd_buf *out);

/* Makes room for `slots` more values on the stack. False when the stack is at
 * its limit. [may raise: memory] */
bool lzd_json_room(lua_State *L, int slots);

/* Pushes what is kept between texts. */
struct lzd_json_kept *lzd_json_push_kept(lua_State *L);

/* Reading a text of `len` bytes begins: pays the collector what the text before
 * has left, which may run finalisers, and borrows what this one is going to
 * allocate (see ljson.c). False when that is not worth it. */
bool lzd_json_borrow(lua_State *L, struct lzd_json_loan *loan, size_t len);

/* The text is read: gives back what it did not use. When reading raises, the
 * next text pays. */
void lzd_json_settle(lua_State *L, struct lzd_json_loan *loan);

/* The buffer of the body userdata at `index`, or NULL when it is none. */
struct zd_buf *lzd_json_tobody(lua_State *L, int index);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
