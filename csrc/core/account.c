/* account: see account.h. */
#include "account.h"

#include <stdbool.h>
#include <stdlib.h>

#include "credential.h"
#include "route.h"

struct zd_account {
  struct zd_route *route;           /* one share */
  struct zd_credential *credential; /* one share; NULL for none */
};

static enum zd_status set_credential(struct zd_account *account,
                                     const struct zd_account_options *options,
                                     struct zd_refusal *refusal) {
  bool basic = options->email.data != NULL || options->api_token.data != NULL;
  if (basic && options->access_token.data != NULL)
    return zd_refuse(refusal, "access_token",
                     "cannot be given together with email and api_token");
  if (options->access_token.data != NULL)
    return zd_credential_bearer(options->access_token, &account->credential,
                                refusal);
  if (!basic)
    return ZD_OK;
  if (options->email.data == NULL)
    return zd_refuse(refusal, "email", "is missing beside api_token");
  if (options->api_token.data == NULL)
    return zd_refuse(refusal, "api_token", "is missing beside email");
  return zd_credential_basic(options->email, options->api_token,
                             &account->credential, refusal);
}

enum zd_status zd_account_new(const struct zd_account_options *options,
                              struct zd_account **account,
                              struct zd_refusal *refusal) {
  struct zd_account *made = calloc(1, sizeof(*made));
  if (made == NULL)
    return ZD_NOMEM;
  enum zd_status status = zd_route_new(options, &made->route, refusal);
  if (status == ZD_OK)
    status = set_credential(made, options, refusal);
  if (status != ZD_OK) {
    zd_account_free(made);
    return status;
  }
  *account = made;
  return ZD_OK;
}

void zd_account_free(struct zd_account *account) {
  if (account == NULL)
    return;
  zd_route_release(account->route);
  zd_credential_release(account->credential);
  free(account);
}

enum zd_status zd_account_bearer(struct zd_account *account,
                                 struct zd_text token,
                                 struct zd_refusal *refusal) {
  struct zd_credential *fresh;
  enum zd_status status = zd_credential_bearer(token, &fresh, refusal);
  if (status != ZD_OK)
    return status;
  zd_credential_release(account->credential);
  account->credential = fresh;
  return ZD_OK;
}

enum zd_scheme zd_account_scheme(const struct zd_account *account) {
  return zd_credential_scheme(account->credential);
}

const char *zd_account_origin(const struct zd_account *account) {
  return account->route->origin_text;
}

struct zd_credential *zd_account_credential(const struct zd_account *account) {
  return zd_credential_share(account->credential);
}

struct zd_route *zd_account_route(const struct zd_account *account) {
  return account->route;
}
