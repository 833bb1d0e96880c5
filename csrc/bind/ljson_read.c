/* ljson_read: JSON text to Lua values (see ljson.h).
 *
 * Tables are made with their final size. What an open container has yielded is
 * gathered on the Lua stack until it closes and its size is known; but an
 * object at a place where those before were alike, in this text or others, is
 * made at once with their size, and takes its pairs as they come. A
 * container that goes past FLUSH_SLOTS gets its table early, too, so that the
 * stack's size follows from the depth and not from the text. */
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <string.h>

#include "../core/json_reader.h"
#include "../core/json_string.h"
#include "ljson.h"
#include "ljson_keys.h"

enum {
  FLUSH_SLOTS = 512,   /* slots that a container gathers, about */
  ROOM_STEP = 64,      /* slots asked for at a time */
  ROOM_EVENT = 20,     /* slots that one round uses at most */
  NEAR_LEVELS = 32,    /* levels that need no memory of their own */
  UNESCAPE_ROOM = 1024 /* longer escaped strings go through a Lua buffer */
};

/* An open container; the outermost level is the text itself. The container's
 * table, or nil as long as there is none, is at stack index base - 1. */
struct level {
  int base;    /* of what is gathered for the table */
  int count;   /* elements or pairs that are in the table */
  short owner; /* the key that this is the value of, or is in the array of */
  short key;   /* the last key of this object */
  bool made;   /* there is a table */
  bool direct; /* an object that takes its pairs as they come */
  unsigned char *expects; /* where the guess at the next key is, and is
                           * corrected */
};

struct decoder {
  lua_State *L;
  int top;   /* == lua_gettop(L) */
  int limit; /* see to the room when top gets there */
  struct level *level;
  struct level *last_level; /* there is memory up to this one */
  int fixed;                /* stack index of struct lzd_json_kept */
  struct lzd_keys *keys;
  struct zd_json_reader reader;
  struct level near[NEAR_LEVELS];
};

/* The stack index behind `fixed` that keeps the memory of many levels. */
enum { FIXED_LEVELS = 1 };

/* Takes base … top off the stack, which has nothing above, and sets them as
 * the elements behind the first `had`. */
static void fill_array(lua_State *L, int table, int base, int top, int had) {
  lua_Integer index = (lua_Integer)had + top - base + 1;
  for (int i = top; i >= base; i--)
    lua_rawseti(L, table, index--);
}

/* The same for pairs, in the order of the text: of a repeated key the last
 * value stays. */
static void fill_object(lua_State *L, int table, int base, int top) {
  for (int i = base; i < top; i += 2) {
    lua_pushvalue(L, i);
    lua_pushvalue(L, i + 1);
    lua_rawset(L, table);
  }
  lua_settop(L, base - 1);
}

static void push_table(struct decoder *d, bool object, int slots) {
  if (object) {
    lua_createtable(d->L, 0, slots / 2);
    return;
  }
  lua_createtable(d->L, slots, 0);
  lua_getiuservalue(d->L, d->fixed, LZD_JSON_KEPT_ARRAY);
  lua_setmetatable(d->L, -2);
}

/* Moves what is gathered into the table. */
static void decoder_flush(struct decoder *d, bool object) {
  struct level *level = d->level;
  int table = level->base - 1;
  int slots = d->top - table;
  if (!level->made) {
    push_table(d, object, slots);
    lua_replace(d->L, table);
    level->made = true;
  }
  if (object)
    fill_object(d->L, table, level->base, d->top);
  else
    fill_array(d->L, table, level->base, d->top, level->count);
  level->count += object ? slots / 2 : slots;
  d->top = table;
}

/* Gets memory for all levels that the reader allows. */
static void decoder_deepen(struct decoder *d) {
  size_t levels = (size_t)d->reader.depth_limit + 1;
  struct level *far = lua_newuserdatauv(d->L, levels * sizeof(struct level), 0);
  lua_replace(d->L, d->fixed + FIXED_LEVELS);
  memcpy(far, d->near, sizeof d->near);
  d->level = far + (d->level - d->near);
  d->last_level = far + levels - 1;
}

static void decoder_open(struct decoder *d, bool object, bool in_object) {
  if (d->level == d->last_level)
    decoder_deepen(d);
  const struct level *outer = d->level;
  struct level *level = ++d->level;
  level->owner = in_object ? outer->key : outer->owner;
  struct lzd_key *owner = &d->keys->key[level->owner];
  level->base = d->top + 2;
  level->count = 0;
  level->key = LZD_KEYS_NONE;
  level->expects = &owner->first;
  level->direct = object && owner->sure && owner->pairs > 0;
  level->made = level->direct;
  if (level->made)
    lua_createtable(d->L, 0, owner->pairs);
  else
    lua_pushnil(d->L);
  d->top++;
}

/* The value on top is complete. */
static inline void decoder_value(struct decoder *d) {
  struct level *level = d->level;
  if (level->direct) {
    lua_rawset(d->L, level->base - 1);
    d->top = level->base - 1;
    level->count++;
  }
}

static inline void decoder_learn_size(struct lzd_key *owner, int count) {
  if (!owner->sure || owner->pairs != count)
    lzd_keys_size(owner, count);
}

static void decoder_close(struct decoder *d, bool object) {
  struct level *level = d->level;
  if (!level->direct)
    decoder_flush(d, object);
  if (object)
    decoder_learn_size(&d->keys->key[level->owner], level->count);
  d->level--;
  decoder_value(d);
}

/* Called between events. False when Lua's stack is at its limit.
 * [may raise: memory] */
static bool decoder_make_room(struct decoder *d) {
  struct level *level = d->level;
  int gathered = d->top - level->base + 1;
  bool object = d->reader.in_object;
  bool key_waits = object && gathered % 2 != 0;
  if (gathered >= FLUSH_SLOTS && !key_waits) {
    decoder_flush(d, object);
    level->direct = object;
  }
  /* Next time no key waits: an object would never be flushed else. */
  d->limit = d->top + ROOM_STEP - (key_waits ? 1 : 0);
  return lzd_json_room(d->L, ROOM_STEP + ROOM_EVENT);
}

static void push_escaped(lua_State *L, const char *text, size_t len) {
  if (len <= UNESCAPE_ROOM) {
    char content[UNESCAPE_ROOM];
    lua_pushlstring(L, content, zd_json_unescape(text, len, content));
    return;
  }
  luaL_Buffer buffer;
  char *content = luaL_buffinitsize(L, &buffer, len);
  luaL_pushresultsize(&buffer, zd_json_unescape(text, len, content));
}

static inline void push_text(struct decoder *d) {
  const struct zd_json_reader *reader = &d->reader;
  if (reader->escaped)
    push_escaped(d->L, reader->text, reader->text_len);
  else
    lua_pushlstring(d->L, reader->text, reader->text_len);
}

static inline void decoder_at_key(struct decoder *d, int key) {
  d->level->key = (short)key;
  d->level->expects = &d->keys->key[key].next;
}

/* Keeps the key on top of the stack. What has allocated its string may have
 * run a finaliser that decodes: only from here on nothing interferes. */
static int keep_key(struct decoder *d) {
  size_t len;
  const char *text = lua_tolstring(d->L, -1, &len);
  int key = lzd_keys_add(d->keys, text, len);
  if (key != LZD_KEYS_NONE) {
    lua_pushvalue(d->L, -1);
    lua_setiuservalue(d->L, d->fixed, key);
  }
  return key;
}

/* A key that was not as expected. */
static void push_key(struct decoder *d) {
  const struct zd_json_reader *reader = &d->reader;
  int key = LZD_KEYS_NONE;
  if (!reader->escaped)
    key = lzd_keys_find(d->keys, reader->text, reader->text_len);
  if (key != LZD_KEYS_NONE) {
    lua_getiuservalue(d->L, d->fixed, key);
  } else {
    push_text(d);
    if (!reader->escaped)
      key = keep_key(d);
  }
  *d->level->expects = (unsigned char)key;
  decoder_at_key(d, key);
}

/* Takes the key that the text is expected to have next, if it has it. */
static inline void take_expected_key(struct decoder *d) {
  int expected = *d->level->expects;
  if (!zd_json_take_key(&d->reader, &d->keys->key[expected].known))
    return;
  lua_getiuservalue(d->L, d->fixed, expected);
  d->top++;
  decoder_at_key(d, expected);
}

/* Runs the reader to its end; true when the value is complete. */
static bool decoder_run(struct decoder *d) {
  lua_State *L = d->L;
  for (;;) {
    if (d->top >= d->limit && !decoder_make_room(d)) {
      d->reader.message = "expected less nesting: the Lua stack is full";
      return false;
    }
    bool in_object = d->reader.in_object;
    if (in_object)
      take_expected_key(d);
    enum zd_json_event event = zd_json_next(&d->reader);
    switch (event) {
    case ZD_JSON_FAILED:
      return false;
    case ZD_JSON_END:
      return true;
    case ZD_JSON_NULL:
      lua_pushlightuserdata(L, NULL);
      break;
    case ZD_JSON_FALSE:
      lua_pushboolean(L, 0);
      break;
    case ZD_JSON_TRUE:
      lua_pushboolean(L, 1);
      break;
    case ZD_JSON_INTEGER:
      lua_pushinteger(L, (lua_Integer)d->reader.integer);
      break;
    case ZD_JSON_FLOAT:
      lua_pushnumber(L, (lua_Number)d->reader.number);
      break;
    case ZD_JSON_STRING:
      push_text(d);
      break;
    case ZD_JSON_KEY:
      push_key(d);
      d->top++;
      continue;
    case ZD_JSON_OPEN_ARRAY:
    case ZD_JSON_OPEN_OBJECT:
      decoder_open(d, event == ZD_JSON_OPEN_OBJECT, in_object);
      continue;
    case ZD_JSON_CLOSE_ARRAY:
    case ZD_JSON_CLOSE_OBJECT:
      decoder_close(d, event == ZD_JSON_CLOSE_OBJECT);
      continue;
    }
    d->top++;
    decoder_value(d);
  }
}

static void decoder_init(struct decoder *d, lua_State *L,
                         struct lzd_keys *keys) {
  struct level text = {0, 0, LZD_KEYS_NONE, LZD_KEYS_NONE, false, false, NULL};
  lua_pushnil(L); /* at FIXED_LEVELS */
  d->L = L;
  d->top = lua_gettop(L);
  d->fixed = d->top - FIXED_LEVELS;
  d->limit = d->top + ROOM_STEP;
  d->keys = keys;
  text.base = d->top + 1;
  text.expects = &keys->key[LZD_KEYS_NONE].first;
  d->near[0] = text;
  d->level = d->near;
  d->last_level = d->near + NEAR_LEVELS - 1;
}

/* Pushes nil, a message and the offset of the fault. */
static void push_text_fault(lua_State *L, const struct zd_json_reader *reader) {
  size_t offset = zd_json_offset(reader);
  lua_pushnil(L);
  lua_pushfstring(
      L, "%s at byte %I%s", reader->message, (LUAI_UACINT)offset + 1,
      reader->start + offset == reader->end ? ", where the text ends" : "");
  lua_pushinteger(L, (lua_Integer)offset + 1);
}

int lzd_json_push(lua_State *L, const char *data, size_t len, int depth_limit) {
  struct decoder decoder;
  int before = lua_gettop(L);
  if (!lzd_json_room(L, ROOM_STEP + 2 * ROOM_EVENT))
    luaL_error(L, "stack overflow");
  struct lzd_json_kept *kept = lzd_json_push_kept(L);
  bool borrowed = lzd_json_borrow(L, &kept->loan, len);
  lzd_keys_begin(&kept->keys);
  decoder_init(&decoder, L, &kept->keys);
  zd_json_reader_init(&decoder.reader, data, len,
                      depth_limit > 0 ? depth_limit : ZD_JSON_DEPTH);
  bool complete = decoder_run(&decoder);
  if (borrowed)
    lzd_json_settle(L, &kept->loan);
  if (complete) {
    lua_copy(L, decoder.top, before + 1);
    lua_settop(L, before + 1);
    return 0;
  }
  lua_settop(L, before);
  push_text_fault(L, &decoder.reader);
  return 1;
}
