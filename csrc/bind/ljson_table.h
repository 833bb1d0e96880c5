/* ljson_table: what a Lua table is in JSON.
 *
 * Looks at tables raw and runs no code of theirs. A table is an array when it
 * is marked as one or when its keys are 1 … n with n > 0, an object when all
 * its keys are strings or it is empty; anything else is refused. Marks are the
 * metatable core.array_mt, those of the lua-cjson that the host has loaded
 * (array_mt, empty_array_mt, empty_array; it is never loaded here), and a
 * metatable's field __jsontype, "array" or "object". */
#ifndef LZD_JSON_TABLE_H
#define LZD_JSON_TABLE_H

#include <stdbool.h>

#include <lua.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

struct lzd_json_table {
  bool object;
  int count; /* elements or pairs */
};

/* Reads the table at the absolute `index`. Of an object it leaves the `count`
 * keys on the top of the stack, in byte order, lowest first; what may be below
 * them is the caller's to drop. 12 slots or more of the stack stay free.
 * Returns NULL, or what is wrong with the table (static). [may raise: memory]
 */
const char *lzd_json_table(lua_State *L, int index,
                           struct lzd_json_table *table);

/* Whether the light userdata at `index` is the loaded lua-cjson's empty_array.
 * [may raise: memory] */
bool lzd_json_is_empty_array(lua_State *L, int index);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
