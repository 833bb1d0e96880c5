/* laccount: core.account, one origin with its credential. */
#include "lzd.h"

struct lzd_account {
  struct zd_account *account; /* owned; NULL when closed */
};

struct zd_account **lzd_box_account(lua_State *L) {
  struct lzd_account *box = lzd_box(L, sizeof(*box), 0, LZD_ACCOUNT);
  return &box->account;
}

struct zd_account *lzd_account_in(lua_State *L, int index) {
  const struct lzd_account *box = lua_touserdata(L, index);
  if (box->account == NULL)
    luaL_error(L, "the account is closed");
  return box->account;
}

struct zd_account *lzd_check_account(lua_State *L, int index) {
  luaL_checkudata(L, index, LZD_ACCOUNT);
  return lzd_account_in(L, index);
}

static int account_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  struct zd_account **box = lzd_box_account(L);
  struct zd_account_options options = {
      .base_url = lzd_field_text(L, 1, "base_url"),
      .email = lzd_field_text(L, 1, "email"),
      .api_token = lzd_field_text(L, 1, "api_token"),
      .access_token = lzd_field_text(L, 1, "access_token"),
      .user_agent = lzd_field_text(L, 1, "user_agent"),
      .product = LZD_PRODUCT,
      .ca_file = lzd_field_text(L, 1, "ca_file"),
      .ca_path = lzd_field_text(L, 1, "ca_path"),
      .proxy = lzd_field_text(L, 1, "proxy"),
  };

  struct zd_refusal refusal;
  enum zd_status status = zd_account_new(&options, box, &refusal);

  if (status != ZD_OK)
    return lzd_refuse(L, status, &refusal);
  lua_pushvalue(L, 2);
  return 1;
}

static int account_bearer(lua_State *L) {
  struct zd_account *account = lzd_check_account(L, 1);
  struct zd_text token = lzd_check_text(L, 2);

  struct zd_refusal refusal;
  enum zd_status status = zd_account_bearer(account, token, &refusal);

  if (status != ZD_OK)
    return lzd_refuse(L, status, &refusal);
  lua_pushboolean(L, 1);
  return 1;
}

static int account_origin(lua_State *L) {
  struct zd_account *account = lzd_check_account(L, 1);
  lua_pushstring(L, zd_account_origin(account));
  return 1;
}

static const char *scheme_name(const struct zd_account *account) {
  switch (zd_account_scheme(account)) {
  case ZD_SCHEME_BASIC:
    return "basic";
  case ZD_SCHEME_BEARER:
    return "bearer";
  default:
    return "none";
  }
}

static int account_scheme(lua_State *L) {
  struct zd_account *account = lzd_check_account(L, 1);
  lua_pushstring(L, scheme_name(account));
  return 1;
}

static int account_release(lua_State *L) {
  struct lzd_account *box = lzd_self(L, LZD_ACCOUNT);
  struct zd_account *account = box->account;
  box->account = NULL;
  zd_account_free(account);
  return 0;
}

static int account_text(lua_State *L) {
  struct lzd_account *box = lzd_self(L, LZD_ACCOUNT);
  if (box->account == NULL) {
    lua_pushliteral(L, "zendesk account (closed)");
    return 1;
  }
  lua_pushfstring(L, "zendesk account (%s, %s)",
                  zd_account_origin(box->account), scheme_name(box->account));
  return 1;
}

void lzd_open_account(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"origin", account_origin},
      {"scheme", account_scheme},
      {"bearer", account_bearer},
      {"close", account_release},
      {NULL, NULL},
  };
  lzd_class(L, LZD_ACCOUNT, methods, account_release, account_text);
  lua_pushcfunction(L, account_new);
  lua_setfield(L, -2, "account");
}
