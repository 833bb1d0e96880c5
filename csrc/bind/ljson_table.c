/* ljson_table: see ljson_table.h. */
#include "ljson_table.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ljson.h"

enum {
  NEAR_KEYS = 64,    /* sorted without memory of their own */
  FEW_KEYS = 16,     /* sorted by insertion */
  TABLE_ROOM = 16,   /* stack slots apart from those of keys */
  KEY_ROOM_STEP = 32 /* keys that room is made for at a time */
};

enum table_mark {
  TABLE_UNMARKED,
  TABLE_ARRAY,
  TABLE_ARRAY_IF_EMPTY,
  TABLE_OBJECT
};

/* A key of an object; its string is at stack index `slot`. */
struct sort_key {
  const char *text;
  size_t len;
  int slot;
};

/* Whether the value at `index` is field `field` of the loaded `module`. */
static bool is_field_of(lua_State *L, int index, const char *module,
                        const char *field) {
  bool same = false;
  int top = lua_gettop(L);
  if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE) {
    lua_pushstring(L, module);
    if (lua_rawget(L, -2) == LUA_TTABLE) {
      lua_pushstring(L, field);
      same = lua_rawget(L, -2) != LUA_TNIL && lua_rawequal(L, -1, index);
    }
  }
  lua_settop(L, top);
  return same;
}

static bool is_cjson_field(lua_State *L, int index, const char *field) {
  return is_field_of(L, index, "cjson", field) ||
         is_field_of(L, index, "cjson.safe", field);
}

bool lzd_json_is_empty_array(lua_State *L, int index) {
  return is_cjson_field(L, lua_absindex(L, index), "empty_array");
}

/* What field __jsontype of the metatable at `index` says. */
static enum table_mark mark_of_type(lua_State *L, int index) {
  enum table_mark mark = TABLE_UNMARKED;
  lua_pushliteral(L, "__jsontype");
  if (lua_rawget(L, index) == LUA_TSTRING) {
    const char *type = lua_tostring(L, -1);
    if (strcmp(type, "array") == 0)
      mark = TABLE_ARRAY;
    else if (strcmp(type, "object") == 0)
      mark = TABLE_OBJECT;
  }
  lua_pop(L, 1);
  return mark;
}

static enum table_mark mark_of(lua_State *L, int index) {
  enum table_mark mark = TABLE_ARRAY;
  if (!lua_getmetatable(L, index))
    return TABLE_UNMARKED;
  int metatable = lua_gettop(L);
  luaL_getmetatable(L, LZD_JSON_ARRAY);
  if (!lua_rawequal(L, -1, metatable) &&
      !is_cjson_field(L, metatable, "array_mt"))
    mark = is_cjson_field(L, metatable, "empty_array_mt")
               ? TABLE_ARRAY_IF_EMPTY
               : mark_of_type(L, metatable);
  lua_settop(L, metatable - 1);
  return mark;
}

/* Replaces the key on the top of the stack by the next one, or pops it. */
static bool next_key(lua_State *L, int index) {
  if (!lua_next(L, index))
    return false;
  lua_pop(L, 1);
  return true;
}

/* The first key is on the top of the stack, no string. */
static const char *read_elements(lua_State *L, int index,
                                 struct lzd_json_table *table) {
  lua_Integer highest = 0;
  lua_Integer count = 0;
  do {
    if (lua_type(L, -1) == LUA_TSTRING)
      return "a table has integer keys and string keys";
    lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (key < 1)
      return "a key is neither a string nor a positive integer";
    count++;
    if (key > highest)
      highest = key;
  } while (next_key(L, index));
  if (highest != count)
    return "an array has holes (put zendesk.null where there is nothing, or "
           "make an object with string keys)";
  if (count > INT_MAX)
    return "an array has too many elements";
  table->object = false;
  table->count = (int)count;
  return NULL;
}

static int compare_keys(const void *a, const void *b) {
  const struct sort_key *one = a;
  const struct sort_key *other = b;
  size_t len = one->len < other->len ? one->len : other->len;
  int order = memcmp(one->text, other->text, len);
  if (order != 0)
    return order;
  return one->len < other->len ? -1 : one->len > other->len;
}

/* Most objects are small. */
static void sort_few_keys(struct sort_key *keys, int count) {
  for (int i = 1; i < count; i++) {
    struct sort_key moved = keys[i];
    int at = i;
    for (; at > 0 && compare_keys(&keys[at - 1], &moved) > 0; at--)
      keys[at] = keys[at - 1];
    keys[at] = moved;
  }
}

/* Pushes the `count` keys from stack index `base` once more, sorted. */
static const char *sort_keys(lua_State *L, int base, int count) {
  struct sort_key near[NEAR_KEYS];
  struct sort_key *keys = near;
  if (!lzd_json_room(L, count + TABLE_ROOM))
    return "an object has too many keys";
  if (count > NEAR_KEYS)
    keys = lua_newuserdatauv(L, (size_t)count * sizeof(*keys), 0);
  for (int i = 0; i < count; i++) {
    keys[i].slot = base + i;
    keys[i].text = lua_tolstring(L, base + i, &keys[i].len);
  }
  if (count > FEW_KEYS)
    qsort(keys, (size_t)count, sizeof(*keys), compare_keys);
  else
    sort_few_keys(keys, count);
  for (int i = 0; i < count; i++)
    lua_pushvalue(L, keys[i].slot);
  return NULL;
}

/* The first key is on the top of the stack, a string. */
static const char *read_pairs(lua_State *L, int index,
                              struct lzd_json_table *table) {
  int base = lua_gettop(L);
  int count = 0;
  do {
    if (lua_type(L, -1) != LUA_TSTRING)
      return lua_isinteger(L, -1)
                 ? "a table has integer keys and string keys"
                 : "a key is neither a string nor a positive integer";
    count++;
    if (count % KEY_ROOM_STEP == 0 &&
        !lzd_json_room(L, KEY_ROOM_STEP + TABLE_ROOM))
      return "an object has too many keys";
    lua_pushvalue(L, -1); /* one to keep, one for lua_next */
  } while (next_key(L, index));
  table->object = true;
  table->count = count;
  return count > 1 ? sort_keys(L, base, count) : NULL;
}

const char *lzd_json_table(lua_State *L, int index,
                           struct lzd_json_table *table) {
  if (!lzd_json_room(L, KEY_ROOM_STEP + TABLE_ROOM))
    return "tables are nested too deeply";
  enum table_mark mark = mark_of(L, index);
  lua_pushnil(L);
  if (!next_key(L, index)) {
    table->object = mark == TABLE_UNMARKED || mark == TABLE_OBJECT;
    table->count = 0;
    return NULL;
  }
  if (lua_type(L, -1) == LUA_TSTRING) {
    if (mark == TABLE_ARRAY)
      return "an array has string keys";
    return read_pairs(L, index, table);
  }
  if (mark == TABLE_OBJECT)
    return "an object has keys that are not strings";
  return read_elements(L, index, table);
}
