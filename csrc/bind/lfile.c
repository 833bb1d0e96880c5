/* lfile: see lfile.h. */
#include "lfile.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "../core/file.h"
#include "../core/file_lock.h"
#include "lzd.h"

#define LZD_FILE_CONTENT "zendesk.core.file_content"
#define LZD_FILE_LOCK "zendesk.core.file_lock"

/* Content on its way from the disk to Lua; wiped when it goes. */
struct file_content {
  struct zd_buf bytes;
};

/* A path without a NUL, where C would see another one than Lua.
 * [may raise: type, value] */
static const char *check_path(lua_State *L, int index) {
  struct zd_text path = lzd_check_text(L, index);
  luaL_argcheck(L, strlen(path.data) == path.len, index,
                "the path holds a NUL byte");
  return path.data;
}

/* Pushes nil, a message and a name; returns 3. [may raise: memory] */
static int push_fault(lua_State *L, const char *path,
                      const struct zd_file_fault *fault) {
  const char *words = zd_file_fault_words(fault);
  lua_pushnil(L);
  if (fault->refusal == ZD_FILE_LOOSE)
    lua_pushfstring(L, "cannot %s %s: %s (mode 0%d%d%d)", fault->step, path,
                    words, (int)(fault->mode >> 6 & 7),
                    (int)(fault->mode >> 3 & 7), (int)(fault->mode & 7));
  else
    lua_pushfstring(L, "cannot %s %s: %s", fault->step, path, words);
  lua_pushstring(L, zd_file_fault_name(fault));
  return 3;
}

/* [may raise: memory] */
static int push_outcome(lua_State *L, const char *path, enum zd_status status,
                        const struct zd_file_fault *fault) {
  if (status != ZD_OK)
    return push_fault(L, path, fault);
  lua_pushboolean(L, 1);
  return 1;
}

static int content_release(lua_State *L) {
  struct file_content *content = luaL_checkudata(L, 1, LZD_FILE_CONTENT);

  zd_buf_free(&content->bytes);

  return 0;
}

static int content_text(lua_State *L) {
  lua_pushliteral(L, LZD_FILE_CONTENT);
  return 1;
}

static int file_read(lua_State *L) {
  struct zd_file_fault fault;
  const char *path = check_path(L, 1);
  lua_Integer max = luaL_checkinteger(L, 2);
  luaL_argcheck(L, max >= 0 && (lua_Unsigned)max <= (size_t)-1 / 2, 2,
                "a number of bytes expected");
  struct file_content *content =
      lzd_box(L, sizeof *content, 0, LZD_FILE_CONTENT);
  zd_buf_init(&content->bytes, (size_t)max);

  enum zd_status status = zd_file_read(path, &content->bytes, &fault);

  if (status != ZD_OK) {
    zd_buf_free(&content->bytes);
    return push_fault(L, path, &fault);
  }
  if (content->bytes.len == 0)
    lua_pushliteral(L, "");
  else
    lua_pushlstring(L, content->bytes.data, content->bytes.len);
  zd_buf_free(&content->bytes);
  return 1;
}

static int file_replace(lua_State *L) {
  struct zd_file_fault fault;
  const char *path = check_path(L, 1);
  struct zd_text bytes = lzd_check_text(L, 2);

  enum zd_status status = zd_file_replace(path, bytes.data, bytes.len, &fault);

  return push_outcome(L, path, status, &fault);
}

static int file_remove(lua_State *L) {
  struct zd_file_fault fault;
  const char *path = check_path(L, 1);

  enum zd_status status = zd_file_remove(path, &fault);

  return push_outcome(L, path, status, &fault);
}

static int file_sweep(lua_State *L) {
  struct zd_file_fault fault;
  const char *path = check_path(L, 1);

  enum zd_status status = zd_file_sweep(path, &fault);

  return push_outcome(L, path, status, &fault);
}

static int file_protect(lua_State *L) {
  struct zd_file_fault fault;
  const char *path = check_path(L, 1);

  enum zd_status status = zd_file_protect(path, &fault);

  return push_outcome(L, path, status, &fault);
}

static int close_on_exec(lua_State *L) {
  struct zd_file_fault fault;
  lua_Integer fd = luaL_checkinteger(L, 1);
  luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, 1, "descriptor expected");

  enum zd_status status = zd_file_close_on_exec((int)fd, &fault);

  if (status != ZD_OK)
    return push_fault(L, lua_pushfstring(L, "descriptor %I", fd), &fault);
  lua_pushboolean(L, 1);
  return 1;
}

static int file_lock(lua_State *L) {
  struct zd_file_fault fault;
  const char *path = check_path(L, 1);
  lua_Number seconds = luaL_optnumber(L, 2, 0);
  luaL_argcheck(L, seconds >= 0 && seconds < HUGE_VAL, 2,
                "a number of seconds expected");
  struct zd_file_lock *lock = lzd_box(L, sizeof *lock, 0, LZD_FILE_LOCK);

  enum zd_status status = zd_file_lock_take(lock, path, seconds, &fault);

  if (status == ZD_OK)
    return 1;
  if (fault.refusal != ZD_FILE_BUSY)
    return push_fault(L, path, &fault);
  lua_pushnil(L);
  lua_pushstring(L, zd_file_fault_name(&fault));
  return 2;
}

static int lock_release(lua_State *L) {
  struct zd_file_lock *lock = luaL_checkudata(L, 1, LZD_FILE_LOCK);

  zd_file_lock_release(lock);

  return 0;
}

static int lock_text(lua_State *L) {
  struct zd_file_lock *lock = luaL_checkudata(L, 1, LZD_FILE_LOCK);
  bool held = lock->held;

  lua_pushfstring(L, "%s (%s)", LZD_FILE_LOCK, held ? "held" : "released");
  return 1;
}

void lzd_open_file(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"file_read", file_read},         {"file_replace", file_replace},
      {"file_remove", file_remove},     {"file_sweep", file_sweep},
      {"file_protect", file_protect},   {"file_lock", file_lock},
      {"close_on_exec", close_on_exec}, {NULL, NULL},
  };
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  static const luaL_Reg lock_methods[] = {{"release", lock_release},
                                          {NULL, NULL}};
  lzd_class(L, LZD_FILE_CONTENT, no_methods, content_release, content_text);
  lzd_class(L, LZD_FILE_LOCK, lock_methods, lock_release, lock_text);
  luaL_setfuncs(L, functions, 0);
}
