/* caller: an account, an engine and calls one after the other, for C tests that
 * need no more of a client. */
#ifndef CALLER_H
#define CALLER_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/account.h"
#include "core/engine.h"

struct caller {
  struct zd_account *account;
  struct zd_engine *engine;
};

static inline bool caller_open(struct caller *caller, unsigned port) {
  char url[64];
  struct zd_account_options options;
  struct zd_engine_options engine_options = {false, 0};
  struct zd_refusal refusal;
  memset(caller, 0, sizeof(*caller));
  memset(&options, 0, sizeof(options));
  int len = snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
  options.base_url.data = url;
  options.base_url.len = (size_t)len;
  options.access_token.data = "test-access-token";
  options.access_token.len = strlen(options.access_token.data);
  return zd_account_new(&options, &caller->account, &refusal) == ZD_OK &&
         zd_engine_new(&engine_options, &caller->engine) == ZD_OK;
}

static inline void caller_close(struct caller *caller) {
  zd_engine_free(caller->engine);
  zd_account_free(caller->account);
}

/* Starts a call; NULL when it cannot be started. */
static inline struct zd_transfer *caller_send(struct zd_engine *engine,
                                              const struct zd_account *account,
                                              const char *path) {
  struct zd_transfer *transfer;
  struct zd_request request;
  struct zd_refusal refusal;
  if (zd_engine_transfer(engine, &transfer) != ZD_OK)
    return NULL;
  memset(&request, 0, sizeof(request));
  request.method = "GET";
  request.path.data = path;
  request.path.len = strlen(request.path.data);
  request.timeout_ms = 60000;
  request.connect_timeout_ms = 60000;
  request.max_body = 1 << 20;
  if (zd_engine_submit(transfer, account, &request, &refusal) == ZD_OK)
    return transfer;
  zd_engine_close_transfer(transfer);
  return NULL;
}

static inline struct zd_transfer *caller_submit(struct caller *caller) {
  return caller_send(caller->engine, caller->account, "/api/v2/users/me.json");
}

/* Makes a whole call; whether it got its reply. `connections` gets the number
 * of those that it had to make. */
static inline bool caller_call(struct caller *caller, long *connections) {
  struct zd_transfer *transfer = caller_submit(caller);
  if (transfer == NULL)
    return false;
  while (!zd_transfer_done(transfer))
    zd_engine_step(caller->engine, 1000);
  struct zd_outcome outcome;
  struct zd_timings timings;
  zd_transfer_outcome(transfer, &outcome);
  zd_transfer_timings(transfer, &timings);
  struct zd_slice body = zd_transfer_body(transfer);
  bool good = outcome.status == ZD_OK && outcome.http_status == 200 &&
              body.len == 2 && memcmp(body.data, "{}", 2) == 0;
  if (connections != NULL)
    *connections = timings.new_connections;
  zd_engine_close_transfer(transfer);
  return good;
}

#endif
