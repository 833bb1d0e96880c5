/* lrequest: from the request table of engine:submit to a zd_request. */
#include <string.h>

#include "../core/buf.h"
#include "ljson.h"
#include "lzd.h"

#define DEFAULT_TIMEOUT_MS 60000L
#define DEFAULT_CONNECT_TIMEOUT_MS 10000L
#define DEFAULT_MAX_BODY ((size_t)64 * 1024 * 1024)

static const char DEFAULT_ACCEPT[] = "application/json";

/* NULL, or what is wrong. [may raise: type] */
static const char *check_version(lua_State *L, int index,
                                 struct zd_request *request) {
  struct zd_text version = lzd_field_text(L, index, "http_version");
  request->http1 = version.data != NULL;
  if (version.data != NULL && strcmp(version.data, "1.1") != 0)
    return "http_version: is neither nil nor \"1.1\"";
  return NULL;
}

const char *lzd_check_request(lua_State *L, int index,
                              struct zd_request *request) {
  luaL_checktype(L, index, LUA_TTABLE);
  memset(request, 0, sizeof(*request));
  struct zd_text method = lzd_field_text(L, index, "method");
  if (method.data == NULL || !zd_method_check(method.data, method.len))
    return "method: is not a word in capital letters, such as GET";
  request->method = method.data;
  request->path = lzd_field_text(L, index, "path");
  if (request->path.data == NULL)
    return "path: is missing";
  request->content_type = lzd_field_text(L, index, "content_type");
  request->accept = lzd_field_text(L, index, "accept");
  if (request->accept.data == NULL) {
    request->accept.data = DEFAULT_ACCEPT;
    request->accept.len = sizeof(DEFAULT_ACCEPT) - 1;
  }
  request->timeout_ms =
      lzd_field_milliseconds(L, index, "timeout", DEFAULT_TIMEOUT_MS);
  request->connect_timeout_ms = lzd_field_milliseconds(
      L, index, "connect_timeout", DEFAULT_CONNECT_TIMEOUT_MS);
  request->max_body = lzd_field_size(L, index, "max_body", DEFAULT_MAX_BODY);
  request->anonymous = !lzd_field_bool(L, index, "auth", true);
  return check_version(L, index, request);
}

void lzd_check_body(lua_State *L, int index, struct zd_request *request) {
  if (lua_isnil(L, index))
    return;
  if (lua_type(L, index) == LUA_TSTRING) {
    /* The transfer's box keeps the string alive; nobody can change it. */
    request->body.data = lua_tolstring(L, index, &request->body.len);
    return;
  }
  const struct zd_buf *bytes = lzd_json_tobody(L, index);
  if (bytes == NULL)
    luaL_error(L, "bad field 'body' (string or body expected, got %s)",
               luaL_typename(L, index));
  /* A body may be closed, and so wiped, while the request is running. */
  request->copy_body = true;
  request->body.data = bytes->data == NULL ? "" : bytes->data;
  request->body.len = bytes->len;
}

enum zd_status lzd_write_body(lua_State *L, int index,
                              struct zd_transfer *transfer,
                              struct zd_request *request) {
  if (request->content_type.data == NULL ||
      lua_getfield(L, index, "json") == LUA_TNIL)
    return ZD_OK;
  struct zd_buf *text = zd_transfer_upload(transfer);
  if (lzd_json_write(L, lua_gettop(L), text) != 0)
    return ZD_ENCODE;
  request->body.data = text->data;
  request->body.len = text->len;
  return ZD_OK;
}

/* Adds the header on top of the stack, value above name, and leaves both; a
 * message is above them on failure. [may raise: type, memory] */
static enum zd_status add_header(lua_State *L, struct zd_transfer *transfer) {
  if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "bad field 'headers' (names and values must be strings)");
  struct zd_text name, value;
  const char *why;
  name.data = lua_tolstring(L, -2, &name.len);
  value.data = lua_tolstring(L, -1, &value.len);
  enum zd_status status = zd_transfer_add_header(transfer, name, value, &why);
  if (status == ZD_OK)
    return ZD_OK;
  lzd_push_quoted(L, name);
  lua_pushfstring(L, "headers: %s: %s", lua_tostring(L, -1), why);
  return status;
}

enum zd_status lzd_add_headers(lua_State *L, int index,
                               struct zd_transfer *transfer) {
  int type = lua_getfield(L, index, "headers");
  if (type == LUA_TNIL)
    return ZD_OK;
  if (type != LUA_TTABLE)
    luaL_error(L, "bad field 'headers' (table expected, got %s)",
               luaL_typename(L, -1));
  int headers = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, headers) != 0; lua_pop(L, 1)) {
    enum zd_status status = add_header(L, transfer);
    if (status != ZD_OK)
      return status;
  }
  return ZD_OK;
}
