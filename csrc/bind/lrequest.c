/* lrequest: from the request table of engine:submit to a zd_request. */
#include <string.h>

#include "../core/buf.h"
#include "ljson.h"
#include "lzd.h"

#define DEFAULT_TIMEOUT_MS 60000L
#define DEFAULT_CONNECT_TIMEOUT_MS 10000L
#define DEFAULT_MAX_BODY ((size_t)64 * 1024 * 1024)

static const char JSON_TYPE[] = "application/json";

/* Places in a request that is a list. */
enum {
  AT_METHOD = 1,
  AT_PATH,
  AT_TIMEOUT,
  AT_CONNECT_TIMEOUT,
  AT_MAX_BODY,
  AT_JSON,
  AT_BRIEF
};

/* NULL, or what is wrong. [may raise: type] */
static const char *check_version(lua_State *L, int index,
                                 struct zd_request *request) {
  struct zd_text version = lzd_field_text(L, index, "http_version");
  request->http1 = version.data != NULL;
  if (version.data != NULL && strcmp(version.data, "1.1") != 0)
    return "http_version: is neither nil nor \"1.1\"";
  return NULL;
}

/* NULL, or what is wrong. */
static const char *check_line(struct zd_request *request, struct zd_text method,
                              struct zd_text path) {
  if (method.data == NULL || !zd_method_check(method.data, method.len))
    return "method: is not a word in capital letters, such as GET";
  if (path.data == NULL)
    return "path: is missing";
  request->method = method.data;
  request->path = path;
  return NULL;
}

static struct zd_text default_accept(void) {
  struct zd_text accept = {JSON_TYPE, sizeof(JSON_TYPE) - 1};
  return accept;
}

/* Leaves a field on the stack and returns its index; 0 where it is nil. */
static int keep_field(lua_State *L, int index, const char *name) {
  return lua_getfield(L, index, name) == LUA_TNIL ? 0 : lua_gettop(L);
}

/* Element `place` as a text that stays on the stack. [may raise: type] */
static struct zd_text item_text(lua_State *L, int index, int place) {
  struct zd_text text;
  if (lua_rawgeti(L, index, place) != LUA_TSTRING)
    luaL_error(L, "bad field %d (string expected, got %s)", place,
               luaL_typename(L, -1));
  text.data = lua_tolstring(L, -1, &text.len);
  return text;
}

/* [may raise: type, range] */
static const char *check_listed(lua_State *L, int index,
                                struct lzd_request *request) {
  struct zd_request *core = &request->core;
  struct zd_text method = item_text(L, index, AT_METHOD);
  const char *why = check_line(core, method, item_text(L, index, AT_PATH));
  core->timeout_ms = lzd_item_milliseconds(L, index, AT_TIMEOUT, "timeout",
                                           DEFAULT_TIMEOUT_MS);
  core->connect_timeout_ms =
      lzd_item_milliseconds(L, index, AT_CONNECT_TIMEOUT, "connect_timeout",
                            DEFAULT_CONNECT_TIMEOUT_MS);
  core->max_body =
      lzd_item_size(L, index, AT_MAX_BODY, "max_body", DEFAULT_MAX_BODY);
  core->accept = default_accept();
  if (lua_rawgeti(L, index, AT_JSON) != LUA_TNIL) {
    request->json = lua_gettop(L);
    core->content_type = default_accept();
    lua_rawgeti(L, index, AT_BRIEF);
    core->brief = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  return why;
}

static const char *check_named(lua_State *L, int index,
                               struct lzd_request *request) {
  struct zd_request *core = &request->core;
  struct zd_text method = lzd_field_text(L, index, "method");
  const char *why = check_line(core, method, lzd_field_text(L, index, "path"));
  if (why != NULL)
    return why;
  core->content_type = lzd_field_text(L, index, "content_type");
  core->accept = lzd_field_text(L, index, "accept");
  if (core->accept.data == NULL)
    core->accept = default_accept();
  core->timeout_ms =
      lzd_field_milliseconds(L, index, "timeout", DEFAULT_TIMEOUT_MS);
  core->connect_timeout_ms = lzd_field_milliseconds(L, index, "connect_timeout",
                                                    DEFAULT_CONNECT_TIMEOUT_MS);
  core->max_body = lzd_field_size(L, index, "max_body", DEFAULT_MAX_BODY);
  core->anonymous = !lzd_field_bool(L, index, "auth", true);
  core->brief = lzd_field_bool(L, index, "brief", false);
  why = check_version(L, index, core);
  request->body = keep_field(L, index, "body");
  /* Without a content type nobody would know what it is. */
  if (request->body == 0 && core->content_type.data != NULL)
    request->json = keep_field(L, index, "json");
  request->headers = keep_field(L, index, "headers");
  return why;
}

const char *lzd_check_request(lua_State *L, int index,
                              struct lzd_request *request) {
  luaL_checktype(L, index, LUA_TTABLE);
  memset(request, 0, sizeof(*request));
  bool list = lua_rawgeti(L, index, AT_METHOD) != LUA_TNIL;
  lua_pop(L, 1);
  return list ? check_listed(L, index, request)
              : check_named(L, index, request);
}

void lzd_check_body(lua_State *L, struct lzd_request *request) {
  struct zd_request *core = &request->core;
  int index = request->body;
  if (index == 0)
    return;
  if (lua_type(L, index) == LUA_TSTRING) {
    /* The transfer's box keeps the string alive; nobody can change it. */
    core->body.data = lua_tolstring(L, index, &core->body.len);
    return;
  }
  const struct zd_buf *bytes = lzd_json_tobody(L, index);
  if (bytes == NULL)
    luaL_error(L, "bad field 'body' (string or body expected, got %s)",
               luaL_typename(L, index));
  if (bytes->data == NULL)
    luaL_error(L, "bad field 'body' (the body is closed)");
  /* A body may be closed, and so wiped, while the request is running. */
  core->copy_body = true;
  core->body.data = bytes->data;
  core->body.len = bytes->len;
}

enum zd_status lzd_write_body(lua_State *L, struct zd_transfer *transfer,
                              struct lzd_request *request) {
  if (request->json == 0)
    return ZD_OK;
  struct zd_buf *text = zd_transfer_upload(transfer);
  if (lzd_json_write(L, request->json, text) != 0)
    return ZD_ENCODE;
  request->core.body.data = text->data;
  request->core.body.len = text->len;
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

enum zd_status lzd_add_headers(lua_State *L, struct zd_transfer *transfer,
                               const struct lzd_request *request) {
  int headers = request->headers;
  if (headers == 0)
    return ZD_OK;
  if (lua_type(L, headers) != LUA_TTABLE)
    luaL_error(L, "bad field 'headers' (table expected, got %s)",
               luaL_typename(L, headers));
  for (lua_pushnil(L); lua_next(L, headers) != 0; lua_pop(L, 1)) {
    enum zd_status status = add_header(L, transfer);
    if (status != ZD_OK)
      return status;
  }
  return ZD_OK;
}
