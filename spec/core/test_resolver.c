/* test_resolver: a name lookup that hangs holds nobody up. This program's own
 * getaddrinfo stands before the C library's. */
#define _POSIX_C_SOURCE 200809L

#include "core/engine.h"

#include <netdb.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "core/clock.h"

enum { STUCK_SECONDS = 4 };

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result) {
  struct timespec stuck = {STUCK_SECONDS, 0};
  (void)node;
  (void)service;
  (void)hints;
  (void)result;
  nanosleep(&stuck, NULL);
  return EAI_AGAIN;
}

static struct zd_account *new_account(void) {
  static const char url[] = "https://stuck.invalid";
  struct zd_account *account = NULL;
  struct zd_account_options options;
  struct zd_refusal refusal;
  memset(&options, 0, sizeof options);
  options.base_url.data = url;
  options.base_url.len = sizeof url - 1;
  CHECK(zd_account_new(&options, &account, &refusal) == ZD_OK);
  return account;
}

static struct zd_transfer *submit(struct zd_engine *engine,
                                  const struct zd_account *account) {
  struct zd_transfer *transfer = NULL;
  struct zd_request request;
  struct zd_refusal refusal;
  memset(&request, 0, sizeof request);
  request.method = "GET";
  request.path.data = "/";
  request.path.len = 1;
  request.timeout_ms = 100;
  request.connect_timeout_ms = 100;
  request.max_body = 1000;
  CHECK(zd_engine_transfer(engine, &transfer) == ZD_OK);
  CHECK(zd_engine_submit(transfer, account, &request, &refusal) == ZD_OK);
  return transfer;
}

static bool ends_unsent(struct zd_engine *engine,
                        struct zd_transfer *transfer) {
  struct zd_outcome outcome;
  for (int i = 0; i < 100 && !zd_transfer_done(transfer); i++)
    zd_engine_step(engine, 100);
  if (!zd_transfer_done(transfer))
    return false;
  zd_transfer_outcome(transfer, &outcome);
  return outcome.status != ZD_OK && !outcome.sent;
}

int main(void) {
  struct zd_engine_options options = {false, 0};
  struct zd_engine *engine = NULL;
  CHECK(zd_engine_new(&options, &engine) == ZD_OK);
  struct zd_account *account = new_account();
  double before = zd_clock_monotonic();

  struct zd_transfer *timed_out = submit(engine, account);
  CHECK(ends_unsent(engine, timed_out));
  struct zd_transfer *cancelled = submit(engine, account);
  zd_engine_step(engine, 0);
  zd_engine_cancel(cancelled);
  CHECK(ends_unsent(engine, cancelled));
  struct zd_transfer *closed = submit(engine, account);
  zd_engine_step(engine, 0);
  zd_engine_free(engine);
  CHECK(zd_transfer_done(closed));

  CHECK(zd_clock_monotonic() - before < STUCK_SECONDS - 1);
  zd_engine_close_transfer(timed_out);
  zd_engine_close_transfer(cancelled);
  zd_engine_close_transfer(closed);
  zd_account_free(account);
  return check_result();
}
