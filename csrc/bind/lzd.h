/* lzd: what the files of the binding share.
 *
 * The binding knows both Lua and the core and decides nothing. Each function
 * that Lua calls has three phases: check (may raise), act (zd_ only, cannot
 * raise), push (may raise; what is owned is already in a box). A box is a
 * userdata, zeroed and given its metatable before anything is acquired; its
 * __gc and __close are one idempotent function that accepts the zeroed state.
 * Allocating may run finalisers, which may close anything: a core pointer is
 * taken from its box after the last allocation before its use. No file of the
 * binding includes a libcurl header. */
#ifndef LZD_H
#define LZD_H

#include <stdbool.h>
#include <stddef.h>

#include <lauxlib.h>
#include <lua.h>

#if LUA_MAXINTEGER < 9223372036854775807
#error "zendesk needs a Lua with integers of 64 bits, not one of LUA_32BITS"
#endif

#include "../core/account.h"
#include "../core/engine.h"
#include "../core/status.h"
#include "../core/transfer.h"
#include "../zendesk.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Names of the metatables in the registry. */
#define LZD_ACCOUNT "zendesk.core.account"
#define LZD_ENGINE "zendesk.core.engine"
#define LZD_TRANSFER "zendesk.core.transfer"

/* What ends every User-Agent, as an initialiser of a zd_text. */
#define LZD_PRODUCT                                                            \
  { "zendesk-lua/" ZD_VERSION, sizeof("zendesk-lua/" ZD_VERSION) - 1 }

/* Each adds its functions to the module table on top of the stack and leaves
 * the table there. [may raise: memory] */
void lzd_open_account(lua_State *L);
void lzd_open_engine(lua_State *L);
void lzd_open_transfer(lua_State *L);
void lzd_open_url(lua_State *L);

/* Pushes a zeroed userdata of `size` bytes with the metatable `name`.
 * [may raise: memory] */
void *lzd_box(lua_State *L, size_t size, int user_values, const char *name);

/* Registers the metatable `name`: `methods` for __index, `release` for __gc
 * and __close, `text` for __tostring. Each has the metatable as its upvalue.
 * [may raise: memory] */
void lzd_class(lua_State *L, const char *name, const luaL_Reg *methods,
               lua_CFunction release, lua_CFunction text);

/* The box in argument 1 of a method that lzd_class has registered: a quick
 * luaL_checkudata. [may raise: type] */
void *lzd_self(lua_State *L, const char *name);

/* Whether the value at `index` has the metatable in upvalue `upvalue`. */
bool lzd_has_metatable(lua_State *L, int index, int upvalue);

/* Pushes a box for an account and returns the place for the account, which the
 * box owns. [may raise: memory] */
struct zd_account **lzd_box_account(lua_State *L);

/* The account in argument `index`. [may raise: type, closed] */
struct zd_account *lzd_check_account(lua_State *L, int index);

/* The same, where it is known to be a box for one. [may raise: closed] */
struct zd_account *lzd_account_in(lua_State *L, int index);

/* Makes a box for a transfer that keeps the engine at `engine_index` alive,
 * and the value at `body_index` (0: none), and leaves it on the stack.
 * [may raise: memory] */
struct zd_transfer **lzd_box_transfer(lua_State *L, int engine_index,
                                      int body_index);

/* Readies the closed box on top of the stack for another transfer on the same
 * engine, which keeps the value at `body_index` (0: none) alive. */
struct zd_transfer **lzd_reuse_box(lua_State *L, int body_index);

/* The transfer in the box at `index`; NULL when it is closed. */
struct zd_transfer *lzd_transfer_in(lua_State *L, int index);

/* Pushes what a finished transfer has received, when that is a success with a
 * JSON object or array, as status, header block and value, and closes it: 3.
 * Otherwise leaves it as it is: 0. The box is one that no other code has seen.
 * [may raise: memory] */
int lzd_take_reply(lua_State *L, int index);

/* Reads field `name` of the table at `index` as a string that may hold NULs
 * and leaves its value on the stack, so that what is borrowed stays valid.
 * Absent: data is NULL. [may raise: type] */
struct zd_text lzd_field_text(lua_State *L, int index, const char *name);

/* Read a field and push nothing; `fallback` when it is absent.
 * [may raise: type, range] */
long lzd_field_milliseconds(lua_State *L, int index, const char *name,
                            long fallback);
size_t lzd_field_size(lua_State *L, int index, const char *name,
                      size_t fallback);
/* The same for element `place` of a list, where false is absent, too. */
long lzd_item_milliseconds(lua_State *L, int index, int place, const char *name,
                           long fallback);
size_t lzd_item_size(lua_State *L, int index, int place, const char *name,
                     size_t fallback);
bool lzd_field_bool(lua_State *L, int index, const char *name, bool fallback);

/* A string argument as a zd_text. [may raise: type] */
struct zd_text lzd_check_text(lua_State *L, int index);

/* Pushes nil, the kind of `status` and `message`; returns 3.
 * [may raise: memory] */
int lzd_fail(lua_State *L, enum zd_status status, const char *message);

/* Pushes nil and "<option>: <why>"; returns 2. [may raise: memory] */
int lzd_refuse(lua_State *L, enum zd_status status,
               const struct zd_refusal *refusal);

/* Pushes `text` in quotes for a message: what is not printable ASCII is
 * escaped, and what is long is cut. [may raise: memory] */
void lzd_push_quoted(lua_State *L, struct zd_text text);

/* lrequest.c */

/* A request as it was read from its table, at once: what runs later, such as a
 * finaliser, may change the table. The stack indices are 0 where there is
 * nothing. */
struct lzd_request {
  struct zd_request core; /* what it borrows stays on the stack */
  int body;               /* a string or a body userdata */
  int json;               /* the value to write as the body */
  int headers;            /* a table */
};

/* Reads the request table at `index`: fields by their names, or the list
 * { method, path, timeout, connect_timeout, max_body [, json [, brief]] } with
 * false for a default. NULL, or a static text that says which value is bad.
 * [may raise: type, range] */
const char *lzd_check_request(lua_State *L, int index,
                              struct lzd_request *request);

/* Points `request` at its body. [may raise: type, closed] */
void lzd_check_body(lua_State *L, struct lzd_request *request);

/* Writes the JSON value into memory of `transfer`, as the body. On failure a
 * message is on the stack. [may raise: memory] */
enum zd_status lzd_write_body(lua_State *L, struct zd_transfer *transfer,
                              struct lzd_request *request);

/* Adds the headers to `transfer`. On failure a message is on the stack.
 * [may raise: type, memory] */
enum zd_status lzd_add_headers(lua_State *L, struct zd_transfer *transfer,
                               const struct lzd_request *request);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
