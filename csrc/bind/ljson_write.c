/* ljson_write: Lua values to JSON text (see ljson.h).
 *
 * The open tables are frames in an array, their keys and themselves lie on the
 * Lua stack: a value that is nested deeply costs no C stack, and one that is
 * refused knows its path. The keys of an object are written in byte order, so
 * that the same value always has the same bytes. */
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <string.h>

#include "../core/json_writer.h"
#include "ljson.h"
#include "ljson_table.h"

enum {
  WRITE_DEPTH = 512,  /* tables within tables */
  WRITE_ROOM = 16,    /* stack slots that one value needs at most */
  PATH_SHOWN = 200,   /* bytes of a path that a message spells out, about */
  PATH_KEY_SHOWN = 64 /* bytes of a key in it */
};

/* An open table, at stack index `index`. */
struct frame {
  const void *identity;
  int index;
  int keys;  /* stack index of an object's first key */
  int count; /* elements or pairs */
  int at;    /* the one that is being written, from 1 */
  bool object;
};

struct writer {
  lua_State *L;
  struct zd_buf *out;
  const char *refusal; /* NULL, or what is wrong; static or on the stack */
  int depth;           /* open tables */
  struct frame frames[WRITE_DEPTH];
};

static void writer_refuse(struct writer *w, const char *refusal) {
  if (w->refusal == NULL)
    w->refusal = refusal;
}

static void writer_accept(struct writer *w, enum zd_status status,
                          const char *not_encodable) {
  if (status == ZD_NOMEM)
    luaL_error(w->L, "not enough memory");
  if (status == ZD_ENCODE)
    writer_refuse(w, not_encodable);
  else if (status != ZD_OK)
    writer_refuse(w, "the text is too large");
}

static void put(struct writer *w, const char *text, size_t len) {
  writer_accept(w, zd_buf_append(w->out, text, len), "");
}

static inline void put_byte(struct writer *w, char byte) {
  if (w->out->len < w->out->cap)
    w->out->data[w->out->len++] = byte;
  else
    put(w, &byte, 1);
}

static void put_number(struct writer *w) {
  if (lua_isinteger(w->L, -1)) {
    int64_t value = (int64_t)lua_tointeger(w->L, -1);
    writer_accept(w, zd_json_write_integer(w->out, value), "");
    return;
  }
  double value = (double)lua_tonumber(w->L, -1);
  writer_accept(w, zd_json_write_float(w->out, value),
                value == value ? "an infinite number has no JSON form"
                               : "NaN has no JSON form");
}

static void put_string(struct writer *w, const char *refusal) {
  size_t len;
  const char *text = lua_tolstring(w->L, -1, &len);
  writer_accept(w, zd_json_write_string(w->out, text, len), refusal);
}

static void refuse_type(struct writer *w) {
  writer_refuse(w, lua_pushfstring(w->L, "a %s has no JSON form",
                                   luaL_typename(w->L, -1)));
}

/* The table on the top of the stack becomes the innermost frame. */
static void open_frame(struct writer *w) {
  lua_State *L = w->L;
  const void *identity = lua_topointer(L, -1);
  for (int i = 0; i < w->depth; i++) {
    if (w->frames[i].identity == identity) {
      writer_refuse(w, "a table contains itself");
      return;
    }
  }
  if (w->depth == WRITE_DEPTH) {
    writer_refuse(w, "tables are nested deeper than 512 levels");
    return;
  }
  struct lzd_json_table table = {false, 0};
  int index = lua_gettop(L);
  const char *refusal = lzd_json_table(L, index, &table);
  if (refusal != NULL) {
    writer_refuse(w, refusal);
    return;
  }
  int keys = lua_gettop(L) - table.count + 1;
  struct frame frame = {identity, index, keys, table.count, 0, table.object};
  w->frames[w->depth] = frame;
  w->depth++;
  put_byte(w, frame.object ? '{' : '[');
}

/* Writes the value on the top of the stack and pops it, or opens a frame. */
static void put_value(struct writer *w) {
  lua_State *L = w->L;
  switch (lua_type(L, -1)) {
  case LUA_TTABLE:
    open_frame(w);
    return;
  case LUA_TSTRING:
    put_string(w, "a string is not valid UTF-8");
    break;
  case LUA_TNUMBER:
    put_number(w);
    break;
  case LUA_TBOOLEAN:
    if (lua_toboolean(L, -1))
      put(w, "true", 4);
    else
      put(w, "false", 5);
    break;
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, -1) == NULL)
      put(w, "null", 4);
    else if (lzd_json_is_empty_array(L, -1))
      put(w, "[]", 2);
    else
      refuse_type(w);
    break;
  default:
    refuse_type(w);
  }
  if (w->refusal == NULL)
    lua_pop(L, 1);
}

static void close_frame(struct writer *w) {
  const struct frame *frame = &w->frames[w->depth - 1];
  put_byte(w, frame->object ? '}' : ']');
  lua_settop(w->L, frame->index - 1);
  w->depth--;
}

/* Goes on with the innermost frame: its end, or its next element or pair. What
 * that takes of the stack, lzd_json_table has left. */
static void advance(struct writer *w) {
  lua_State *L = w->L;
  struct frame *frame = &w->frames[w->depth - 1];
  if (frame->at == frame->count) {
    close_frame(w);
    return;
  }
  frame->at++;
  if (frame->at > 1)
    put_byte(w, ',');
  if (frame->object) {
    lua_pushvalue(L, frame->keys + frame->at - 1);
    put_string(w, "a key is not valid UTF-8");
    put_byte(w, ':');
    lua_rawget(L, frame->index);
  } else {
    lua_rawgeti(L, frame->index, frame->at);
  }
  if (w->refusal == NULL)
    put_value(w);
}

static bool is_word(const char *text, size_t len) {
  if (len == 0 || len > PATH_KEY_SHOWN || (text[0] >= '0' && text[0] <= '9'))
    return false;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
          (c >= '0' && c <= '9') || c == '_'))
      return false;
  }
  return true;
}

/* Adds .key, or ["key"] for a key that is no word: printable ASCII as it is,
 * other bytes as '?'. */
static void add_key(luaL_Buffer *path, const char *text, size_t len,
                    bool first) {
  if (is_word(text, len)) {
    if (!first)
      luaL_addchar(path, '.');
    luaL_addlstring(path, text, len);
    return;
  }
  luaL_addstring(path, "[\"");
  for (size_t i = 0; i < len && i < PATH_KEY_SHOWN; i++)
    luaL_addchar(path, text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
  luaL_addstring(path, len > PATH_KEY_SHOWN ? "...\"]" : "\"]");
}

/* Pushes where the writer is, for instance `ticket.custom_fields[3].value`. */
static void push_path(struct writer *w) {
  luaL_Buffer path;
  luaL_buffinit(w->L, &path);
  for (int i = 0; i < w->depth; i++) {
    const struct frame *frame = &w->frames[i];
    if (frame->at == 0)
      break;
    if (luaL_bufflen(&path) > PATH_SHOWN) {
      luaL_addstring(&path, "...");
      break;
    }
    if (frame->object) {
      size_t len;
      const char *key = lua_tolstring(w->L, frame->keys + frame->at - 1, &len);
      add_key(&path, key, len, i == 0);
    } else {
      lua_pushfstring(w->L, "[%d]", frame->at);
      luaL_addvalue(&path);
    }
  }
  luaL_pushresult(&path);
}

int lzd_json_write(lua_State *L, int index, struct zd_buf *out) {
  struct writer w;
  int top = lua_gettop(L);
  w.L = L;
  w.out = out;
  w.refusal = NULL;
  w.depth = 0;
  if (!lzd_json_room(L, 2 * WRITE_ROOM))
    luaL_error(L, "stack overflow");
  lua_pushvalue(L, index);
  put_value(&w);
  while (w.depth > 0 && w.refusal == NULL)
    advance(&w);
  if (w.refusal == NULL) {
    lua_settop(L, top);
    return 0;
  }
  if (!lzd_json_room(L, WRITE_ROOM))
    luaL_error(L, "stack overflow");
  push_path(&w);
  const char *path = lua_tostring(L, -1);
  lua_pushfstring(L, "%s%s%s", path, path[0] == '\0' ? "" : ": ", w.refusal);
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  return 1;
}
