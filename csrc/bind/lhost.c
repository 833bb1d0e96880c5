/* lhost: what csrc/zendesk.h offers to the program around Lua, except for
 * luaopen_zendesk_core. Visible only where that program links it: the shared
 * module exports nothing of it. */
#include <string.h>

#include "../core/global.h"
#include "../zendesk.h"
#include "lzd.h"

const char *zd_version(void) {
  return ZD_VERSION;
}

void zd_leave_curl_init(void) {
  zd_global_leave_init();
}

static struct zd_text host_text(const char *text) {
  struct zd_text found = {text, text == NULL ? 0 : strlen(text)};
  return found;
}

/* The metatable of accounts comes with the module, which a host may want to
 * load later. [may raise: memory] */
static void need_module(lua_State *L) {
  if (luaL_getmetatable(L, LZD_ACCOUNT) == LUA_TNIL) {
    lua_pushcfunction(L, luaopen_zendesk_core);
    lua_call(L, 0, 1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

int zd_push_account(lua_State *L, const struct zd_host_account *account) {
  need_module(L);
  struct zd_account **box = lzd_box_account(L);
  struct zd_account_options options = {
      .base_url = host_text(account->base_url),
      .email = host_text(account->email),
      .api_token = host_text(account->api_token),
      .access_token = host_text(account->access_token),
      .user_agent = host_text(account->user_agent),
      .product = LZD_PRODUCT,
      .ca_file = host_text(account->ca_file),
      .ca_path = host_text(account->ca_path),
      .proxy = host_text(account->proxy),
  };

  struct zd_refusal refusal;
  enum zd_status status = zd_account_new(&options, box, &refusal);

  if (status == ZD_OK)
    return 0;
  lzd_refuse(L, status, &refusal); /* nil and the message */
  lua_replace(L, -3);
  lua_pop(L, 1);
  return 1;
}
